// A few connections that many threads share, for statements that may be run again.
//
//   absl::StatusOr<Result> rows = pool.Run([&](Connection* connection) { return connection->Query(...); });
//
// A connection is opened when it is needed, and again when it was lost: what was
// kept through a restart of the server is found out and tried again at once.
//
// Thread-safe.
#ifndef SERVICE_POSTGRES_CONNECTION_POOL_H_
#define SERVICE_POSTGRES_CONNECTION_POOL_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/postgres/connection.h"

namespace costs::postgres {

class ConnectionPool {
 public:
  // At most `size` connections; who finds all in use waits for one, for so long.
  ConnectionPool(ConnectOptions options, int size, absl::Duration patience = absl::Seconds(10));
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // Runs `use` with a connection, which returns a StatusOr or a Status. Once more with
  // a new one where a connection that was kept turns out to be lost; so `use` must do
  // no harm when it is run twice. UNAVAILABLE where there is none to be had.
  template <typename Use>
  auto Run(Use use) -> decltype(use(static_cast<Connection*>(nullptr))) {
    while (true) {
      absl::StatusOr<Lease> lease = Take();
      if (!lease.ok()) return lease.status();
      auto result = use(lease->connection.get());
      const bool lost = !lease->connection->alive();
      const bool was_kept = lease->was_kept;
      GiveBack(*std::move(lease));
      if (!lost || !was_kept) return result;
    }
  }

 private:
  struct Lease {
    std::unique_ptr<Connection> connection;
    bool was_kept = false;
  };

  absl::StatusOr<Lease> Take();
  void GiveBack(Lease lease);

  const ConnectOptions options_;
  const int size_;
  const absl::Duration patience_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mutex_
  int in_use_ = 0;                                 // guarded by mutex_
};

}  // namespace costs::postgres

#endif  // SERVICE_POSTGRES_CONNECTION_POOL_H_
