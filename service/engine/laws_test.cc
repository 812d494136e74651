// The laws of a cost, each on 10,000 random cases and bit for bit before
// rounding: exact figures are compared as fractions.
//
// The seed is fixed; another one: --test_env=COSTS_TEST_SEED=<number>.
#include <algorithm>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "service/engine/breakdown.h"
#include "service/engine/carbon_timeline.h"
#include "service/engine/decimal.h"
#include "service/engine/price_timeline.h"
#include "service/engine/pricing.h"
#include "service/engine/testing/cases.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/slow_pricer.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::BigInteger;
using testing::CaseName;
using testing::Compile;
using testing::ElementSpec;
using testing::Flat;
using testing::Likely;
using testing::MakeRandomTariffs;
using testing::Random;
using testing::RandomInterval;
using testing::RandomTariff;
using testing::RandomUsage;
using testing::Rational;
using testing::RoundHalfAway;
using testing::RoundHalfEven;
using testing::SlowEnergyKwh;
using testing::ToRational;

constexpr int kCases = engine::testing::Cases(10'000);
constexpr int kTariffs = 250;
constexpr int64_t kMonth = 31 * int64_t{86'400};

// What the engine says before it rounds, in micros.
Rational Exact(const Usage& usage, const Timeline& timeline, const Timeline::Integral& integral) {
  return Rational(BigInteger(usage.value_micros) * BigInteger(integral.area)) /
         BigInteger(CostDivisor(usage, timeline.scale()));
}

Rational ExactCost(const Usage& usage, const Timeline& timeline) {
  return Exact(usage, timeline, timeline.Integrate(usage.interval));
}

// Mostly minutes and hours, sometimes weeks.
int64_t SomeLength(Random& random) {
  const std::vector<int64_t> lengths = {60, 3'600, 3'600, 86'400, kMonth};
  return random.Pick(lengths);
}

TEST(Laws, Split_AddsUpAtTheSamePower) {
  Random random(101);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs);
  int known = 0;
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    Interval whole = RandomInterval(random, tariff.window, SomeLength(random));
    if (whole.nanos() < 2) whole.end.ns = whole.start.ns + 2;
    const Instant middle{random.Between(whole.start.ns + 1, whole.end.ns - 1)};
    for (const Timeline* timeline : {&tariff.prices->timeline(), &tariff.carbon->timeline()}) {
      const Timeline::Integral all = timeline->Integrate(whole);
      const Timeline::Integral first = timeline->Integrate({whole.start, middle});
      const Timeline::Integral second = timeline->Integrate({middle, whole.end});
      ASSERT_EQ(all.known, first.known && second.known);
      if (!all.known) {
        ASSERT_EQ(all.gap.ns, first.known ? second.gap.ns : first.gap.ns);
        continue;
      }
      ++known;
      ASSERT_TRUE(all.area == first.area + second.area);
      ASSERT_EQ(all.confidence, std::min(first.confidence, second.confidence));
      Usage usage = RandomUsage(random, whole);
      usage.units = random.OneIn(2) ? Units::kW : Units::kKw;
      Usage before = usage;
      before.interval.end = middle;
      Usage after = usage;
      after.interval.start = middle;
      ASSERT_EQ(Exact(usage, *timeline, all), Exact(before, *timeline, first) + Exact(after, *timeline, second));
    }
  }
  EXPECT_GT(known, kCases / 2);
}

TEST(Laws, Units_AreTheSameEnergy) {
  Random random(102);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs, {true, false, true});
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    // Whole watts over multiples of 3.6 s: each unit's millionths hold the energy.
    const int64_t watts = random.Between(0, random.OneIn(2) ? 20'000 : 1'000'000);
    const int64_t length = random.Between(1, random.OneIn(2) ? 500 : kMonth * 10 / 36);
    Interval interval{{random.Between(tariff.window.start.ns, tariff.window.end.ns - length * 3'600'000'000)}, {}};
    interval.end.ns = interval.start.ns + length * 3'600'000'000;
    const Usage same[] = {{Units::kW, watts * 1'000'000, interval},
                          {Units::kKw, watts * 1'000, interval},
                          {Units::kWh, watts * length * 1'000, interval},
                          {Units::kKwh, watts * length, interval}};
    const Timeline& prices = tariff.prices->timeline();
    const Timeline::Integral cost = prices.Integrate(interval);
    ASSERT_TRUE(cost.known);
    const Timeline& intensities = tariff.carbon->timeline();
    const Timeline::Integral carbon = intensities.Integrate(interval);
    for (const Usage& usage : same) {
      ASSERT_EQ(SlowEnergyKwh(usage), SlowEnergyKwh(same[0]));
      ASSERT_EQ(Exact(usage, prices, cost), Exact(same[0], prices, cost));
      ASSERT_EQ(EnergyWh(usage), EnergyWh(same[0]));
      ASSERT_TRUE(Cost(usage, cost.area, prices.scale()) == Cost(same[0], cost.area, prices.scale()));
      ASSERT_TRUE(Carbon(usage, carbon.area, intensities.scale()) == Carbon(same[0], carbon.area, intensities.scale()));
    }
  }
}

TEST(Laws, Value_IsLinear) {
  Random random(103);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs, {true, false, true});
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    const Timeline& timeline = tariff.prices->timeline();
    const Usage one = RandomUsage(random, RandomInterval(random, tariff.window, SomeLength(random)));
    Usage other = one;
    other.value_micros = random.Between(0, kLargestValue * 1'000'000 - one.value_micros);
    Usage sum = one;
    sum.value_micros += other.value_micros;
    ASSERT_EQ(ExactCost(sum, timeline), ExactCost(one, timeline) + ExactCost(other, timeline));
    // And what is printed is that, rounded once.
    const Timeline::Integral integral = timeline.Integrate(one.interval);
    ASSERT_EQ(BigInteger(Cost(one, integral.area, timeline.scale())), RoundHalfEven(ExactCost(one, timeline), 0));
    Usage nothing = one;
    nothing.value_micros = 0;
    ASSERT_TRUE(Cost(nothing, integral.area, timeline.scale()) == 0);
    ASSERT_EQ(EnergyWh(nothing), 0);
  }
}

TEST(Laws, NoNegativePrice_IsMonotone) {
  Random random(104);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs, {false, false, true});
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    const Timeline& timeline = tariff.prices->timeline();
    auto cost = [&](const Usage& usage) {
      return Cost(usage, timeline.Integrate(usage.interval).area, timeline.scale());
    };
    const Usage less = RandomUsage(random, RandomInterval(random, tariff.window, SomeLength(random)));
    ASSERT_TRUE(cost(less) >= 0);
    Usage more = less;
    more.value_micros = random.Between(less.value_micros, kLargestValue * 1'000'000);
    ASSERT_TRUE(cost(less) <= cost(more));
    ASSERT_LE(EnergyWh(less), EnergyWh(more));
    Usage longer = less;
    longer.units = Units::kW;
    longer.interval.end.ns = random.Between(less.interval.end.ns, tariff.window.end.ns);
    Usage shorter = longer;
    shorter.interval = less.interval;
    ASSERT_TRUE(cost(shorter) <= cost(longer));
    ASSERT_LE(EnergyWh(shorter), EnergyWh(longer));
  }
}

TEST(Laws, Elements_AddUpInAnyOrder) {
  Random random(105);
  struct Parts {
    RandomTariff tariff;
    std::vector<std::shared_ptr<const PriceTimeline>> alone;
    std::shared_ptr<const PriceTimeline> reversed;
  };
  std::vector<Parts> pool;
  for (RandomTariff& tariff : MakeRandomTariffs(random, kTariffs)) {
    Parts& parts = pool.emplace_back();
    for (const ElementSpec& spec : tariff.specs) parts.alone.push_back(Compile({spec}, tariff.zone));
    parts.reversed = Compile({tariff.specs.rbegin(), tariff.specs.rend()}, tariff.zone);
    parts.tariff = std::move(tariff);
  }
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const Parts& parts = random.Pick(pool);
    const Usage usage = RandomUsage(random, RandomInterval(random, parts.tariff.window, SomeLength(random)));
    const Timeline::Integral sum = parts.tariff.prices->timeline().Integrate(usage.interval);
    Rational added = 0;
    bool known = true;
    Confidence confidence = kCertain;
    int64_t gap = kLatest.ns;
    for (const auto& element : parts.alone) {
      const Timeline::Integral part = element->timeline().Integrate(usage.interval);
      if (!part.known) gap = std::min(gap, part.gap.ns);
      known = known && part.known;
      confidence = std::min(confidence, part.confidence);
      if (part.known) added += Exact(usage, element->timeline(), part);
    }
    const Timeline::Integral reversed = parts.reversed->timeline().Integrate(usage.interval);
    ASSERT_EQ(sum.known, known);
    ASSERT_EQ(reversed.known, known);
    if (!known) {
      ASSERT_EQ(sum.gap.ns, gap);
      ASSERT_EQ(reversed.gap.ns, gap);
      continue;
    }
    ASSERT_EQ(sum.confidence, confidence);
    ASSERT_EQ(Exact(usage, parts.tariff.prices->timeline(), sum), added);
    ASSERT_TRUE(reversed.area == sum.area);
    ASSERT_EQ(reversed.confidence, confidence);
  }
}

