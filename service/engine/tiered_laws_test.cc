// The laws of a cost with tiers, on random cases. Where a law holds before rounding,
// figures of records that were rounded may differ by what rounding does.
//
// The seed is fixed; another one: --test_env=COSTS_TEST_SEED=<number>.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "service/engine/breakdown.h"
#include "service/engine/decimal.h"
#include "service/engine/price_timeline.h"
#include "service/engine/pricing.h"
#include "service/engine/testing/cases.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/slow_pricer.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/tier_window.h"
#include "service/engine/tiered_pricing.h"

namespace costs::engine {
namespace {

using testing::BigInteger;
using testing::CaseName;
using testing::Compile;
using testing::ElementSpec;
using testing::Likely;
using testing::MakeRandomTariffs;
using testing::Random;
using testing::RandomInterval;
using testing::RandomTariff;
using testing::RandomUsage;
using testing::RandomUsageBefore;
using testing::Rational;

constexpr int kCases = engine::testing::Cases(10'000);
constexpr int kTariffs = 250;
constexpr Likely kWithTiers = {true, true, true, true};
constexpr Likely kWithoutGaps = {true, false, true, true};
constexpr Likely kNeverNegative = {false, false, true, true};

int64_t SomeLength(Random& random) {
  const std::vector<int64_t> lengths = {60, 3'600, 3'600, 86'400, 31 * int64_t{86'400}};
  return random.Pick(lengths);
}

// What was used in each window from its start to `at`, where `before` was used up to
// the record's start: exact, as a fraction of nano-Wh.
std::vector<Rational> UsedBy(const PriceTimeline& prices, const Usage& usage, const std::vector<Int128>& before,
                             Instant at) {
  std::vector<Rational> used;
  for (size_t w = 0; w < prices.windows().size(); ++w) {
    const Instant window = WindowAt(prices.windows()[w], prices.zone(), at).interval.start;
    const Instant from = std::max(window, usage.interval.start);
    const Rational energy = testing::SlowEnergyKwh(usage) * kNanoWhPerKwh * (at.ns - from.ns) / usage.interval.nanos();
    used.push_back(energy + (window <= usage.interval.start ? Rational(BigInteger(before[w])) : Rational(0)));
  }
  return used;
}

TEST(TieredLaws, Split_AddsUpWithTheUsageCarried) {
  Random random(501);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs, kWithTiers);
  int compared = 0;
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    const PriceTimeline& prices = *tariff.prices;
    Interval whole = RandomInterval(random, tariff.window, SomeLength(random));
    // Whole watts over multiples of 3.6 ms: what is used by the middle is a whole
    // number of nano-Wh, so that it can be given to the second part.
    constexpr int64_t kGrid = 3'600'000;
    whole.start.ns -= whole.start.ns % kGrid;
    const int64_t steps = whole.nanos() / kGrid + 2;
    whole.end.ns = whole.start.ns + steps * kGrid;
    const Instant middle{whole.start.ns + random.Between(1, steps - 1) * kGrid};
    Usage usage{Units::kW, random.Between(0, random.OneIn(2) ? 20'000 : 1'000'000'000) * 1'000'000, whole};
    const std::vector<Int128> before = RandomUsageBefore(random, prices, usage);
    Usage first = usage, second = usage;
    first.interval.end = second.interval.start = middle;
    std::vector<Int128> carried;
    for (const Rational& used : UsedBy(prices, usage, before, middle)) {
      ASSERT_EQ(boost::multiprecision::denominator(used), 1);
      carried.push_back(static_cast<Int128>(boost::multiprecision::numerator(used)));
    }
    const TieredCost all = CostWithTiers(usage, prices, before);
    const TieredCost a = CostWithTiers(first, prices, before);
    const TieredCost b = CostWithTiers(second, prices, carried);
    ASSERT_EQ(all.known, a.known && b.known);
    if (!all.known) {
      ASSERT_EQ(all.gap.ns, a.known ? b.gap.ns : a.gap.ns);
      continue;
    }
    ++compared;
    const Int128 off = all.cost - a.cost - b.cost;  // three roundings of at most a half
    ASSERT_TRUE(-1 <= off && off <= 1);
    ASSERT_EQ(all.confidence, std::min(a.confidence, b.confidence));
  }
  EXPECT_GT(compared, kCases / 2);
}

