#include "service/catalog/price_changes.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "service/engine/pricing.h"
#include "service/engine/testing/cases.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/tiered_pricing.h"

namespace costs::catalog {
namespace {

using engine::CarbonSeries;
using engine::Interval;
using engine::kEarliest;
using engine::kLatest;
using engine::MarketSeries;
using engine::TariffRate;
using engine::testing::At;
using engine::testing::Between;
using engine::testing::Build;
using engine::testing::CaseName;
using engine::testing::D;
using engine::testing::ElementSpec;
using engine::testing::Flat;
using engine::testing::Random;
using engine::testing::Slots;
using engine::testing::Tiered;

constexpr Interval kAlways{kEarliest, kLatest};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

LocationSpec Place(std::vector<std::string> elements, std::string zone = "Europe/London") {
  return {"home", std::move(zone), "GBP", "GB", std::move(elements)};
}

SnapshotPtr Make(const std::vector<ElementSpec>& specs, const std::string& zone = "Europe/London") {
  CatalogContent content;
  content.locations.push_back(Place({}, zone));
  for (const ElementSpec& spec : specs) {
    content.locations[0].tariff_elements.push_back(spec.id);
    content.elements.push_back(Build(spec));
  }
  return *Snapshot::Create(1, std::move(content));
}

SnapshotPtr Next(const SnapshotPtr& before, const CatalogChange& change) {
  return *before->With(before->version() + 1, change);
}

PriceChanges Compare(const SnapshotPtr& before, const SnapshotPtr& after) {
  return PriceComparison().Compare(before->FindLocation("home"), after->FindLocation("home"));
}

std::shared_ptr<const MarketSeries> Market(const std::vector<engine::MarketPrice>& prices) {
  return std::make_shared<const MarketSeries>(*MarketSeries::Create("n2ex", "GBP", prices));
}

std::shared_ptr<const engine::TariffElement> Following(std::shared_ptr<const MarketSeries> market,
                                                       ElementSpec spec = {}) {
  auto element = std::make_shared<engine::TariffElement>(*Build(spec.seasons.empty() ? Flat("0") : spec));
  if (spec.seasons.empty()) element->schedule = nullptr;
  element->id = "market";
  element->market = std::move(market);
  return element;
}

TEST(PriceChangesTest, SameLocation_NoChange) {
  const SnapshotPtr before = Make({Flat("0.1")});
  EXPECT_FALSE(Compare(before, before).any());
  CatalogChange change;
  change.locations.push_back({"other", "Europe/London", "GBP", "", {}});
  EXPECT_FALSE(Compare(before, Next(before, change)).any());
}

TEST(PriceChangesTest, ElementMadeAnewWithTheSameRates_NoChange) {
  EXPECT_FALSE(Compare(Make({Flat("0.10")}), Make({Flat("0.1")})).any());
  EXPECT_FALSE(
      Compare(Make({Tiered({{"0.1", "300"}, {"0.2", ""}})}), Make({Tiered({{"0.1", "300.0"}, {"0.2", ""}})})).any());
}

TEST(PriceChangesTest, RateChanged_FromTheContractsStartOn) {
  ElementSpec spec = Flat("0.1");
  spec.contract_start = At("2024-05-01T00:00:00Z");
  ElementSpec dearer = Flat("0.12345");
  dearer.contract_start = spec.contract_start;
  const PriceChanges changes = Compare(Make({spec}), Make({dearer}));
  ASSERT_TRUE(changes.prices[0]);
  EXPECT_TRUE(changes.prices[0]->interval == (Interval{spec.contract_start, kLatest}));
  EXPECT_FALSE(changes.prices[0]->by_market);
  EXPECT_FALSE(changes.prices[1] || changes.prices[2] || changes.carbon);
}

TEST(PriceChangesTest, HoursChanged_FromTheFirstToTheLastOfThem) {
  ElementSpec a = Flat("0.1"), b = Flat("0.1");
  b.special_days = {absl::CivilDay(2023, 4, 7), absl::CivilDay(2024, 3, 29)};
  engine::Season season;
  season.days_and_hours = {{engine::kAllDays, {{0, engine::kSecondsPerDay, engine::testing::Fixed("0.1")}}},
                           {engine::kSpecialDay, {{3600, 7200, engine::testing::Fixed("0.3")}}}};
  season.days_and_hours[1].hours.insert(season.days_and_hours[1].hours.begin(),
                                        {0, 3600, engine::testing::Fixed("0.1")});
  season.days_and_hours[1].hours.push_back({7200, engine::kSecondsPerDay, engine::testing::Fixed("0.1")});
  b.seasons = {season};
  const PriceChanges changes = Compare(Make({a}), Make({b}));
  ASSERT_TRUE(changes.prices[0]);
  EXPECT_TRUE(changes.prices[0]->interval == Between("2023-04-07T00:00:00Z", "2024-03-29T02:00:00Z"));
}

TEST(PriceChangesTest, MarketUpload_IsTheSlotsThatDiffer) {
  const auto market = Market(Slots(At("2024-01-01T00:00:00Z"), 3600, {"0.1", "0.2", "0.3", "0.4"}));
  CatalogContent content;
  content.elements = {Following(market), Build(Flat("0.05"))};
  content.locations = {Place({"market", "element"})};
  const SnapshotPtr before = *Snapshot::Create(1, std::move(content));
  CatalogChange change;
  change.market.push_back(std::make_shared<const MarketSeries>(
      *market->With(Slots(At("2024-01-01T01:00:00Z"), 3600, {"0.2", "0.35"}), nullptr)));
  const PriceChanges changes = Compare(before, Next(before, change));
  ASSERT_TRUE(changes.prices[0]);
  EXPECT_TRUE(changes.prices[0]->interval == Between("2024-01-01T02:00:00Z", "2024-01-01T03:00:00Z"));
  EXPECT_TRUE(changes.prices[0]->by_market);
  EXPECT_TRUE(changes.hull() == changes.prices[0]->interval);
}

TEST(PriceChangesTest, MarketUploadAndAnotherRate_IsTheTariffs) {
  const auto market = Market(Slots(At("2024-01-01T00:00:00Z"), 3600, {"0.1", "0.2"}));
  CatalogContent content;
  content.elements = {Following(market), Build(Flat("0.05"))};
  content.locations = {Place({"market", "element"})};
  const SnapshotPtr before = *Snapshot::Create(1, std::move(content));
  CatalogChange change;
  change.elements = {Build(Flat("0.06"))};
  change.market.push_back(
      std::make_shared<const MarketSeries>(*market->With(Slots(At("2024-01-01T01:00:00Z"), 3600, {"0.3"}), nullptr)));
  const PriceChanges changes = Compare(before, Next(before, change));
  ASSERT_TRUE(changes.prices[0]);
  EXPECT_FALSE(changes.prices[0]->by_market);
}

TEST(PriceChangesTest, IntensityChanged_IsTheCarbonsAlone) {
  const Interval hour = Between("2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z");
  const SnapshotPtr none = Make({Flat("0.1")});
  CatalogChange change;
  change.carbon.push_back(
      std::make_shared<const CarbonSeries>(*CarbonSeries::Create("GB", {{hour, D("200"), std::nullopt}})));
  const SnapshotPtr forecast = Next(none, change);
  change.carbon = {std::make_shared<const CarbonSeries>(*CarbonSeries::Create("GB", {{hour, D("200"), D("200")}}))};
  const SnapshotPtr actual = Next(forecast, change);
  for (const PriceChanges& changes : {Compare(none, forecast), Compare(forecast, actual)}) {
    ASSERT_TRUE(changes.carbon);
    EXPECT_TRUE(*changes.carbon == hour);
    EXPECT_FALSE(changes.prices[0]);
  }
}

TEST(PriceChangesTest, LocationComesGoesOrMoves_Everything) {
  const SnapshotPtr london = Make({Flat("0.1")});
  const SnapshotPtr tokyo = Make({Flat("0.1")}, "Asia/Tokyo");
  PriceComparison comparison;
  for (const auto& [before, after] : {std::pair(london->FindLocation("home"), tokyo->FindLocation("home")),
                                      std::pair(london->FindLocation("home"), london->FindLocation("nowhere")),
                                      std::pair(london->FindLocation("nowhere"), london->FindLocation("home"))}) {
    const PriceChanges changes = comparison.Compare(before, after);
    for (const auto& change : changes.prices) EXPECT_TRUE(change && change->interval == kAlways);
    EXPECT_TRUE(changes.carbon && *changes.carbon == kAlways);
  }
}

TEST(PriceChangesTest, ListAppears_EverythingOfThatRate) {
  ElementSpec sold = Flat("0.05");
  sold.id = "sold";
  sold.tariff_rate = TariffRate::kExport;
  const PriceChanges changes = Compare(Make({Flat("0.1")}), Make({Flat("0.1"), sold}));
  EXPECT_FALSE(changes.prices[0]);
  EXPECT_TRUE(changes.prices[1] && changes.prices[1]->interval == kAlways);
}

TEST(PriceChangesTest, TierEdgesChanged_WhereTheContractHolds) {
  ElementSpec a = Tiered({{"0.1", "300"}, {"0.2", ""}}), b = Tiered({{"0.1", "310"}, {"0.2", ""}});
  a.contract_start = b.contract_start = At("2024-01-01T00:00:00Z");
  const PriceChanges changes = Compare(Make({a}), Make({b}));
  ASSERT_TRUE(changes.prices[0]);
  EXPECT_TRUE(changes.prices[0]->interval == (Interval{a.contract_start, kLatest}));
}

TEST(PriceChangesTest, TiersCome_EverythingForTheirWindowsAreKept) {
  ElementSpec later = Tiered({{"0.1", "300"}, {"0.2", ""}});
  later.id = "later";
  later.supersedes = "element";
  later.contract_start = At("2024-01-01T00:00:00Z");
  const PriceChanges changes = Compare(Make({Flat("0.1")}), Make({Flat("0.1"), later}));
  EXPECT_TRUE(changes.prices[0] && changes.prices[0]->interval == kAlways);
}

// ---- law: outside the interval nothing differs

ElementSpec Changed(Random& random, const Interval& window, ElementSpec spec) {
  const Interval part = engine::testing::RandomInterval(random, window, 5 * 86'400);
  if (spec.market && random.OneIn(2)) {
    for (engine::MarketPrice& price : *spec.market) {
      if (part.start <= price.interval.start && price.interval.end <= part.end) {
        price.per_kwh = engine::testing::RandomPrice(random, true);
      }
    }
    return spec;
  }
  switch (random.Between(0, 4)) {
    case 0:
      spec.special_days.push_back(absl::CivilDay(1970, 1, 1) + part.start.ns / engine::kNanosPerDay);
      break;
    case 1:
      spec.contract_start = engine::Instant::FromSeconds(part.start.ns / engine::kNanosPerSecond);
      if (spec.contract_end && *spec.contract_end <= spec.contract_start) spec.contract_end.reset();
      break;
    case 2:
      spec.tier_unit = spec.tier_unit == engine::TierUnit::kKwh ? engine::TierUnit::kKwhDaily : engine::TierUnit::kKwh;
      if (spec.tier_window.kind == engine::TierWindow::Kind::kDay) spec.tier_unit = engine::TierUnit::kKwh;
      break;
    case 3:
      if (!spec.seasons.empty()) {
        spec.seasons = engine::testing::RandomSeasons(random, true, spec.market.has_value(), random.OneIn(2));
      }
      break;
    default:
      break;
  }
  return spec;
}

std::string CostOf(const engine::Usage& usage, const engine::PriceTimeline& prices, engine::UsageBefore before) {
  const engine::TieredCost cost = engine::CostWithTiers(usage, prices, before);
  if (!cost.known) return "unknown";
  return absl::StrCat(static_cast<int64_t>(cost.cost / 1'000'000), " ", static_cast<int64_t>(cost.cost % 1'000'000),
                      " ", cost.confidence);
}

TEST(PriceChangesLaws, OutsideTheInterval_EveryRecordCostsTheSame) {
  constexpr int kCases = engine::testing::Cases(150);
  Random random(411);
  int unchanged = 0, narrow = 0, compared = 0;
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const engine::testing::RandomTariff tariff = engine::testing::MakeRandomTariff(random, {true, true, true, true});
    std::vector<ElementSpec> specs = tariff.specs;
    ElementSpec& changed = specs[static_cast<size_t>(random.Between(0, static_cast<int64_t>(specs.size()) - 1))];
    const ElementSpec other = Changed(random, tariff.window, changed);
    const SnapshotPtr before = Make(specs, tariff.zone);
    changed = other;
    CatalogContent content;
    content.locations.push_back(Place({}, tariff.zone));
    for (const ElementSpec& spec : specs) {
      content.locations[0].tariff_elements.push_back(spec.id);
      content.elements.push_back(Build(spec));
    }
    const auto after = Snapshot::Create(2, std::move(content));
    if (!after.ok()) continue;  // a successor that would start first
    const PriceChanges changes = Compare(before, *after);
    const engine::PriceTimeline& old = *before->FindLocation("home")->prices[0];
    const engine::PriceTimeline& now = *(*after)->FindLocation("home")->prices[0];
    const auto& change = changes.prices[0];
    unchanged += change ? 0 : 1;
    narrow += change && !(change->interval == kAlways) ? 1 : 0;
    for (int k = 0; k < 60; ++k) {
      const engine::Usage usage = engine::testing::RandomUsage(
          random, engine::testing::RandomInterval(random, tariff.window, random.OneIn(2) ? 3600 : 3 * 86'400));
      if (change && usage.interval.start < change->interval.end && change->interval.start < usage.interval.end)
        continue;
      ++compared;
      ASSERT_EQ(old.windows().size(), now.windows().size());
      const std::vector<engine::Int128> used = engine::testing::RandomUsageBefore(random, old, usage);
      std::vector<engine::Int128> used_now;
      for (const engine::TierWindow& window : now.windows()) {
        const auto place = std::find(old.windows().begin(), old.windows().end(), window);
        ASSERT_TRUE(place != old.windows().end());
        used_now.push_back(used[static_cast<size_t>(place - old.windows().begin())]);
      }
      ASSERT_EQ(CostOf(usage, now, used_now), CostOf(usage, old, used));
    }
  }
  EXPECT_GT(narrow, kCases / 8);
  EXPECT_GT(unchanged, kCases / 20);
  EXPECT_GT(compared, 5 * kCases);
}

}  // namespace
}  // namespace costs::catalog
