#include "service/engine/day_split.h"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "gtest/gtest.h"
#include "service/engine/pricing.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/tiered_pricing.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::Between;
using testing::CaseName;
using testing::Compile;
using testing::Flat;
using testing::Likely;
using testing::MakeRandomTariffs;
using testing::Random;
using testing::RandomInterval;
using testing::RandomTariff;
using testing::RandomUsage;
using testing::RandomUsageBefore;
using testing::Zone;

int32_t Days(int year, int month, int day) {
  return static_cast<int32_t>(absl::CivilDay(year, month, day) - absl::CivilDay(1970, 1, 1));
}

TEST(LocalDayAt, DaysOfOtherLengths_BeginAndEndAtTheirMidnights) {
  const struct {
    const char* zone;
    const char* at;
    int32_t day;
    double hours;
  } cases[] = {
      {"Europe/London", "2023-03-26T12:00:00Z", Days(2023, 3, 26), 23},
      {"Europe/London", "2023-10-29T00:30:00Z", Days(2023, 10, 29), 25},
      {"Australia/Lord_Howe", "2023-10-01T12:00:00+11:00", Days(2023, 10, 1), 23.5},
      {"Australia/Lord_Howe", "2023-04-02T12:00:00+10:30", Days(2023, 4, 2), 24.5},
      {"Pacific/Apia", "2011-12-31T12:00:00+14:00", Days(2011, 12, 31), 24},
      {"Pacific/Apia", "2011-12-29T12:00:00-10:00", Days(2011, 12, 29), 24},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.at);
    const LocalDay day = LocalDayAt(Zone(c.zone), At(c.at));
    EXPECT_EQ(day.day, c.day);
    EXPECT_EQ(static_cast<double>(day.interval.nanos()) / (3600.0 * kNanosPerSecond), c.hours);
  }
}

