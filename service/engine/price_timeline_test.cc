#include "service/engine/price_timeline.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::Between;
using testing::Build;
using testing::Compile;
using testing::ElementSpec;
using testing::EveryDay;
using testing::Fixed;
using testing::Flat;
using ::testing::HasSubstr;
using testing::Slots;
using testing::Surcharge;
using testing::Zone;

// The price of a kWh at an instant, in 10^-9.
int64_t NanosAt(const PriceTimeline& prices, const char* rfc3339) {
  const Instant at = At(rfc3339);
  const Timeline::Integral price = prices.timeline().Integrate({at, {at.ns + 1}});
  EXPECT_TRUE(price.known) << rfc3339;
  return static_cast<int64_t>(price.area * PowerOfTen(9) / PowerOfTen(prices.timeline().scale()));
}

TEST(PriceTimeline, Price_IsTheSumOfTheElements) {
  ElementSpec commodity;
  commodity.seasons = EveryDay({{0, Fixed("0.09")}, {7, Fixed("0.31")}, {23.5, Fixed("0.09")}});
  ElementSpec market;
  market.market = Slots(At("2023-01-10T00:00:00Z"), 12 * int64_t{3600}, {"0.05", "-0.4"});
  const auto prices = Compile({commodity, Flat("0.001"), market}, "Europe/London");
  EXPECT_EQ(NanosAt(*prices, "2023-01-10T00:00:00Z"), 141'000'000);
  EXPECT_EQ(NanosAt(*prices, "2023-01-10T06:59:59.999999999Z"), 141'000'000);
  EXPECT_EQ(NanosAt(*prices, "2023-01-10T07:00:00Z"), 361'000'000);
  EXPECT_EQ(NanosAt(*prices, "2023-01-10T12:00:00Z"), -89'000'000);
  EXPECT_EQ(NanosAt(*prices, "2023-01-10T23:30:00Z"), -309'000'000);
  const Timeline::Integral gap = prices->timeline().Integrate(Between("2023-01-09T23:00:00Z", "2023-01-10T01:00:00Z"));
  EXPECT_FALSE(gap.known);
  EXPECT_EQ(gap.gap.ns, At("2023-01-09T23:00:00Z").ns);
}

TEST(PriceTimeline, SeasonsAndWeekdays_FollowTheLocalDate) {
  const uint16_t winter = 1u << 0 | 1u << 11;  // Jan, Dec
  ElementSpec spec;
  spec.seasons = {
      {winter, {{kWeekdays, {{0, kSecondsPerDay, Fixed("1")}}}, {kWeekend, {{0, kSecondsPerDay, Fixed("2")}}}}},
      {static_cast<uint16_t>(kAllMonths & ~winter), {{kAllDays, {{0, kSecondsPerDay, Fixed("3")}}}}}};
  const auto tokyo = Compile({spec}, "Asia/Tokyo");
  // 2023-01-31 is a Tuesday; in Tokyo, +09:00, it is February from 15:00Z on.
  EXPECT_EQ(NanosAt(*tokyo, "2023-01-31T14:59:59Z"), 1'000'000'000);
  EXPECT_EQ(NanosAt(*tokyo, "2023-01-31T15:00:00Z"), 3'000'000'000);
  // 2024-01-05 is a Friday.
  EXPECT_EQ(NanosAt(*tokyo, "2024-01-05T14:59:59Z"), 1'000'000'000);
  EXPECT_EQ(NanosAt(*tokyo, "2024-01-05T15:00:00Z"), 2'000'000'000);
  EXPECT_EQ(NanosAt(*tokyo, "2024-01-07T15:00:00Z"), 1'000'000'000);
  // The year turns in Tokyo nine hours before the UTC one.
  EXPECT_EQ(NanosAt(*tokyo, "2022-11-30T14:59:59Z"), 3'000'000'000);
  EXPECT_EQ(NanosAt(*tokyo, "2022-11-30T15:00:00Z"), 1'000'000'000);
}

TEST(PriceTimeline, Confidence_IsTheLowestOfTheElements) {
  ElementSpec one = Flat("1");
  one.contract_end = At("2023-01-01T00:00:00Z");
  ElementSpec two = Flat("2");
  two.contract_end = At("2023-05-01T00:00:00Z");
  const auto prices = Compile({one, two}, "UTC");
  struct {
    const char* at;
    Confidence confidence;
  } const cases[] = {
      {"2022-12-31T23:59:59Z", 1000}, {"2023-01-01T00:00:00Z", 800}, {"2023-03-31T23:59:59Z", 800},
      {"2023-04-01T00:00:00Z", 600},  {"2023-06-29T23:59:59Z", 600}, {"2023-06-30T00:00:00Z", 400},
      {"2023-09-28T00:00:00Z", 200},  {"2050-01-01T00:00:00Z", 200},
  };
  for (const auto& c : cases) {
    const Instant at = At(c.at);
    EXPECT_EQ(prices->timeline().Integrate({at, {at.ns + 1}}).confidence, c.confidence) << c.at;
  }
  EXPECT_EQ(prices->timeline().Integrate(Between("2022-12-01T00:00:00Z", "2023-04-01T00:00:00.000000001Z")).confidence,
            600);
}

TEST(PriceTimeline, NoElements_IsRefused) {
  EXPECT_EQ(PriceTimeline::Create({}, Zone("UTC")).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PriceTimeline, MoreDigitsThanATimelineHolds_IsRefused) {
  ElementSpec large = Flat("1000000000");
  ElementSpec fine = Flat("0.000000001");
  EXPECT_TRUE(PriceTimeline::Create({Build(large), Build(fine)}, Zone("UTC")).ok());  // 10^18 + 1
  std::vector<std::shared_ptr<const TariffElement>> ten(9, Build(large));
  ten.push_back(Build(fine));
  EXPECT_TRUE(PriceTimeline::Create(ten, Zone("UTC")).ok());  // 9 x 10^18 + 1
  ten.push_back(Build(large));
  const auto refused = PriceTimeline::Create(ten, Zone("UTC"));
  ASSERT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("18 digits"));

  ElementSpec market;
  market.market = Slots(kEarliest, 60, {"123456.789012345"});
  market.seasons = EveryDay({{0, Surcharge("0", "12.3456")}});
  EXPECT_FALSE(PriceTimeline::Create({Build(market)}, Zone("UTC")).ok());
  market.market = Slots(kEarliest, 60, {"1234.789012345"});
  EXPECT_TRUE(PriceTimeline::Create({Build(market)}, Zone("UTC")).ok());
}

TEST(PriceTimeline, FaultyElement_IsRefused) {
  EXPECT_FALSE(PriceTimeline::Create({std::make_shared<const TariffElement>()}, Zone("UTC")).ok());
}

}  // namespace
}  // namespace costs::engine