TEST(TieredLaws, Units_AreTheSameEnergy) {
  Random random(502);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs, kWithoutGaps);
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    const int64_t watts = random.Between(0, random.OneIn(2) ? 20'000 : 1'000'000);
    const int64_t length = random.Between(1, random.OneIn(2) ? 500 : 31 * int64_t{86'400} * 10 / 36);
    Interval interval{{random.Between(tariff.window.start.ns, tariff.window.end.ns - length * 3'600'000'000)}, {}};
    interval.end.ns = interval.start.ns + length * 3'600'000'000;
    const Usage same[] = {{Units::kW, watts * 1'000'000, interval},
                          {Units::kKw, watts * 1'000, interval},
                          {Units::kWh, watts * length * 1'000, interval},
                          {Units::kKwh, watts * length, interval}};
    const std::vector<Int128> before = RandomUsageBefore(random, *tariff.prices, same[0]);
    const TieredCost want = CostWithTiers(same[0], *tariff.prices, before);
    for (const Usage& usage : same) {
      const TieredCost cost = CostWithTiers(usage, *tariff.prices, before);
      ASSERT_TRUE(cost.known && cost.cost == want.cost);
    }
  }
}

// The tariff with all rates of each rule's tiers made the same, and without tiers.
std::pair<std::vector<ElementSpec>, std::vector<ElementSpec>> Flattened(const std::vector<ElementSpec>& specs) {
  std::vector<ElementSpec> equal = specs, none = specs;
  for (std::vector<ElementSpec>* all : {&equal, &none}) {
    for (ElementSpec& spec : *all) {
      for (Season& season : spec.seasons) {
        for (DaysAndHours& days : season.days_and_hours) {
          for (Hours& hours : days.hours) {
            const Rate rate = hours.tiers.back().rate;
            if (all == &none) hours.tiers = {{rate, std::nullopt}};
            for (Tier& tier : hours.tiers) tier.rate = rate;
          }
        }
      }
    }
  }
  return {equal, none};
}

TEST(TieredLaws, EqualRates_EqualNoTiers) {
  Random random(503);
  struct Pair {
    RandomTariff tariff;
    std::shared_ptr<const PriceTimeline> equal, none;
  };
  std::vector<Pair> pool;
  for (RandomTariff& tariff : MakeRandomTariffs(random, kTariffs, kWithTiers)) {
    const auto [equal, none] = Flattened(tariff.specs);
    pool.push_back({tariff, Compile(equal, tariff.zone), Compile(none, tariff.zone)});
  }
  int tiered = 0;
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const Pair& pair = random.Pick(pool);
    const Usage usage = RandomUsage(random, RandomInterval(random, pair.tariff.window, SomeLength(random)));
    const std::vector<Int128> before = RandomUsageBefore(random, *pair.equal, usage);
    tiered += pair.equal->tiered() ? 1 : 0;
    ASSERT_FALSE(pair.none->tiered());
    const TieredCost cost = CostWithTiers(usage, *pair.equal, before);
    const Timeline& timeline = pair.none->timeline();
    const Timeline::Integral integral = timeline.Integrate(usage.interval);
    ASSERT_EQ(cost.known, integral.known);
    if (!cost.known) {
      ASSERT_EQ(cost.gap.ns, integral.gap.ns);
      continue;
    }
    ASSERT_TRUE(cost.cost == Cost(usage, integral.area, timeline.scale()));
    ASSERT_EQ(cost.confidence, integral.confidence);
    // And the explanation is the same, cut for cut.
    const auto with = BreakDown(usage, pair.equal.get(), nullptr, 300, before);
    const auto without = BreakDown(usage, pair.none.get(), nullptr, 300);
    ASSERT_EQ(with.size(), without.size());
    for (size_t s = 0; s < with.size(); ++s) {
      ASSERT_TRUE(with[s].interval == without[s].interval && *with[s].cost == *without[s].cost);
    }
  }
  EXPECT_GT(tiered, kCases / 3);
}

TEST(TieredLaws, NoNegativePrice_IsMonotoneInTheLength) {
  Random random(504);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs, kNeverNegative);
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    const Usage less = RandomUsage(random, RandomInterval(random, tariff.window, SomeLength(random)));
    const std::vector<Int128> before = RandomUsageBefore(random, *tariff.prices, less);
    Usage longer = less;
    longer.units = Units::kW;
    longer.interval.end.ns = random.Between(less.interval.end.ns, tariff.window.end.ns);
    Usage shorter = longer;
    shorter.interval = less.interval;
    const Int128 cost = CostWithTiers(shorter, *tariff.prices, before).cost;
    ASSERT_TRUE(0 <= cost && cost <= CostWithTiers(longer, *tariff.prices, before).cost);
  }
}

TEST(TieredLaws, RatesThatTimeDoesNotChange_AreMonotoneInTheValue) {
  Random random(508);
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    // Of dearer and of cheaper later tiers.
    static const auto prices =
        Compile({testing::Tiered({{"0.4", "10"}, {"0.05", "11.5"}, {"0", "40"}, {"0.7", ""}})}, "Europe/London");
    const Interval window = testing::Between("2023-03-20T00:00:00Z", "2023-04-10T00:00:00Z");
    const Usage less = RandomUsage(random, RandomInterval(random, window, SomeLength(random) / 2));
    const Usage more{less.units, random.Between(less.value_micros, kLargestValue * 1'000'000), less.interval};
    const std::vector<Int128> before = RandomUsageBefore(random, *prices, less);
    ASSERT_TRUE(CostWithTiers(less, *prices, before).cost <= CostWithTiers(more, *prices, before).cost);
  }
}

TEST(TieredLaws, UsageBefore_IsAsEnergyThatWasNotPriced) {
  // Of one rate for ever in each tier, the cost of what follows is the cost of all
  // less that of what went before.
  Random random(505);
  const auto prices = Compile({testing::Tiered({{"0.1", "10"}, {"0.35", "11.5"}, {"-0.2", "40"}, {"0.7", ""}})}, "UTC");
  const Interval interval = testing::Between("2023-05-10T00:00:00Z", "2023-05-10T01:00:00Z");
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const int64_t before = random.Between(0, 60'000'000), value = random.Between(0, 60'000'000);
    const Int128 used = Int128{before} * 1'000'000;
    auto cost = [&](int64_t micros, const Int128& start) {
      return CostWithTiers({Units::kKwh, micros, interval}, *prices, {&start, 1}).cost;
    };
    const Int128 off = cost(before + value, 0) - cost(before, 0) - cost(value, used);
    ASSERT_TRUE(-1 <= off && off <= 1);
  }
}

TEST(TieredLaws, Breakdown_AddsUpToTheFigures) {
  Random random(506);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs, kWithTiers);
  int cut_by_tiers = 0;
  for (int i = 0; i < kCases;) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    const PriceTimeline& prices = *tariff.prices;
    const Usage usage = RandomUsage(random, RandomInterval(random, tariff.window, SomeLength(random) / 10));
    const std::vector<Int128> before = RandomUsageBefore(random, prices, usage);
    const TieredCost cost = CostWithTiers(usage, prices, before);
    if (!cost.known) continue;
    ++i;
    const auto segments = BreakDown(usage, &prices, nullptr, 5000, before);
    ASSERT_FALSE(segments.empty());
    Instant at = usage.interval.start;
    Int128 money = 0;
    int64_t energy = 0;
    Confidence confidence = kCertain;
    for (const BreakdownSegment& segment : segments) {
      ASSERT_TRUE(segment.interval.start == at && at < segment.interval.end);
      at = segment.interval.end;
      money += *segment.cost;
      energy += segment.energy_wh;
      for (const ElementShare& share : segment.shares) {
        confidence = std::min(confidence, share.confidence);
        ASSERT_TRUE(prices.Reigns(share.element, segment.interval.start));
        if (at.ns % kNanosPerSecond != 0 && !(at == usage.interval.end)) ++cut_by_tiers;
      }
    }
    ASSERT_EQ(at.ns, usage.interval.end.ns);
    ASSERT_TRUE(money == cost.cost);
    ASSERT_EQ(energy, EnergyWh(usage));
    ASSERT_EQ(confidence, cost.confidence);
  }
  EXPECT_GT(cut_by_tiers, kCases / 20);
}

