#include "service/engine/tiered_pricing.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "service/engine/pricing.h"
#include "service/engine/testing/slow_pricer.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::Between;
using testing::BigInteger;
using testing::Compile;
using testing::D;
using testing::ElementSpec;
using testing::EveryDay;
using testing::Fixed;
using testing::Flat;
using testing::RoundHalfEven;
using testing::Slots;
using testing::SlowCost;
using testing::Surcharge;
using testing::Tiered;
using testing::Tiers;

Usage Kw(const char* kw, const char* start, const char* end) {
  return {Units::kKw, static_cast<int64_t>(D(kw).UnitsAtScale(6)), Between(start, end)};
}

Int128 Kwh(const char* kwh) { return D(kwh).UnitsAtScale(9) * (kNanoWhPerKwh / 1'000'000'000); }

// The cost in micros, which the slow pricer must confirm; `before` in kWh, of each
// window.
int64_t CostOf(const std::vector<ElementSpec>& specs, const std::string& zone, const Usage& usage,
               const std::vector<const char*>& before_kwh = {}) {
  const auto prices = Compile(specs, zone);
  std::vector<Int128> before;
  testing::SlowUsageBefore slow_before;
  for (size_t i = 0; i < before_kwh.size(); ++i) {
    before.push_back(Kwh(before_kwh[i]));
    slow_before.emplace_back(prices->windows()[i], BigInteger(before[i]));
  }
  const TieredCost cost = CostWithTiers(usage, *prices, before);
  EXPECT_TRUE(cost.known);
  EXPECT_EQ(BigInteger(cost.cost), RoundHalfEven(SlowCost(specs, zone, usage, slow_before).amount, 6));
  return static_cast<int64_t>(cost.cost);
}

ElementSpec WithWindow(ElementSpec spec, TierWindow window, TierUnit unit = TierUnit::kKwh) {
  spec.tier_window = window;
  spec.tier_unit = unit;
  return spec;
}

constexpr TierWindow kDay = {TierWindow::Kind::kDay, 1};

TEST(EdgeCases, TierEdgeInsideARecord_SplitsItExactly) {
  const ElementSpec spec = Tiered({{"0.1", "300"}, {"0.2", ""}});
  // 1 kWh at 0.1 and 2 kWh at 0.2.
  EXPECT_EQ(CostOf({spec}, "UTC", Kw("3", "2023-05-10T10:00:00Z", "2023-05-10T11:00:00Z"), {"299"}), 500'000);
  // At 7 kW the edge is reached after a seventh of an hour, which is no whole
  // number of nanoseconds: 1 kWh at 0.1 and 6 kWh at 0.2, all the same.
  EXPECT_EQ(CostOf({spec}, "UTC", Kw("7", "2023-05-10T10:00:00Z", "2023-05-10T11:00:00Z"), {"299"}), 1'300'000);
  // Three tiers in one record: 1 at 0.1, 2 at 0.2, 4 at 0.5.
  const ElementSpec three = Tiered({{"0.1", "10"}, {"0.2", "12"}, {"0.5", ""}});
  EXPECT_EQ(CostOf({three}, "UTC", Kw("7", "2023-05-10T10:00:00Z", "2023-05-10T11:00:00Z"), {"9"}), 2'500'000);
  // And three within a nanosecond: 1 GW for one is 1/3600 Wh.
  const ElementSpec tiny = Tiered({{"1000000000", "0.00000001"}, {"0", "0.0000001"}, {"500000000", ""}});
  const Instant at = At("2023-05-10T10:00:00.25Z");
  // 10^-8 kWh x 10^9 + (1/3.6 x 10^-6 - 10^-7) kWh x 5 x 10^8 = 10 + 88.888...
  EXPECT_EQ(CostOf({tiny}, "UTC", {Units::kKw, 1'000'000'000'000, {at, {at.ns + 1}}}), 98'888'889);
}

TEST(EdgeCases, TierEdgeOnAPeriodEdge_IsTheEndOfTheLowerTier) {
  ElementSpec spec;
  spec.seasons = {{kAllMonths,
                   {{kAllDays,
                     {{0, 7 * 3600, Tiers({{"0.1", "10"}, {"0.2", ""}})},
                      {7 * 3600, kSecondsPerDay, Tiers({{"0.3", "10"}, {"0.5", ""}})}}}}}};
  const Usage usage = Kw("2", "2023-05-10T06:00:00Z", "2023-05-10T08:00:00Z");
  // At 07:00 exactly 10 kWh are used: 2 kWh at 0.1, then 2 kWh at 0.5.
  EXPECT_EQ(CostOf({spec}, "UTC", usage, {"8"}), 1'200'000);
  // A Wh less before: 2 at 0.1, 0.001 at 0.3, 1.999 at 0.5.
  EXPECT_EQ(CostOf({spec}, "UTC", usage, {"7.999"}), 1'199'800);
  // A Wh more: 1.999 at 0.1, 0.001 at 0.2, 2 at 0.5.
  EXPECT_EQ(CostOf({spec}, "UTC", usage, {"8.001"}), 1'200'100);
  // All of it is used: 2 at 0.2, 2 at 0.5.
  EXPECT_EQ(CostOf({spec}, "UTC", usage, {"10"}), 1'400'000);
}

TEST(EdgeCases, MonthEdgeInsideARecord_StartsUsageAnew) {
  const ElementSpec spec = Tiered({{"0.1", "100"}, {"0.3", ""}});
  const Usage usage = Kw("2", "2023-01-31T22:00:00Z", "2023-02-01T02:00:00Z");
  // 4 kWh of January at 0.3, 4 of February at 0.1.
  EXPECT_EQ(CostOf({spec}, "UTC", usage, {"100"}), 1'600'000);
  // January's first 2 are still at 0.1.
  EXPECT_EQ(CostOf({spec}, "UTC", usage, {"98"}), 1'200'000);
  // In Chicago it is still January: all at 0.3.
  EXPECT_EQ(CostOf({spec}, "America/Chicago", usage, {"100"}), 2'400'000);
  // Over a whole year, 1 kW: each month's first 100 kWh at 0.1, 8760 in all.
  EXPECT_EQ(CostOf({spec}, "UTC", Kw("1", "2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z")),
            12 * 10'000'000 + int64_t{8760 - 1200} * 300'000);
}

TEST(EdgeCases, BothDstDaysWithTiersADay_HaveTheirOwnLengths) {
  const ElementSpec spec = WithWindow(Tiered({{"0.1", "12"}, {"0.3", ""}}), kDay);
  // 23 hours of 1 kW: 12 at 0.1, 11 at 0.3; 25: 13 at 0.3.
  EXPECT_EQ(CostOf({spec}, "Europe/London", Kw("1", "2023-03-26T00:00:00Z", "2023-03-26T23:00:00Z")), 4'500'000);
  EXPECT_EQ(CostOf({spec}, "Europe/London", Kw("1", "2023-10-28T23:00:00Z", "2023-10-30T00:00:00Z")), 5'100'000);
}

TEST(EdgeCases, LordHowe_ChangesByHalfAnHour) {
  const ElementSpec spec = WithWindow(Tiered({{"0.1", "12"}, {"0.3", ""}}), kDay);
  // 24.5 hours: 12 at 0.1, 12.5 at 0.3; and 23.5: 11.5 at 0.3.
  EXPECT_EQ(CostOf({spec}, "Australia/Lord_Howe", Kw("1", "2023-04-01T13:00:00Z", "2023-04-02T13:30:00Z")), 4'950'000);
  EXPECT_EQ(CostOf({spec}, "Australia/Lord_Howe", Kw("1", "2023-09-30T13:30:00Z", "2023-10-01T13:00:00Z")), 4'650'000);
}

TEST(EdgeCases, LeapDay_IsADayOfItsWindow) {
  const ElementSpec spec = WithWindow(Tiered({{"0.1", "10"}, {"0.2", ""}}), {}, TierUnit::kKwhDaily);
  // February 2024: 29 x 10 kWh at 0.1, the other 406 of 696 at 0.2.
  EXPECT_EQ(CostOf({spec}, "UTC", Kw("1", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z")), 110'200'000);
  // February 2023: 280 and 392.
  EXPECT_EQ(CostOf({spec}, "UTC", Kw("1", "2023-02-01T00:00:00Z", "2023-03-01T00:00:00Z")), 106'400'000);
  // The day itself, with 285 kWh before it: 5 at 0.1 and 19 at 0.2.
  EXPECT_EQ(CostOf({spec}, "UTC", Kw("1", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"), {"285"}), 4'300'000);
}

TEST(EdgeCases, NegativePrice_PaysForTheEnergy) {
  // 1 kWh at -0.02 and 1 at 0.1.
  const ElementSpec spec = Tiered({{"-0.02", "1"}, {"0.1", ""}});
  EXPECT_EQ(CostOf({spec}, "UTC", Kw("2", "2023-05-10T10:00:00Z", "2023-05-10T11:00:00Z")), 80'000);
  // A market at -0.1, with 0.01 on top of the first kWh and 5 % on the others:
  // -0.09 and -0.105.
  ElementSpec market;
  market.market = Slots(At("2023-05-10T10:00:00Z"), 3600, {"-0.1"});
  market.seasons = {{kAllMonths,
                     {{kAllDays,
                       {{0, kSecondsPerDay,
                         std::vector<Tier>{{Surcharge("0.01", "0"), D("1")}, {Surcharge("0", "5"), std::nullopt}}}}}}}};
  EXPECT_EQ(CostOf({market}, "UTC", Kw("2", "2023-05-10T10:00:00Z", "2023-05-10T11:00:00Z")), -195'000);
}

TEST(EdgeCases, FifteenMinuteSlotInsideAnHourlyOne_IsPricedByItself) {
  ElementSpec hourly;
  hourly.id = "hourly";
  hourly.market = Slots(At("2023-05-10T01:00:00Z"), 3600, {"0.2"});
  ElementSpec quarters;
  quarters.id = "quarters";
  quarters.market = Slots(At("2023-05-10T01:00:00Z"), 900, {"0.01", "0.02", "0.03", "0.04"});
  // 4 kW for 30 min: 2 kWh at 0.2, and 2/3 at 0.02, 1 at 0.03, 1/3 at 0.04.
  EXPECT_EQ(CostOf({hourly, quarters}, "UTC", Kw("4", "2023-05-10T01:20:00Z", "2023-05-10T01:50:00Z")), 456'667);
  // One series of mixed lengths: half an hour at 0.2, 15 min at 0.4, 45 at 0.1.
  ElementSpec mixed;
  mixed.market = Slots(At("2023-05-10T00:00:00Z"), 3600, {"0.2"});
  mixed.market->push_back({Between("2023-05-10T01:00:00Z", "2023-05-10T01:15:00Z"), D("0.4")});
  mixed.market->push_back({Between("2023-05-10T01:15:00Z", "2023-05-10T02:00:00Z"), D("0.1")});
  EXPECT_EQ(CostOf({mixed}, "UTC", Kw("4", "2023-05-10T00:30:00Z", "2023-05-10T02:00:00Z")), 1'100'000);
}

TEST(CostWithTiers, BillingCycle_StartsUsageAnewOnItsDay) {
  const ElementSpec spec = WithWindow(Tiered({{"0.1", "5"}, {"0.3", ""}}), {TierWindow::Kind::kBillingCycle, 31});
  // The cycle turns on 30 April: 2 kWh at 0.3, 2 at 0.1.
  EXPECT_EQ(CostOf({spec}, "UTC", Kw("1", "2023-04-29T22:00:00Z", "2023-04-30T02:00:00Z"), {"7"}), 800'000);
}

TEST(CostWithTiers, TiersOfOneHourOnly_CountAllUsage) {
  // Nights are flat; what they use counts for the day's tiers all the same.
  ElementSpec spec;
  spec.seasons = {
      {kAllMonths,
       {{kAllDays, {{0, 7 * 3600, Fixed("0.05")}, {7 * 3600, kSecondsPerDay, Tiers({{"0.3", "10"}, {"0.5", ""}})}}}}}};
  // 4 at 0.05, up to 12: none left at 0.3, 2 at 0.5.
  EXPECT_EQ(CostOf({spec}, "UTC", Kw("2", "2023-05-10T05:00:00Z", "2023-05-10T08:00:00Z"), {"8"}), 1'200'000);
}

TEST(CostWithTiers, ElementsOfSeveralWindows_CountEachTheirOwn) {
  ElementSpec daily = WithWindow(Tiered({{"0.1", "2"}, {"0.2", ""}}), kDay);
  daily.id = "daily";
  ElementSpec monthly = Tiered({{"0.01", "100"}, {"0.03", ""}});
  monthly.id = "monthly";
  const auto prices = Compile({daily, Flat("1"), monthly}, "UTC");
  ASSERT_EQ(prices->windows().size(), 2u);
  EXPECT_TRUE(prices->windows()[0] == kDay);
  // 4 kWh: 1 of the day's 2 is left, 2 of the month's 100.
  // 0.1 + 3 x 0.2; 4 x 1; 2 x 0.01 + 2 x 0.03.
  EXPECT_EQ(
      CostOf({daily, Flat("1"), monthly}, "UTC", Kw("4", "2023-05-10T05:00:00Z", "2023-05-10T06:00:00Z"), {"1", "98"}),
      700'000 + 4'000'000 + 80'000);
}

TEST(CostWithTiers, NoEnergy_CostsNothing) {
  const auto prices = Compile({Tiered({{"0.1", "1"}, {"0.3", ""}})}, "UTC");
  for (const Units units : {Units::kW, Units::kKw, Units::kWh, Units::kKwh}) {
    const Usage usage{units, 0, Between("2023-01-31T22:00:00Z", "2023-02-01T02:00:00Z")};
    EXPECT_TRUE(CostWithTiers(usage, *prices, {}).cost == 0);
    const Int128 edge = kNanoWhPerKwh;
    EXPECT_TRUE(CostWithTiers(usage, *prices, {&edge, 1}).cost == 0);
  }
}

TEST(CostWithTiers, GapAndConfidence_AreThoseOfTheSum) {
  ElementSpec market;
  market.id = "market";
  market.market = Slots(At("2023-05-10T00:00:00Z"), 3600, {"0.2", "", "0.2"});
  ElementSpec ended = Tiered({{"0.1", "1"}, {"0.3", ""}});
  ended.contract_end = At("2023-05-10T00:30:00Z");
  const auto prices = Compile({market, ended}, "UTC");
  const TieredCost gap = CostWithTiers(Kw("1", "2023-05-10T00:15:00Z", "2023-05-10T03:00:00Z"), *prices, {});
  EXPECT_FALSE(gap.known);
  EXPECT_EQ(gap.gap.ns, At("2023-05-10T01:00:00Z").ns);
  const TieredCost sure = CostWithTiers(Kw("1", "2023-05-10T00:15:00Z", "2023-05-10T00:30:00Z"), *prices, {});
  EXPECT_EQ(sure.confidence, 1000);
  const TieredCost unsure = CostWithTiers(Kw("1", "2023-05-10T00:15:00Z", "2023-05-10T01:00:00Z"), *prices, {});
  EXPECT_TRUE(unsure.known);
  EXPECT_EQ(unsure.confidence, 800);
}

// The largest record, edge, rate and usage that the API takes.
TEST(CostWithTiers, LargestNumbers_AreStillRight) {
  const std::vector<std::string> rates = {"1000000000", "-1000000000", "999999999.999999999", "0.000000001"};
  const std::vector<const char*> edges = {"0.000000001", "0.000000002", "999999999.999999999", "1000000000"};
  for (const TierUnit unit : {TierUnit::kKwh, TierUnit::kKwhDaily}) {
    for (size_t r = 0; r < rates.size(); ++r) {
      for (size_t e = 0; e < edges.size(); ++e) {
        const std::string& other = rates[(r + 1) % rates.size()];
        const ElementSpec spec = WithWindow(Tiered({{rates[r], edges[e]}, {other, ""}}), {}, unit);
        const auto prices = Compile({spec}, "UTC");
        for (const Units units : {Units::kW, Units::kKw, Units::kWh, Units::kKwh}) {
          for (const int64_t value : {int64_t{1}, int64_t{999'999'999'999'999}, kLargestValue * 1'000'000}) {
            const Instant start = At("2023-01-15T12:00:00.123456789Z");
            for (const int64_t nanos : {int64_t{1}, int64_t{7 * 3600} * kNanosPerSecond + 1}) {
              const Usage usage{units, value, {start, {start.ns + nanos}}};
              for (const Int128 before :
                   {Int128{0}, Kwh(edges[e]) - 1, Int128{1'000'000'000} * 1'000'000'000'000'000}) {
                const auto want = SlowCost({spec}, "UTC", usage, {{prices->windows()[0], BigInteger(before)}});
                ASSERT_EQ(BigInteger(CostWithTiers(usage, *prices, {&before, 1}).cost), RoundHalfEven(want.amount, 6));
              }
            }
          }
        }
      }
    }
  }
}

// 366 days of the largest power over every month's edge: in closed form.
TEST(CostWithTiers, LongestRecord_IsTheSumOfItsMonths) {
  const auto prices = Compile({Tiered({{"1000000000", "1000000000"}, {"-999999999.999999999", ""}})}, "UTC");
  const Instant start = At("2024-01-01T00:00:00Z");
  const Usage usage{Units::kKw, kLargestValue * 1'000'000, {start, {start.ns + kLongestRecordNanos}}};
  // 10^9 kWh x 10^9 of each month, then -999999999.999999999 for the rest of
  // 8784 x 10^9 kWh.
  const BigInteger first = BigInteger(12) * 1'000'000'000 * 1'000'000'000 * 1'000'000;
  const BigInteger rest = BigInteger(8784 - 12) * BigInteger(999'999'999'999'999'999) * 1'000'000;
  EXPECT_EQ(BigInteger(CostWithTiers(usage, *prices, {}).cost), first - rest);
}

}  // namespace
}  // namespace costs::engine
