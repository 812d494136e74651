#include "service/catalog/import/currency.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

const SourceText kSources[] = {{"a.json", ""}};

TEST(CurrencyCheck, FirstOfTheFiles_IsTheCurrency) {
  ImportLog log(kSources);
  CurrencyCheck currency("", &log);
  currency.Check("SEK", {0, 1}, "currency");
  currency.Check("SEK", {0, 2}, "currency");
  EXPECT_EQ(currency.code(), "SEK");
  EXPECT_TRUE(log.status().ok());
  currency.Check("EUR", {0, 3}, "currency");
  EXPECT_TRUE(absl::StrContains(log.status().message(), "a.json:3: currency: is EUR after SEK; import each"))
      << log.status();
}

TEST(CurrencyCheck, OtherThanAskedFor_IsAFault) {
  ImportLog log(kSources);
  CurrencyCheck currency("EUR", &log);
  currency.CheckNamed({0, 1}, "currency");
  EXPECT_TRUE(log.status().ok());
  currency.Check("NOK", {0, 1}, "currency");
  EXPECT_TRUE(absl::StrContains(log.status().message(), "is NOK, but the import is to be in EUR")) << log.status();
}

TEST(CurrencyCheck, WhatIsNoCode_IsAFault) {
  for (const char* code : {"eur", "€", "EURO", "EU"}) {
    ImportLog asked(kSources);
    CurrencyCheck check(code, &asked);
    EXPECT_FALSE(asked.status().ok()) << code;
    ImportLog written(kSources);
    CurrencyCheck("", &written).Check(code, {0, 1}, "currency");
    EXPECT_FALSE(written.status().ok()) << code;
  }
}

TEST(CurrencyCheck, NeitherFileNorCaller_IsAFault) {
  ImportLog log(kSources);
  CurrencyCheck currency("", &log);
  currency.CheckNamed({0, 1}, "currency");
  EXPECT_FALSE(log.status().ok());
}

}  // namespace
}  // namespace costs::catalog