TEST(Laws, FlatTariff_IsItsClosedForm) {
  Random random(106);
  struct FlatTariff {
    Decimal rate;
    Interval window;
    std::shared_ptr<const PriceTimeline> prices;
  };
  std::vector<FlatTariff> pool;
  for (int i = 0; i < kTariffs; ++i) {
    FlatTariff& flat = pool.emplace_back();
    flat.rate = testing::RandomPrice(random, true);
    const std::string& zone = random.Pick(testing::Zones());
    flat.window = testing::RandomWindow(random, zone);
    flat.prices = Compile({Flat(flat.rate.ToString())}, zone);
  }
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const FlatTariff& flat = random.Pick(pool);
    const Usage usage = RandomUsage(random, RandomInterval(random, flat.window, SomeLength(random)));
    const Timeline& timeline = flat.prices->timeline();
    const Rational closed = SlowEnergyKwh(usage) * ToRational(flat.rate);
    ASSERT_EQ(ExactCost(usage, timeline), closed * 1'000'000);
    ASSERT_EQ(BigInteger(Cost(usage, timeline.Integrate(usage.interval).area, timeline.scale())),
              RoundHalfEven(closed, 6));
    ASSERT_EQ(BigInteger(EnergyWh(usage)), RoundHalfAway(SlowEnergyKwh(usage), 3));
  }
}

