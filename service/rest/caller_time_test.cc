#include "service/rest/caller_time.h"

#include <cstdint>
#include <string>

#include "gtest/gtest.h"

namespace costs::rest {
namespace {

TEST(ParseCallerTime, WellFormed_GivesTheInstantAndKeepsTheWriting) {
  struct Case {
    const char* text;
    int64_t seconds;
    int32_t nanos;
    int offset_seconds;
    const char* offset_text;
  };
  const Case cases[] = {
      {"2022-02-01T10:30:00Z", 1'643'711'400, 0, 0, "Z"},
      {"2022-02-01t10:30:00z", 1'643'711'400, 0, 0, "Z"},
      {"2022-02-01T11:30:00+01:00", 1'643'711'400, 0, 3600, "+01:00"},
      {"2022-02-01T02:30:00-08:00", 1'643'711'400, 0, -28'800, "-08:00"},
      {"2022-02-01T16:15:00+05:45", 1'643'711'400, 0, 20'700, "+05:45"},
      {"2022-02-01T10:30:00-00:00", 1'643'711'400, 0, 0, "-00:00"},
      {"2022-02-01T10:30:00.5Z", 1'643'711'400, 500'000'000, 0, "Z"},
      {"2022-02-01T10:30:00.123456789+00:00", 1'643'711'400, 123'456'789, 0, "+00:00"},
      {"1970-01-01T00:00:00Z", 0, 0, 0, "Z"},
      {"1969-12-31T23:59:59.9Z", -1, 900'000'000, 0, "Z"},
      {"2024-02-29T00:00:00Z", 1'709'164'800, 0, 0, "Z"},
      {"9999-12-31T23:59:59Z", 253'402'300'799, 0, 0, "Z"},
  };
  for (const Case& c : cases) {
    const auto time = ParseCallerTime(c.text);
    ASSERT_TRUE(time.ok()) << c.text << ": " << time.status();
    EXPECT_EQ(time->instant.seconds, c.seconds) << c.text;
    EXPECT_EQ(time->instant.nanos, c.nanos) << c.text;
    EXPECT_EQ(time->offset.seconds, c.offset_seconds) << c.text;
    EXPECT_EQ(time->offset.text, c.offset_text) << c.text;
    EXPECT_EQ(time->text, c.text);
  }
}

TEST(ParseCallerTime, Malformed_IsRefusedWithTheRemedy) {
  struct Case {
    const char* text;
    const char* says;
  };
  const Case cases[] = {
      {"", "RFC 3339"},
      {"2022-02-01", "RFC 3339"},
      {"2022-02-01T10:30:00", "RFC 3339"},
      {"2022-02-01 10:30:00Z", "RFC 3339"},
      {"2022-2-1T10:30:00Z", "RFC 3339"},
      {"2022-02-01T10:30Z", "RFC 3339"},
      {"2022-02-01T10:30:00.Z", "RFC 3339"},
      {"2022-02-01T10:30:00,5Z", "RFC 3339"},
      {"2022-02-01T10:30:00Z ", "RFC 3339"},
      {" 2022-02-01T10:30:00Z", "RFC 3339"},
      {"2022-02-01T10:30:00+0100", "RFC 3339"},
      {"2022-02-01T10:30:00+01", "RFC 3339"},
      {"2022-02-01T10:30:00 01:00", "RFC 3339"},
      {"+2022-02-01T10:30:00Z", "RFC 3339"},
      {"2022-02-01T10:30:00.1234567890Z", "9 digits"},
      {"2022-02-01T10:30:00+24:00", "offset"},
      {"2022-02-01T10:30:00+01:60", "offset"},
      {"2016-12-31T23:59:60Z", "leap seconds"},
      {"2022-02-01T23:59:61Z", "does not exist"},
      {"2022-02-01T24:00:00Z", "does not exist"},
      {"2022-02-01T10:60:00Z", "does not exist"},
      {"2022-02-29T10:30:00Z", "does not exist"},
      {"2022-13-01T10:30:00Z", "does not exist"},
      {"2022-00-01T10:30:00Z", "does not exist"},
      {"2022-01-00T10:30:00Z", "does not exist"},
  };
  for (const Case& c : cases) {
    const auto time = ParseCallerTime(c.text);
    ASSERT_FALSE(time.ok()) << c.text;
    EXPECT_EQ(time.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(time.status().message().find(c.says), absl::string_view::npos) << c.text << ": " << time.status();
  }
}

TEST(FormatTime, EveryOffset_WritesItBack) {
  for (const char* text : {"2022-02-01T10:30:00Z", "2022-02-01T11:30:00+01:00", "2022-02-01T10:30:00-00:00",
                           "1969-12-31T19:00:00-05:00", "2022-02-01T10:30:00.500Z", "2022-02-01T10:30:00.000500Z",
                           "2022-02-01T10:30:00.000000005+13:45", "1969-12-31T23:59:59.900Z"}) {
    const auto time = ParseCallerTime(text);
    ASSERT_TRUE(time.ok()) << time.status();
    const engine::Instant instant{time->instant.seconds * engine::kNanosPerSecond + time->instant.nanos};
    EXPECT_EQ(FormatTime(instant, time->offset), text);
  }
}

TEST(FormatMilliseconds, AnyTime_HasThreeDigitsAndZ) {
  EXPECT_EQ(FormatMilliseconds(absl::FromUnixMillis(1'643'711'580'000)), "2022-02-01T10:33:00.000Z");
  EXPECT_EQ(FormatMilliseconds(absl::FromUnixMillis(1'643'711'580'007) + absl::Microseconds(999)),
            "2022-02-01T10:33:00.007Z");
}

}  // namespace
}  // namespace costs::rest
