// What PostgreSQL and several replicas may do to meters: the database stops and
// starts under load, a replica freezes or dies, the catalog changes elsewhere.
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "service/postgres/testing/postgres_server.h"
#include "tests/fault/costsd_process.h"
#include "tests/fault/meter_feed.h"
#include "tests/fault/priced_meters.h"

namespace costs::fault {
namespace {

namespace v1 = energy::costs::v1;

constexpr int64_t kStart = 1'672'531'200;       // 2023-01-01T00:00:00Z
constexpr int64_t kOtherStart = 1'735'689'600;  // 2025-01-01T00:00:00Z
constexpr absl::Duration kPatience = absl::Minutes(3);

bool AwaitMore(const MeterFeed& feed, int64_t more) {
  const int64_t wanted = feed.acknowledged() + more;
  const absl::Time deadline = absl::Now() + kPatience;
  while (feed.acknowledged() < wanted && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
  return feed.acknowledged() >= wanted;
}

TEST(Postgres, StoppedAndStartedUnderLoad_LosesAndDoublesNothing) {
  COSTS_START_POSTGRES_OR_SKIP(postgres);
  CostsdProcess server({absl::StrCat("--store=", postgres->url())});
  ASSERT_TRUE(server.Start());
  ASSERT_EQ(CreatePricedLocations(server.grpc()), "");
  MeterFeed feed(server.grpc(), PricedLocations(), kStart, 7);
  feed.Start();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(AwaitMore(feed, 100));
    // By turns in good order and as when its machine fails.
    if (round % 2 == 0) {
      ASSERT_TRUE(postgres->Stop().ok());
    } else {
      ASSERT_TRUE(postgres->Kill().ok());
    }
    // Callers are told, not kept waiting.
    const int64_t refusals = feed.refusals();
    const absl::Time deadline = absl::Now() + kPatience;
    while (feed.refusals() == refusals && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_GT(feed.refusals(), refusals);
    ASSERT_TRUE(postgres->Restart().ok());
  }
  ASSERT_TRUE(AwaitMore(feed, 100));
  ASSERT_TRUE(feed.Finish(kPatience)) << feed.fault();
  EXPECT_EQ(feed.fault(), "");
  for (const std::string& fault : FindFaults(server.grpc(), feed.records())) ADD_FAILURE() << fault;
}

TEST(Postgres, ReplicaThatDiesOrFreezes_HarmsNoRecordOfTheOther) {
  COSTS_START_POSTGRES_OR_SKIP(postgres);
  CostsdProcess one({absl::StrCat("--store=", postgres->url())});
  CostsdProcess other({absl::StrCat("--store=", postgres->url())});
  ASSERT_TRUE(one.Start());
  ASSERT_TRUE(other.Start());
  ASSERT_EQ(CreatePricedLocations(one.grpc()), "");
  // The same records through both, so that they meet.
  MeterFeed feed_one(one.grpc(), PricedLocations(), kStart, 5);
  MeterFeed feed_other(other.grpc(), PricedLocations(), kStart, 11);
  absl::SleepFor(absl::Seconds(1));  // the other replica hears of the locations
  feed_one.Start();
  feed_other.Start();
  ASSERT_TRUE(AwaitMore(feed_one, 200));
  other.Kill();
  ASSERT_TRUE(AwaitMore(feed_one, 200));
  ASSERT_TRUE(other.Start());
  ASSERT_TRUE(AwaitMore(feed_other, 100));
  // Wherever it is, between two statements or in the middle of one.
  for (int i = 0; i < 5; ++i) {
    one.Freeze();
    ASSERT_TRUE(AwaitMore(feed_other, 200));
    one.Thaw();
    ASSERT_TRUE(AwaitMore(feed_one, 100));
  }
  ASSERT_TRUE(feed_one.Finish(kPatience)) << feed_one.fault();
  ASSERT_TRUE(feed_other.Finish(kPatience)) << feed_other.fault();
  const auto& longer =
      feed_one.records().size() > feed_other.records().size() ? feed_one.records() : feed_other.records();
  for (const std::string& fault : FindFaults(other.grpc(), longer)) ADD_FAILURE() << fault;
}

double Simulate(const std::string& address) {
  v1::CalculateInstantCostRequest request;
  request.set_non_persistent(true);
  request.mutable_record()->set_location_id("loc_flat");
  request.mutable_record()->set_units(v1::Units::KWH);
  request.mutable_record()->set_value(1);
  request.mutable_record()->mutable_start_time()->set_seconds(kOtherStart);
  request.mutable_record()->mutable_end_time()->set_seconds(kOtherStart + 3'600);
  grpc::ClientContext context;
  v1::MeterRecord record;
  const grpc::Status status =
      v1::CostsService::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))
          ->CalculateInstantCost(&context, request, &record);
  return status.ok() ? record.data().tariff().value() : -1;
}

TEST(Postgres, CatalogChangedThroughOneReplica_IsUsedByTheOtherAndRepricesRecords) {
  COSTS_START_POSTGRES_OR_SKIP(postgres);
  CostsdProcess one({absl::StrCat("--store=", postgres->url())});
  CostsdProcess other({absl::StrCat("--store=", postgres->url())});
  ASSERT_TRUE(one.Start());
  ASSERT_TRUE(other.Start());
  ASSERT_EQ(CreatePricedLocations(one.grpc()), "");
  const absl::Time created = absl::Now();
  while (Simulate(other.grpc()) != 0.25 && absl::Now() < created + kPatience) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(Simulate(other.grpc()), 0.25);

  auto tariffs = v1::TariffsService::NewStub(grpc::CreateChannel(one.grpc(), grpc::InsecureChannelCredentials()));
  double longest = 0;
  for (int round = 1; round <= 10; ++round) {
    v1::UpdateTariffElementRequest request;
    v1::TariffElement* element = request.mutable_tariff_element();
    element->set_id("trf_loc_flat");
    auto* hours = element->add_schedule()->add_days_and_hours()->add_hours();
    hours->add_rate()->set_fixed(0.25 + round);
    request.mutable_update_mask()->add_paths("schedule");
    grpc::ClientContext context;
    v1::TariffElement updated;
    const grpc::Status status = tariffs->UpdateTariffElement(&context, request, &updated);
    ASSERT_TRUE(status.ok()) << status.error_message();
    const absl::Time changed = absl::Now();
    while (Simulate(other.grpc()) != 0.25 + round && absl::Now() < changed + kPatience) {
      absl::SleepFor(absl::Milliseconds(2));
    }
    EXPECT_EQ(Simulate(other.grpc()), 0.25 + round);
    longest = std::max(longest, absl::ToDoubleSeconds(absl::Now() - changed));
  }
  std::cout << "a change was used by the other replica after at most " << longest << " s\n";
}

}  // namespace
}  // namespace costs::fault
