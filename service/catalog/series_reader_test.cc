#include "service/catalog/series_reader.h"

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

using ::testing::HasSubstr;

constexpr absl::string_view kMarketHeader = "start_time,end_time,price_per_kwh,currency_code\n";
constexpr absl::string_view kCarbonHeader = "start_time,end_time,forecast_g_per_kwh,actual_g_per_kwh\n";
constexpr absl::string_view kSlot = "2023-10-29T00:00:00Z,2023-10-29T00:30:00Z,";
constexpr absl::string_view kNextSlot = "2023-10-29T00:30:00Z,2023-10-29T01:00:00Z,";
constexpr size_t kManyRows = 1000;

std::shared_ptr<const engine::MarketSeries> Market(const std::string& text, std::string* faults,
                                                   size_t max_rows = kManyRows) {
  std::istringstream stream(text);
  FaultLog log;
  auto series = ReadMarketSeries(&stream, "m.csv", "m", max_rows, &log);
  *faults = std::string(log.ToStatus().message());
  EXPECT_EQ(series == nullptr, !log.empty()) << *faults;
  return series;
}

std::shared_ptr<const engine::CarbonSeries> Carbon(const std::string& text, std::string* faults) {
  std::istringstream stream(text);
  FaultLog log;
  auto series = ReadCarbonSeries(&stream, "c.csv", "c", kManyRows, &log);
  *faults = std::string(log.ToStatus().message());
  EXPECT_EQ(series == nullptr, !log.empty()) << *faults;
  return series;
}

