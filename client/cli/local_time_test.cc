#include "client/cli/local_time.h"

#include <string>

#include "gtest/gtest.h"

namespace costs::cli {
namespace {

absl::Time At(const char* rfc3339) {
  absl::Time time;
  std::string fault;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &fault)) << fault;
  return time;
}

TEST(DateText, DaysOfOddLength_SayHowLong) {
  const struct {
    const char* zone;
    absl::CivilDay date;
    const char* text;
  } cases[] = {
      {"Europe/London", absl::CivilDay(2023, 10, 28), "Sat 28 Oct 2023"},
      {"Europe/London", absl::CivilDay(2023, 10, 29), "Sun 29 Oct 2023, 25 hours"},
      {"Europe/London", absl::CivilDay(2023, 3, 26), "Sun 26 Mar 2023, 23 hours"},
      {"Australia/Lord_Howe", absl::CivilDay(2023, 4, 2), "Sun 2 Apr 2023, 24.5 hours"},
      {"Asia/Kolkata", absl::CivilDay(2024, 2, 29), "Thu 29 Feb 2024"},
  };
  for (const auto& c : cases) EXPECT_EQ(DateText(c.date, ZoneOrUtc(c.zone)), c.text);
}

TEST(ClockText, OffsetIsShownOnDaysOnWhichItChanges) {
  const absl::TimeZone london = ZoneOrUtc("Europe/London");
  EXPECT_EQ(ClockText(At("2023-10-28T22:59:00Z"), london), "23:59");
  EXPECT_EQ(ClockText(At("2023-10-29T00:30:00Z"), london), "01:30+01:00");
  EXPECT_EQ(ClockText(At("2023-10-29T01:30:00Z"), london), "01:30+00:00");
  EXPECT_EQ(ClockText(At("2023-10-30T01:30:00Z"), london), "01:30");
  EXPECT_EQ(ClockText(At("2023-10-30T01:30:05Z"), london), "01:30:05");
}

TEST(Rfc3339, LocalTimesHaveTheirOffset) {
  EXPECT_EQ(Rfc3339(At("2023-07-01T00:00:00Z"), ZoneOrUtc("Asia/Kolkata")), "2023-07-01T05:30:00+05:30");
  EXPECT_EQ(Rfc3339(At("2023-07-01T00:00:00Z"), ZoneOrUtc("UTC")), "2023-07-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(At("2023-07-01T00:00:00Z"), ZoneOrUtc("Nowhere/AtAll")), "2023-07-01T00:00:00Z");
}

TEST(ParseWhen, InstantsAndDates_AreToldApart) {
  const absl::TimeZone london = ZoneOrUtc("Europe/London");
  EXPECT_EQ(Resolve(*ParseWhen("2023-07-01"), london), At("2023-06-30T23:00:00Z"));
  EXPECT_EQ(Resolve(*ParseWhen("2023-07-01T00:00:00Z"), london), At("2023-07-01T00:00:00Z"));
  EXPECT_EQ(Resolve(*ParseWhen("2023-07-01T02:00:00.5+02:00"), london), At("2023-07-01T00:00:00.5Z"));
  // Midnight is skipped there on this date: it begins at 01:00.
  EXPECT_EQ(Resolve(*ParseWhen("2024-09-08"), ZoneOrUtc("America/Santiago")), At("2024-09-08T04:00:00Z"));
  for (const char* text : {"today", "2023-02-30", "2023-7-1", "2023-07-01 00:00", ""}) {
    EXPECT_FALSE(ParseWhen(text).ok()) << text;
  }
}

TEST(Timestamps, TurnBackAndForth) {
  for (const char* text : {"2023-07-01T00:00:00.123456789Z", "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z"}) {
    EXPECT_EQ(ToTime(ToTimestamp(At(text))), At(text));
    EXPECT_GE(ToTimestamp(At(text)).nanos(), 0);
  }
}

}  // namespace
}  // namespace costs::cli
