// Three replicas on one database, behind the client's own balancing and behind nginx: a
// rolling restart, one that is killed and one that freezes, all under load. With the
// settings that clients are told to use (deploy/clients/service_config.json) no call fails.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "service/postgres/testing/postgres_server.h"
#include "tests/bench/child_process.h"
#include "tests/fault/costsd_process.h"
#include "tests/fault/meter_feed.h"
#include "tests/fault/priced_meters.h"
#include "tests/fault/unary_load.h"
#include "tools/cpp/runfiles/runfiles.h"

namespace costs::fault {
namespace {

constexpr int kReplicas = 3;
constexpr int kCallers = 8;
constexpr int64_t kStart = 1'672'531'200;                  // 2023-01-01T00:00:00Z
constexpr absl::Duration kPause = absl::Milliseconds(10);  // between chunks: a few years of half-hours in all
constexpr absl::Duration kPatience = absl::Minutes(3);
// Longer than a client's keepalive takes to find a frozen server: 12 s and 5 s.
constexpr absl::Duration kFrozen = absl::Seconds(25);
// A client's reconnecting takes at most 2 s; so that the frozen one has calls.
constexpr absl::Duration kReconnected = absl::Seconds(5);
constexpr char kNginx[] = "/usr/sbin/nginx";

std::string ReadDeployed(const std::string& path) {
  std::string error;
  const std::unique_ptr<bazel::tools::cpp::runfiles::Runfiles> runfiles(
      bazel::tools::cpp::runfiles::Runfiles::CreateForTest(&error));
  std::ifstream file(runfiles->Rlocation("instant_costs/deploy/" + path));
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

int FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(listener);
  return bound ? ntohs(address.sin_port) : 0;
}

// The replicas, and load on them by streams and by single calls.
class Replicas {
 public:
  explicit Replicas(const std::string& database) {
    for (int i = 0; i < kReplicas; ++i) {
      servers_.push_back(std::make_unique<CostsdProcess>(
          std::vector<std::string>{absl::StrCat("--store=", database), "--drain_delay=1s", "--drain_timeout=5s"}));
    }
  }

  std::string Start() {
    for (const auto& server : servers_) {
      if (!server->Start()) return "a replica does not start";
    }
    const std::string fault = CreatePricedLocations(servers_[0]->grpc());
    absl::SleepFor(absl::Seconds(2));  // the others hear of the locations
    return fault;
  }

  CostsdProcess& server(int i) { return *servers_[i]; }

  void Disturb(const std::string& target) {
    const std::string config = ReadDeployed("clients/service_config.json");
    ASSERT_NE(config, "");
    MeterFeed feed(target, {"loc_night", "loc_tiers"}, kStart, 7, kPause);
    UnaryLoad load(target, config, "loc_flat", kStart, kCallers);
    feed.Start();
    load.Start();
    ASSERT_TRUE(AwaitMore(feed, load));

    for (const auto& server : servers_) {  // a rollout
      ASSERT_TRUE(server->Stop());
      ASSERT_TRUE(server->Start());
      ASSERT_TRUE(AwaitMore(feed, load));
    }
    const absl::Duration rollout = load.longest();
    servers_[1]->Kill();
    ASSERT_TRUE(AwaitMore(feed, load));
    ASSERT_TRUE(servers_[1]->Start());
    ASSERT_TRUE(AwaitMore(feed, load));
    const absl::Duration killed = load.longest();
    absl::SleepFor(kReconnected);
    servers_[2]->Freeze();
    absl::SleepFor(kFrozen);
    EXPECT_TRUE(AwaitMore(feed, load));
    servers_[2]->Thaw();
    ASSERT_TRUE(AwaitMore(feed, load));

    load.Finish();
    ASSERT_TRUE(feed.Finish(kPatience)) << feed.fault();
    EXPECT_EQ(feed.fault(), "");
    for (const std::string& failure : load.failures()) ADD_FAILURE() << failure;
    std::vector<FedRecord> records = feed.records();
    records.insert(records.end(), load.records().begin(), load.records().end());
    for (const std::string& fault : FindFaults(servers_[0]->grpc(), records)) ADD_FAILURE() << fault;
    std::cout << load.answered() << " calls and " << feed.acknowledged() << " records of " << feed.streams()
              << " streams; the longest call until the rollout's end took " << rollout << ", until after the kill "
              << killed << ", in all " << load.longest() << "\n";
  }

 private:
  // Both go on.
  static bool AwaitMore(const MeterFeed& feed, const UnaryLoad& load) {
    const int64_t records = feed.acknowledged() + 300, calls = load.answered() + 300;
    const absl::Time deadline = absl::Now() + kPatience;
    while ((feed.acknowledged() < records || load.answered() < calls) && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    return feed.acknowledged() >= records && load.answered() >= calls;
  }

  std::vector<std::unique_ptr<CostsdProcess>> servers_;
};

TEST(ReplicasTest, BehindClientsThatBalance_NoCallFailsAndNothingIsLost) {
  COSTS_START_POSTGRES_OR_SKIP(postgres);
  Replicas replicas(postgres->url());
  ASSERT_EQ(replicas.Start(), "");
  std::string target = "ipv4:";
  for (int i = 0; i < kReplicas; ++i) absl::StrAppend(&target, i == 0 ? "" : ",", replicas.server(i).grpc());
  replicas.Disturb(target);
}

TEST(ReplicasTest, BehindNginx_NoCallFailsAndNothingIsLost) {
  COSTS_START_POSTGRES_OR_SKIP(postgres);
  if (!std::filesystem::exists(kNginx)) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << kNginx << " is missing";
    GTEST_SKIP() << "SKIPPED: nginx is not installed: apt-get install nginx-light";
  }
  Replicas replicas(postgres->url());
  ASSERT_EQ(replicas.Start(), "");

  std::string config = ReadDeployed("nginx/costs.conf");
  const std::string port = absl::StrCat(FreePort());
  const std::string listen = "listen 127.0.0.1:8443";
  ASSERT_NE(config.find(listen), std::string::npos);
  config = absl::StrReplaceAll(config, {{listen, absl::StrCat("listen 127.0.0.1:", port)}});
  for (int i = 0; i < kReplicas; ++i) {
    const std::string named = absl::StrCat("costsd-", i, ".example.com:50051");
    ASSERT_NE(config.find(named), std::string::npos);
    config = absl::StrReplaceAll(config, {{named, replicas.server(i).grpc()}});
  }
  const std::filesystem::path place = std::filesystem::path(std::getenv("TEST_TMPDIR")) / "nginx";
  std::filesystem::create_directories(place);
  std::ofstream(place / "costs.conf") << config;
  std::ofstream(place / "nginx.conf") << "daemon off; user root; worker_processes 1; pid " << (place / "pid").string()
                                      << "; error_log " << (place / "error.log").string()
                                      << ";\nevents { worker_connections 1024; }\nhttp { access_log off; "
                                         "client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path "
                                         "fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\ninclude "
                                      << (place / "costs.conf").string() << ";\n}\n";
  auto nginx = bench::ChildProcess::Start(
      {kNginx, "-p", place.string(), "-c", (place / "nginx.conf").string(), "-e", (place / "error.log").string()});
  ASSERT_TRUE(nginx.ok()) << nginx.status();
  replicas.Disturb(absl::StrCat("127.0.0.1:", port));
  std::ifstream log(place / "error.log");
  if (HasFailure()) std::cout << log.rdbuf();
}

}  // namespace
}  // namespace costs::fault
