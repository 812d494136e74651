#include "service/catalog/countries.h"

#include <gtest/gtest.h>

#include "service/catalog/names.h"

namespace costs::catalog {
namespace {

TEST(Countries, Known_HaveTheirCurrency) {
  const struct {
    const char* country;
    const char* currency;
  } cases[] = {{"GB", "GBP"}, {"DE", "EUR"}, {"US", "USD"}, {"NO", "NOK"}, {"AD", "EUR"}, {"ZW", "ZWG"}, {"AQ", ""}};
  for (const auto& c : cases) {
    EXPECT_TRUE(IsCountry(c.country));
    EXPECT_EQ(CurrencyOf(c.country), c.currency) << c.country;
  }
  for (const char* country : {"", "gb", "UK", "GBR", "ZZ"}) {
    EXPECT_FALSE(IsCountry(country)) << country;
    EXPECT_EQ(CurrencyOf(country), "");
  }
}

TEST(Countries, ZoneIsGiven_OnlyWhereThereIsOne) {
  EXPECT_EQ(OnlyTimeZoneOf("GB"), "Europe/London");
  EXPECT_EQ(OnlyTimeZoneOf("NO"), "Europe/Oslo");
  EXPECT_EQ(OnlyTimeZoneOf("JP"), "Asia/Tokyo");
  for (const char* country : {"US", "AU", "ES", "DE", "ZZ", ""}) EXPECT_EQ(OnlyTimeZoneOf(country), "") << country;
}

TEST(Countries, EveryCode_IsWellFormed) {
  int count = 0;
  for (char first = 'A'; first <= 'Z'; ++first) {
    for (char second = 'A'; second <= 'Z'; ++second) {
      const std::string country = {first, second};
      if (!IsCountry(country)) continue;
      ++count;
      EXPECT_TRUE(country == "AQ" || IsCurrencyCode(CurrencyOf(country))) << country;
      const std::string zone = OnlyTimeZoneOf(country);
      EXPECT_TRUE(zone.empty() || IsTimeZone(zone)) << country << " " << zone;
    }
  }
  EXPECT_EQ(count, 249) << "ISO 3166-1 has so many";
}

}  // namespace
}  // namespace costs::catalog
