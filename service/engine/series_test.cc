#include "service/engine/series.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::engine {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kLatestSecond = kLatest.ns / kNanosPerSecond;

Interval Seconds(int64_t start, int64_t end) { return {Instant::FromSeconds(start), Instant::FromSeconds(end)}; }

struct FaultCase {
  const char* name;
  std::vector<Interval> slots;
  size_t index;
  const char* what;
};

const FaultCase kFaults[] = {
    {"not on a second", {Seconds(0, 1), {{1'000'000'001}, {2'000'000'000}}}, 1, "whole seconds"},
    {"the end not on a second", {{{0}, {1'500'000'000}}}, 0, "whole seconds"},
    {"empty", {Seconds(5, 5)}, 0, "end must be after the start"},
    {"backward", {Seconds(0, 5), Seconds(9, 8)}, 1, "end must be after the start"},
    {"before 1970", {Seconds(-1, 5)}, 0, "between 1970"},
    {"after 2099", {Seconds(kLatestSecond - 1, kLatestSecond + 1)}, 0, "2100-01-01"},
    {"out of order", {Seconds(10, 20), Seconds(0, 5)}, 1, "out of order"},
    {"twice", {Seconds(0, 5), Seconds(0, 5)}, 1, "same time"},
    {"overlapping", {Seconds(0, 5), Seconds(5, 9), Seconds(8, 12)}, 2, "overlaps"},
    {"within another", {Seconds(0, 50), Seconds(5, 9)}, 1, "overlaps"},
};

TEST(MarketSeries, Fault_NamesTheSlot) {
  for (const FaultCase& c : kFaults) {
    std::vector<MarketPrice> prices;
    for (const Interval& slot : c.slots) prices.push_back({slot, Decimal()});
    const std::optional<SeriesFault> fault = FindFault(prices);
    ASSERT_TRUE(fault.has_value()) << c.name;
    EXPECT_EQ(fault->index, c.index) << c.name;
    EXPECT_THAT(fault->what, HasSubstr(c.what)) << c.name;
    const absl::StatusOr<MarketSeries> series = MarketSeries::Create("n2ex", "GBP", prices);
    ASSERT_EQ(series.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(series.status().message()),
                HasSubstr("market series n2ex, slot " + std::to_string(c.index)));
  }
}

TEST(CarbonSeries, Fault_NamesTheSlot) {
  for (const FaultCase& c : kFaults) {
    std::vector<CarbonIntensity> intensities;
    for (const Interval& slot : c.slots) intensities.push_back({slot, Decimal(), {}});
    const absl::StatusOr<CarbonSeries> series = CarbonSeries::Create("GB", intensities);
    ASSERT_EQ(series.status().code(), absl::StatusCode::kInvalidArgument) << c.name;
    EXPECT_THAT(std::string(series.status().message()), HasSubstr("carbon series GB, slot " + std::to_string(c.index)));
    EXPECT_THAT(std::string(series.status().message()), HasSubstr(c.what));
  }
}

TEST(CarbonSeries, NegativeIntensity_IsRefused) {
  const Decimal minus_one = Decimal::FromInteger(-1);
  EXPECT_FALSE(CarbonSeries::Create("GB", {{Seconds(0, 1), minus_one, {}}}).ok());
  EXPECT_FALSE(CarbonSeries::Create("GB", {{Seconds(0, 1), Decimal(), minus_one}}).ok());
  EXPECT_TRUE(CarbonSeries::Create("GB", {{Seconds(0, 1), Decimal(), Decimal()}}).ok());
}

TEST(MarketSeries, MixedLengthsGapsAndNegatives_AreKept) {
  const absl::StatusOr<MarketSeries> series =
      MarketSeries::Create("n2ex", "GBP",
                           {{Seconds(0, 300), Decimal::FromInteger(-5)},
                            {Seconds(300, 3900), Decimal()},
                            {Seconds(9000, 9001), Decimal()},
                            {Seconds(kLatestSecond - 1, kLatestSecond), Decimal::FromInteger(1)}});
  ASSERT_TRUE(series.ok()) << series.status();
  EXPECT_EQ(series->id(), "n2ex");
  EXPECT_EQ(series->currency_code(), "GBP");
  ASSERT_EQ(series->prices().size(), 4u);
  EXPECT_EQ(series->prices()[0].per_kwh.units(), -5);
}

TEST(Series, Empty_IsAllowed) {
  EXPECT_TRUE(MarketSeries::Create("n2ex", "GBP", {}).ok());
  EXPECT_TRUE(CarbonSeries::Create("GB", {}).ok());
}

}  // namespace
}  // namespace costs::engine
