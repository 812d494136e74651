#include "service/engine/schedule.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::engine {
namespace {

using ::testing::HasSubstr;

constexpr int32_t kHour = 3600;

Rate R(int64_t rate) { return {Decimal::FromInteger(rate), {}, {}}; }

Season AllYear(std::vector<DaysAndHours> days) { return {kAllMonths, std::move(days)}; }

std::string FaultOf(const std::vector<Season>& seasons) {
  const absl::StatusOr<Schedule> schedule = Schedule::Create(seasons);
  if (schedule.ok()) return "none";
  EXPECT_EQ(schedule.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(schedule.status().message());
}

TEST(Schedule, OneRate_CoversEveryDay) {
  const absl::StatusOr<Schedule> schedule = Schedule::Create({AllYear({{kAllDays, {{0, kSecondsPerDay, R(1)}}}})});
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  ASSERT_EQ(schedule->rates().size(), 1u);
  for (int month = 1; month <= 12; ++month) {
    for (int weekday = 0; weekday < 7; ++weekday) {
      const std::vector<Hours>& hours = schedule->HoursOf(month, weekday);
      ASSERT_EQ(hours.size(), 1u);
      EXPECT_EQ(hours[0].from, 0);
      EXPECT_EQ(hours[0].to, kSecondsPerDay);
    }
  }
}

TEST(Schedule, MonthsAndWeekdays_PickTheirHours) {
  const uint16_t winter = 1u << 0 | 1u << 1 | 1u << 11;  // Jan, Feb, Dec
  const auto summer = static_cast<uint16_t>(kAllMonths & ~winter);
  const absl::StatusOr<Schedule> schedule = Schedule::Create({
      {winter, {{kWeekdays, {{0, kSecondsPerDay, R(1)}}}, {kWeekend, {{0, kSecondsPerDay, R(2)}}}}},
      {summer, {{kAllDays & ~kMonday, {{0, kSecondsPerDay, R(3)}}}, {kMonday, {{0, kSecondsPerDay, R(4)}}}}},
  });
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  struct {
    int month;
    int weekday;
    int64_t rate;
  } const cases[] = {{1, 0, 1},  {1, 4, 1}, {1, 5, 2}, {1, 6, 2}, {2, 6, 2},  {12, 0, 1},
                     {12, 6, 2}, {3, 0, 4}, {3, 1, 3}, {3, 6, 3}, {11, 0, 4}, {11, 5, 3}};
  for (const auto& c : cases) {
    EXPECT_TRUE(schedule->HoursOf(c.month, c.weekday)[0].tiers[0].rate == R(c.rate)) << c.month << " " << c.weekday;
  }
  EXPECT_EQ(schedule->rates().size(), 4u);
}

TEST(Schedule, HoursInAnyOrderAndPlace_AreSorted) {
  const absl::StatusOr<Schedule> schedule = Schedule::Create({
      AllYear({{kAllDays, {{12 * kHour, kSecondsPerDay, R(3)}}}, {kAllDays, {{0, 7 * kHour, R(1)}}}}),
      AllYear({{kAllDays, {{7 * kHour, 12 * kHour, R(2)}}}}),
  });
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  const std::vector<Hours>& hours = schedule->HoursOf(6, 3);
  ASSERT_EQ(hours.size(), 3u);
  EXPECT_EQ(hours[0].to, 7 * kHour);
  EXPECT_EQ(hours[1].to, 12 * kHour);
  EXPECT_EQ(hours[2].to, kSecondsPerDay);
}

TEST(Schedule, SecondsOfTheDay_AreExact) {
  EXPECT_EQ(FaultOf({AllYear({{kAllDays, {{0, 1, R(1)}, {1, 86399, R(2)}, {86399, 86400, R(3)}}}})}), "none");
}

TEST(Schedule, Fault_NamesDayMonthAndTime) {
  struct {
    const char* name;
    std::vector<Season> seasons;
    std::vector<std::string> says;
  } const cases[] = {
      {"nothing at all", {}, {"Mon in Jan", "gap", "00:00:00", "24:00:00"}},
      {"no hours", {AllYear({{kAllDays, {}}})}, {"Mon in Jan", "gap from 00:00:00 to 24:00:00"}},
      {"a gap in the day",
       {AllYear({{kAllDays, {{0, 7 * kHour, R(1)}, {8 * kHour, kSecondsPerDay, R(2)}}}})},
       {"Mon in Jan", "gap from 07:00:00 to 08:00:00"}},
      {"a gap of a second", {AllYear({{kAllDays, {{0, 86399, R(1)}}}})}, {"gap from 23:59:59 to 24:00:00"}},
      {"a late start", {AllYear({{kAllDays, {{60, kSecondsPerDay, R(1)}}}})}, {"gap from 00:00:00 to 00:01:00"}},
      {"an overlap",
       {AllYear({{kAllDays, {{0, 8 * kHour, R(1)}, {7 * kHour, kSecondsPerDay, R(2)}}}})},
       {"overlap from 07:00:00 to 08:00:00"}},
      {"the same hours twice",
       {AllYear({{kAllDays, {{0, kSecondsPerDay, R(1)}, {0, kSecondsPerDay, R(1)}}}})},
       {"overlap"}},
      {"hours within hours",
       {AllYear({{kAllDays, {{0, kSecondsPerDay, R(1)}, {3 * kHour, 4 * kHour, R(1)}}}})},
       {"overlap"}},
      {"no Sunday", {AllYear({{kAllDays & 0b0111111, {{0, kSecondsPerDay, R(1)}}}})}, {"Sun in Jan", "gap"}},
      {"no December", {{0x7ff, {{kAllDays, {{0, kSecondsPerDay, R(1)}}}}}}, {"Mon in Dec", "gap"}},
      {"two seasons in May",
       {AllYear({{kAllDays, {{0, kSecondsPerDay, R(1)}}}}), {1u << 4, {{kAllDays, {{0, kSecondsPerDay, R(2)}}}}}},
       {"Mon in May", "overlap"}},
      {"an empty hour", {AllYear({{kAllDays, {{0, kSecondsPerDay, R(1)}, {60, 60, R(1)}}}})}, {"60 s to 60 s"}},
      {"a backward hour", {AllYear({{kAllDays, {{3600, 0, R(1)}}}})}, {"3600 s to 0 s"}},
      {"before the day", {AllYear({{kAllDays, {{-1, kSecondsPerDay, R(1)}}}})}, {"-1 s"}},
      {"after the day", {AllYear({{kAllDays, {{0, 86401, R(1)}}}})}, {"86401 s"}},
  };
  for (const auto& c : cases) {
    const std::string fault = FaultOf(c.seasons);
    for (const std::string& part : c.says) EXPECT_THAT(fault, HasSubstr(part)) << c.name;
  }
}

TEST(Schedule, Rates_AreEachListedOnce) {
  Rate surcharge;
  surcharge.surcharge_percentage = Decimal::FromInteger(5);
  const absl::StatusOr<Schedule> schedule = Schedule::Create(
      {AllYear({{kAllDays, {{0, 100, R(1)}, {100, 200, R(2)}, {200, 300, R(1)}, {300, kSecondsPerDay, surcharge}}}})});
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_EQ(schedule->rates().size(), 3u);
}

}  // namespace
}  // namespace costs::engine
