#include "service/catalog/names.h"

#include <gtest/gtest.h>

namespace costs::catalog {
namespace {

TEST(IsId, SafeNames_AreIds) {
  for (const char* id : {"a", "loc_641b90b758fb8e6293716e40", "E-1R-AGILE-24-10-01-C", "10YNO-1--------2", "a.b"}) {
    EXPECT_TRUE(IsId(id)) << id;
  }
  EXPECT_TRUE(IsId(std::string(64, 'x')));
  for (const char* id : {"", ".", "..", ".a", "a b", "a/b", "a%2f", "\xC3\xA9", "a\n"}) EXPECT_FALSE(IsId(id)) << id;
  EXPECT_FALSE(IsId(std::string(65, 'x')));
}

TEST(IsCurrencyCode, ThreeCapitals_AreOne) {
  EXPECT_TRUE(IsCurrencyCode("GBP"));
  for (const char* code : {"", "GB", "gbp", "GBPX", "G1P"}) EXPECT_FALSE(IsCurrencyCode(code)) << code;
}

TEST(IsTimeZone, PlacesOnly_AreZones) {
  for (const char* name : {"Europe/London", "UTC", "America/Argentina/Ushuaia", "Etc/GMT+5", "Australia/Lord_Howe"}) {
    EXPECT_TRUE(IsTimeZone(name)) << name;
  }
  for (const char* name : {"", "localtime", "Mars/Base", "/etc/localtime", "../zoneinfo/UTC", "Europe/../UTC", ":UTC",
                           "Fixed/UTC+01:00:00", "right/Europe/London", "posix/Europe/London", "Europe"}) {
    EXPECT_FALSE(IsTimeZone(name)) << name;
  }
  EXPECT_FALSE(IsTimeZone(std::string("UTC\0x", 5)));
}

TEST(CharactersIn, Utf8_IsCountedByCharacter) {
  EXPECT_EQ(CharactersIn(""), 0u);
  EXPECT_EQ(CharactersIn("abc"), 3u);
  EXPECT_EQ(CharactersIn("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 3u);
}

}  // namespace
}  // namespace costs::catalog