// What the rates of a place say is what a record there costs, kWh by kWh.
TEST(TieredLaws, VisitRates_SaysWhatASmallRecordCosts) {
  Random random(507);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs, kWithTiers);
  int with_ladder = 0;
  for (int i = 0; i < 2'000; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    const PriceTimeline& prices = *tariff.prices;
    const Interval interval = RandomInterval(random, tariff.window, SomeLength(random));
    const std::vector<Int128> before = RandomUsageBefore(random, prices, {Units::kWh, 0, interval});
    Instant at = interval.start;
    std::vector<RateStretch> seen;
    prices.VisitRates(interval, before, [&](const RateStretch& stretch) {
      EXPECT_TRUE(stretch.interval.start == at && at < stretch.interval.end);
      at = stretch.interval.end;
      seen.push_back(stretch);
      return true;
    });
    ASSERT_EQ(at.ns, interval.end.ns);
    const RateStretch& stretch = random.Pick(seen);
    // So little that it stays in its tier: at most 10^-9 kWh lie between any two.
    const Instant start{random.Between(stretch.interval.start.ns, stretch.interval.end.ns - 1)};
    const Usage little{Units::kW, 1, {start, {start.ns + 1}}};
    std::vector<Int128> used = before;
    for (size_t w = 0; w < used.size(); ++w) {
      if (WindowAt(prices.windows()[w], prices.zone(), start).interval.start > interval.start) used[w] = 0;
    }
    const TieredCost cost = CostWithTiers(little, prices, used);
    ASSERT_EQ(cost.known, stretch.known);
    if (!cost.known) continue;
    ASSERT_EQ(cost.confidence, stretch.confidence);
    // As a breakdown of it says.
    const auto segments = BreakDown(little, &prices, nullptr, 10, used);
    ASSERT_EQ(segments.size(), 1u);
    double rate = 0;
    for (const ElementShare& share : segments[0].shares) rate += share.rate;
    const auto scale = static_cast<double>(PowerOfTen(prices.timeline().scale()));
    ASSERT_NEAR(rate, static_cast<double>(stretch.rate) / scale, 1e-6);
    if (stretch.tiers.empty()) continue;
    ++with_ladder;
    ASSERT_FALSE(stretch.tiers.back().to_nwh.has_value());
    const bool one_of_them = std::any_of(stretch.tiers.begin(), stretch.tiers.end(),
                                         [&](const TierRate& tier) { return tier.rate == stretch.rate; });
    ASSERT_TRUE(one_of_them);
  }
  EXPECT_GT(with_ladder, 300);
}

}  // namespace
}  // namespace costs::engine
