#include "service/engine/breakdown.h"

#include "gtest/gtest.h"
#include "service/engine/pricing.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::Between;
using testing::Compile;
using testing::CompileCarbon;
using testing::D;
using testing::ElementSpec;
using testing::EveryDay;
using testing::Fixed;
using testing::Flat;
using testing::Slots;

constexpr size_t kNoLimit = 2000;

Usage OneKw(const char* start, const char* end) { return {Units::kKw, 1'000'000, Between(start, end)}; }

struct WantedSegment {
  const char* end;
  int64_t energy_wh;
  int64_t cost;
  int64_t carbon;
};

void ExpectSegments(const std::vector<BreakdownSegment>& got, Instant start, const std::vector<WantedSegment>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(got[i].interval.start.ns, start.ns);
    EXPECT_EQ(got[i].interval.end.ns, At(want[i].end).ns);
    EXPECT_EQ(got[i].energy_wh, want[i].energy_wh);
    ASSERT_TRUE(got[i].cost.has_value());
    EXPECT_EQ(static_cast<int64_t>(*got[i].cost), want[i].cost);
    ASSERT_TRUE(got[i].carbon.has_value());
    EXPECT_EQ(static_cast<int64_t>(*got[i].carbon), want[i].carbon);
    start = got[i].interval.end;
  }
}

TEST(BreakDown, Record_IsCutAtPricesAndIntensities) {
  ElementSpec spec;
  spec.seasons = EveryDay({{0, Fixed("0.1")}, {7, Fixed("0.3")}});
  const auto prices = Compile({spec}, "UTC");
  const auto carbon = CompileCarbon({{Between("2023-01-01T06:00:00Z", "2023-01-01T07:30:00Z"), {}, D("100")},
                                     {Between("2023-01-01T07:30:00Z", "2023-01-01T09:00:00Z"), {}, D("200")}});
  const Usage usage = OneKw("2023-01-01T06:30:00Z", "2023-01-01T08:00:00Z");
  const auto segments = BreakDown(usage, prices.get(), carbon.get(), kNoLimit);
  ExpectSegments(segments, usage.interval.start,
                 {{"2023-01-01T07:00:00Z", 500, 50'000, 50'000},
                  {"2023-01-01T07:30:00Z", 500, 150'000, 50'000},
                  {"2023-01-01T08:00:00Z", 500, 150'000, 100'000}});
  EXPECT_EQ(segments[1].intensity, 100);
  EXPECT_EQ(segments[2].intensity, 200);
}

TEST(BreakDown, ThirdsOfAMicro_GoByLargestRemainderAndThenToTheEarlier) {
  // Three parts that each cost 1/3 micro and cause 1/3 mg: 1 in sum.
  const auto prices = Compile({Flat("0.000001")}, "UTC");
  const auto carbon = CompileCarbon({{Between("2023-01-01T00:00:00Z", "2023-01-01T00:20:00Z"), {}, D("0.001")},
                                     {Between("2023-01-01T00:20:00Z", "2023-01-01T00:40:00Z"), D("0.001"), {}},
                                     {Between("2023-01-01T00:40:00Z", "2023-01-01T01:00:00Z"), {}, D("0.001")}});
  const Usage usage = OneKw("2023-01-01T00:00:00Z", "2023-01-01T01:00:00Z");
  ExpectSegments(
      BreakDown(usage, prices.get(), carbon.get(), kNoLimit), usage.interval.start,
      {{"2023-01-01T00:20:00Z", 334, 1, 1}, {"2023-01-01T00:40:00Z", 333, 0, 0}, {"2023-01-01T01:00:00Z", 333, 0, 0}});
}

TEST(BreakDown, NegativePrices_AddUp) {
  ElementSpec spec;
  spec.market = Slots(At("2023-01-01T00:00:00Z"), 1200, {"-0.000001", "-0.000002", "0.000002"});
  const auto prices = Compile({spec}, "UTC");
  const Usage usage = OneKw("2023-01-01T00:00:00Z", "2023-01-01T01:00:00Z");
  const auto segments = BreakDown(usage, prices.get(), nullptr, kNoLimit);
  ASSERT_EQ(segments.size(), 3u);
  // -1/3, -2/3 and 2/3 micros: -1/3 in sum, rounded to 0. The floors are -1, -1, 0;
  // the two that are missing go to the remainders of 2/3.
  EXPECT_TRUE(*segments[0].cost == 0);
  EXPECT_TRUE(*segments[1].cost == -1);
  EXPECT_TRUE(*segments[2].cost == 1);
}