TEST(Laws, FlatTariff_IsTheSameInEveryZone) {
  Random random(107);
  struct Pair {
    Interval window;
    std::shared_ptr<const PriceTimeline> here;
    std::shared_ptr<const PriceTimeline> there;
  };
  std::vector<Pair> pool;
  for (int i = 0; i < kTariffs; ++i) {
    Pair& pair = pool.emplace_back();
    const std::string& zone = random.Pick(testing::Zones());
    pair.window = testing::RandomWindow(random, zone);
    // A market price has no zone either, nor has a surcharge that is always the same.
    std::vector<ElementSpec> specs = {Flat(testing::RandomPrice(random, true).ToString())};
    if (random.OneIn(3)) {
      specs.emplace_back().market = testing::RandomMarket(random, pair.window, {});
      if (random.OneIn(2)) specs.back().seasons = testing::EveryDay({{0, testing::Surcharge("0.01", "12.5")}});
    }
    pair.here = Compile(specs, zone);
    pair.there = Compile(specs, random.Pick(testing::Zones()));
  }
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const Pair& pair = random.Pick(pool);
    const Interval interval = RandomInterval(random, pair.window, SomeLength(random));
    const Timeline::Integral here = pair.here->timeline().Integrate(interval);
    const Timeline::Integral there = pair.there->timeline().Integrate(interval);
    ASSERT_EQ(here.known, there.known);
    if (here.known) {
      ASSERT_TRUE(here.area == there.area);
    } else {
      ASSERT_EQ(here.gap.ns, there.gap.ns);
    }
  }
}

TEST(Laws, Visit_AddsUpToTheIntegral) {
  Random random(108);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs);
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    const Interval interval = RandomInterval(random, tariff.window, SomeLength(random) / 4);
    const Timeline& timeline = random.OneIn(2) ? tariff.prices->timeline() : tariff.carbon->timeline();
    Timeline::Integral sum;
    Instant at = interval.start;
    std::vector<Timeline::Stretch> seen;
    timeline.Visit(interval, [&](const Timeline::Stretch& stretch) {
      EXPECT_EQ(stretch.interval.start.ns, at.ns);
      EXPECT_LT(stretch.interval.start.ns, stretch.interval.end.ns);
      if (!seen.empty()) {
        EXPECT_FALSE(seen.back().rate == stretch.rate && seen.back().confidence == stretch.confidence &&
                     seen.back().known == stretch.known)
            << "two stretches that do not differ";
      }
      seen.push_back(stretch);
      if (sum.known && !stretch.known) sum.gap = at;
      sum.known = sum.known && stretch.known;
      sum.area += Int128{stretch.rate} * stretch.interval.nanos();
      sum.confidence = std::min(sum.confidence, stretch.confidence);
      at = stretch.interval.end;
      return true;
    });
    ASSERT_EQ(at.ns, interval.end.ns);
    const Timeline::Integral integral = timeline.Integrate(interval);
    ASSERT_EQ(integral.known, sum.known);
    if (sum.known) {
      ASSERT_TRUE(integral.area == sum.area);
      ASSERT_EQ(integral.confidence, sum.confidence);
    } else {
      ASSERT_EQ(integral.gap.ns, sum.gap.ns);
    }
  }
}

