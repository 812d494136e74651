#include "service/records/repricer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/engine/testing/tariff_spec.h"
#include "service/records/testing/local_stores.h"
#include "service/records/testing/metered_places.h"
#include "service/records/testing/record_builder.h"

namespace costs::records {
namespace {

using catalog::CatalogChange;
using catalog::CatalogContent;
using engine::CarbonSeries;
using engine::Instant;
using engine::MarketSeries;
using engine::testing::Build;
using engine::testing::D;
using engine::testing::Flat;
using engine::testing::Slots;
using engine::testing::Tiered;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kDay;
using testing::kHour;
using testing::kNewYear;
using testing::MeteredPlaces;
using testing::Request;
using ::testing::SizeIs;
using testing::WatchedStore;

// Follows the market series "n2ex", with nothing on top.
std::shared_ptr<const engine::TariffElement> Following(std::shared_ptr<const MarketSeries> market) {
  auto element = std::make_shared<engine::TariffElement>(*Build(Flat("0")));
  element->schedule = nullptr;
  element->id = "market";
  element->market = std::move(market);
  return element;
}

std::shared_ptr<const MarketSeries> Market(const std::vector<std::string>& hourly) {
  return std::make_shared<const MarketSeries>(
      *MarketSeries::Create("n2ex", "GBP", Slots(Instant::FromSeconds(kNewYear), kHour, hourly)));
}

std::shared_ptr<const CarbonSeries> Carbon(const char* per_kwh) {
  const engine::Interval day{Instant::FromSeconds(kNewYear), Instant::FromSeconds(kNewYear + kDay)};
  return std::make_shared<const CarbonSeries>(*CarbonSeries::Create("GB", {{day, D(per_kwh), {}}}));
}

// "home" has the flat rate, "stall" the market's price, "mill" tiers.
CatalogContent Content() {
  CatalogContent content;
  content.elements = {Build(Flat("0.1")), Following(Market({"0.2", "0.3", "0.4"}))};
  engine::testing::ElementSpec tiers = Tiered({{"0.1", "10"}, {"0.3", ""}});
  tiers.id = "tiers";
  content.elements.push_back(Build(tiers));
  content.locations = {{"home", "UTC", "GBP", "GB", {"element"}},
                       {"mill", "UTC", "GBP", "", {"tiers"}},
                       {"stall", "UTC", "GBP", "GB", {"market"}}};
  content.carbon = {Carbon("100")};
  return content;
}

CatalogChange NewRate(const char* per_kwh) {
  CatalogChange change;
  change.elements = {Build(Flat(per_kwh))};
  return change;
}

CatalogChange NewMarket(const std::vector<std::string>& hourly) {
  CatalogChange change;
  change.market = {Market(hourly)};
  return change;
}

RecordRequest Hour(const char* location, int64_t hour, double kwh = 2) {
  return Request(location, "", kNewYear + hour * kHour, kHour, kwh);
}

int64_t CostOf(const Revision& revision) {
  return revision.figures.tariff ? static_cast<int64_t>(revision.figures.tariff->micros) : -1;
}

class RepricerTest : public ::testing::TestWithParam<testing::StoreChoice> {
 protected:
  int64_t CostOfHour(const char* location, int64_t hour) { return CostOf(places_.Get(Hour(location, hour)).revision); }
  std::vector<int64_t> Costs(const RecordRequest& request) {
    std::vector<int64_t> costs;
    for (const Revision& revision : places_.Revisions(request)) costs.push_back(CostOf(revision));
    return costs;
  }
  void ChangeAndWait(const CatalogChange& change) {
    places_.Change(change);
    places_.WaitUntilIdle();
    places_.ExpectPricedAfresh();
  }

