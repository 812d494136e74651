// A PostgreSQL server of a test's own, on loopback, from the distribution's package:
// with a data directory that is made for it and deleted with it.
//
//   COSTS_START_POSTGRES_OR_SKIP(server);  // skips the test loudly where it is not installed
//   Connection::Open({server->url()})
//
// It syncs its log at each commit, as in earnest. It is stopped at destruction, and
// dies with the thread that started it: start it from one that outlives it. Every
// wait has an end. A server that root starts runs as the user postgres.
//
// Not thread-safe.
#ifndef SERVICE_POSTGRES_TESTING_POSTGRES_SERVER_H_
#define SERVICE_POSTGRES_TESTING_POSTGRES_SERVER_H_

#include <sys/types.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// In a test's body, first.
#define COSTS_REQUIRE_POSTGRES()                                                                        \
  do {                                                                                                  \
    if (const std::string missing = costs::postgres::PostgresServer::Missing(); !missing.empty()) {     \
      const char* ci = std::getenv("CI");                                                               \
      if (ci != nullptr && std::string(ci) == "true") FAIL() << missing << " (CI=true allows no skip)"; \
      GTEST_SKIP() << missing;                                                                          \
    }                                                                                                   \
  } while (false)

// The same, and then `std::unique_ptr<PostgresServer> server` runs one.
#define COSTS_START_POSTGRES_OR_SKIP(server)                        \
  COSTS_REQUIRE_POSTGRES();                                         \
  auto server##_started = costs::postgres::PostgresServer::Start(); \
  ASSERT_TRUE(server##_started.ok()) << server##_started.status();  \
  const std::unique_ptr<costs::postgres::PostgresServer> server = *std::move(server##_started)

namespace costs::postgres {

class PostgresServer {
 public:
  // Why there can be no server here, and the remedy; empty: there can.
  static std::string Missing();

  // Makes a data directory and starts the server; it accepts connections then.
  // `settings` are further ones, such as "max_connections=20".
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start(const std::vector<std::string>& settings = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // Of the database `postgres`, as its superuser, over TCP.
  std::string url() const { return url("postgres"); }
  std::string url(absl::string_view database) const;

  // Starts it again, on the same port and data.
  absl::Status Restart();
  // Ends it in good order; its clients are thrown out.
  absl::Status Stop();
  // Ends it at once, as kill -9 does, with all its processes.
  absl::Status Kill();

  bool running() const { return pid_ > 0; }
  // The end of what it logged.
  std::string LogTail() const;

 private:
  PostgresServer(std::string directory, int port, std::vector<std::string> settings);
  absl::Status Launch();
  absl::Status AwaitReady();
  absl::Status End(int signal);

  const std::string directory_;
  const int port_;
  const std::vector<std::string> settings_;
  pid_t pid_ = 0;
};

}  // namespace costs::postgres

#endif  // SERVICE_POSTGRES_TESTING_POSTGRES_SERVER_H_
