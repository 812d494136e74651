// The engine against the slow pricer: second by second, in the C library's civil
// time, with exact fractions.
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "service/engine/carbon_timeline.h"
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
using testing::Fixed;
using testing::MakeRandomTariff;
using testing::Random;
using testing::RandomInterval;
using testing::RandomTariff;
using testing::RandomUsage;
using testing::RoundHalfAway;
using testing::RoundHalfEven;
using testing::SlowAnswer;
using testing::SlowCarbon;
using testing::SlowCost;
using testing::SlowEnergyKwh;

// Whether both say the same of the record's money.
void ExpectSameCost(const PriceTimeline& prices, const std::vector<ElementSpec>& specs, const std::string& zone,
                    const Usage& usage) {
  const SlowAnswer want = SlowCost(specs, zone, usage);
  const Timeline::Integral got = prices.timeline().Integrate(usage.interval);
  ASSERT_EQ(got.known, want.known);
  if (!want.known) {
    ASSERT_EQ(got.gap.ns, want.gap.ns);
    return;
  }
  ASSERT_EQ(BigInteger(Cost(usage, got.area, prices.timeline().scale())), RoundHalfEven(want.amount, 6));
  ASSERT_EQ(got.confidence, want.confidence);
}

void ExpectSameCarbon(const CarbonTimeline& carbon, const std::vector<CarbonIntensity>& intensities,
                      const Usage& usage) {
  const SlowAnswer want = SlowCarbon(intensities, usage);
  const Timeline::Integral got = carbon.timeline().Integrate(usage.interval);
  ASSERT_EQ(got.known, want.known);
  if (!want.known) {
    ASSERT_EQ(got.gap.ns, want.gap.ns);
    return;
  }
  ASSERT_EQ(BigInteger(Carbon(usage, got.area, carbon.timeline().scale())), RoundHalfEven(want.amount, 3));
  ASSERT_EQ(got.confidence, want.confidence);
}

TEST(Oracle, RandomRecords_AgreeWithTheSlowPricer) {
  constexpr int kRecords = 25;
  Random random(201);
  for (int t = 0; t < engine::testing::Cases(400); ++t) {
    const RandomTariff tariff = MakeRandomTariff(random);
    for (int i = 0; i < kRecords; ++i) {
      SCOPED_TRACE(CaseName(t * kRecords + i));
      SCOPED_TRACE(tariff.zone);
      const Usage usage = RandomUsage(random, RandomInterval(random, tariff.window, i == 0 ? 7200 : 900));
      SCOPED_TRACE(absl::FormatTime(absl::FromUnixNanos(usage.interval.start.ns)));
      ExpectSameCost(*tariff.prices, tariff.specs, tariff.zone, usage);
      if (i < 3) ExpectSameCarbon(*tariff.carbon, tariff.intensities, usage);
      ASSERT_EQ(BigInteger(EnergyWh(usage)), RoundHalfAway(SlowEnergyKwh(usage), 3));
      if (HasFatalFailure()) return;
    }
  }
}

// Instants at which the zone's offset changes, by Abseil: they only choose what is
// compared. For a zone without any, those of London.
std::vector<Instant> Changes(const std::string& zone_name, const char* from, const char* to) {
  const absl::TimeZone zone = testing::Zone(zone_name);
  std::vector<Instant> changes;
  absl::Time at = absl::FromUnixNanos(testing::At(from).ns);
  absl::TimeZone::CivilTransition transition;
  while (zone.NextTransition(at, &transition)) {
    // TransitionTime names the instant whichever way the clock went.
    at = zone.At(transition.to).trans;
    if (at > absl::FromUnixNanos(testing::At(to).ns)) break;
    changes.push_back({absl::ToUnixNanos(at)});
  }
  return changes.empty() ? Changes("Europe/London", from, to) : changes;
}

// Rules that change within every hour that a clock may skip or repeat, each
// with a rate of its own.
ElementSpec BusyHours() {
  std::vector<std::pair<double, Rate>> rates;
  rates.reserve(20);
  for (int i = 0; i < 4 * 4; ++i) rates.push_back({i * 0.25, Fixed("0." + std::to_string(1001 + 37 * i))});
  rates.push_back({4, Fixed("-0.05")});
  rates.push_back({22 + 1.0 / 3600, Fixed("0.77")});
  rates.push_back({23.75, Fixed("0.5")});
  ElementSpec spec;
  spec.seasons = testing::EveryDay(rates);
  return spec;
}

struct DstCase {
  const char* zone;
  const char* from;
  const char* to;
  size_t least_changes;
};

class OracleOnDstDays : public ::testing::TestWithParam<DstCase> {};

