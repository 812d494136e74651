#include "service/engine/pricing.h"

#include "gtest/gtest.h"
#include "service/engine/decimal.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/slow_pricer.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::Between;
using testing::BigInteger;
using testing::CaseName;
using testing::Random;
using testing::Rational;
using testing::RoundHalfAway;
using testing::RoundHalfEven;
using testing::SlowEnergyKwh;

constexpr int64_t kHour = 3600 * kNanosPerSecond;

Usage Of(Units units, int64_t micros, int64_t nanos) { return {units, micros, {{0}, {nanos}}}; }

TEST(DivideHalfEven, Quotients_GoToTheNearestAndTiesToEven) {
  struct {
    int64_t numerator;
    int64_t denominator;
    int64_t want;
  } const cases[] = {
      {0, 1, 0},     {1, 2, 0},     {3, 2, 2},       {5, 2, 2},       {7, 2, 4},    {-1, 2, 0},    {-3, 2, -2},
      {-5, 2, -2},   {-7, 2, -4},   {1, 3, 0},       {2, 3, 1},       {-1, 3, 0},   {-2, 3, -1},   {10, 4, 2},
      {14, 4, 4},    {9, 1, 9},     {-9, 1, -9},     {49, 100, 0},    {51, 100, 1}, {150, 100, 2}, {250, 100, 2},
      {249, 100, 2}, {251, 100, 3}, {-250, 100, -2}, {-251, 100, -3},
  };
  for (const auto& c : cases) {
    EXPECT_TRUE(DivideHalfEven(c.numerator, c.denominator) == c.want) << c.numerator << " / " << c.denominator;
  }
}

TEST(DivideHalfEven, WidestNumbers_DoNotOverflow) {
  const Int128 largest = static_cast<Int128>(~static_cast<unsigned __int128>(0) >> 1);
  EXPECT_TRUE(DivideHalfEven(largest, 1) == largest);
  EXPECT_TRUE(DivideHalfEven(-largest, 1) == -largest);
  EXPECT_TRUE(DivideHalfEven(largest, largest) == 1);
  EXPECT_TRUE(DivideHalfEven(largest / 2, largest) == 0);
  EXPECT_TRUE(DivideHalfEven(largest / 2 + 1, largest) == 1);
  EXPECT_TRUE(DivideHalfEven(largest - 1, largest) == 1);
  EXPECT_TRUE(DivideHalfEven(-largest + 1, largest) == -1);
  EXPECT_TRUE(DivideHalfEven(-largest - 1, 2) == -(largest / 2) - 1);
}

