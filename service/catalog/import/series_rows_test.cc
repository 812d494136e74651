#include "service/catalog/import/series_rows.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "service/catalog/import/import_time.h"

namespace costs::catalog {
namespace {

using engine::CarbonIntensity;
using engine::Decimal;
using engine::Interval;
using engine::MarketPrice;

const SourceText kSources[] = {{"a", ""}, {"b", ""}};

// Minutes since 2023-10-29T00:00:00Z.
Interval Minutes(int from, int to) {
  const int64_t day = 1'698'537'600;
  return {engine::Instant::FromSeconds(day + from * 60), engine::Instant::FromSeconds(day + to * 60)};
}
MarketPrice Price(int from, int to, int price) { return {Minutes(from, to), Decimal::FromInteger(price)}; }

std::string Told(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += finding.where + ": " + finding.what + "\n";
  return text;
}

TEST(SeriesRows, NewestFirst_IsSortedAndNoFinding) {
  ImportLog log(kSources);
  SeriesRows<MarketPrice> rows("price", &log);
  rows.Add({0, 1}, Price(60, 90, 3));
  rows.Add({0, 2}, Price(30, 60, 2));
  rows.Add({0, 3}, Price(0, 30, 1));
  const auto prices = rows.Settle();
  ASSERT_TRUE(prices.ok()) << prices.status();
  ASSERT_EQ(prices->size(), 3);
  EXPECT_FALSE(engine::FindFault(*prices));
  EXPECT_EQ((*prices)[0].per_kwh, Decimal::FromInteger(1));
  EXPECT_EQ(Told(log.TakeFindings()), "");
}

TEST(SeriesRows, RowsForthAndBack_AreSortedAndToldOnce) {
  ImportLog log(kSources);
  SeriesRows<MarketPrice> rows("price", &log);
  for (int start : {0, 60, 30, 120, 90}) rows.Add({0, start + 1}, Price(start, start + 30, start));
  const auto prices = rows.Settle();
  ASSERT_TRUE(prices.ok()) << prices.status();
  EXPECT_FALSE(engine::FindFault(*prices));
  EXPECT_EQ(Told(log.TakeFindings()), "a:31: the rows are not in the order of time from here on; they were sorted\n");
}

TEST(SeriesRows, SameTimeAndPriceTwice_IsTakenOnceAndTold) {
  ImportLog log(kSources);
  SeriesRows<MarketPrice> rows("price", &log);
  rows.Add({0, 1}, Price(0, 30, 1));
  rows.Add({1, 7}, Price(0, 30, 1));
  const auto prices = rows.Settle();
  ASSERT_TRUE(prices.ok()) << prices.status();
  EXPECT_EQ(prices->size(), 1);
  EXPECT_EQ(Told(log.TakeFindings()),
            "b:7: repeats a:1 from 2023-10-29T00:00:00Z to 2023-10-29T00:30:00Z without contradiction; taken once\n");
}

TEST(SeriesRows, SameTimeWithAnotherPrice_IsRefusedNamingBoth) {
  ImportLog log(kSources);
  SeriesRows<MarketPrice> rows("price", &log);
  rows.Add({0, 1}, Price(0, 30, 1));
  rows.Add({0, 2}, Price(0, 30, 2));
  const absl::Status status = rows.Settle().status();
  EXPECT_EQ(ReasonOf(status), "CONTRADICTORY_VALUES");
  EXPECT_EQ(ViolationsOf(status)[0].field, "a:2");
  EXPECT_EQ(ViolationsOf(status)[0].description,
            "says 2 from 2023-10-29T00:00:00Z to 2023-10-29T00:30:00Z, where a:1 says 1");
}

TEST(SeriesRows, QuarterHourInsideAnHour_AsksForTheOption) {
  for (const bool option : {true, false}) {
    ImportLog log(kSources);
    SeriesRows<MarketPrice> rows("price", &log);
    rows.Add({0, 1}, Price(0, 60, 1));
    rows.Add({0, 2}, Price(15, 30, 1));
    const absl::Status status = rows.Settle(option ? "choose one length with --resolution" : "").status();
    EXPECT_EQ(ReasonOf(status), option ? "OPTION_REQUIRED" : "CONTRADICTORY_VALUES");
    EXPECT_EQ(absl::EndsWith(status.message(), "; choose one length with --resolution"), option) << status;
  }
}

TEST(SeriesRows, OverlapOfEqualLengths_IsRefused) {
  ImportLog log(kSources);
  SeriesRows<MarketPrice> rows("price", &log);
  rows.Add({0, 1}, Price(0, 60, 1));
  rows.Add({0, 2}, Price(30, 90, 1));
  EXPECT_EQ(ReasonOf(rows.Settle("choose").status()), "CONTRADICTORY_VALUES");
}

TEST(SeriesRows, BlanksAndMissingTimes_AreGapsAndTold) {
  ImportLog log(kSources);
  SeriesRows<MarketPrice> rows("price", &log);
  rows.Add({0, 1}, Price(0, 30, 0));
  rows.AddBlank({0, 2}, Minutes(30, 60));
  rows.AddBlank({0, 3}, Minutes(60, 90));
  rows.Add({0, 4}, Price(90, 120, 1));
  rows.Add({0, 5}, Price(240, 270, 1));
  const auto prices = rows.Settle();
  ASSERT_TRUE(prices.ok()) << prices.status();
  EXPECT_EQ(prices->size(), 3);
  EXPECT_EQ(Told(log.TakeFindings()),
            "a:2: the price is left blank from 2023-10-29T00:30:00Z to 2023-10-29T01:30:00Z\n"
            "a:5: there is no price from 2023-10-29T02:00:00Z to 2023-10-29T04:00:00Z\n");
}

TEST(SeriesRows, BlankAndFigureOfTheSameTime_AreTheFigure) {
  for (const bool blank_first : {true, false}) {
    ImportLog log(kSources);
    SeriesRows<MarketPrice> rows("price", &log);
    if (blank_first) rows.AddBlank({0, 1}, Minutes(0, 30));
    rows.Add({0, 2}, Price(0, 30, 5));
    if (!blank_first) rows.AddBlank({0, 3}, Minutes(0, 30));
    const auto prices = rows.Settle();
    ASSERT_TRUE(prices.ok()) << prices.status();
    ASSERT_EQ(prices->size(), 1);
    EXPECT_EQ((*prices)[0].per_kwh, Decimal::FromInteger(5));
  }
}

TEST(SeriesRows, ActualThatComesLater_IsAddedToTheForecast) {
  ImportLog log(kSources);
  SeriesRows<CarbonIntensity> rows("intensity", &log);
  rows.Add({0, 1}, {Minutes(0, 30), Decimal::FromInteger(61), std::nullopt});
  rows.Add({1, 1}, {Minutes(0, 30), Decimal::FromInteger(61), Decimal::FromInteger(58)});
  const auto intensities = rows.Settle();
  ASSERT_TRUE(intensities.ok()) << intensities.status();
  ASSERT_EQ(intensities->size(), 1);
  EXPECT_EQ(intensities->front().forecast, Decimal::FromInteger(61));
  EXPECT_EQ(intensities->front().actual, Decimal::FromInteger(58));

  rows.Add({0, 1}, {Minutes(0, 30), Decimal::FromInteger(61), std::nullopt});
  rows.Add({1, 1}, {Minutes(0, 30), Decimal::FromInteger(62), Decimal::FromInteger(58)});
  const absl::Status status = rows.Settle().status();
  EXPECT_EQ(ReasonOf(status), "CONTRADICTORY_VALUES");
  EXPECT_TRUE(absl::StrContains(status.message(), "says forecast 62, actual 58")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "a:1 says forecast 61, actual blank")) << status;
}

TEST(SeriesRows, WhatNoSeriesCanHold_IsAFault) {
  const Interval kWrong[] = {
      Minutes(30, 30),
      Minutes(30, 0),
      {engine::Instant{1}, engine::Instant::FromSeconds(60)},
      {engine::Instant::FromSeconds(-1), engine::Instant::FromSeconds(60)},
      {engine::kLatest, engine::Instant::FromSeconds(4'102'444'801)},
  };
  for (const Interval& interval : kWrong) {
    ImportLog log(kSources);
    SeriesRows<MarketPrice> rows("price", &log);
    EXPECT_FALSE(rows.Add({0, 9}, {interval, Decimal()}));
    const absl::Status status = rows.Settle().status();
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
    EXPECT_EQ(ViolationsOf(status)[0].field, "a:9");
  }
}

TEST(SeriesRows, OnlyBlanksOrNothing_IsNoData) {
  ImportLog log(kSources);
  SeriesRows<MarketPrice> rows("price", &log);
  EXPECT_EQ(ReasonOf(rows.Settle().status()), "NO_DATA");
  rows.AddBlank({0, 1}, Minutes(0, 30));
  EXPECT_EQ(ReasonOf(rows.Settle().status()), "NO_DATA");
}

TEST(SeriesRows, RowsBeyondTheLimit_AreRefused) {
  ImportLog log(kSources);
  SeriesRows<MarketPrice> rows("price", &log);
  for (size_t i = 0; i < kMostRows; ++i) ASSERT_TRUE(rows.Add({0, 1}, Price(0, 30, 1)));
  EXPECT_FALSE(rows.Add({0, 2}, Price(0, 30, 1)));
  EXPECT_TRUE(absl::StrContains(rows.Settle().status().message(), "limit of 2000000 rows"));
}

}  // namespace
}  // namespace costs::catalog