  MeteredPlaces places_{GetParam().make(), Content()};
};

INSTANTIATE_TEST_SUITE_P(Stores, RepricerTest, ::testing::ValuesIn(testing::LocalStores()),
                         [](const auto& info) { return info.param.name; });

TEST_P(RepricerTest, TariffChanged_NewFiguresAndTheOldOnesAreKept) {
  places_.StartRepricer();
  places_.WaitUntilIdle();
  places_.Put({Hour("home", 0), Hour("stall", 0)});
  ChangeAndWait(NewRate("0.25"));
  const std::vector<Revision> revisions = places_.Revisions(Hour("home", 0));
  ASSERT_THAT(revisions, SizeIs(2));
  EXPECT_EQ(CostOf(revisions[0]), 500'000);
  EXPECT_EQ(revisions[0].cause, RevisionCause::kTariffChanged);
  EXPECT_EQ(revisions[0].catalog_version, 2u);
  EXPECT_GT(revisions[0].priced_ns, revisions[1].priced_ns);
  EXPECT_EQ(CostOf(revisions[1]), 200'000);
  EXPECT_EQ(revisions[1].cause, RevisionCause::kSubmitted);
  EXPECT_THAT(places_.Revisions(Hour("stall", 0)), SizeIs(1));
}

TEST_P(RepricerTest, MarketPriceChanged_OnlyItsHoursRecords) {
  places_.StartRepricer();
  places_.WaitUntilIdle();
  places_.Put({Hour("stall", 0), Hour("stall", 1), Hour("stall", 2), Hour("home", 1)});
  const int64_t listed = places_.store().listed;
  ChangeAndWait(NewMarket({"0.2", "0.35", "0.4"}));
  EXPECT_THAT(Costs(Hour("stall", 0)), ElementsAre(400'000));
  EXPECT_THAT(Costs(Hour("stall", 1)), ElementsAre(700'000, 600'000));
  EXPECT_THAT(Costs(Hour("stall", 2)), ElementsAre(800'000));
  EXPECT_EQ(places_.Get(Hour("stall", 1)).revision.cause, RevisionCause::kMarketPriceChanged);
  EXPECT_EQ(places_.store().repriced, 1);
  EXPECT_LE(places_.store().listed - listed, 2) << "once to see that there are any, once to price them";
}

TEST_P(RepricerTest, IntensityChanged_SaysSo) {
  places_.StartRepricer();
  places_.WaitUntilIdle();
  places_.Put({Hour("home", 0), Hour("mill", 0)});
  CatalogChange change;
  change.carbon = {Carbon("150")};
  ChangeAndWait(change);
  const std::vector<Revision> revisions = places_.Revisions(Hour("home", 0));
  ASSERT_THAT(revisions, SizeIs(2));
  EXPECT_EQ(revisions[0].cause, RevisionCause::kIntensityChanged);
  EXPECT_TRUE(revisions[0].figures.carbon->milligrams == 300'000);
  EXPECT_TRUE(revisions[1].figures.carbon->milligrams == 200'000);
  EXPECT_THAT(places_.Revisions(Hour("mill", 0)), SizeIs(1));
}

TEST_P(RepricerTest, PricesOfTomorrow_TouchNoRecord) {
  places_.Put({Hour("stall", 0), Hour("stall", 1), Hour("home", 0)});
  places_.StartRepricer();
  places_.WaitUntilIdle();
  WatchedStore& store = places_.store();
  const int64_t marked = store.marked, lists = store.lists, listed = store.listed;
  ChangeAndWait(NewMarket({"0.2", "0.3", "0.4", "0.5", "0.6"}));
  EXPECT_EQ(store.marked - marked, 0);
  EXPECT_EQ(store.lists - lists, 1) << "of the one location that follows the market";
  EXPECT_EQ(store.listed - listed, 0);
  EXPECT_EQ(store.reprices, 0);
}

TEST_P(RepricerTest, SeveralChanges_OneRevisionEach) {
  places_.Put({Hour("home", 0), Hour("stall", 0)});
  places_.StartRepricer();
  places_.WaitUntilIdle();
  ChangeAndWait(NewRate("0.2"));
  ChangeAndWait(NewMarket({"0.25", "0.3", "0.4"}));
  ChangeAndWait(NewRate("0.3"));
  EXPECT_THAT(Costs(Hour("home", 0)), ElementsAre(600'000, 400'000, 200'000));
  EXPECT_THAT(Costs(Hour("stall", 0)), ElementsAre(500'000, 400'000));
}

TEST_P(RepricerTest, PriceIsGone_RecordLosesItsCostAndGetsItBack) {
  places_.Put({Hour("stall", 1)});
  places_.StartRepricer();
  places_.WaitUntilIdle();
  ChangeAndWait(NewMarket({"0.2", "", "0.4"}));
  EXPECT_FALSE(places_.Get(Hour("stall", 1)).revision.figures.tariff);
  EXPECT_TRUE(places_.Get(Hour("stall", 1)).revision.figures.carbon);
  ChangeAndWait(NewMarket({"0.2", "0.3", "0.4"}));
  EXPECT_THAT(Costs(Hour("stall", 1)), ElementsAre(600'000, -1, 600'000));
}

TEST_P(RepricerTest, LocationIsGone_RecordsKeepTheirFiguresUntilItIsBack) {
  places_.Put({Hour("home", 0)});
  places_.StartRepricer();
  places_.WaitUntilIdle();
  CatalogChange gone;
  gone.removed_locations = {"home"};
  ChangeAndWait(gone);
  ChangeAndWait(NewRate("0.2"));
  EXPECT_THAT(Costs(Hour("home", 0)), ElementsAre(200'000));
  CatalogChange back;
  back.locations = {{"home", "UTC", "GBP", "GB", {"element"}}};
  ChangeAndWait(back);
  EXPECT_THAT(Costs(Hour("home", 0)), ElementsAre(400'000, 200'000));
}

TEST_P(RepricerTest, ZoneAndCurrencyChanged_DaysFollow) {
  places_.Put({Hour("home", 20)});
  const int32_t day = places_.Get(Hour("home", 20)).revision.figures.first_day;
  places_.StartRepricer();
  places_.WaitUntilIdle();
  CatalogChange change;
  change.locations = {{"home", "Asia/Tokyo", "GBP", "GB", {"element"}}};
  ChangeAndWait(change);
  EXPECT_EQ(places_.Get(Hour("home", 20)).revision.figures.first_day, day + 1);
  EXPECT_EQ(places_.Get(Hour("home", 20)).revision.cause, RevisionCause::kTariffChanged);
}

TEST_P(RepricerTest, RecordArrivesLate_LaterOnesMoveUpTheTiers) {
  places_.StartRepricer();
  places_.WaitUntilIdle();
  places_.Put({Hour("mill", 10, 8)});
  EXPECT_EQ(CostOfHour("mill", 10), 800'000);
  places_.Put({Hour("mill", 5, 4)});
  places_.WaitUntilIdle();
  places_.ExpectPricedAfresh();
  EXPECT_EQ(CostOfHour("mill", 10), 1'200'000);
  EXPECT_EQ(places_.Get(Hour("mill", 10)).revision.cause, RevisionCause::kUsageChanged);
  places_.Delete({places_.Get(Hour("mill", 5)).id});
  places_.WaitUntilIdle();
  places_.ExpectPricedAfresh();
  EXPECT_THAT(Costs(Hour("mill", 10)), ElementsAre(800'000, 1'200'000, 800'000));
}

TEST_P(RepricerTest, OwnMeterArrives_ItsUsageCountsInThePlaceOfTheDevices) {
  places_.StartRepricer();
  places_.WaitUntilIdle();
  places_.Put({Request("mill", "saw", kNewYear, kHour, 9), Request("mill", "saw", kNewYear + 5 * kHour, kHour, 4)});
  EXPECT_EQ(CostOf(places_.Get(Request("mill", "saw", kNewYear + 5 * kHour, kHour, 4)).revision), 1'000'000);
  places_.Put({Request("mill", "", kNewYear, kHour, 20)});
  places_.WaitUntilIdle();
  places_.ExpectPricedAfresh();
  EXPECT_EQ(CostOf(places_.Get(Request("mill", "saw", kNewYear + 5 * kHour, kHour, 4)).revision), 1'200'000);
}

TEST_P(RepricerTest, TiersCome_RecordsCountFromThenOn) {
  places_.Put({Hour("home", 0, 8), Hour("home", 1, 8)});
  places_.StartRepricer();
  places_.WaitUntilIdle();
  CatalogChange change;
  change.elements = {Build(Tiered({{"0.1", "10"}, {"0.3", ""}}))};
  ChangeAndWait(change);
  EXPECT_EQ(CostOfHour("home", 1), 200'000 + 1'800'000);
  EXPECT_EQ(places_.store().repriced, 2);
  places_.Put({Hour("home", 0, 9)});
  places_.WaitUntilIdle();
  places_.ExpectPricedAfresh();
}

// ---- what happens at the same time

TEST_P(RepricerTest, PricedOnWhatWas_IsPricedAgain) {
  places_.StartRepricer();
  places_.WaitUntilIdle();
  const auto old = places_.snapshot();
  ChangeAndWait(NewRate("0.3"));
  places_.PutPricedOn(old, Hour("home", 0));
  places_.WaitUntilIdle();
  places_.ExpectPricedAfresh();
  EXPECT_THAT(Costs(Hour("home", 0)), ElementsAre(600'000, 200'000));
}

// Comparing the first version with the last one shows no difference.
TEST_P(RepricerTest, ChangedAndChangedBack_RecordsOfBetweenArePricedAgain) {
  places_.StartRepricer();
  places_.WaitUntilIdle();
  places_.StopRepricer();
  places_.Change(NewRate("0.3"));
  places_.Put({Hour("home", 0)});
  EXPECT_EQ(CostOfHour("home", 0), 600'000);
  places_.Change(NewRate("0.1"));
  places_.StartRepricer();
  places_.WaitUntilIdle();
  places_.ExpectPricedAfresh();
  EXPECT_THAT(Costs(Hour("home", 0)), ElementsAre(200'000, 600'000));
}

// While one change is marked, another one is made and taken back: comparing what is
// marked with what comes next shows nothing of it.
TEST_P(RepricerTest, ChangedAndChangedBackUnderItsEyes_RecordsOfBetweenArePricedAgain) {
  std::atomic<bool> armed{false};
  places_.store().before = [&](WatchedStore::Call call) {
    if (call == WatchedStore::Call::kBarrier && armed.exchange(false)) {
      places_.Change(NewRate("0.5"));
      places_.Put({Hour("home", 0)});
      places_.Change(NewRate("0.1"));
    }
    return absl::OkStatus();
  };
  places_.StartRepricer();
  ChangeAndWait(NewMarket({"0.25"}));
  armed = true;
  ChangeAndWait(NewMarket({"0.2"}));
  EXPECT_FALSE(armed);
  EXPECT_EQ(places_.snapshot()->version(), 5u);
  EXPECT_THAT(Costs(Hour("home", 0)), ElementsAre(200'000, 1'000'000));
}

TEST_P(RepricerTest, ResubmittedMeanwhile_TheSubmissionWins) {
  places_.Put({Hour("home", 0), Hour("home", 1)});
  std::atomic<bool> first{true};
  places_.store().before = [&](WatchedStore::Call call) {
    if (call == WatchedStore::Call::kReprice && first.exchange(false)) {
      places_.Put({Hour("home", 0, 7)});
      places_.Delete({places_.Get(Hour("home", 1)).id});
    }
    return absl::OkStatus();
  };
  places_.StartRepricer();
  ChangeAndWait(NewRate("0.2"));
  EXPECT_FALSE(first);
  EXPECT_THAT(Costs(Hour("home", 0)), ElementsAre(1'400'000, 200'000));
  EXPECT_EQ(places_.Get(Hour("home", 0)).revision.cause, RevisionCause::kSubmitted);
  EXPECT_THAT(places_.All(), SizeIs(1));
}

TEST_P(RepricerTest, CountedRecordGoesWhileTiersCome_LaterOnesDoNotCountIt) {
  places_.Put({Hour("home", 0, 8), Hour("home", 1, 8)});
  std::atomic<bool> first{true};
  places_.store().before = [&](WatchedStore::Call call) {
    if (call == WatchedStore::Call::kReprice && first.exchange(false)) {
      places_.Delete({places_.Get(Hour("home", 0)).id});
    }
    return absl::OkStatus();
  };
  places_.StartRepricer();
  CatalogChange change;
  change.elements = {Build(Tiered({{"0.1", "10"}, {"0.3", ""}}))};
  ChangeAndWait(change);
  EXPECT_EQ(CostOfHour("home", 1), 800'000);
}

// It was stored as if there were no tiers, and is gone before that is put right.
TEST_P(RepricerTest, RecordOfBeforeTheTiersComesAndGoes_LaterOnesDoNotCountIt) {
  places_.StartRepricer();
  places_.WaitUntilIdle();
  const auto old = places_.snapshot();
  CatalogChange change;
  change.elements = {Build(Tiered({{"0.1", "10"}, {"0.3", ""}}))};
  ChangeAndWait(change);
  places_.StopRepricer();
  places_.PutPricedOn(old, Hour("home", 0, 8));
  places_.Put({Hour("home", 1, 8)});
  EXPECT_EQ(CostOfHour("home", 1), 2'000'000);
  places_.Delete({places_.Get(Hour("home", 0)).id});
  places_.StartRepricer();
  places_.WaitUntilIdle();
  places_.ExpectPricedAfresh();
  EXPECT_EQ(CostOfHour("home", 1), 800'000);
}

TEST_P(RepricerTest, StoreFails_TriesAgain) {
  std::atomic<int> calls{0};
  places_.store().before = [&](WatchedStore::Call) {
    return ++calls % 8 < 3 ? absl::UnavailableError("the store is away") : absl::OkStatus();
  };
  places_.repricer_options.longest_wait = absl::Milliseconds(2);
  places_.StartRepricer();
  places_.Put({Hour("home", 0), Hour("stall", 0)});
  ChangeAndWait(NewRate("0.2"));
  EXPECT_THAT(Costs(Hour("home", 0)), ElementsAre(400'000, 200'000));
  EXPECT_GT(places_.repricer().progress().failures, 0);
  EXPECT_THAT(places_.logs(), ::testing::Contains(HasSubstr("the store is away")));
}

TEST_P(RepricerTest, StoppedAnywhere_EndsInTheSameStateWithOneRevision) {
  std::vector<RecordRequest> requests;
  for (int64_t hour = 0; hour < 60; ++hour) requests.push_back(Hour(hour % 3 == 0 ? "home" : "mill", hour, 1));
  places_.Put(requests);
  places_.repricer_options.records_per_batch = 4;
  places_.repricer_options.locations_per_page = 1;
  places_.StartRepricer();
  places_.WaitUntilIdle();
  places_.StopRepricer();
  CatalogChange change = NewRate("0.2");
  engine::testing::ElementSpec tiers = Tiered({{"0.1", "15"}, {"0.4", ""}});
  tiers.id = "tiers";
  change.elements.push_back(Build(tiers));
  places_.Change(change);
  // Each one gets a little further; the first few do not end the marking.
  std::atomic<int> left{0};
  places_.store().before = [&](WatchedStore::Call) {
    return --left < 0 ? absl::UnavailableError("killed") : absl::OkStatus();
  };
  for (int calls = 1; calls < 40; ++calls) {
    left = calls;
    places_.StartRepricer();
    while (left >= 0) {
      const auto count = places_.store().CountStale(testing::TestTenant());
      if (count->locations == 0 && count->marked_version == 2) break;
      absl::SleepFor(absl::Microseconds(100));
    }
    places_.StopRepricer();
  }
  left = 1'000'000;
  places_.StartRepricer();
  places_.WaitUntilIdle();
  places_.ExpectPricedAfresh();
  for (const RecordRequest& request : requests) {
    EXPECT_LE(places_.Revisions(request).size(), 2u);
    if (request.location_id == "home") {
      EXPECT_THAT(Costs(request), ElementsAre(200'000, 100'000));
    }
  }
}

TEST_P(RepricerTest, AnotherReplicaIsAhead_WaitsForItsCatalog) {
  places_.Put({Hour("home", 0)});
  ASSERT_TRUE(places_.store().MarkStale(testing::TestTenant(), {}, 2).ok());
  places_.StartRepricer();
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(places_.store().lists, 0);
  places_.Change(NewRate("0.2"));
  places_.WaitUntilIdle();
}

TEST_P(RepricerTest, Progress_CountsAndTells) {
  places_.Put({Hour("home", 0), Hour("home", 1)});
  places_.StartRepricer();
  places_.WaitUntilIdle();
  ChangeAndWait(NewRate("0.2"));
  while (places_.repricer().progress().running_since) absl::SleepFor(absl::Milliseconds(1));
  const RepricingProgress progress = places_.repricer().progress();
  EXPECT_EQ(progress.catalog_version, 2u);
  EXPECT_EQ(progress.marked_version, 2u);
  EXPECT_EQ(progress.stale_locations, 0);
  EXPECT_EQ(progress.records_checked, 2);
  EXPECT_EQ(progress.records_repriced, 2);
  EXPECT_EQ(progress.failures, 0);
  EXPECT_THAT(places_.logs(), ElementsAre(AllOf(HasSubstr("version 2"), HasSubstr("1 of 1 locations")),
                                          AllOf(HasSubstr("done"), HasSubstr("2 of 2 records"))));
}

}  // namespace
}  // namespace costs::records
