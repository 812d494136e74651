#include "service/engine/price_timeline.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
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

// The contract of `id` from a date on, taking over from another.
ElementSpec From(ElementSpec spec, const char* id, const char* start, const char* supersedes = "") {
  spec.id = id;
  spec.contract_start = At(start);
  spec.supersedes = supersedes;
  return spec;
}

TEST(PriceTimeline, SuccessiveVersions_PriceOneAfterTheOther) {
  ElementSpec first = From(Flat("0.1"), "2021", "2021-01-01T00:00:00Z");
  first.contract_end = At("2021-11-01T00:00:00Z");
  const ElementSpec second = From(Flat("0.2"), "2022", "2022-01-01T00:00:00Z", "2021");
  const ElementSpec third = From(Flat("0.3"), "2023", "2023-01-01T00:00:00Z", "2022");
  // In any order, and beside an element that is not of the chain.
  const auto prices = Compile({third, Flat("1"), first, second}, "UTC");
  EXPECT_FALSE(prices->timeline().Integrate(Between("2020-12-31T23:59:59Z", "2021-01-01T00:00:00Z")).known);
  EXPECT_EQ(NanosAt(*prices, "2021-01-01T00:00:00Z"), 1'100'000'000);
  EXPECT_EQ(NanosAt(*prices, "2021-12-31T23:59:59Z"), 1'100'000'000);
  EXPECT_EQ(NanosAt(*prices, "2022-01-01T00:00:00Z"), 1'200'000'000);
  EXPECT_EQ(NanosAt(*prices, "2023-01-01T00:00:00Z"), 1'300'000'000);
  EXPECT_EQ(NanosAt(*prices, "2090-01-01T00:00:00Z"), 1'300'000'000);
  // Until it is taken over from, an ended contract is less and less certain.
  EXPECT_EQ(prices->timeline().Integrate(Between("2021-11-01T00:00:00Z", "2022-01-01T00:00:00Z")).confidence, 800);
  EXPECT_EQ(prices->timeline().Integrate(Between("2022-01-01T00:00:00Z", "2023-12-01T00:00:00Z")).confidence, 1000);
  EXPECT_FALSE(prices->Reigns(0, At("2022-12-31T23:59:59Z")));
  EXPECT_TRUE(prices->Reigns(0, At("2023-01-01T00:00:00Z")));
  EXPECT_FALSE(prices->Reigns(2, At("2022-01-01T00:00:00Z")));
}

TEST(PriceTimeline, SuccessorWithoutItsPredecessor_StandsAlone) {
  const auto prices = Compile({From(Flat("0.2"), "2022", "2022-01-01T00:00:00Z", "2021")}, "UTC");
  EXPECT_FALSE(prices->timeline().Integrate(Between("2021-12-31T23:59:59Z", "2022-01-01T00:00:00Z")).known);
  EXPECT_EQ(NanosAt(*prices, "2022-01-01T00:00:00Z"), 200'000'000);
}

TEST(PriceTimeline, GapOfASupersededElement_EndsWithItsReign) {
  ElementSpec market;
  market.market = Slots(At("2022-01-01T00:00:00Z"), 3600, {"0.1", "", "0.1"});
  market.id = "market";
  const auto prices = Compile({market, From(Flat("0.2"), "flat", "2022-01-01T01:30:00Z", "market")}, "UTC");
  const Timeline::Integral gap = prices->timeline().Integrate(Between("2022-01-01T00:00:00Z", "2022-01-01T02:00:00Z"));
  EXPECT_FALSE(gap.known);
  EXPECT_EQ(gap.gap.ns, At("2022-01-01T01:00:00Z").ns);
  EXPECT_TRUE(prices->timeline().Integrate(Between("2022-01-01T01:30:00Z", "2022-02-01T00:00:00Z")).known);
}

TEST(PriceTimeline, FaultySuccession_IsRefused) {
  const ElementSpec a = From(Flat("1"), "a", "2021-01-01T00:00:00Z");
  const ElementSpec b = From(Flat("2"), "b", "2022-01-01T00:00:00Z", "a");
  auto fault = [](const std::vector<ElementSpec>& specs) {
    std::vector<std::shared_ptr<const TariffElement>> elements;
    for (const ElementSpec& spec : specs) elements.push_back(Build(spec));
    const auto prices = PriceTimeline::Create(elements, Zone("UTC"));
    EXPECT_EQ(prices.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(prices.status().message());
  };
  EXPECT_THAT(fault({a, b, From(Flat("3"), "c", "2023-01-01T00:00:00Z", "a")}), HasSubstr("only one element may"));
  EXPECT_THAT(fault({a, From(Flat("3"), "c", "2021-01-01T00:00:00Z", "a")}), HasSubstr("must be later"));
  ElementSpec round = a;
  round.supersedes = "b";
  EXPECT_THAT(fault({round, b}), HasSubstr("must be later"));
}

TEST(PriceTimeline, SpecialDays_ArePricedByTheirOwnHours) {
  ElementSpec spec;
  spec.seasons = {{kAllMonths,
                   {{kWeekdays, {{0, kSecondsPerDay, Fixed("1")}}},
                    {kWeekend, {{0, kSecondsPerDay, Fixed("2")}}},
                    {kSpecialDay, {{0, kSecondsPerDay, Fixed("3")}}}}}};
  spec.special_days = {absl::CivilDay(2023, 7, 4), absl::CivilDay(2023, 7, 8)};  // a Tuesday, a Saturday
  const auto prices = Compile({spec}, "America/New_York");                       // UTC-4
  EXPECT_EQ(NanosAt(*prices, "2023-07-04T03:59:59Z"), 1'000'000'000);
  EXPECT_EQ(NanosAt(*prices, "2023-07-04T04:00:00Z"), 3'000'000'000);
  EXPECT_EQ(NanosAt(*prices, "2023-07-05T03:59:59Z"), 3'000'000'000);
  EXPECT_EQ(NanosAt(*prices, "2023-07-05T04:00:00Z"), 1'000'000'000);
  EXPECT_EQ(NanosAt(*prices, "2023-07-08T12:00:00Z"), 3'000'000'000);
  EXPECT_EQ(NanosAt(*prices, "2023-07-09T12:00:00Z"), 2'000'000'000);
  // Without hours of their own they are Sundays.
  spec.seasons[0].days_and_hours.pop_back();
  EXPECT_EQ(NanosAt(*Compile({spec}, "America/New_York"), "2023-07-04T12:00:00Z"), 2'000'000'000);
}

std::vector<RateStretch> RatesOf(const PriceTimeline& prices, const char* start, const char* end,
                                 const std::vector<Int128>& before = {}) {
  std::vector<RateStretch> stretches;
  prices.VisitRates(Between(start, end), before, [&](const RateStretch& stretch) {
    stretches.push_back(stretch);
    return true;
  });
  return stretches;
}

TEST(PriceTimeline, VisitRates_WithoutTiersIsTheTimeline) {
  ElementSpec spec;
  spec.seasons = EveryDay({{0, Fixed("0.1")}, {7, Fixed("0.3")}});
  const auto prices = Compile({spec, Flat("0.05")}, "UTC");
  EXPECT_FALSE(prices->tiered());
  EXPECT_TRUE(prices->windows().empty());
  const auto rates = RatesOf(*prices, "2023-01-31T06:00:00Z", "2023-02-01T06:00:00Z");
  ASSERT_EQ(rates.size(), 3u);  // and not at the turn of the month
  EXPECT_EQ(rates[0].rate, 15);
  EXPECT_EQ(rates[1].interval.start.ns, At("2023-01-31T07:00:00Z").ns);
  EXPECT_EQ(rates[1].rate, 35);
  EXPECT_EQ(rates[2].rate, 15);
  for (const RateStretch& stretch : rates) EXPECT_TRUE(stretch.tiers.empty());
}

TEST(PriceTimeline, VisitRates_TellsTheTierAndTheLadder) {
  const Int128 kwh = kNanoWhPerKwh;
  const auto prices = Compile({testing::Tiered({{"0.1", "300"}, {"0.2", ""}}), Flat("0.05"),
                               testing::Tiered({{"0.01", "100"}, {"0.02", "300"}, {"0.03", ""}})},
                              "UTC");
  ASSERT_EQ(prices->windows().size(), 1u);
  const auto rates = RatesOf(*prices, "2023-01-31T00:00:00Z", "2023-02-02T00:00:00Z", {Int128{300} * kwh});
  ASSERT_EQ(rates.size(), 2u);
  EXPECT_EQ(rates[0].rate, 28);  // what comes after 300 kWh
  EXPECT_EQ(rates[1].interval.start.ns, At("2023-02-01T00:00:00Z").ns);
  EXPECT_EQ(rates[1].rate, 16);
  const std::vector<TierRate> ladder = {{100 * kwh, 16}, {300 * kwh, 17}, {std::nullopt, 28}};
  EXPECT_TRUE(rates[0].tiers == ladder);
  EXPECT_TRUE(rates[1].tiers == ladder);
}

TEST(PriceTimeline, VisitRates_DailyEdgesAreOfTheWholeWindow) {
  ElementSpec spec = testing::Tiered({{"0.1", "10"}, {"0.2", ""}});
  spec.tier_unit = TierUnit::kKwhDaily;
  const auto prices = Compile({spec}, "UTC");
  const auto rates = RatesOf(*prices, "2023-01-15T00:00:00Z", "2023-03-15T00:00:00Z");
  ASSERT_EQ(rates.size(), 3u);
  const int days[] = {31, 28, 31};
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(*rates[i].tiers[0].to_nwh == Int128{days[i]} * 10 * kNanoWhPerKwh);
}

TEST(PriceTimeline, VisitRates_SeveralWindowsHaveNoOneLadder) {
  ElementSpec daily = testing::Tiered({{"0.1", "10"}, {"0.2", ""}});
  daily.tier_window.kind = TierWindow::Kind::kDay;
  const auto prices = Compile({daily, testing::Tiered({{"0.01", "10"}, {"0.02", ""}})}, "UTC");
  const Int128 used[] = {20 * Int128{kNanoWhPerKwh}, 20 * Int128{kNanoWhPerKwh}};
  const auto rates = RatesOf(*prices, "2023-01-31T12:00:00Z", "2023-02-01T12:00:00Z", {used[0], used[1]});
  ASSERT_EQ(rates.size(), 2u);
  EXPECT_EQ(rates[0].rate, 22);
  EXPECT_EQ(rates[1].rate, 11);
  EXPECT_TRUE(rates[0].tiers.empty());
}

}  // namespace
}  // namespace costs::engine