// Each part is the exact one rounded down or up, in order and without a gap.
void ExpectPartsOf(const RandomTariff& tariff, const Usage& usage, const std::vector<BreakdownSegment>& segments) {
  const Timeline& prices = tariff.prices->timeline();
  Instant at = usage.interval.start;
  for (const BreakdownSegment& segment : segments) {
    ASSERT_EQ(segment.interval.start.ns, at.ns);
    ASSERT_LT(segment.interval.start.ns, segment.interval.end.ns);
    at = segment.interval.end;
    const Timeline::Integral part = prices.Integrate(segment.interval);
    const Rational exact = Rational(BigInteger(usage.value_micros) * BigInteger(part.area)) /
                           BigInteger(CostDivisor(usage, prices.scale()));
    ASSERT_LT(boost::multiprecision::abs(Rational(BigInteger(*segment.cost) - exact)), 1);
    for (size_t e = 0; e < tariff.prices->elements().size(); ++e) {
      int changes = 0;
      tariff.prices->timeline_of(e).Visit(segment.interval, [&](const Timeline::Stretch&) { return ++changes < 2; });
      ASSERT_EQ(changes, 1) << "a segment in which element " << e << " changes";
    }
  }
  ASSERT_EQ(at.ns, usage.interval.end.ns);
}

TEST(Laws, Breakdown_AddsUpToTheFigures) {
  Random random(109);
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, kTariffs);
  int with_carbon = 0;
  for (int i = 0; i < kCases;) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    const Usage usage = RandomUsage(random, RandomInterval(random, tariff.window, SomeLength(random) / 10));
    const Timeline& prices = tariff.prices->timeline();
    const Timeline& intensities = tariff.carbon->timeline();
    const Timeline::Integral cost = prices.Integrate(usage.interval);
    if (!cost.known) continue;
    ++i;
    const Timeline::Integral carbon = intensities.Integrate(usage.interval);
    const auto segments = BreakDown(usage, tariff.prices.get(), tariff.carbon.get(), 5000);
    ASSERT_FALSE(segments.empty());
    ExpectPartsOf(tariff, usage, segments);
    if (HasFatalFailure()) return;
    Int128 money = 0;
    Int128 grams = 0;
    int64_t energy = 0;
    for (const BreakdownSegment& segment : segments) {
      money += *segment.cost;
      energy += segment.energy_wh;
      ASSERT_GE(segment.energy_wh, 0);
      ASSERT_EQ(segment.carbon.has_value(), carbon.known);
      if (carbon.known) grams += *segment.carbon;
    }
    ASSERT_TRUE(money == Cost(usage, cost.area, prices.scale()));
    ASSERT_EQ(energy, EnergyWh(usage));
    if (!carbon.known) continue;
    ++with_carbon;
    ASSERT_TRUE(grams == Carbon(usage, carbon.area, intensities.scale()));
  }
  EXPECT_GT(with_carbon, kCases / 2);
}

TEST(Laws, RepeatedHour_IsPricedTheSameBothTimes) {
  Random random(110);
  // The clock goes back by `shift` seconds at this instant: what was before is
  // told again after.
  struct Back {
    const char* zone;
    const char* at;
    int64_t shift;
  };
  const std::vector<Back> changes = {{"Europe/London", "2023-10-29T01:00:00Z", 3600},
                                     {"America/Los_Angeles", "2023-11-05T09:00:00Z", 3600},
                                     {"Australia/Lord_Howe", "2023-04-01T15:00:00Z", 1800},
                                     {"Africa/Casablanca", "2023-03-19T02:00:00Z", 3600},
                                     {"America/St_Johns", "2023-11-05T04:30:00Z", 3600}};
  for (int i = 0; i < kCases;) {
    const Back& back = random.Pick(changes);
    ElementSpec spec;
    spec.seasons = testing::RandomSeasons(random, true, false);
    const auto prices = Compile({spec}, back.zone);
    for (int k = 0; k < 100; ++k, ++i) {
      SCOPED_TRACE(CaseName(i));
      const int64_t at = testing::At(back.at).ns;
      const int64_t shift = back.shift * kNanosPerSecond;
      const Interval first = RandomInterval(random, {{at - shift}, {at}}, back.shift);
      const Interval second{{first.start.ns + shift}, {first.end.ns + shift}};
      ASSERT_TRUE(prices->timeline().Integrate(first).area == prices->timeline().Integrate(second).area);
    }
  }
}

}  // namespace
}  // namespace costs::engine
