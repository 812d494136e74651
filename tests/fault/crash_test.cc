// The server is killed (kill -9) again and again while meters stream their records
// to it: every record that was acknowledged is there, once, with the right cost.
//
// COSTS_KILL_ROUNDS says how often; a few times by default.
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "service/postgres/testing/postgres_server.h"
#include "tests/fault/costsd_process.h"
#include "tests/fault/meter_feed.h"
#include "tests/fault/priced_meters.h"

namespace costs::fault {
namespace {

constexpr int64_t kStart = 1'672'531'200;  // 2023-01-01T00:00:00Z
constexpr absl::Duration kPatience = absl::Minutes(3);

int Rounds() {
  int rounds = 8;
  const char* wanted = getenv("COSTS_KILL_ROUNDS");
  if (wanted != nullptr && !absl::SimpleAtoi(wanted, &rounds)) ADD_FAILURE() << "COSTS_KILL_ROUNDS is no number";
  return rounds;
}

// Kills while single records and chunks are being fed.
void KillAgainAndAgain(const std::string& store) {
  CostsdProcess server({absl::StrCat("--store=", store)});
  ASSERT_TRUE(server.Start());
  ASSERT_EQ(CreatePricedLocations(server.grpc()), "");
  MeterFeed feed(server.grpc(), PricedLocations(), kStart, /*records_per_chunk=*/7);
  feed.Start();
  std::mt19937 random(20261125);
  for (int round = 0; round < Rounds(); ++round) {
    const int64_t before = feed.acknowledged();
    // Some kills come while the stream begins, most in its midst.
    if (round % 4 != 0) {
      const absl::Time deadline = absl::Now() + kPatience;
      while (feed.acknowledged() < before + 50 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(2));
    }
    absl::SleepFor(absl::Milliseconds(random() % 120));
    server.Kill();
    ASSERT_TRUE(server.Start());
  }
  ASSERT_TRUE(feed.Finish(kPatience)) << feed.fault();
  EXPECT_EQ(feed.fault(), "");
  EXPECT_GT(feed.records().size(), static_cast<size_t>(Rounds()) * 20);
  for (const std::string& fault : FindFaults(server.grpc(), feed.records())) ADD_FAILURE() << fault;
  std::cout << feed.records().size() << " records, " << feed.streams() << " streams, " << Rounds() << " kills\n";
}

TEST(Crash, SqliteStore_KeepsEveryAcknowledgedRecordOnce) {
  std::string folder = (std::filesystem::temp_directory_path() / "crashXXXXXX").string();
  ASSERT_NE(mkdtemp(&folder[0]), nullptr);
  KillAgainAndAgain(folder + "/costs.sqlite");
  std::filesystem::remove_all(folder);
}

TEST(Crash, PostgresStore_KeepsEveryAcknowledgedRecordOnce) {
  COSTS_REQUIRE_POSTGRES();
  absl::StatusOr<std::unique_ptr<postgres::PostgresServer>> started = postgres::PostgresServer::Start();
  ASSERT_TRUE(started.ok()) << started.status();
  postgres::PostgresServer* const database = started->get();
  KillAgainAndAgain(database->url());
}

}  // namespace
}  // namespace costs::fault
