#include "service/catalog/import/import_time.h"

#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

TEST(ParseImportTime, FormsOfTheFormats_AreRead) {
  // As the documentation of each format writes them.
  for (const char* text : {"2018-01-20T12:00Z", "2018-01-20T12:00:00Z", "2018-01-20 12:00:00+00:00",
                           "2018-01-20 13:00+01:00", "2018-01-20T12:00:00.000Z"}) {
    const std::optional<engine::Instant> time = ParseImportTime(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(UtcText(*time), "2018-01-20T12:00:00Z") << text;
  }
}

TEST(ParseImportTime, AnythingElse_IsNoTime) {
  for (const char* text :
       {"", "2018-01-20", "2018-01-20T12Z", "2018-01-20T12:00", "2018-01-20T12:00:00", "20180120T1200Z",
        "2018-02-30T12:00Z", "2018-01-20T24:00Z", "2018-01-20T12:00:00.5Z", "2018-01-20_12:00Z", "tomorrow at twelve",
        "2018-01-20T12:00Z and a great deal more than a time may have"}) {
    EXPECT_FALSE(ParseImportTime(text).has_value()) << text;
  }
}

TEST(ParseImportTime, HugeDates_AreOutsideWhatIsPriced) {
  EXPECT_GT(*ParseImportTime("9999-12-31T23:59Z"), engine::kLatest);
  EXPECT_LT(*ParseImportTime("0000-01-01T00:00Z"), engine::kEarliest);
}

TEST(ParseClockTime, OnlyWithoutOffset) {
  EXPECT_EQ(ParseClockTime("2023-10-29 01:30"), absl::CivilSecond(2023, 10, 29, 1, 30, 0));
  EXPECT_EQ(ParseClockTime("2023-10-29T01:30:15"), absl::CivilSecond(2023, 10, 29, 1, 30, 15));
  for (const char* text : {"", "2023-10-29", "2023-10-29T01:30Z", "2023-10-29 01:30+01:00", "2023-02-29 01:30"}) {
    EXPECT_FALSE(ParseClockTime(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace costs::catalog
