#include "service/rfc3339/rfc3339.h"

#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace costs::rfc3339 {
namespace {

TEST(Rfc3339, ValidTimes_AreInstants) {
  const struct {
    const char* text;
    int64_t seconds;
    int32_t nanos;
  } cases[] = {
      {"1970-01-01T00:00:00Z", 0, 0},
      {"1970-01-01t00:00:01z", 1, 0},
      {"2022-02-01T10:30:00Z", 1'643'711'400, 0},
      {"2022-02-01T11:30:00+01:00", 1'643'711'400, 0},
      {"2022-02-01T01:00:00-09:30", 1'643'711'400, 0},
      {"2022-02-01T10:30:00.5Z", 1'643'711'400, 500'000'000},
      {"2022-02-01T10:30:00.000000001+00:00", 1'643'711'400, 1},
      {"2022-02-01T10:30:00-00:00", 1'643'711'400, 0},
      {"1969-12-31T23:59:59.25Z", -1, 250'000'000},
      {"2000-02-29T00:00:00Z", 951'782'400, 0},
      {"0000-01-01T00:00:00Z", -62'167'219'200, 0},
      {"0000-02-29T00:00:00Z", -62'162'121'600, 0},
      {"0000-12-31T23:59:59Z", -62'135'596'801, 0},
      {"0001-01-01T00:00:00Z", -62'135'596'800, 0},
      {"9999-12-31T23:59:59-00:01", 253'402'300'859, 0},
      {"9999-12-31T23:59:59.999999999Z", 253'402'300'799, 999'999'999},
  };
  for (const auto& c : cases) {
    absl::StatusOr<Time> time = Parse(c.text);
    ASSERT_TRUE(time.ok()) << time.status();
    EXPECT_EQ(time->seconds, c.seconds) << c.text;
    EXPECT_EQ(time->nanos, c.nanos) << c.text;
  }
}

TEST(Rfc3339, OtherText_IsRefusedWithTheReason) {
  const struct {
    const char* text;
    const char* why;
  } cases[] = {
      {"", "must begin"},
      {"2022-02-01", "must begin"},
      {"2022-02-01 10:30:00Z", "must begin"},
      {"2022-02-0xT10:30:00Z", "must begin"},
      {"+022-02-01T10:30:00Z", "must begin"},
      {"2022/02/01T10:30:00Z", "must begin"},
      {" 2022-02-01T10:30:00Z", "must begin"},
      {"2022-02-01T10:30:00", "must end with Z"},
      {"2022-02-01T10:30:00Z ", "must end with Z"},
      {"2022-02-01T10:30:00+0100", "must end with Z"},
      {"2022-02-01T10:30:00+01", "must end with Z"},
      {"2022-02-01T10:30:00,5Z", "must end with Z"},
      {"2022-02-01T10:30:00+24:00", "offset"},
      {"2022-02-01T10:30:00+01:60", "offset"},
      {"2022-02-01T10:30:00+0a:00", "offset"},
      {"2022-02-01T10:30:00.Z", "1 to 9 digits"},
      {"2022-02-01T10:30:00.0000000000Z", "1 to 9 digits"},
      {"2022-02-29T10:30:00Z", "this day does not exist"},
      {"1900-02-29T10:30:00Z", "this day does not exist"},
      {"2022-04-31T10:30:00Z", "this day does not exist"},
      {"2022-00-01T10:30:00Z", "this day does not exist"},
      {"2022-13-01T10:30:00Z", "this day does not exist"},
      {"2022-01-00T10:30:00Z", "this day does not exist"},
      {"2022-02-01T24:00:00Z", "this time of day does not exist"},
      {"2022-02-01T10:60:00Z", "this time of day does not exist"},
      {"2022-02-01T10:30:61Z", "this time of day does not exist"},
      {"2016-12-31T23:59:60Z", "leap second"},
  };
  for (const auto& c : cases) {
    absl::StatusOr<Time> time = Parse(c.text);
    ASSERT_FALSE(time.ok()) << c.text;
    EXPECT_TRUE(absl::StrContains(time.status().message(), c.why)) << c.text << ": " << time.status();
  }
}

// Abseil's (slow) parser is the independent reference.
TEST(Rfc3339, RandomTimes_AreAsAbseilReadsThem) {
  std::mt19937_64 random(20220201);
  std::uniform_int_distribution<int64_t> seconds(-62'135'596'800 + 86'400, 253'402'300'799 - 86'400);
  for (int i = 0; i < 20'000; ++i) {
    const absl::Time wanted = absl::FromUnixSeconds(seconds(random)) + absl::Nanoseconds(random() % 1'000'000'000);
    const absl::TimeZone zone = absl::FixedTimeZone(static_cast<int>(random() % 2'879 - 1'439) * 60);
    const std::string text = absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%E*S%Ez", wanted, zone);
    absl::StatusOr<Time> time = Parse(text);
    ASSERT_TRUE(time.ok()) << time.status();
    ASSERT_EQ(absl::FromUnixSeconds(time->seconds) + absl::Nanoseconds(time->nanos), wanted) << text;
  }
}

}  // namespace
}  // namespace costs::rfc3339
