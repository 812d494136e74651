#include "service/catalog/catalog_time.h"

#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

using engine::Instant;

TEST(ParseCatalogTime, WholeSecondsInAnyOffset_AreInstants) {
  EXPECT_EQ(*ParseCatalogTime("2022-02-01T10:30:00Z"), Instant::FromSeconds(1'643'711'400));
  EXPECT_EQ(*ParseCatalogTime("2022-02-01T10:30:00.000Z"), Instant::FromSeconds(1'643'711'400));
  EXPECT_EQ(*ParseCatalogTime("2022-02-01T11:30:00+01:00"), Instant::FromSeconds(1'643'711'400));
}

TEST(ParseCatalogTime, FractionsAndOtherTexts_AreRefused) {
  for (absl::string_view text :
       {"", "2023-10-29", "2023-01-01T00:00:00.5Z", "2023-01-01T00:00:00", "infinite-future"}) {
    EXPECT_FALSE(ParseCatalogTime(text).has_value()) << text;
  }
}

TEST(ParseCatalogTime, TimesOutsideTheEnginesRange_StayJustOutside) {
  EXPECT_LT(*ParseCatalogTime("0001-01-01T00:00:00Z"), engine::kEarliest);
  EXPECT_LT(*ParseCatalogTime("1969-12-31T23:59:59Z"), engine::kEarliest);
  EXPECT_EQ(*ParseCatalogTime("2100-01-01T00:00:00Z"), engine::kLatest);
  EXPECT_GT(*ParseCatalogTime("9999-12-31T23:59:59Z"), engine::kLatest);
}

}  // namespace
}  // namespace costs::catalog
