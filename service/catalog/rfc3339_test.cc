#include "service/catalog/rfc3339.h"

#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

using engine::Instant;

TEST(ParseRfc3339, GoodTimes_AreRead) {
  struct Case {
    absl::string_view text;
    int64_t seconds;
  };
  for (const Case& c : {
           Case{"1970-01-01T00:00:00Z", 0},
           Case{"2022-02-01T10:30:00Z", 1'643'711'400},
           Case{"2022-02-01T10:30:00.000Z", 1'643'711'400},
           Case{"2022-02-01t10:30:00z", 1'643'711'400},
           Case{"2022-02-01T11:30:00+01:00", 1'643'711'400},
           Case{"2022-02-01T05:00:00-05:30", 1'643'711'400},
           Case{"2024-02-29T23:59:59Z", 1'709'251'199},
           Case{"2023-12-31T23:30:00-00:30", 1'704'067'200},
       }) {
    const absl::optional<Instant> instant = ParseRfc3339(c.text);
    ASSERT_TRUE(instant.has_value()) << c.text;
    EXPECT_EQ(instant->ns, Instant::FromSeconds(c.seconds).ns) << c.text;
  }
}

TEST(ParseRfc3339, OtherTexts_AreRefused) {
  for (absl::string_view text : {"",
                                 "2023",
                                 "2023-10-29",
                                 "2023-10-29T01:00",
                                 "2023-10-29T01:00:00",
                                 "2023-10-29T01:00Z",
                                 "2023-10-29 01:00:00Z",
                                 " 2023-10-29T01:00:00Z",
                                 "2023-10-29T01:00:00Z ",
                                 "2023-02-29T00:00:00Z",
                                 "2023-13-01T00:00:00Z",
                                 "2023-00-01T00:00:00Z",
                                 "2023-01-00T00:00:00Z",
                                 "2023-01-32T00:00:00Z",
                                 "2023-01-01T24:00:00Z",
                                 "2023-01-01T00:60:00Z",
                                 "2023-01-01T00:00:60Z",
                                 "2023-01-01T00:00:00.5Z",
                                 "2023-01-01T00:00:00.Z",
                                 "2023-01-01T00:00:00.000",
                                 "2023-01-01T00:00:00+1:00",
                                 "2023-01-01T00:00:00+24:00",
                                 "2023-01-01T00:00:00+01:60",
                                 "2023-01-01T00:00:00+0100",
                                 "infinite-future",
                                 "20230101T000000Z",
                                 "2023-1-1T0:0:0Z",
                                 "+023-01-01T00:00:00Z"}) {
    EXPECT_FALSE(ParseRfc3339(text).has_value()) << text;
  }
}

TEST(ParseRfc3339, TimesOutsideTheEnginesRange_StayJustOutside) {
  EXPECT_TRUE(*ParseRfc3339("0000-01-01T00:00:00Z") < engine::kEarliest);
  EXPECT_TRUE(*ParseRfc3339("1969-12-31T23:59:59Z") < engine::kEarliest);
  EXPECT_TRUE(*ParseRfc3339("2100-01-01T00:00:00Z") == engine::kLatest);
  EXPECT_TRUE(*ParseRfc3339("9999-12-31T23:59:59Z") > engine::kLatest);
}

}  // namespace
}  // namespace costs::catalog
