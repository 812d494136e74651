#include "service/postgres/connection_pool.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "service/postgres/testing/postgres_server.h"

namespace costs::postgres {
namespace {

absl::StatusOr<int64_t> BackendOf(ConnectionPool* pool) {
  return pool->Run([](Connection* connection) -> absl::StatusOr<int64_t> {
    const absl::StatusOr<Result> row = connection->Query("SELECT pg_backend_pid()::bigint");
    if (!row.ok()) return row.status();
    return row->Int(0, 0);
  });
}

TEST(ConnectionPool, OneAfterTheOther_ShareAConnectionAndOutliveARestart) {
  COSTS_START_POSTGRES_OR_SKIP(server);
  ConnectOptions options;
  options.conninfo = server->url();
  ConnectionPool pool(options, 2);
  const absl::StatusOr<int64_t> first = BackendOf(&pool);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*BackendOf(&pool), *first);
  ASSERT_TRUE(server->Stop().ok());
  EXPECT_EQ(BackendOf(&pool).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(BackendOf(&pool).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(server->Restart().ok());
  EXPECT_TRUE(BackendOf(&pool).ok());
  // One that was kept is lost without its being noticed.
  ASSERT_TRUE(server->Stop().ok());
  ASSERT_TRUE(server->Restart().ok());
  EXPECT_TRUE(BackendOf(&pool).ok());
}

TEST(ConnectionPool, ManyThreads_NeverUseMoreThanItsSize) {
  COSTS_START_POSTGRES_OR_SKIP(server);
  ConnectOptions options;
  options.conninfo = server->url();
  ConnectionPool pool(options, 2, absl::Minutes(2));
  std::atomic<int> now{0}, most{0}, failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int run = 0; run < 20; ++run) {
        const absl::Status status = pool.Run([&](Connection* connection) {
          const int mine = ++now;
          for (int seen = most; seen < mine && !most.compare_exchange_weak(seen, mine);) {
          }
          const absl::Status status = connection->Query("SELECT 1").status();
          --now;
          return status;
        });
        if (!status.ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_LE(most, 2);
}

TEST(ConnectionPool, AllInUse_IsUnavailableInTheEnd) {
  COSTS_START_POSTGRES_OR_SKIP(server);
  ConnectOptions options;
  options.conninfo = server->url();
  ConnectionPool pool(options, 1, absl::Milliseconds(1));
  const absl::Status status = pool.Run([&](Connection*) { return BackendOf(&pool).status(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace costs::postgres
