#include "service/engine/rates.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/slow_pricer.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/tier_window.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::Between;
using testing::BigInteger;
using testing::CaseName;
using testing::Compile;
using testing::CompileCarbon;
using testing::D;
using testing::ElementSpec;
using testing::EveryDay;
using testing::Fixed;
using testing::Flat;
using testing::MakeRandomTariff;
using testing::Random;
using testing::RandomTariff;
using testing::Rational;
using testing::RoundHalfEven;
using testing::SlowAnswer;
using testing::SlowCarbon;
using testing::SlowCost;

constexpr int64_t kMinute = 60 * kNanosPerSecond;
constexpr size_t kPlenty = 100'000;

ElementSpec Nights() {
  ElementSpec spec;
  spec.seasons = EveryDay({{0, Fixed("0.1")}, {7, Fixed("0.3")}});
  return spec;
}

std::vector<CarbonIntensity> Intensities(Instant start, int64_t seconds, const std::vector<std::string>& grams) {
  std::vector<CarbonIntensity> slots;
  for (const std::string& text : grams) {
    const Instant end{start.ns + seconds * kNanosPerSecond};
    if (!text.empty()) slots.push_back({{start, end}, std::nullopt, D(text)});
    start = end;
  }
  return slots;
}

RateQuery Query(const PriceTimeline* prices, const CarbonTimeline* carbon, Interval interval, int64_t minutes = 0) {
  RateQuery query;
  query.interval = interval;
  query.prices = prices;
  query.carbon = carbon;
  query.nanos_per_entry = minutes * kMinute;
  query.most_figures = kPlenty;
  return query;
}

