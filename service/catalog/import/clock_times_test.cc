#include "service/catalog/import/clock_times.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

std::string Utc(absl::Time time) { return absl::FormatTime("%H:%M", time, absl::UTCTimeZone()); }

TEST(ClockTimes, RepeatedHour_IsToldApartByOrder) {
  // Austria put its clocks back on 2023-10-29 at 03:00 to 02:00, 01:00 UTC.
  ClockTimes times(Zone("Europe/Vienna"));
  std::string utc;
  for (const auto& [hour, minute] :
       std::vector<std::pair<int, int>>{{1, 30}, {2, 0}, {2, 30}, {2, 0}, {2, 30}, {3, 0}}) {
    const auto time = times.Next(absl::CivilSecond(2023, 10, 29, hour, minute, 0));
    ASSERT_TRUE(time.ok()) << time.status();
    utc += Utc(*time) + " ";
  }
  EXPECT_EQ(utc, "23:30 00:00 00:30 01:00 01:30 02:00 ");
  EXPECT_FALSE(times.Ambiguous().has_value());
}

TEST(ClockTimes, HourlyRows_HaveTheRepeatedHourTwice) {
  ClockTimes times(Zone("America/Chicago"));
  std::string utc;
  for (const int hour : {0, 1, 1, 2}) utc += Utc(*times.Next(absl::CivilSecond(2023, 11, 5, hour, 0, 0))) + " ";
  EXPECT_EQ(utc, "05:00 06:00 07:00 08:00 ");
  EXPECT_FALSE(times.Ambiguous().has_value());
}

TEST(ClockTimes, LordHowe_RepeatsHalfAnHour) {
  // Put back on 2023-04-02 at 02:00 (+11:00) to 01:30 (+10:30).
  ClockTimes times(Zone("Australia/Lord_Howe"));
  std::string utc;
  for (const auto& [hour, minute] : std::vector<std::pair<int, int>>{{1, 0}, {1, 30}, {1, 30}, {2, 0}}) {
    utc += Utc(*times.Next(absl::CivilSecond(2023, 4, 2, hour, minute, 0))) + " ";
  }
  EXPECT_EQ(utc, "14:00 14:30 15:00 15:30 ");
}

TEST(ClockTimes, RepeatedTimeThatIsThereOnce_IsAmbiguous) {
  ClockTimes times(Zone("Europe/Vienna"));
  for (const int hour : {1, 2, 3}) EXPECT_TRUE(times.Next(absl::CivilSecond(2023, 10, 29, hour, 0, 0)).ok());
  EXPECT_EQ(times.Ambiguous(), absl::CivilSecond(2023, 10, 29, 2, 0, 0));
}

TEST(ClockTimes, SkippedTime_IsRefused) {
  ClockTimes times(Zone("Europe/Vienna"));
  EXPECT_TRUE(times.Next(absl::CivilSecond(2023, 3, 26, 1, 45, 0)).ok());
  EXPECT_TRUE(absl::StrContains(times.Next(absl::CivilSecond(2023, 3, 26, 2, 0, 0)).status().message(),
                                "the clock of Europe/Vienna skips"));
  EXPECT_TRUE(times.Next(absl::CivilSecond(2023, 3, 26, 3, 0, 0)).ok());
}

TEST(ClockTimes, RowThatIsNotLater_IsRefused) {
  ClockTimes times(Zone("Europe/Vienna"));
  EXPECT_TRUE(times.Next(absl::CivilSecond(2023, 6, 1, 1, 0, 0)).ok());
  EXPECT_FALSE(times.Next(absl::CivilSecond(2023, 6, 1, 1, 0, 0)).ok());
  EXPECT_FALSE(times.Next(absl::CivilSecond(2023, 6, 1, 0, 0, 0)).ok());
  // Three times the hour that is there twice.
  for (const int hour : {2, 2}) EXPECT_TRUE(times.Next(absl::CivilSecond(2023, 10, 29, hour, 0, 0)).ok());
  EXPECT_FALSE(times.Next(absl::CivilSecond(2023, 10, 29, 2, 0, 0)).ok());
}

}  // namespace
}  // namespace costs::catalog
