#include "client/cli/decimal_text.h"

#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace costs::cli {
namespace {

std::string Text(Int128 units, int scale) {
  std::string text;
  AppendScaled(units, scale, &text);
  return text;
}

TEST(AppendScaled, Figures_HaveNoTrailingZerosAndNoExponent) {
  EXPECT_EQ(Text(928'372'000, 6), "928.372");
  EXPECT_EQ(Text(0, 6), "0");
  EXPECT_EQ(Text(1, 6), "0.000001");
  EXPECT_EQ(Text(-1, 6), "-0.000001");
  EXPECT_EQ(Text(-10, 6), "-0.00001");
  EXPECT_EQ(Text(1'000'000, 6), "1");
  EXPECT_EQ(Text(10'000'000, 6), "10");
  EXPECT_EQ(Text(-123'456'789, 3), "-123456.789");
  EXPECT_EQ(Text(10284, 0), "10284");
  EXPECT_EQ(Text(1'000, 0), "1000");
  EXPECT_EQ(Text(Int128{1'000'000'000'000'000'000} * 1'000'000'000'001, 6), "1000000000001000000000000");
  EXPECT_EQ(Text(std::numeric_limits<Int128>::min(), 6), "-170141183460469231731687303715884.105728");
}

TEST(ToScaled, EveryFigure_SurvivesTheDouble) {
  std::mt19937_64 random(20220201);
  for (int scale : {0, 3, 6}) {
    for (int i = 0; i < 50'000; ++i) {
      // Up to 15 significant digits, which a double always holds.
      int64_t units = static_cast<int64_t>(random() % 1'000'000'000'000'000);
      for (size_t n = random() % 15; n > 0; --n) units /= 10;
      if (random() % 2 == 0) units = -units;
      const std::string text = Text(units, scale);
      const double value = std::strtod(text.c_str(), nullptr);
      ASSERT_EQ(static_cast<int64_t>(ToScaled(value, scale)), units) << text;
    }
  }
}

TEST(ToScaled, LargeValues_AreTheNearestUnits) {
  EXPECT_EQ(Text(ToScaled(8.8e15, 0), 0), "8800000000000000");
  EXPECT_EQ(Text(ToScaled(8.8e15, 6), 6), "8800000000000000");
  EXPECT_EQ(Text(ToScaled(2251799813.685249, 6), 6), "2251799813.685249");
  EXPECT_EQ(Text(ToScaled(-4503599627.370497, 6), 6), "-4503599627.370497");
  EXPECT_EQ(Text(ToScaled(std::numeric_limits<double>::infinity(), 6), 6), "0");
  EXPECT_EQ(Text(ToScaled(std::numeric_limits<double>::quiet_NaN(), 6), 6), "0");
}

TEST(AllDigits, Doubles_AreWrittenShortestWithoutExponent) {
  EXPECT_EQ(AllDigits(0.1), "0.1");
  EXPECT_EQ(AllDigits(-0.018), "-0.018");
  EXPECT_EQ(AllDigits(1e-9), "0.000000001");
  EXPECT_EQ(AllDigits(1e21), "1000000000000000000000");
  EXPECT_EQ(AllDigits(0), "0");
}

}  // namespace
}  // namespace costs::cli
