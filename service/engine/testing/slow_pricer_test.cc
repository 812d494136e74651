// The oracle is only as good as it is plain: hand-worked sums.
#include "service/engine/testing/slow_pricer.h"

#include "gtest/gtest.h"

namespace costs::engine::testing {
namespace {

TEST(SlowCost, DocumentationExample_IsItsFigures) {
  const Usage usage{Units::kW, 20'567'000'000, Between("2022-02-01T10:30:00Z", "2022-02-01T11:00:00Z")};
  EXPECT_EQ(SlowEnergyKwh(usage), Rational(102835, 10000));
  const SlowAnswer cost = SlowCost({Flat("90.277823698")}, "Europe/London", usage);
  // 10.2835 x 90.277823698 = 928.371999998383
  EXPECT_EQ(cost.amount, Rational(102835, 10000) * Rational(90277823698, 1000000000));
  EXPECT_EQ(RoundHalfEven(cost.amount, 6), 928'372'000);
}

TEST(SlowCost, ClockGoesForward_SkipsTheHour) {
  ElementSpec element;
  element.seasons = EveryDay({{0, Fixed("1")}, {1, Fixed("100")}, {2, Fixed("2")}});
  const Usage usage{Units::kKw, 1'000'000, Between("2023-03-26T00:00:00Z", "2023-03-26T02:00:00Z")};
  EXPECT_EQ(SlowCost({element}, "Europe/London", usage).amount, 1 + 2);
  EXPECT_EQ(SlowCost({element}, "UTC", usage).amount, 1 + 100);
}

TEST(SlowCost, ClockGoesBack_PricesTheHourTwice) {
  ElementSpec element;
  element.seasons = EveryDay({{0, Fixed("1")}, {1, Fixed("100")}, {2, Fixed("2")}});
  const Usage usage{Units::kKw, 1'000'000, Between("2023-10-28T23:00:00Z", "2023-10-29T03:00:00Z")};
  EXPECT_EQ(SlowCost({element}, "Europe/London", usage).amount, 1 + 100 + 100 + 2);
}

TEST(SlowCost, Gap_IsWhereThePriceEnds) {
  ElementSpec element;
  element.market = Slots(At("2023-01-01T00:00:00Z"), 1800, {"0.1", "", "0.3"});
  const Usage usage{Units::kKw, 1'000'000, Between("2023-01-01T00:10:00.5Z", "2023-01-01T01:30:00Z")};
  const SlowAnswer answer = SlowCost({element}, "UTC", usage);
  EXPECT_FALSE(answer.known);
  EXPECT_EQ(answer.gap.ns, At("2023-01-01T00:30:00Z").ns);
}

TEST(Rounding, Ties_GoToEvenOrAway) {
  struct {
    Rational amount;
    int even;
    int away;
  } const cases[] = {
      {Rational(1, 2), 0, 1},    {Rational(3, 2), 2, 2},    {Rational(5, 2), 2, 3},    {Rational(-1, 2), 0, -1},
      {Rational(-3, 2), -2, -2}, {Rational(-5, 2), -2, -3}, {Rational(1, 3), 0, 0},    {Rational(-2, 3), -1, -1},
      {Rational(7), 7, 7},       {Rational(-7), -7, -7},    {Rational(51, 100), 1, 1}, {Rational(0), 0, 0},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(RoundHalfEven(c.amount, 0), c.even) << c.amount;
    EXPECT_EQ(RoundHalfAway(c.amount, 0), c.away) << c.amount;
  }
  EXPECT_EQ(RoundHalfEven(Rational(12345, 10000), 3), 1234);
}

}  // namespace
}  // namespace costs::engine::testing