TEST(BreakDown, WhatIsNotAsked_IsLeftOut) {
  const auto prices = Compile({Flat("1")}, "UTC");
  const auto carbon = CompileCarbon({{Between("2023-01-01T00:00:00Z", "2023-01-01T01:00:00Z"), {}, D("5")}});
  const Usage usage = OneKw("2023-01-01T00:00:00Z", "2023-01-01T01:00:00Z");
  const auto no_carbon = BreakDown(usage, prices.get(), nullptr, kNoLimit);
  ASSERT_EQ(no_carbon.size(), 1u);
  EXPECT_TRUE(no_carbon[0].cost.has_value());
  EXPECT_FALSE(no_carbon[0].carbon.has_value());
  EXPECT_FALSE(no_carbon[0].intensity.has_value());
  const auto no_tariff = BreakDown(usage, nullptr, carbon.get(), kNoLimit);
  ASSERT_EQ(no_tariff.size(), 1u);
  EXPECT_FALSE(no_tariff[0].cost.has_value());
  EXPECT_TRUE(*no_tariff[0].carbon == 5000);
  const auto neither = BreakDown(usage, nullptr, nullptr, kNoLimit);
  ASSERT_EQ(neither.size(), 1u);
  EXPECT_EQ(neither[0].energy_wh, 1000);
}

TEST(BreakDown, CarbonGap_LeavesOnlyTheIntensityThatIsKnown) {
  const auto prices = Compile({Flat("1")}, "UTC");
  const auto carbon = CompileCarbon({{Between("2023-01-01T00:00:00Z", "2023-01-01T00:30:00Z"), {}, D("5.25")}});
  const auto segments =
      BreakDown(OneKw("2023-01-01T00:00:00Z", "2023-01-01T01:00:00Z"), prices.get(), carbon.get(), kNoLimit);
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[0].intensity, 5.25);
  EXPECT_FALSE(segments[1].intensity.has_value());
  EXPECT_FALSE(segments[0].carbon.has_value());
  EXPECT_FALSE(segments[1].carbon.has_value());
  EXPECT_TRUE(*segments[0].cost == 500'000);
}

TEST(BreakDown, NewYear_IsNoCut) {
  const auto prices = Compile({Flat("1")}, "Europe/London");
  EXPECT_EQ(BreakDown(OneKw("2022-12-31T23:00:00Z", "2023-01-01T01:00:00Z"), prices.get(), nullptr, kNoLimit).size(),
            1u);
}