TEST(Figure, AverageOf_IsHalfEvenAtNineDigitsOrTheRatesOwn) {
  const struct {
    Int128 area;
    int64_t nanos;
    int scale;
    double average;
  } cases[] = {
      {6, 3, 0, 2},
      {1, 3, 0, 0.333333333},
      {2, 3, 0, 0.666666667},
      {-2, 3, 0, -0.666666667},
      {1, 2, 9, 0},                // a tie: to the even one
      {3, 2, 9, 0.000000002},      //
      {2, 3, 12, 0.000000000001},  // 12 digits of its own
      {Int128{9'000'000'000'000'000'000} * 7'776'000'000'000'000, 7'776'000'000'000'000, 9, 9'000'000'000},
      {Int128{9'000'000'000'000'000'000} * 7'776'000'000'000'000, 7'776'000'000'000'000, 0, 9e18},
  };
  for (const auto& c : cases) EXPECT_EQ(AverageOf(c.area, c.nanos, c.scale).ToDouble(), c.average) << c.average;
}

TEST(ListRates, FromChangeToChange_IsAnEntryForEach) {
  const auto prices = Compile({Nights()}, "Europe/London");
  const auto carbon = CompileCarbon(Intensities(At("2023-01-01T00:00:00Z"), 6 * 3600, {"100", "50", "150", "150"}));
  const RateList list =
      ListRates(Query(prices.get(), carbon.get(), Between("2023-01-01T01:00:00Z", "2023-01-02T00:00:00Z")));
  const struct {
    const char* start;
    double rate;
    double grams;
    double relative;
  } want[] = {
      {"2023-01-01T01:00:00Z", 0.1, 100, 0.5},
      {"2023-01-01T06:00:00Z", 0.1, 50, 0},
      {"2023-01-01T07:00:00Z", 0.3, 50, 0},
      {"2023-01-01T12:00:00Z", 0.3, 150, 1},
  };
  ASSERT_EQ(list.entries.size(), std::size(want));
  for (size_t i = 0; i < std::size(want); ++i) {
    const RateEntry& entry = list.entries[i];
    EXPECT_EQ(entry.interval.start.ns, At(want[i].start).ns);
    EXPECT_EQ(entry.price->rate.ToDouble(), want[i].rate);
    EXPECT_EQ(entry.price->confidence, kCertain);
    EXPECT_TRUE(entry.price->tiers.empty());
    EXPECT_EQ(entry.intensity->grams.ToDouble(), want[i].grams);
    EXPECT_EQ(entry.intensity->relative, want[i].relative);
  }
  EXPECT_EQ(list.entries.back().interval.end.ns, At("2023-01-02T00:00:00Z").ns);
}

TEST(ListRates, Resolution_AveragesOverTimeAtTheLowestConfidence) {
  ElementSpec spec = Nights();
  spec.contract_end = At("2023-01-01T07:30:00Z");
  const auto prices = Compile({spec}, "Europe/London");
  const auto carbon =
      CompileCarbon(Intensities(At("2023-01-01T06:00:00Z"), 1800, {"100", "200", "", "40", "40", "40"}));
  const RateList list =
      ListRates(Query(prices.get(), carbon.get(), Between("2023-01-01T06:15:00Z", "2023-01-01T08:30:00Z"), 60));
  ASSERT_EQ(list.entries.size(), 3u);
  // 45 minutes at 0.1, 15 at 0.3.
  EXPECT_EQ(list.entries[0].price->rate.ToDouble(), 0.15);
  EXPECT_EQ(list.entries[0].price->confidence, kCertain);
  EXPECT_FALSE(list.entries[0].intensity.has_value());  // a slot is missing
  EXPECT_EQ(list.entries[1].price->rate.ToDouble(), 0.3);
  EXPECT_EQ(list.entries[1].price->confidence, 800);
  EXPECT_FALSE(list.entries[1].intensity.has_value());
  EXPECT_EQ(list.entries[2].interval.nanos(), 15 * kMinute);  // what is left
  EXPECT_EQ(list.entries[2].intensity->grams.ToDouble(), 40);
  EXPECT_EQ(list.entries[2].intensity->relative, 0);  // all equal
}

TEST(ListRates, NeitherAskedFor_IsOneEmptyEntry) {
  const RateList list = ListRates(Query(nullptr, nullptr, Between("2023-01-01T00:00:00Z", "2023-01-02T00:00:00Z")));
  ASSERT_EQ(list.entries.size(), 1u);
  EXPECT_FALSE(list.entries[0].price.has_value());
  EXPECT_FALSE(list.entries[0].intensity.has_value());
}

TEST(ListRates, GapInPrices_IsToldWithItsStart) {
  ElementSpec spec;
  spec.market = testing::Slots(At("2023-01-01T00:00:00Z"), 3600, {"0.1", "0.2", "", "0.3"});
  const auto prices = Compile({spec}, "UTC");
  for (const int64_t minutes : {0, 30, 1440}) {
    const RateList list =
        ListRates(Query(prices.get(), nullptr, Between("2023-01-01T00:30:00Z", "2023-01-01T04:00:00Z"), minutes));
    ASSERT_TRUE(list.price_gap.has_value());
    EXPECT_EQ(list.price_gap->ns, At("2023-01-01T02:00:00Z").ns);
    EXPECT_TRUE(list.entries.empty());
  }
}

TEST(ListRates, MostFigures_IsTheLastThatIsAnswered) {
  const auto prices = Compile({Nights()}, "UTC");
  RateQuery query = Query(prices.get(), nullptr, Between("2023-01-01T00:00:00Z", "2023-01-04T00:00:00Z"));
  query.most_figures = 6;
  EXPECT_EQ(ListRates(query).entries.size(), 6u);
  query.most_figures = 5;
  EXPECT_TRUE(ListRates(query).too_many);
  EXPECT_TRUE(ListRates(query).entries.empty());
  query.nanos_per_entry = 1440 * kMinute;
  EXPECT_EQ(ListRates(query).entries.size(), 3u);
  query.most_figures = 2;
  EXPECT_TRUE(ListRates(query).too_many);
}

TEST(ListRates, DayOf25Hours_HasThemAll) {
  const auto prices = Compile({Nights()}, "Europe/London");
  const Interval day = Between("2023-10-28T23:00:00Z", "2023-10-30T00:00:00Z");
  const RateList list = ListRates(Query(prices.get(), nullptr, day, 60));
  ASSERT_EQ(list.entries.size(), 25u);
  for (size_t i = 0; i < 25; ++i) EXPECT_EQ(list.entries[i].price->rate.ToDouble(), i < 8 ? 0.1 : 0.3) << i;
}

TEST(ListRates, Tiers_AreListedAndTheUsageChoosesOne) {
  const auto prices = Compile({testing::Tiered({{"0.1", "300"}, {"0.2", "500"}, {"0.4", ""}}), Flat("0.05")}, "UTC");
  RateQuery query = Query(prices.get(), nullptr, Between("2023-01-31T22:00:00Z", "2023-02-01T02:00:00Z"));
  const struct {
    int64_t used_kwh;
    double rate;
  } cases[] = {{0, 0.15}, {299, 0.15}, {300, 0.25}, {499, 0.25}, {500, 0.45}, {10'000, 0.45}};
  for (const auto& c : cases) {
    const Int128 used = Int128{c.used_kwh} * kNanoWhPerKwh;
    query.usage_before = {&used, 1};
    query.nanos_per_entry = 0;
    const RateList list = ListRates(query);
    // The new month begins with the lowest tier.
    ASSERT_EQ(list.entries.size(), c.used_kwh < 300 ? 1u : 2u);
    EXPECT_EQ(list.entries.front().price->rate.ToDouble(), c.rate);
    EXPECT_EQ(list.entries.back().price->rate.ToDouble(), 0.15);
    for (const RateEntry& entry : list.entries) {
      ASSERT_EQ(entry.price->tiers.size(), 3u);
      EXPECT_TRUE(entry.price->tiers[0].to_nwh == Int128{300} * kNanoWhPerKwh);
      EXPECT_TRUE(entry.price->tiers[1].to_nwh == Int128{500} * kNanoWhPerKwh);
      EXPECT_FALSE(entry.price->tiers[2].to_nwh.has_value());
      EXPECT_EQ(entry.price->tiers[0].rate.ToDouble(), 0.15);
      EXPECT_EQ(entry.price->tiers[1].rate.ToDouble(), 0.25);
      EXPECT_EQ(entry.price->tiers[2].rate.ToDouble(), 0.45);
    }
    query.nanos_per_entry = 240 * kMinute;
    EXPECT_NEAR(ListRates(query).entries[0].price->rate.ToDouble(), (c.rate + 0.15) / 2, 1e-12);
  }
}

TEST(ListRates, TiersThatDifferByTimeOfUse_AreAveragedTierByTier) {
  ElementSpec spec;
  spec.seasons = {{kAllMonths, {{kAllDays, {}}}}};
  spec.seasons[0].days_and_hours[0].hours = {
      {0, 12 * 3600, testing::Tiers({{"0.1", "100"}, {"0.2", ""}})},
      {12 * 3600, kSecondsPerDay, testing::Tiers({{"0.3", "200"}, {"0.5", ""}})}};
  const auto prices = Compile({spec}, "UTC");
  const RateList list =
      ListRates(Query(prices.get(), nullptr, Between("2023-01-02T11:00:00Z", "2023-01-02T13:00:00Z"), 120));
  ASSERT_EQ(list.entries.size(), 1u);
  const std::vector<TierFigure>& tiers = list.entries[0].price->tiers;
  ASSERT_EQ(tiers.size(), 3u);
  EXPECT_EQ(tiers[0].rate.ToDouble(), 0.2);   // (0.1 + 0.3) / 2, to 100
  EXPECT_EQ(tiers[1].rate.ToDouble(), 0.25);  // (0.2 + 0.3) / 2, to 200
  EXPECT_EQ(tiers[2].rate.ToDouble(), 0.35);  // (0.2 + 0.5) / 2
  EXPECT_TRUE(tiers[1].to_nwh == Int128{200} * kNanoWhPerKwh);
}

TEST(ListRates, MostFigures_CountsTiers) {
  const auto prices = Compile({testing::Tiered({{"0.1", "300"}, {"0.2", "500"}, {"0.4", ""}})}, "UTC");
  RateQuery query = Query(prices.get(), nullptr, Between("2023-01-01T00:00:00Z", "2023-01-02T00:00:00Z"), 720);
  query.most_figures = 6;
  EXPECT_EQ(ListRates(query).entries.size(), 2u);
  query.most_figures = 5;
  EXPECT_TRUE(ListRates(query).too_many);
}

// The average price of an interval is what a billionth of a kWh costs that is
// spread over it, times a billion; so little fills no tier.
constexpr int64_t kBillion = 1'000'000'000;
Usage Tiny(const Interval& interval) { return {Units::kWh, 1, interval}; }

void ExpectSame(const Figure& got, const Rational& want) {
  const int digits = std::max(9, got.scale);
  BigInteger units(got.units);
  for (int i = got.scale; i < digits; ++i) units *= 10;
  EXPECT_EQ(units, RoundHalfEven(want * kBillion, digits));
}

// What of the usage before the query counts at an entry: usage starts at 0 in a
// new window.
testing::SlowUsageBefore UsageAt(Instant at, Instant start, const PriceTimeline& prices,
                                 const std::vector<Int128>& before) {
  testing::SlowUsageBefore usage;
  for (size_t i = 0; i < before.size(); ++i) {
    const TierWindow& window = prices.windows()[i];
    if (WindowNumberAt(window, prices.zone(), at) != WindowNumberAt(window, prices.zone(), start)) continue;
    usage.emplace_back(window, BigInteger(before[i]));
  }
  return usage;
}

void ExpectTheSlowPricers(Random& random, const RandomTariff& tariff) {
  const Interval interval = testing::RandomInterval(random, tariff.window, 5'400);
  const PriceTimeline& prices = *tariff.prices;
  const std::vector<Int128> before =
      testing::RandomUsageBefore(random, prices, {Units::kKwh, 100 * 1'000'000, interval});
  RateQuery query = Query(&prices, tariff.carbon.get(), interval, random.Pick(std::vector<int64_t>{0, 0, 5, 30}));
  query.usage_before = before;
  const RateList list = ListRates(query);
  const SlowAnswer whole =
      SlowCost(tariff.specs, tariff.zone, Tiny(interval), UsageAt(interval.start, interval.start, prices, before));
  ASSERT_EQ(list.price_gap.has_value(), !whole.known);
  if (!whole.known) {
    ASSERT_EQ(list.price_gap->ns, whole.gap.ns);
    return;
  }
  Instant at = interval.start;
  for (const RateEntry& entry : list.entries) {
    ASSERT_EQ(entry.interval.start.ns, at.ns);
    at = entry.interval.end;
    const testing::SlowUsageBefore used = UsageAt(entry.interval.start, interval.start, prices, before);
    const SlowAnswer price = SlowCost(tariff.specs, tariff.zone, Tiny(entry.interval), used);
    ExpectSame(entry.price->rate, price.amount);
    ASSERT_EQ(entry.price->confidence, price.confidence);
    const SlowAnswer carbon = SlowCarbon(tariff.intensities, Tiny(entry.interval));
    ASSERT_EQ(entry.intensity.has_value(), carbon.known);
    if (!carbon.known) continue;
    ExpectSame(entry.intensity->grams, carbon.amount);
    ASSERT_EQ(entry.intensity->confidence, carbon.confidence);
    ASSERT_TRUE(entry.intensity->relative >= 0 && entry.intensity->relative <= 1);
  }
  ASSERT_EQ(at.ns, interval.end.ns);
}

TEST(ListRates, RandomTariffs_AreTheSlowPricers) {
  Random random(720);
  for (int n = 0; n < 50; ++n) {
    SCOPED_TRACE(CaseName(n));
    ExpectTheSlowPricers(random, MakeRandomTariff(random));
  }
}

TEST(ListRates, RandomTieredTariffs_AreTheSlowPricers) {
  Random random(722);
  testing::Likely likely;
  likely.tiers = true;
  for (int n = 0; n < 80; ++n) {
    SCOPED_TRACE(CaseName(n));
    ExpectTheSlowPricers(random, MakeRandomTariff(random, likely));
  }
}

// Each tier's rate is the price of what is used from its start on.
TEST(ListRates, TiersOfRandomTariffs_AreTheSlowPricers) {
  Random random(723);
  testing::Likely likely;
  likely.tiers = true;
  likely.gaps = false;
  int tiers_seen = 0;
  for (int n = 0; n < 80; ++n) {
    SCOPED_TRACE(CaseName(n));
    const RandomTariff tariff = MakeRandomTariff(random, likely);
    if (tariff.prices->windows().size() != 1) continue;
    const TierWindow& window = tariff.prices->windows()[0];
    const Interval interval = testing::RandomInterval(random, tariff.window, 2'000);
    const RateList list = ListRates(Query(tariff.prices.get(), nullptr, interval));
    for (const RateEntry& entry : list.entries) {
      const Instant last{entry.interval.end.ns - 1};
      if (WindowNumberAt(window, tariff.prices->zone(), entry.interval.start) !=
          WindowNumberAt(window, tariff.prices->zone(), last)) {
        continue;
      }
      Int128 from = 0;
      for (const TierFigure& tier : entry.price->tiers) {
        ++tiers_seen;
        const SlowAnswer price =
            SlowCost(tariff.specs, tariff.zone, Tiny(entry.interval), {{window, BigInteger(from)}});
        ExpectSame(tier.rate, price.amount);
        from = tier.to_nwh.value_or(0);
      }
    }
  }
  EXPECT_GT(tiers_seen, 20);
}

TEST(ListRates, FromChangeToChange_HasNoTwoAlikeNeighbours) {
  Random random(721);
  const auto alike = [](const RateEntry& a, const RateEntry& b) {
    const bool price =
        a.price->rate.ToDouble() == b.price->rate.ToDouble() && a.price->confidence == b.price->confidence;
    const bool carbon = a.intensity.has_value() == b.intensity.has_value() &&
                        (!a.intensity || (a.intensity->grams.ToDouble() == b.intensity->grams.ToDouble() &&
                                          a.intensity->confidence == b.intensity->confidence));
    return price && carbon;
  };
  testing::Likely likely;
  likely.gaps = false;
  for (int n = 0; n < 200; ++n) {
    SCOPED_TRACE(CaseName(n));
    const RandomTariff tariff = MakeRandomTariff(random, likely);
    const RateList list = ListRates(Query(tariff.prices.get(), tariff.carbon.get(), tariff.window));
    ASSERT_FALSE(list.entries.empty());
    for (size_t i = 1; i < list.entries.size(); ++i) ASSERT_FALSE(alike(list.entries[i - 1], list.entries[i])) << i;
  }
}

}  // namespace
}  // namespace costs::engine
