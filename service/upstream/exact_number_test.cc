#include "service/upstream/exact_number.h"

#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

namespace costs::upstream {
namespace {

using engine::Int128;

TEST(ReadExact, PlainDecimals_AreTheirUnits) {
  struct Case {
    const char* text;
    int digits;
    int64_t units;
  };
  for (const Case& c : {Case{"928.372", 6, 928372000},
                        {"35.24", 3, 35240},
                        {"0", 6, 0},
                        {"-0", 6, 0},
                        {"0.000000", 6, 0},
                        {"-0.5", 1, -5},
                        {"1", 3, 1000},
                        {"10284", 0, 10284},
                        {"0.001", 3, 1},
                        {"100.000001", 6, 100000001},
                        {"9.28372e2", 6, 928372000},
                        {"92837200E-5", 6, 928372000},
                        {"1e-6", 6, 1},
                        {"1e+3", 0, 1000},
                        {"0e999999999999999999999", 6, 0}}) {
    EXPECT_TRUE(ReadExact(c.text, c.digits) == Int128{c.units}) << c.text;
  }
}

TEST(ReadExact, MoreDigitsThanUnits_AreRoundedHalfEvenOnce) {
  EXPECT_TRUE(ReadExact("0.0000005", 6) == Int128{0});
  EXPECT_TRUE(ReadExact("0.0000015", 6) == Int128{2});
  EXPECT_TRUE(ReadExact("0.00000050000000000000000000000000000000001", 6) == Int128{1});
  EXPECT_TRUE(ReadExact("-0.0000025", 6) == Int128{-2});
  EXPECT_TRUE(ReadExact("0.00000049999999999999999999999999999", 6) == Int128{0});
  EXPECT_TRUE(ReadExact("1e-100000000000", 6) == Int128{0});
  EXPECT_TRUE(ReadExact("0.5", 0) == Int128{0});
  EXPECT_TRUE(ReadExact("1.5", 0) == Int128{2});
}

TEST(ReadExact, MoreThanADoubleHolds_IsExact) {
  // 9007199254740993 is the first whole number that is no double.
  EXPECT_TRUE(ReadExact("9007199254.740993", 6) == Int128{9007199254740993});
  EXPECT_TRUE(ReadExact("123456789012345678901.234567", 6) == Int128{123456789012345678} * 1'000'000'000 + 901'234'567);
}

TEST(ReadExact, TooLarge_IsNothing) {
  EXPECT_FALSE(ReadExact("1e29", 6).has_value());
  EXPECT_FALSE(ReadExact("-1e29", 0).has_value());
  EXPECT_FALSE(ReadExact("1e999999999999999999999", 6).has_value());
  EXPECT_FALSE(ReadExact(std::string(40, '9'), 0).has_value());
  EXPECT_TRUE(ReadExact("1e27", 6).has_value());
}

TEST(ReadExact, NoNumber_IsNothing) {
  for (const char* text : {"", "-", ".", "1.2.3", "abc", "1e", "1e+", "0x10", "NaN"}) {
    EXPECT_FALSE(ReadExact(text, 6).has_value()) << text;
  }
}

TEST(ReadExact, RandomMicros_ComeBackTheSame) {
  std::mt19937_64 random(20261126);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t micros = static_cast<int64_t>(random() >> (random() % 63 + 1)) * (random() % 2 == 0 ? 1 : -1);
    const uint64_t magnitude = static_cast<uint64_t>(micros < 0 ? -micros : micros);
    const std::string text =
        absl::StrFormat("%s%d.%06d", micros < 0 ? "-" : "", magnitude / 1'000'000, magnitude % 1'000'000);
    ASSERT_TRUE(ReadExact(text, 6) == Int128{micros}) << text;
  }
}

}  // namespace
}  // namespace costs::upstream
