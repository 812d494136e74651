#include "service/engine/decimal.h"

#include <cmath>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace costs::engine {
namespace {

TEST(DecimalParse, Number_IsNormalised) {
  struct {
    const char* text;
    int64_t units;
    int scale;
  } const cases[] = {
      {"0", 0, 0},
      {"-0", 0, 0},
      {"0.000", 0, 0},
      {"0e5", 0, 0},
      {"0.0903", 903, 4},
      {"-0.0903", -903, 4},
      {"1.500", 15, 1},
      {"100", 100, 0},
      {"90.277823698", 90277823698, 9},
      {"0.000000001", 1, 9},
      {"-0.000000001", -1, 9},
      {"1e3", 1000, 0},
      {"1E+3", 1000, 0},
      {"25e-2", 25, 2},
      {"2.50e-1", 25, 2},
      {"1e-9", 1, 9},
      {"1e9", 1'000'000'000, 0},
      {"-1e9", -1'000'000'000, 0},
      {"1000000000.000000000", 1'000'000'000, 0},
      {"999999999.999999999", 999'999'999'999'999'999, 9},
      {"-999999999.999999999", -999'999'999'999'999'999, 9},
      {"0.00000000000000000001e20", 1, 0},
      {"0.1000000000000000000000000000", 1, 1},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Decimal> parsed = Decimal::Parse(c.text);
    ASSERT_TRUE(parsed.ok()) << c.text << ": " << parsed.status();
    EXPECT_EQ(parsed->units(), c.units) << c.text;
    EXPECT_EQ(parsed->scale(), c.scale) << c.text;
  }
}

TEST(DecimalParse, NotANumber_IsRefused) {
  for (const char* text : {"",     "-",   "+1",    " 1",  "1 ",  ".5",  "1.",       "1.e3",  "1e",    "1e+",
                           "0x10", "1,5", "1.2.3", "--1", "nan", "inf", "Infinity", "1e3.5", "1_000", "\xd9\xa1"}) {
    const absl::StatusOr<Decimal> parsed = Decimal::Parse(text);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << "'" << text << "'";
  }
  EXPECT_FALSE(Decimal::Parse(absl::string_view("1\0", 2)).ok());
  EXPECT_FALSE(Decimal::Parse(std::string(65, '0')).ok());
}

TEST(DecimalParse, TooManyDigits_IsRefusedWithTheLimit) {
  for (const char* text : {"0.0000000001", "1e-10", "0.1234567891", "-5e-300", "123456789.0123456789"}) {
    const absl::StatusOr<Decimal> parsed = Decimal::Parse(text);
    ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(parsed.status().message().find("more than 9 digits after the point"), absl::string_view::npos)
        << parsed.status();
  }
}

TEST(DecimalParse, OverTheLimit_IsRefusedWithTheLimit) {
  // The last ones have more units than 64 bits hold.
  for (const char* text : {"1000000000.000000001", "-1000000000.000000001", "1000000001", "1e10", "1e300", "9999999999",
                           "9999999999.999999999", "-9999999999.999999999", "9300000000.000000001",
                           "9223372036.854775808", "12345678901234567890123456789"}) {
    const absl::StatusOr<Decimal> parsed = Decimal::Parse(text);
    ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument)
        << text << " was read as " << parsed->ToString();
    EXPECT_NE(parsed.status().message().find("limit of 1000000000"), absl::string_view::npos) << parsed.status();
  }
}

TEST(DecimalFromDouble, ShortestWriting_IsTheNumber) {
  struct {
    double value;
    const char* text;
  } const cases[] = {
      {0.1, "0.1"},        {-0.0, "0"},           {0.0903, "0.0903"}, {90.277823698, "90.277823698"},
      {1e9, "1000000000"}, {1e-9, "0.000000001"}, {-17, "-17"},       {123456.789, "123456.789"},
      {1e5, "100000"},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Decimal> decimal = Decimal::FromDouble(c.value);
    ASSERT_TRUE(decimal.ok()) << c.text << ": " << decimal.status();
    EXPECT_EQ(decimal->ToString(), c.text);
  }
}

TEST(DecimalFromDouble, WhatParseRefuses_IsRefused) {
  for (double value : {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                       1e-10, 1.0 / 3, 1e10, 1e308, std::numeric_limits<double>::denorm_min()}) {
    EXPECT_EQ(Decimal::FromDouble(value).status().code(), absl::StatusCode::kInvalidArgument) << value;
  }
}

TEST(Decimal, ToString_ReadsBackAsItself) {
  for (const char* text : {"0", "1", "-1", "0.5", "-0.5", "0.05", "-0.000000001", "12.34", "999999999.999999999",
                           "-999999999.999999999", "1000000000", "100", "10.01"}) {
    EXPECT_EQ(Decimal::Parse(text)->ToString(), text);
  }
}

TEST(Decimal, ToDouble_IsTheNearestOfUsualNumbers) {
  for (double value : {0.1, -0.1, 0.3, 0.0903, 90.277823698, 123456.789012, 0.000000001, 1e9, 0.7}) {
    EXPECT_EQ(Decimal::FromDouble(value)->ToDouble(), value);
  }
}

TEST(Decimal, UnitsAtScale_KeepsTheValue) {
  EXPECT_TRUE(Decimal::Parse("0.0903")->UnitsAtScale(4) == 903);
  EXPECT_TRUE(Decimal::Parse("0.0903")->UnitsAtScale(15) == Int128{90'300'000'000'000});
  EXPECT_TRUE(Decimal::Parse("-1000000000")->UnitsAtScale(15) == -PowerOfTen(24));
  EXPECT_TRUE(Decimal().UnitsAtScale(15) == 0);
}

TEST(Decimal, Equality_IsOfTheNumber) {
  EXPECT_TRUE(*Decimal::Parse("1.50") == *Decimal::Parse("15e-1"));
  EXPECT_TRUE(*Decimal::Parse("1.5") != *Decimal::Parse("1.51"));
  EXPECT_TRUE(*Decimal::Parse("-0") == Decimal());
  EXPECT_TRUE(Decimal::FromInteger(7) == *Decimal::Parse("7.0"));
}

TEST(PowerOfTen, LargestExponent_Fits) {
  EXPECT_TRUE(PowerOfTen(0) == 1);
  EXPECT_TRUE(PowerOfTen(18) == Int128{1'000'000'000'000'000'000});
  Int128 power = PowerOfTen(38);
  for (int i = 0; i < 38; ++i) power /= 10;
  EXPECT_TRUE(power == 1);
}

}  // namespace
}  // namespace costs::engine