TEST(BreakDown, ElementsThatChangeAgainstEachOther_AreStillCut) {
  // The sum stays at 0.4 at 07:00, but what each element asks does not.
  ElementSpec rising;
  rising.seasons = EveryDay({{0, Fixed("0.1")}, {7, Fixed("0.3")}});
  ElementSpec falling;
  falling.seasons = EveryDay({{0, Fixed("0.3")}, {7, Fixed("0.1")}});
  const auto prices = Compile({rising, falling}, "UTC");
  const auto segments =
      BreakDown(OneKw("2023-01-01T06:00:00Z", "2023-01-01T08:00:00Z"), prices.get(), nullptr, kNoLimit);
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[1].interval.start.ns, At("2023-01-01T07:00:00Z").ns);
  EXPECT_TRUE(*segments[0].cost == 400'000);
  EXPECT_TRUE(*segments[1].cost == 400'000);
}

TEST(BreakDown, ElementWhoseConfidenceFalls_IsStillCut) {
  ElementSpec first = Flat("0.1");
  first.contract_end = At("2022-12-01T00:00:00Z");
  ElementSpec second = Flat("0.2");
  second.contract_end = At("2023-01-01T07:00:00Z");
  const auto prices = Compile({first, second}, "UTC");
  EXPECT_EQ(BreakDown(OneKw("2023-01-01T06:00:00Z", "2023-01-01T08:00:00Z"), prices.get(), nullptr, kNoLimit).size(),
            2u);
}

TEST(BreakDown, Limit_IsTheMostSegments) {
  ElementSpec spec;
  spec.market = Slots(At("2023-01-01T00:00:00Z"), 1800, {"1", "2", "3", "4"});
  const auto prices = Compile({spec}, "UTC");
  std::vector<CarbonIntensity> slots;
  for (int i = 0; i < 24; ++i) {
    const Instant at{At("2023-01-01T00:00:00Z").ns + int64_t{i} * 300 * kNanosPerSecond};
    slots.push_back({{at, {at.ns + 300 * kNanosPerSecond}}, D(std::to_string(i)), {}});
  }
  const auto carbon = CompileCarbon(slots);
  const Usage usage = OneKw("2023-01-01T00:00:00Z", "2023-01-01T02:00:00Z");
  EXPECT_EQ(BreakDown(usage, prices.get(), nullptr, 4).size(), 4u);
  EXPECT_TRUE(BreakDown(usage, prices.get(), nullptr, 3).empty());
  EXPECT_EQ(BreakDown(usage, prices.get(), carbon.get(), 24).size(), 24u);
  for (size_t most = 0; most < 24; ++most) {
    EXPECT_TRUE(BreakDown(usage, prices.get(), carbon.get(), most).empty()) << most;
    EXPECT_TRUE(BreakDown(usage, nullptr, carbon.get(), most).empty()) << most;
  }
}

TEST(BreakDown, LargestRecord_AddsUpExactly) {
  ElementSpec spec;
  spec.seasons = EveryDay({{0, Fixed("999999.999999999")}, {7.25, Fixed("-1000000")}});
  const auto prices = Compile({spec}, "Australia/Lord_Howe");
  const Usage usage{Units::kKw,
                    kLargestValue * 1'000'000,
                    {At("2023-01-01T00:00:00Z"), {At("2023-01-01T00:00:00Z").ns + kLongestRecordNanos}}};
  const auto segments = BreakDown(usage, prices.get(), nullptr, kNoLimit);
  ASSERT_GT(segments.size(), 700u);
  Int128 cost = 0;
  int64_t energy = 0;
  for (const BreakdownSegment& segment : segments) {
    cost += *segment.cost;
    energy += segment.energy_wh;
  }
  EXPECT_EQ(energy, EnergyWh(usage));
  const Timeline& timeline = prices->timeline();
  EXPECT_TRUE(cost == Cost(usage, timeline.Integrate(usage.interval).area, timeline.scale()));
}

TEST(BreakDown, TierEdge_IsACutAtTheNearestNanosecond) {
  const auto prices = Compile({testing::Tiered({{"0.1", "300"}, {"0.2", ""}}), Flat("1")}, "UTC");
  // 7 kW from 299 kWh on: the edge is reached after a seventh of an hour,
  // 514,285,714,285.71 ns.
  const Usage usage{Units::kKw, 7'000'000, Between("2023-05-10T10:00:00Z", "2023-05-10T11:00:00Z")};
  const Int128 before = Int128{299} * kNanoWhPerKwh;
  const auto segments = BreakDown(usage, prices.get(), nullptr, kNoLimit, {&before, 1});
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[0].interval.end.ns, usage.interval.start.ns + 514'285'714'286);
  // 1 kWh at 1.1 and 6 at 1.2, though the cut is two sevenths of a nanosecond late.
  EXPECT_TRUE(*segments[0].cost == 1'100'000);
  EXPECT_TRUE(*segments[1].cost == 7'200'000);
  EXPECT_EQ(segments[0].energy_wh, 1000);
  ASSERT_EQ(segments[1].shares.size(), 2u);
  EXPECT_EQ(segments[0].shares[0].rate, 0.1);
  EXPECT_EQ(segments[1].shares[0].rate, 0.2);
  EXPECT_EQ(segments[1].shares[1].rate, 1);
}

TEST(BreakDown, ElementThatTakesOver_IsShownFromThenOn) {
  ElementSpec older = Flat("0.1");
  older.id = "older";
  ElementSpec newer = Flat("0.1");
  newer.id = "newer";
  newer.contract_start = At("2023-05-10T10:30:00Z");
  newer.supersedes = "older";
  const auto prices = Compile({older, newer}, "UTC");
  const auto segments =
      BreakDown(OneKw("2023-05-10T10:00:00Z", "2023-05-10T11:00:00Z"), prices.get(), nullptr, kNoLimit);
  ASSERT_EQ(segments.size(), 2u);
  ASSERT_EQ(segments[0].shares.size(), 1u);
  EXPECT_EQ(segments[0].shares[0].element, 0u);
  ASSERT_EQ(segments[1].shares.size(), 1u);
  EXPECT_EQ(segments[1].shares[0].element, 1u);
}

TEST(BreakDown, WindowThatTurns_IsACutOnlyWhereTheRateChanges) {
  const auto prices = Compile({testing::Tiered({{"0.1", "300"}, {"0.2", ""}})}, "UTC");
  const Usage usage = OneKw("2023-01-31T23:00:00Z", "2023-02-01T01:00:00Z");
  EXPECT_EQ(BreakDown(usage, prices.get(), nullptr, kNoLimit).size(), 1u);
  const Int128 before = Int128{300} * kNanoWhPerKwh;
  const auto segments = BreakDown(usage, prices.get(), nullptr, kNoLimit, {&before, 1});
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[0].interval.end.ns, At("2023-02-01T00:00:00Z").ns);
}

}  // namespace
}  // namespace costs::engine
