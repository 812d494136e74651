#include "service/engine/schedule.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

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

Tier T(int64_t rate, const char* to_kwh) {
  return {R(rate), *to_kwh != '\0' ? std::optional<Decimal>(*Decimal::Parse(to_kwh)) : std::nullopt};
}

TEST(Schedule, SpecialDays_HaveHoursOfTheirOwnInMonthsThatNameThem) {
  const uint16_t june = 1u << 5;
  const absl::StatusOr<Schedule> schedule = Schedule::Create({
      {june,
       {{kWeekdays, {{0, kSecondsPerDay, R(1)}}},
        {kWeekend, {{0, kSecondsPerDay, R(2)}}},
        {kSpecialDay, {{0, kSecondsPerDay, R(3)}}}}},
      {static_cast<uint16_t>(kAllMonths & ~june),
       {{kAllDays & ~(1u << 6), {{0, kSecondsPerDay, R(4)}}}, {1u << 6, {{0, kSecondsPerDay, R(5)}}}}},
  });
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_TRUE(schedule->HoursOf(6, Schedule::kSpecialDayIndex)[0].tiers[0].rate == R(3));
  EXPECT_TRUE(schedule->HoursOf(6, 6)[0].tiers[0].rate == R(2));
  // In the other months they are as Sundays.
  EXPECT_TRUE(schedule->HoursOf(7, Schedule::kSpecialDayIndex)[0].tiers[0].rate == R(5));
  EXPECT_FALSE(schedule->tiered());
}

TEST(Schedule, SpecialDayThatIsNamed_MustBeCovered) {
  const std::vector<DaysAndHours> week = {{kAllDays, {{0, kSecondsPerDay, R(1)}}}};
  auto with = [&](DaysAndHours special) {
    std::vector<DaysAndHours> days = week;
    days.push_back(std::move(special));
    return FaultOf({AllYear(days)});
  };
  EXPECT_THAT(with({kSpecialDay, {{0, 3600, R(2)}}}), HasSubstr("Holiday in Jan: the hours leave a gap from 01:00:00"));
  EXPECT_EQ(with({kSpecialDay, {{0, kSecondsPerDay, R(2)}}}), "none");
  EXPECT_THAT(with({kSpecialDay | kMonday, {{0, kSecondsPerDay, R(2)}}}), HasSubstr("Mon in Jan: the hours overlap"));
}

TEST(Schedule, Tiers_AreCountedAndTheirRatesListed) {
  const absl::StatusOr<Schedule> schedule = Schedule::Create({AllYear(
      {{kAllDays,
        {{0, 100, {T(1, "0.5"), T(2, "0.500000001"), T(3, "")}}, {100, kSecondsPerDay, {T(2, "10"), T(4, "")}}}}})});
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_TRUE(schedule->tiered());
  EXPECT_EQ(schedule->most_tiers(), 3);
  EXPECT_EQ(schedule->rates().size(), 4u);
  EXPECT_EQ(schedule->HoursOf(1, 0)[1].tiers.size(), 2u);
}

TEST(Schedule, HoursThatDifferInTiersOnly_AreDifferentDays) {
  const absl::StatusOr<Schedule> schedule =
      Schedule::Create({AllYear({{kWeekdays, {{0, kSecondsPerDay, {T(1, "5"), T(2, "")}}}},
                                 {kWeekend, {{0, kSecondsPerDay, {T(1, "6"), T(2, "")}}}}})});
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  EXPECT_EQ(schedule->HoursOf(1, 0)[0].tiers[0].to_kwh->ToString(), "5");
  EXPECT_EQ(schedule->HoursOf(1, 6)[0].tiers[0].to_kwh->ToString(), "6");
}

TEST(Schedule, FaultOfTiers_NamesTheTier) {
  struct {
    std::vector<Tier> tiers;
    const char* says;
  } const cases[] = {
      {{}, "hours have no rate"},
      {{T(1, ""), T(2, "")}, "tier 1 of 2 has no to_kwh"},
      {{T(1, "5")}, "the last tier has to_kwh 5"},
      {{T(1, "5"), T(2, "6")}, "the last tier has to_kwh 6"},
      {{T(1, "5"), T(2, "5"), T(3, "")}, "tier 2 of 3 has to_kwh 5; it must be more than 5"},
      {{T(1, "5"), T(2, "4.9"), T(3, "")}, "tier 2 of 3 has to_kwh 4.9; it must be more than 5"},
      {{T(1, "0"), T(2, "")}, "tier 1 of 2 has to_kwh 0; it must be more than 0"},
      {{T(1, "-1"), T(2, "")}, "tier 1 of 2 has to_kwh -1"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(FaultOf({AllYear({{kAllDays, {{0, kSecondsPerDay, c.tiers}}}})}), HasSubstr(c.says));
  }
  std::vector<Tier> twenty;
  for (int i = 1; i < 20; ++i) twenty.push_back(T(i, std::to_string(i).c_str()));
  twenty.push_back(T(0, ""));
  EXPECT_EQ(FaultOf({AllYear({{kAllDays, {{0, kSecondsPerDay, twenty}}}})}), "none");
  twenty.insert(twenty.begin(), T(0, "0.5"));
  EXPECT_THAT(FaultOf({AllYear({{kAllDays, {{0, kSecondsPerDay, twenty}}}})}), HasSubstr("21 tiers; at most 20"));
}

}  // namespace
}  // namespace costs::engine
