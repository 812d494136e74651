// Real metering with tiers over the days on which the clock changes: each reading
// with what was used before it in its windows, beside the slow pricer.
#include <map>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "service/engine/price_timeline.h"
#include "service/engine/testing/meter_readings.h"
#include "service/engine/testing/slow_pricer.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/tiered_pricing.h"

namespace costs::engine {
namespace {

using testing::BigInteger;
using testing::D;
using testing::ElementSpec;
using testing::Rational;
using testing::ReadMeter;
using testing::RoundHalfEven;
using testing::SlowCost;
using testing::Tiered;
using testing::Tiers;
using testing::ToRational;

constexpr int64_t kNanoWhPerMicroKwh = 1'000'000;

// Cheap nights, and more for what a day takes above 2 kWh; and a levy that doubles
// above 100 kWh of a month.
std::vector<ElementSpec> DayAndMonthTiers() {
  ElementSpec energy;
  energy.id = "energy";
  constexpr int32_t kSeven = 7 * 3600;
  energy.seasons = {{kAllMonths,
                     {{kAllDays,
                       {{0, kSeven, Tiers({{"0.0903", "2"}, {"0.1203", ""}})},
                        {kSeven, kSecondsPerDay, Tiers({{"0.3104", "2"}, {"0.4105", ""}})}}}}}};
  energy.tier_window.kind = TierWindow::Kind::kDay;
  ElementSpec levy = Tiered({{"0.01", "100"}, {"0.02", ""}});
  levy.id = "levy";
  return {energy, levy};
}

struct Change {
  absl::CivilDay day;
  int hours;  // of that day
};

// Walks the readings of the days around each change of the clock, from the month's
// start on, and compares each with the slow pricer.
void CompareAround(const std::vector<Usage>& readings, const std::string& zone_name,
                   const std::vector<Change>& changes) {
  const std::vector<ElementSpec> specs = DayAndMonthTiers();
  const auto prices = testing::Compile(specs, zone_name);
  ASSERT_EQ(prices->windows().size(), 2u);
  const absl::TimeZone zone = testing::Zone(zone_name);
  for (const Change& change : changes) {
    absl::CivilDay today;
    int64_t nanos_of_day = 0;
    int compared = 0;
    std::vector<Int128> before(2);
    for (const Usage& usage : readings) {
      const absl::CivilDay day(absl::ToCivilSecond(absl::FromUnixNanos(usage.interval.start.ns), zone));
      if (absl::CivilMonth(day) != absl::CivilMonth(change.day)) continue;
      if (day != today) before[0] = 0;
      today = day;
      if (day == change.day) nanos_of_day += usage.interval.nanos();
      if (day >= change.day - 1 && day <= change.day + 1) {
        SCOPED_TRACE(absl::FormatTime(absl::FromUnixNanos(usage.interval.start.ns), zone));
        const TieredCost got = CostWithTiers(usage, *prices, before);
        ASSERT_TRUE(got.known);
        const auto want =
            SlowCost(specs, zone_name, usage,
                     {{prices->windows()[0], BigInteger(before[0])}, {prices->windows()[1], BigInteger(before[1])}});
        ASSERT_EQ(BigInteger(got.cost), RoundHalfEven(want.amount, 6));
        ++compared;
      }
      for (Int128& used : before) used += Int128{usage.value_micros} * kNanoWhPerMicroKwh;
    }
    EXPECT_EQ(nanos_of_day, change.hours * 3600 * kNanosPerSecond) << change.day;
    EXPECT_GE(compared, change.hours + 24) << change.day;  // a neighbour may be of another month
  }
}

// A month's bill by the tiers alone: no time, no clock, no engine.
void CompareMonths(const std::vector<Usage>& readings, const std::string& zone_name) {
  const std::vector<ElementSpec> specs = {Tiered({{"0.1", "100"}, {"0.25", "250"}, {"0.4", ""}})};
  const auto prices = testing::Compile(specs, zone_name);
  const absl::TimeZone zone = testing::Zone(zone_name);
  struct Month {
    Int128 used = 0;  // nano-Wh
    Int128 cost = 0;
    int records = 0;
  };
  std::map<absl::CivilMonth, Month> months;
  for (const Usage& usage : readings) {
    const absl::CivilMonth key(absl::ToCivilSecond(absl::FromUnixNanos(usage.interval.start.ns), zone));
    Month& month = months[key];
    month.cost += CostWithTiers(usage, *prices, {&month.used, 1}).cost;
    month.used += Int128{usage.value_micros} * kNanoWhPerMicroKwh;
    ++month.records;
  }
  EXPECT_GT(months.size(), 12u);
  for (const auto& [key, month] : months) {
    const Rational kwh = Rational(BigInteger(month.used)) / kNanoWhPerKwh;
    Rational want = kwh * ToRational(D("0.4"));
    if (kwh <= 250) want = 10 + (kwh - 100) / 4;
    if (kwh > 250) want = 10 + ToRational(D("37.5")) + (kwh - 250) * ToRational(D("0.4"));
    if (kwh <= 100) want = kwh / 10;
    // Each record is rounded by at most half a millionth.
    const Rational off = boost::multiprecision::abs(Rational(want * 1'000'000 - Rational(BigInteger(month.cost))));
    EXPECT_LE(off, Rational(month.records, 2)) << key;
  }
}

#define READ_METER_OR_SKIP(readings, name)                                                    \
  const std::vector<Usage> readings = ReadMeter(name);                                        \
  if (readings.empty()) {                                                                     \
    GTEST_SKIP() << "COSTS_TEST_DATA names no directory with meters/" << (name) << ".csv.gz"; \
  }

TEST(RealMetering, IllinoisBuildingOverBothDstDays_AgreesWithTheSlowPricer) {
  READ_METER_OR_SKIP(readings, "il-electricity-cdd-hdd-hourly");
  EXPECT_GT(readings.size(), 19'000u);
  CompareAround(readings, "America/Chicago",
                {{absl::CivilDay(2016, 3, 13), 23},
                 {absl::CivilDay(2016, 11, 6), 25},
                 {absl::CivilDay(2017, 3, 12), 23},
                 {absl::CivilDay(2017, 11, 5), 25}});
}

TEST(RealMetering, UkHomesOverBothDstDays_AgreeWithTheSlowPricer) {
  READ_METER_OR_SKIP(first, "uk-electricity-hdd-only-hourly-sample-0");
  CompareAround(first, "Europe/London", {{absl::CivilDay(2021, 3, 28), 23}, {absl::CivilDay(2021, 10, 31), 25}});
  READ_METER_OR_SKIP(second, "uk-electricity-hdd-only-hourly-sample-1");
  CompareAround(second, "Europe/London", {{absl::CivilDay(2013, 3, 31), 23}, {absl::CivilDay(2013, 10, 27), 25}});
  READ_METER_OR_SKIP(third, "uk-electricity-hdd-only-hourly-sample-2");
  CompareAround(third, "Europe/London", {{absl::CivilDay(2013, 3, 31), 23}, {absl::CivilDay(2013, 10, 27), 25}});
}

TEST(RealMetering, MonthsOfTheIllinoisBuilding_CostWhatTheirTiersSay) {
  READ_METER_OR_SKIP(readings, "il-electricity-cdd-hdd-hourly");
  CompareMonths(readings, "America/Chicago");
}

TEST(RealMetering, MonthsOfAUkHome_CostWhatTheirTiersSay) {
  READ_METER_OR_SKIP(readings, "uk-electricity-hdd-only-hourly-sample-0");
  CompareMonths(readings, "Europe/London");
}

}  // namespace
}  // namespace costs::engine
