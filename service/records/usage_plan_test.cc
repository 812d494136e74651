#include "service/records/usage_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace costs::records {
namespace {

using engine::Instant;
using engine::Int128;
using engine::Interval;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kHour = 3'600;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kNewYear = 1'767'225'600;  // 2026-01-01T00:00:00Z
constexpr int32_t kFirstDay = static_cast<int32_t>(kNewYear / kDay);

Interval Between(int64_t from, int64_t to) { return {Instant::FromSeconds(from), Instant::FromSeconds(to)}; }

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone));
  return zone;
}

TEST(PlanUsageTest, WholeDates_HaveNoParts) {
  const UsagePlan plan = PlanUsage(Between(kNewYear, kNewYear + 3 * kDay), absl::UTCTimeZone());
  EXPECT_EQ(plan.first_day, kFirstDay);
  EXPECT_EQ(plan.last_day, kFirstDay + 2);
  EXPECT_THAT(plan.parts, IsEmpty());
}

TEST(PlanUsageTest, EndWithinADate_IsAPart) {
  const UsagePlan plan = PlanUsage(Between(kNewYear, kNewYear + 2 * kDay + 1), absl::UTCTimeZone());
  EXPECT_EQ(plan.first_day, kFirstDay);
  EXPECT_EQ(plan.last_day, kFirstDay + 1);
  ASSERT_THAT(plan.parts, SizeIs(1));
  EXPECT_EQ(plan.parts[0].day, kFirstDay + 2);
  EXPECT_EQ(plan.parts[0].date, Between(kNewYear + 2 * kDay, kNewYear + 3 * kDay));
  EXPECT_EQ(plan.parts[0].part, Between(kNewYear + 2 * kDay, kNewYear + 2 * kDay + 1));
}

TEST(PlanUsageTest, BothEndsWithinDates_AreParts) {
  const UsagePlan plan = PlanUsage(Between(kNewYear - 1, kNewYear + kDay + 1), absl::UTCTimeZone());
  EXPECT_EQ(plan.first_day, kFirstDay);
  EXPECT_EQ(plan.last_day, kFirstDay);
  EXPECT_THAT(plan.parts, SizeIs(2));
  const UsagePlan neighbours = PlanUsage(Between(kNewYear - 1, kNewYear + 1), absl::UTCTimeZone());
  EXPECT_LT(neighbours.last_day, neighbours.first_day);
  EXPECT_THAT(neighbours.parts, SizeIs(2));
}

TEST(PlanUsageTest, PartOfOneDate_IsOnePart) {
  for (const Interval interval : {Between(kNewYear, kNewYear + 1), Between(kNewYear + 5, kNewYear + 6),
                                  Between(kNewYear + kDay - 1, kNewYear + kDay)}) {
    const UsagePlan plan = PlanUsage(interval, absl::UTCTimeZone());
    EXPECT_LT(plan.last_day, plan.first_day);
    ASSERT_THAT(plan.parts, SizeIs(1));
    EXPECT_EQ(plan.parts[0].part, interval);
    EXPECT_EQ(plan.parts[0].day, kFirstDay);
  }
}

TEST(PlanUsageTest, DateOfTheClock_IsLongerOrShorterThanADay) {
  const absl::TimeZone london = Zone("Europe/London");
  const int64_t spring = absl::ToUnixSeconds(absl::FromCivil(absl::CivilSecond(2026, 3, 29), london));
  UsagePlan plan = PlanUsage(Between(spring, spring + 23 * kHour), london);
  EXPECT_EQ(plan.first_day, plan.last_day);
  EXPECT_THAT(plan.parts, IsEmpty());
  const int64_t autumn = absl::ToUnixSeconds(absl::FromCivil(absl::CivilSecond(2026, 10, 25), london));
  plan = PlanUsage(Between(autumn, autumn + 24 * kHour), london);
  EXPECT_LT(plan.last_day, plan.first_day);
  ASSERT_THAT(plan.parts, SizeIs(1));
  EXPECT_EQ(plan.parts[0].date.nanos(), 25 * kHour * engine::kNanosPerSecond);
}

TEST(PlanUsageTest, BeforeTheEpoch_CountsDown) {
  const UsagePlan plan = PlanUsage(Between(-31 * kDay, 1), absl::UTCTimeZone());
  EXPECT_EQ(plan.first_day, -31);
  EXPECT_EQ(plan.last_day, -1);
  ASSERT_THAT(plan.parts, SizeIs(1));
  EXPECT_EQ(plan.parts[0].day, 0);
}

PartOfDate FirstDate(int64_t from, int64_t to) {
  return {kFirstDay, Between(kNewYear, kNewYear + kDay), Between(kNewYear + from, kNewYear + to)};
}

TEST(EnergyWithinTest, ShareByTime_IsHalfEven) {
  Figures figures;
  const Interval record = Between(kNewYear, kNewYear + 4);
  const auto first_half = [&](Int128 energy) {
    figures.energy_nwh = energy;
    return EnergyWithin(record, figures, FirstDate(0, 2));
  };
  EXPECT_EQ(first_half(10), 5);
  EXPECT_EQ(first_half(11), 6);
  EXPECT_EQ(first_half(13), 6);
  EXPECT_EQ(first_half(-11), -6);
  EXPECT_EQ(first_half(-13), -6);
  EXPECT_EQ(first_half(-14), -7);
  figures.energy_nwh = 11;
  EXPECT_EQ(EnergyWithin(record, figures, FirstDate(0, 1)), 3);
  EXPECT_EQ(EnergyWithin(record, figures, FirstDate(0, 9)), 11);
  EXPECT_EQ(EnergyWithin(record, figures, FirstDate(4, 9)), 0);
}

TEST(EnergyWithinTest, LargestEnergy_DoesNotOverflow) {
  Figures figures;
  figures.energy_nwh = Int128{1} << 126;
  const Interval record = Between(kNewYear - 365 * kDay, kNewYear + kDay);
  EXPECT_EQ(EnergyWithin(record, figures, FirstDate(0, kDay)), figures.energy_nwh / 366);
}

TEST(EnergyWithinTest, DayPart_GoesBeforeTheWhole) {
  Figures figures;
  figures.energy_nwh = 1'000;
  calculator::DayPart day;
  day.day = kFirstDay - 1;
  day.energy_nwh = 900;
  figures.days.push_back(day);
  day.day = kFirstDay;
  day.energy_nwh = 100;
  figures.days.push_back(day);
  const Interval record = Between(kNewYear - 10, kNewYear + 10);
  EXPECT_EQ(EnergyWithin(record, figures, FirstDate(0, 5)), 50);
  EXPECT_EQ(EnergyWithin(record, figures, FirstDate(0, 100)), 100);
}

}  // namespace
}  // namespace costs::records
