#include "client/onramp/quantity.h"

#include "gtest/gtest.h"

namespace costs::onramp {
namespace {

TEST(ParseMicros, IsExact) {
  const struct {
    const char* text;
    int exponent;
    int64_t micros;
  } cases[] = {
      {"0", 0, 0},
      {"-0", 3, 0},
      {"1", 0, 1'000'000},
      {"1", 3, 1'000'000'000},
      {"12.345", 3, 12'345'000'000},
      {"0.0000014", 0, 1},
      {"0.0000015", 0, 2},
      {"-0.0000015", 0, -2},
      {"1e3", 0, 1'000'000'000},
      {"15E-1", 0, 1'500'000},
      {"1e+2", -2, 1'000'000},
      {"007", 0, 7'000'000},
      {" 5\n", 0, 5'000'000},
      {"123456789012.345678", 0, 123'456'789'012'345'678},
      {"0.00000000000000000000000000000000000000001", 0, 0},
  };
  for (const auto& c : cases) {
    const std::optional<Micros> micros = ParseMicros(c.text, c.exponent);
    ASSERT_TRUE(micros.has_value()) << c.text;
    EXPECT_EQ(static_cast<int64_t>(*micros), c.micros) << c.text;
  }
  EXPECT_EQ(ToValue(*ParseMicros("20567.25", 0)), 20567.25);
}

TEST(ParseMicros, WhatIsNoNumber_IsNone) {
  for (const char* text : {"",        "-",         ".",   ".5",       "5.", "1.2.3", "1e",   "1e+",
                           "1e+-1",   "1e1x",      "x",   "1 2",      "+1", "0x1",   "1e19", "1000000000000000001",
                           "1e99999", "1e9999999", "NaN", "Infinity", "1,5"}) {
    EXPECT_FALSE(ParseMicros(text, 0).has_value()) << text;
  }
}

}  // namespace
}  // namespace costs::onramp