TEST(SplitByDay, FlatPriceOverAChangeOfTheClock_GoesByTheHoursOfEachDay) {
  const auto prices = Compile({Flat("0.1")}, "Europe/London");
  const Usage usage{Units::kKw, 1'000'000, Between("2023-10-28T22:00:00Z", "2023-10-30T06:00:00Z")};
  const std::vector<DayShare> shares = SplitByDay(usage, prices->zone(), prices.get(), nullptr);
  ASSERT_EQ(shares.size(), 3u);
  const int64_t hours[] = {1, 25, 6};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(shares[i].day, Days(2023, 10, 28) + static_cast<int32_t>(i));
    EXPECT_EQ(shares[i].energy_wh, hours[i] * 1'000);
    EXPECT_TRUE(shares[i].energy_nwh == hours[i] * Int128{kNanoWhPerKwh});
    EXPECT_TRUE(*shares[i].cost == hours[i] * 100'000);
    EXPECT_FALSE(shares[i].carbon.has_value());
  }
}

TEST(SplitByDay, DateThatNeverWas_HasNoShare) {
  const auto prices = Compile({Flat("0.1")}, "Pacific/Apia");
  const Usage usage{Units::kWh, 3'000'000, Between("2011-12-29T09:00:00Z", "2011-12-31T09:00:00Z")};
  const std::vector<DayShare> shares = SplitByDay(usage, prices->zone(), prices.get(), nullptr);
  ASSERT_EQ(shares.size(), 3u);
  EXPECT_EQ(shares[0].day, Days(2011, 12, 28));
  EXPECT_EQ(shares[1].day, Days(2011, 12, 29));
  EXPECT_EQ(shares[2].day, Days(2011, 12, 31));
  EXPECT_EQ(shares[0].energy_wh + shares[1].energy_wh + shares[2].energy_wh, 3);
}

// What is true of any record; `slack` is how far a day's cost may be from the exact
// one.
void CheckShares(const std::vector<DayShare>& shares, const Usage& usage, const absl::TimeZone& zone) {
  int64_t energy = 0;
  Int128 energy_nwh = 0;
  Instant at = usage.interval.start;
  for (const DayShare& share : shares) {
    EXPECT_TRUE(share.interval.start == at);
    EXPECT_GT(share.interval.nanos(), 0);
    at = share.interval.end;
    const absl::Time middle = absl::FromUnixNanos(share.interval.start.ns + share.interval.nanos() / 2);
    EXPECT_EQ(share.day, absl::ToCivilDay(middle, zone) - absl::CivilDay(1970, 1, 1));
    energy += share.energy_wh;
    energy_nwh += share.energy_nwh;
  }
  EXPECT_TRUE(at == usage.interval.end);
  EXPECT_EQ(energy, EnergyWh(usage));
  EXPECT_TRUE(energy_nwh == EnergyNanoWh(usage));
}

TEST(SplitByDay, RandomRecords_AddUpAndAreEachWithinOneUnit) {
  Random random(71);
  const Likely likely{true, false, true, false};
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, 100, likely);
  int checked = 0;
  for (int i = 0; i < 4'000; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    const Usage usage = RandomUsage(random, RandomInterval(random, tariff.window, 20 * int64_t{86'400}));
    const Timeline& timeline = tariff.prices->timeline();
    const Timeline::Integral whole = timeline.Integrate(usage.interval);
    const bool carbon_known = tariff.carbon != nullptr && tariff.carbon->timeline().Integrate(usage.interval).known;
    if (!whole.known) continue;
    ++checked;
    const CarbonTimeline* carbon = carbon_known ? tariff.carbon.get() : nullptr;
    const std::vector<DayShare> shares = SplitByDay(usage, tariff.prices->zone(), tariff.prices.get(), carbon);
    CheckShares(shares, usage, tariff.prices->zone());
    Int128 cost = 0, milligrams = 0;
    for (const DayShare& share : shares) {
      cost += *share.cost;
      const Int128 exact = Cost(usage, timeline.Integrate(share.interval).area, timeline.scale());
      EXPECT_LE(std::abs(static_cast<int64_t>(*share.cost - exact)), 1);
      EXPECT_LE(std::abs(share.energy_wh - static_cast<int64_t>(share.energy_nwh / 1'000'000'000)), 1);
      if (carbon != nullptr) milligrams += *share.carbon;
    }
    EXPECT_TRUE(cost == Cost(usage, whole.area, timeline.scale()));
    if (carbon != nullptr) {
      EXPECT_TRUE(milligrams ==
                  Carbon(usage, carbon->timeline().Integrate(usage.interval).area, carbon->timeline().scale()));
    }
  }
  EXPECT_GT(checked, 1'000);
}

TEST(SplitByDay, RandomRecordsWithTiers_AddUpToTheirCost) {
  Random random(72);
  const Likely likely{true, false, true, true};
  const std::vector<RandomTariff> tariffs = MakeRandomTariffs(random, 60, likely);
  int checked = 0;
  for (int i = 0; i < 1'000; ++i) {
    SCOPED_TRACE(CaseName(i));
    const RandomTariff& tariff = random.Pick(tariffs);
    if (!tariff.prices->tiered()) continue;
    const Usage usage = RandomUsage(random, RandomInterval(random, tariff.window, 5 * int64_t{86'400}));
    const std::vector<Int128> before = RandomUsageBefore(random, *tariff.prices, usage);
    const TieredCost whole = CostWithTiers(usage, *tariff.prices, before);
    if (!whole.known) continue;
    ++checked;
    const std::vector<DayShare> shares = SplitByDay(usage, tariff.prices->zone(), tariff.prices.get(), nullptr, before);
    CheckShares(shares, usage, tariff.prices->zone());
    Int128 cost = 0;
    for (const DayShare& share : shares) cost += *share.cost;
    EXPECT_TRUE(cost == whole.cost);
    // The first day is a record of its own, with the same usage before it. (Power, so
    // that a part of it is exact; each stretch of a price may round by one.)
    if (usage.units != Units::kW && usage.units != Units::kKw) continue;
    const Usage first{usage.units, usage.value_micros, shares.front().interval};
    const Int128 alone = CostWithTiers(first, *tariff.prices, before).cost;
    EXPECT_LE(std::abs(static_cast<int64_t>(*shares.front().cost - alone)), 60);
  }
  EXPECT_GT(checked, 200);
}

}  // namespace
}  // namespace costs::engine