TEST(EnergyWh, AnyUnit_IsRoundedHalfAwayFromZero) {
  struct {
    Units units;
    int64_t micros;
    int64_t nanos;
    int64_t want;
  } const cases[] = {
      {Units::kW, 20'567'000'000, kHour / 2, 10'284},  // 10283.5
      {Units::kW, 20'565'000'000, kHour / 2, 10'283},  // 10282.5: not half-even
      {Units::kW, 20'566'999'999, kHour / 2, 10'283},
      {Units::kKw, 20'567'000, kHour / 2, 10'284},
      {Units::kWh, 10'283'500'000, 7, 10'284},
      {Units::kWh, 10'283'499'999, 7, 10'283},
      {Units::kWh, 500'000, kHour, 1},
      {Units::kWh, 499'999, kHour, 0},
      {Units::kWh, 2'500'000, kHour, 3},
      {Units::kKwh, 10'283'500, 7, 10'284},
      {Units::kKwh, 10'283'499, 7, 10'283},
      {Units::kKwh, 500, 7, 1},
      {Units::kKwh, 499, 7, 0},
      {Units::kW, 0, kHour, 0},
      {Units::kW, 1, 1, 0},
      {Units::kW, 1'000'000, kHour / 2, 1},
      {Units::kW, 1'000'000, kHour / 2 - 1, 0},
      {Units::kKw, 1'000'000'000'000'000, kLongestRecordNanos, 8'784'000'000'000'000},
      {Units::kKwh, 1'000'000'000'000'000, 1, 1'000'000'000'000},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(EnergyWh(Of(c.units, c.micros, c.nanos)), c.want)
        << static_cast<int>(c.units) << " " << c.micros << " over " << c.nanos;
  }
}

TEST(Cost, DocumentationExample_IsItsMoneyAndCarbon) {
  const Usage usage{Units::kW, 20'567'000'000, Between("2022-02-01T10:30:00Z", "2022-02-01T11:00:00Z")};
  const Int128 nanos = usage.interval.nanos();
  EXPECT_TRUE(Cost(usage, Int128{90'277'823'698} * nanos, 9) == 928'372'000);
  EXPECT_TRUE(Carbon(usage, Int128{3'426'848'836} * nanos, 9) == 35'240);
}

TEST(Cost, Ties_GoToEven) {
  // 1 kWh at n x 10^-7 is n/10 micros.
  struct {
    int64_t price;
    int64_t want;
  } const cases[] = {{5, 0},  {15, 2}, {25, 2},   {35, 4},   {4, 0},    {6, 1},   {24, 2},
                     {26, 3}, {-5, 0}, {-15, -2}, {-25, -2}, {-26, -3}, {-35, -4}};
  for (const auto& c : cases) {
    const Usage kwh = Of(Units::kKwh, 1'000'000, kHour);
    EXPECT_TRUE(Cost(kwh, Int128{c.price} * kHour, 7) == c.want) << c.price;
    const Usage kw = Of(Units::kKw, 1'000'000, kHour);
    EXPECT_TRUE(Cost(kw, Int128{c.price} * kHour, 7) == c.want) << c.price;
    // 1 kWh at n x 10^-4 g is n/10 mg.
    EXPECT_TRUE(Carbon(kwh, Int128{c.price} * kHour, 4) == c.want) << c.price;
  }
}

TEST(Cost, LargestRecord_TakesTheWidePathAndIsExact) {
  // 10^9 kW over 366 days at 10^6: 8.784 x 10^12 kWh, 8.784 x 10^18, in micros 8.784 x 10^24.
  const Usage usage = Of(Units::kKw, kLargestValue * 1'000'000, kLongestRecordNanos);
  for (const int scale : {0, 6, 9, 12}) {
    for (const int sign : {1, -1}) {
      const Int128 area = PowerOfTen(6 + scale) * usage.interval.nanos() * sign;
      EXPECT_TRUE(Cost(usage, area, scale) == PowerOfTen(21) * 8784 * sign) << scale;
      EXPECT_TRUE(Carbon(usage, area, scale) == PowerOfTen(18) * 8784 * sign) << scale;
    }
  }
}

// The figure as a fraction of big numbers, straight from the definitions.
Rational Exact(const Usage& usage, Int128 area, int scale) {
  const Rational mean_price =
      Rational(BigInteger(area)) / BigInteger(usage.interval.nanos()) / BigInteger(PowerOfTen(scale));
  return SlowEnergyKwh(usage) * mean_price;
}

TEST(Cost, RandomFigures_AgreeWithRationals) {
  Random random(21);
  const std::vector<int> scales = {0, 1, 4, 6, 9, 12, 15};
  int wide = 0;
  for (int i = 0; i < 10'000; ++i) {
    SCOPED_TRACE(CaseName(i));
    const std::vector<int64_t> lengths = {1, 999, kNanosPerSecond, kHour / 2, kNanosPerDay, kLongestRecordNanos};
    const Usage usage = testing::RandomUsage(random, {{0}, {random.Between(1, random.Pick(lengths))}});
    const int scale = random.Pick(scales);
    const std::vector<int64_t> rates = {9, 1'000'000, 90'277'823'698, std::numeric_limits<int64_t>::max()};
    const int64_t largest = random.Pick(rates);
    // Not only the products of one rate: any area up to that.
    Int128 area = Int128{random.Between(-largest / 2, largest / 2)} * 2 * usage.interval.nanos();
    area -= area / (usage.interval.nanos() * Int128{3}) * random.Between(0, 2);
    Int128 product;
    if (__builtin_mul_overflow(Int128{usage.value_micros}, area, &product)) ++wide;
    const Rational exact = Exact(usage, area, scale);
    ASSERT_EQ(BigInteger(Cost(usage, area, scale)), RoundHalfEven(exact, 6));
    ASSERT_EQ(BigInteger(Carbon(usage, area, scale)), RoundHalfEven(exact, 3));
    ASSERT_EQ(BigInteger(EnergyWh(usage)), RoundHalfAway(SlowEnergyKwh(usage), 3));
    // What the divisors promise to those who split a figure.
    const Rational numerator = Rational(BigInteger(usage.value_micros)) * BigInteger(area);
    ASSERT_EQ(numerator / BigInteger(CostDivisor(usage, scale)), exact * 1'000'000);
    ASSERT_EQ(numerator / BigInteger(CarbonDivisor(usage, scale)), exact * 1'000);
    ASSERT_EQ(Rational(BigInteger(usage.value_micros)) * usage.interval.nanos() / BigInteger(EnergyDivisor(usage)),
              SlowEnergyKwh(usage) * 1'000);
  }
  EXPECT_GT(wide, 100) << "the wide path was hardly taken";
}

TEST(Cost, TiesOnTheWidePath_GoToEven) {
  // value x area just over 128 bits, and a remainder of one half exactly.
  const Usage usage = Of(Units::kKw, kLargestValue * 1'000'000, kLongestRecordNanos);
  const Int128 divisor = CostDivisor(usage, 15);
  int ties = 0;
  for (int64_t k = 0; k < 40; ++k) {
    // area x 10^15 / divisor = m + 1/2, that is area = (2m + 1) x divisor / (2 x 10^15).
    const Int128 area = (2 * (PowerOfTen(20) + k) + 1) * (divisor / (2 * PowerOfTen(15)));
    Int128 product;
    ASSERT_TRUE(__builtin_mul_overflow(Int128{usage.value_micros}, area, &product));
    for (const Int128 signed_area : {area, -area}) {
      const Rational exact = Exact(usage, signed_area, 15);
      if (denominator(Rational(exact * 1'000'000)) == 2) ++ties;
      EXPECT_EQ(BigInteger(Cost(usage, signed_area, 15)), RoundHalfEven(exact, 6)) << k;
    }
  }
  EXPECT_EQ(ties, 80);
}

}  // namespace
}  // namespace costs::engine