TEST_P(OracleOnDstDays, Records_AgreeWithTheSlowPricer) {
  const DstCase& c = GetParam();
  Random random(202);
  const std::vector<Instant> changes = Changes(c.zone, c.from, c.to);
  ASSERT_GE(changes.size(), c.least_changes);
  const std::vector<ElementSpec> busy = {BusyHours()};
  const auto busy_prices = Compile(busy, c.zone);
  for (size_t i = 0; i < changes.size(); ++i) {
    const int64_t change = changes[i].ns;
    constexpr int64_t kHour = 3600 * kNanosPerSecond;
    const Interval near{{change - 15 * kHour}, {change + 15 * kHour}};
    ElementSpec random_hours;
    random_hours.seasons = testing::RandomSeasons(random, true, false);
    ElementSpec market;
    market.market = testing::RandomMarket(random, near, {true, false, false});
    market.seasons = testing::RandomSeasons(random, true, true);
    const std::vector<ElementSpec> mixed = {random_hours, market};
    const auto mixed_prices = Compile(mixed, c.zone);
    auto check = [&](const Interval& interval) {
      SCOPED_TRACE(absl::FormatTime(absl::FromUnixNanos(interval.start.ns)));
      SCOPED_TRACE(absl::FormatTime(absl::FromUnixNanos(interval.end.ns)));
      const Usage usage = RandomUsage(random, interval);
      ExpectSameCost(*busy_prices, busy, c.zone, usage);
      ExpectSameCost(*mixed_prices, mixed, c.zone, usage);
    };
    SCOPED_TRACE(::testing::Message() << c.zone << ", change " << i);
    check(near);
    for (int64_t half_hours = -8; half_hours < 8; ++half_hours) {
      check({{change + half_hours * kHour / 2}, {change + (half_hours + 1) * kHour / 2}});
    }
    check({{change - 1}, {change + 1}});
    for (int k = 0; k < 20; ++k) check(RandomInterval(random, {{change - 4 * kHour}, {change + 4 * kHour}}, 3600));
    if (HasFatalFailure()) return;
  }
}

// Casablanca left summer time for each Ramadan until 2018, four changes a year,
// and goes back by an hour for it since.
INSTANTIATE_TEST_SUITE_P(
    Zones, OracleOnDstDays,
    ::testing::Values(DstCase{"Europe/London", "2018-01-01T00:00:00Z", "2026-12-31T00:00:00Z", 18},
                      DstCase{"America/Los_Angeles", "2018-01-01T00:00:00Z", "2026-12-31T00:00:00Z", 18},
                      DstCase{"Australia/Lord_Howe", "2018-01-01T00:00:00Z", "2026-12-31T00:00:00Z", 18},
                      DstCase{"Africa/Casablanca", "2014-01-01T00:00:00Z", "2026-12-31T00:00:00Z", 30},
                      DstCase{"Asia/Kolkata", "2020-01-01T00:00:00Z", "2024-12-31T00:00:00Z", 10},
                      DstCase{"Pacific/Apia", "2010-01-01T00:00:00Z", "2013-12-31T00:00:00Z", 6}),
    [](const ::testing::TestParamInfo<DstCase>& info) {
      std::string name = info.param.zone;
      for (char& letter : name) {
        if (letter == '/') letter = '_';
      }
      return name;
    });

// The zones that tzdata lists as places.
std::vector<std::string> EveryZone() {
  std::vector<std::string> zones;
  std::ifstream table("/usr/share/zoneinfo/zone1970.tab");
  for (std::string line; std::getline(table, line);) {
    const std::vector<std::string> columns = absl::StrSplit(line, '\t');
    if (line[0] != '#' && columns.size() >= 3) zones.push_back(columns[2]);
  }
  return zones;
}

TEST(Oracle, EveryChangeOfEveryZone_AgreesWithTheSlowPricer) {
  const std::vector<std::string> zones = EveryZone();
  if (zones.empty()) GTEST_SKIP() << "there is no /usr/share/zoneinfo/zone1970.tab";
  EXPECT_GT(zones.size(), 300u);
  const std::vector<ElementSpec> busy = {BusyHours()};
  constexpr int64_t kMinute = 60 * kNanosPerSecond;
  for (const std::string& zone : zones) {
    SCOPED_TRACE(zone);
    const auto prices = Compile(busy, zone);
    for (const Instant change : Changes(zone, "1970-02-01T00:00:00Z", "2045-01-01T00:00:00Z")) {
      SCOPED_TRACE(absl::FormatTime(absl::FromUnixNanos(change.ns)));
      for (const int64_t minutes : {-75, -35, -1, 35}) {
        const Interval interval{{change.ns + minutes * kMinute}, {change.ns + (minutes + 2) * kMinute}};
        ExpectSameCost(*prices, busy, zone, {Units::kKw, 1'234'567, interval});
      }
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace costs::engine