TEST(ReadMarketSeries, GoodRows_AreRead) {
  std::string faults;
  const auto series = Market(absl::StrCat("\xEF\xBB\xBF", kMarketHeader, kSlot, "-0.0124,GBP\r\n\n",
                                          "2023-10-29T02:30:00+01:00,2023-10-29T02:00:00Z,\"0.310275\",GBP"),
                             &faults);
  ASSERT_NE(series, nullptr) << faults;
  EXPECT_EQ(series->id(), "m");
  EXPECT_EQ(series->currency_code(), "GBP");
  ASSERT_EQ(series->prices().size(), 2u);
  EXPECT_EQ(series->prices()[0].interval.start.ns, 1'698'537'600 * engine::kNanosPerSecond);
  EXPECT_EQ(series->prices()[0].interval.nanos(), 1800 * engine::kNanosPerSecond);
  EXPECT_EQ(series->prices()[0].per_kwh.ToString(), "-0.0124");
  EXPECT_EQ(series->prices()[1].per_kwh.ToString(), "0.310275");
}

TEST(ReadCarbonSeries, BlankIsUnknownAndZeroIsZero) {
  std::string faults;
  const auto series = Carbon(
      absl::StrCat(kCarbonHeader, kSlot, "61,\n", kNextSlot, ",0\n", "2023-10-29T01:00:00Z,2023-10-29T01:05:00Z,,\n"),
      &faults);
  ASSERT_NE(series, nullptr) << faults;
  ASSERT_EQ(series->intensities().size(), 3u);
  EXPECT_EQ(series->intensities()[0].forecast->ToString(), "61");
  EXPECT_FALSE(series->intensities()[0].actual.has_value());
  EXPECT_FALSE(series->intensities()[1].forecast.has_value());
  EXPECT_EQ(series->intensities()[1].actual->ToString(), "0");
  EXPECT_FALSE(series->intensities()[2].actual.has_value());
}

TEST(ReadMarketSeries, BrokenFiles_AreRefusedWithTheirLine) {
  struct Case {
    std::string text;
    absl::string_view fault;
  };
  const auto with = [](const std::vector<std::string>& rows) {
    std::string text(kMarketHeader);
    for (const std::string& row : rows) absl::StrAppend(&text, row, "\n");
    return text;
  };
  const std::string good = absl::StrCat(kSlot, "1,GBP");
  const std::vector<Case> cases = {
      {"", "m.csv:1: the first line must be: start_time,end_time,price_per_kwh,currency_code"},
      {absl::StrCat(good, "\n"), "m.csv:1: the first line must be"},
      {"start_time,end_time,currency_code,price_per_kwh\n", "m.csv:1: the first line must be"},
      {std::string(kMarketHeader), "m.csv:1: has no rows"},
      {with({"2023-10-29T00:00:00Z,2023-10-29T00:30:00Z,1"}), "m.csv:2: has 3 fields; the 4 columns are"},
      {with({good + ","}), "m.csv:2: has 5 fields"},
      {with({"2023-10-29 00:00:00,2023-10-29T00:30:00Z,1,GBP"}),
       "m.csv:2: start_time: \"2023-10-29 00:00:00\" is not a time; write RFC 3339"},
      {with({"2023-10-29T00:00:00Z,,1,GBP"}), "m.csv:2: end_time: \"\" is not a time"},
      {with({absl::StrCat(kSlot, ",GBP")}), "m.csv:2: price_per_kwh: '' is not a decimal number"},
      {with({absl::StrCat(kSlot, "NaN,GBP")}), "m.csv:2: price_per_kwh: 'NaN' is not a decimal number"},
      {with({absl::StrCat(kSlot, "1e400,GBP")}), "m.csv:2: price_per_kwh: '1e400' is over the limit"},
      {with({absl::StrCat(kSlot, " 1,GBP")}), "m.csv:2: price_per_kwh: ' 1' is not a decimal number"},
      {with({absl::StrCat(kSlot, "1,gbp")}), "m.csv:2: currency_code: \"gbp\" is not a currency"},
      {with({absl::StrCat(kSlot, "1,")}), "m.csv:2: currency_code: \"\" is not a currency"},
      {with({good, absl::StrCat(kNextSlot, "1,EUR")}), "m.csv:3: currency_code: EUR after GBP; a series has one"},
      {with({absl::StrCat(kNextSlot, "1,GBP"), "", good}), "m.csv:4: start_time: out of order"},
      {with({good, good}), "m.csv:3: start_time: starts at the same time as the slot before it"},
      {with({good, "2023-10-29T00:15:00Z,2023-10-29T00:45:00Z,1,GBP"}), "m.csv:3: start_time: overlaps the slot"},
      {with({"2023-10-29T00:30:00Z,2023-10-29T00:30:00Z,1,GBP"}), "m.csv:2: start_time: the end must be after"},
      {with({"1969-12-31T23:00:00Z,1970-01-01T00:00:00Z,1,GBP"}), "m.csv:2: start_time: the slot must lie between"},
      {with({"2099-12-31T23:00:00Z,2100-01-01T00:00:01Z,1,GBP"}), "m.csv:2: start_time: the slot must lie between"},
      {with({good, "\"open"}), "m.csv:3: a quoted field is not closed"},
      {with({good, std::string(5000, 'x')}), "m.csv:3: the row is longer than"},
  };
  for (const Case& c : cases) {
    std::string faults;
    EXPECT_EQ(Market(c.text, &faults), nullptr) << c.text;
    EXPECT_THAT(faults, HasSubstr(std::string(c.fault))) << c.text;
  }
}

TEST(ReadMarketSeries, SeveralFaults_AreAllShownUpToTheLimit) {
  std::string text(kMarketHeader);
  for (int i = 0; i < 100; ++i) absl::StrAppend(&text, "x,y,z\n");
  std::string faults;
  EXPECT_EQ(Market(text, &faults), nullptr);
  EXPECT_THAT(faults, HasSubstr("m.csv:2: has 3 fields"));
  EXPECT_THAT(faults, HasSubstr("m.csv:21: has 3 fields"));
  EXPECT_THAT(faults, ::testing::Not(HasSubstr("m.csv:22:")));
}

TEST(ReadMarketSeries, TooManyRows_AreRefused) {
  const std::string text = absl::StrCat(kMarketHeader, kSlot, "1,GBP\n", kNextSlot, "1,GBP\n");
  std::string faults;
  EXPECT_NE(Market(text, &faults, 2), nullptr) << faults;
  EXPECT_EQ(Market(text, &faults, 1), nullptr);
  EXPECT_THAT(faults, HasSubstr("m.csv:3: has more than 1 rows"));
}

TEST(ReadCarbonSeries, BrokenRows_AreRefusedWithTheirLine) {
  struct Case {
    std::string row;
    absl::string_view fault;
  };
  for (const Case& c : {
           Case{"-1,", "c.csv:2: forecast_g_per_kwh: -1 is negative"},
           Case{"1,-0.5", "c.csv:2: actual_g_per_kwh: -0.5 is negative"},
           Case{"null,", "c.csv:2: forecast_g_per_kwh: 'null' is not a decimal number"},
           Case{"1", "c.csv:2: has 3 fields"},
       }) {
    std::string faults;
    EXPECT_EQ(Carbon(absl::StrCat(kCarbonHeader, kSlot, c.row, "\n"), &faults), nullptr);
    EXPECT_THAT(faults, HasSubstr(std::string(c.fault)));
  }
}

}  // namespace
}  // namespace costs::catalog
