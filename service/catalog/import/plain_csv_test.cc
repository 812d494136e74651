#include "service/catalog/import/plain_csv.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "service/catalog/import/import_time.h"

namespace costs::catalog {
namespace {

PlainPriceOptions Prices() {
  PlainPriceOptions options;
  options.rows.start_column = "start";
  options.rows.end_column = "end";
  options.price_column = "price";
  options.unit = PriceUnit::kMajorPerKwh;
  options.currency_code = "EUR";
  return options;
}

// Hours of a clock in Austria, in cents.
PlainPriceOptions ClockPrices() {
  PlainPriceOptions options = Prices();
  options.rows.end_column = "";
  options.rows.resolution_minutes = 60;
  options.rows.timezone = "Europe/Vienna";
  options.unit = PriceUnit::kMinorPerKwh;
  return options;
}

absl::StatusOr<ImportedPrices> Import(const std::string& text, const PlainPriceOptions& options = Prices()) {
  const SourceText sources[] = {{"p.csv", text}};
  return ImportPlainPrices(sources, options);
}

std::string Text(const absl::StatusOr<ImportedPrices>& imported) {
  if (!imported.ok()) return std::string(imported.status().message());
  return absl::StrJoin(imported->prices, " ", [](std::string* out, const engine::MarketPrice& price) {
    absl::StrAppend(out, UtcText(price.interval.start).substr(11, 5), "=", price.per_kwh.ToString());
  });
}

std::string Text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) absl::StrAppend(&text, finding.where, ": ", finding.what, "\n");
  return text;
}

TEST(PlainCsv, NamedColumns_AreReadInAnyOrder) {
  const auto imported = Import(
      "note,price,end,start\n"
      "\"a, b\",0.1,2023-01-01T01:00:00Z,2023-01-01T00:00:00Z\n"
      ",-0.25,2023-01-01 03:00+01:00,2023-01-01 02:00+01:00\n");
  EXPECT_EQ(Text(imported), "00:00=0.1 01:00=-0.25");
  EXPECT_EQ(Text(imported->findings), "p.csv:1: these columns are passed over: \"note\"\n");
}

TEST(PlainCsv, Units_MoveThePoint) {
  for (const auto& [unit, price] : {std::make_pair(PriceUnit::kMajorPerKwh, "12.5"),
                                    {PriceUnit::kMajorPerMwh, "0.0125"},
                                    {PriceUnit::kMinorPerKwh, "0.125"},
                                    {PriceUnit::kMinorPerMwh, "0.000125"}}) {
    PlainPriceOptions options = Prices();
    options.unit = unit;
    EXPECT_EQ(Text(Import("start,end,price\n2023-01-01T00:00Z,2023-01-01T01:00Z,12.50\n", options)),
              absl::StrCat("00:00=", price));
  }
}

TEST(PlainCsv, RepeatedHourOfTheClock_IsThereTwice) {
  const auto imported = Import(
      "start,price\n2023-10-29 01:00,1\n2023-10-29 02:00,2\n2023-10-29 02:00,3\n2023-10-29 03:00,4\n", ClockPrices());
  EXPECT_EQ(Text(imported), "23:00=0.01 00:00=0.02 01:00=0.03 02:00=0.04");
  EXPECT_EQ(Text(imported->findings), "");
}

TEST(PlainCsv, RepeatedHourWithOffsets_NeedsNoOrder) {
  PlainPriceOptions options = ClockPrices();
  options.rows.timezone = "";
  EXPECT_EQ(Text(Import("start,price\n2023-10-29 03:00+01:00,4\n2023-10-29 02:00+01:00,3\n2023-10-29 02:00+02:00,2\n",
                        options)),
            "00:00=0.02 01:00=0.03 02:00=0.04");
}

TEST(PlainCsv, RepeatedHourThatIsThereOnce_IsRefused) {
  const absl::Status status =
      Import("start,price\n2023-10-29 01:00,1\n2023-10-29 02:00,2\n2023-10-29 03:00,4\n", ClockPrices()).status();
  EXPECT_EQ(ReasonOf(status), "OPTION_REQUIRED");
  EXPECT_TRUE(absl::StrContains(status.message(), "shows 2023-10-29T02:00:00 twice, and the file has it once"))
      << status;
}

TEST(PlainCsv, SkippedHourOfTheClock_HasNoRow) {
  const auto whole = Import("start,price\n2023-03-26 01:00,1\n2023-03-26 03:00,3\n", ClockPrices());
  EXPECT_EQ(Text(whole), "00:00=0.01 01:00=0.03");
  EXPECT_EQ(Text(whole->findings), "");
  const absl::Status status =
      Import("start,price\n2023-03-26 01:00,1\n2023-03-26 02:00,2\n2023-03-26 03:00,3\n", ClockPrices()).status();
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_EQ(ViolationsOf(status)[0].field, "p.csv:3: start");
  EXPECT_TRUE(absl::StrContains(status.message(), "a time that the clock of Europe/Vienna skips")) << status;
}

TEST(PlainCsv, BlankIsAGapNotZero) {
  const auto imported =
      Import("start,end,price\n2023-01-01T00:00Z,2023-01-01T01:00Z,\n2023-01-01T01:00Z,2023-01-01T02:00Z,0\n");
  EXPECT_EQ(Text(imported), "01:00=0");
  EXPECT_EQ(Text(imported->findings),
            "p.csv:2: the price is left blank from 2023-01-01T00:00:00Z to 2023-01-01T01:00:00Z\n");
}

TEST(PlainCsv, CurrencyColumn_IsChecked) {
  PlainPriceOptions options = Prices();
  options.currency_code = "";
  options.currency_column = "money";
  const auto imported = Import("start,end,price,money\n2023-01-01T00:00Z,2023-01-01T01:00Z,1,SEK\n", options);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->currency_code, "SEK");
  EXPECT_TRUE(absl::StrContains(Text(Import("start,end,price,money\n2023-01-01T00:00Z,2023-01-01T01:00Z,1,SEK\n2023-01-"
                                            "01T01:00Z,2023-01-01T02:00Z,1,EUR\n",
                                            options)),
                                "p.csv:3: money: is EUR after SEK"));
}

TEST(PlainCsv, Intensities_KeepForecastAndActualApart) {
  PlainIntensityOptions options;
  options.rows.start_column = "start";
  options.rows.resolution_minutes = 30;
  options.forecast_column = "f";
  options.actual_column = "a";
  const SourceText sources[] = {{"c.csv",
                                 "start,f,a\n2023-01-01T00:00Z,61,58.5\n2023-01-01T00:30Z,61,\n"
                                 "2023-01-01T01:00Z,,0\n2023-01-01T01:30Z,,\n"}};
  const auto imported = ImportPlainIntensities(sources, options);
  ASSERT_TRUE(imported.ok()) << imported.status();
  ASSERT_EQ(imported->intensities.size(), 3);
  EXPECT_EQ(imported->intensities[0].actual->ToString(), "58.5");
  EXPECT_EQ(imported->intensities[1].forecast->ToString(), "61");
  EXPECT_FALSE(imported->intensities[1].actual.has_value());
  EXPECT_FALSE(imported->intensities[2].forecast.has_value());
  EXPECT_EQ(imported->intensities[2].actual->ToString(), "0");
  EXPECT_EQ(Text(imported->findings),
            "c.csv:3: a: is blank; the forecast counts\n"
            "c.csv:5: the intensity is left blank from 2023-01-01T01:30:00Z to 2023-01-01T02:00:00Z\n");

  const SourceText negative[] = {{"c.csv", "start,f,a\n2023-01-01T00:00Z,-1,\n"}};
  EXPECT_TRUE(
      absl::StrContains(ImportPlainIntensities(negative, options).status().message(), "an intensity is 0 or more"));
}

TEST(PlainCsv, Options_AreAskedFor) {
  const std::string text = "start,end,price\n2023-01-01T00:00Z,2023-01-01T01:00Z,1\n";
  const struct {
    const char* what;
    void (*change)(PlainPriceOptions*);
  } kCases[] = {
      {"start column", [](PlainPriceOptions* o) { o->rows.start_column = ""; }},
      {"end column", [](PlainPriceOptions* o) { o->rows.end_column = ""; }},
      {"end column", [](PlainPriceOptions* o) { o->rows.resolution_minutes = 60; }},
      {"resolution",
       [](PlainPriceOptions* o) {
         o->rows.end_column = "";
         o->rows.resolution_minutes = 0;
       }},
      {"time zone", [](PlainPriceOptions* o) { o->rows.timezone = "Mars/Olympus"; }},
      {"price column", [](PlainPriceOptions* o) { o->price_column = ""; }},
      {"unit", [](PlainPriceOptions* o) { o->unit.reset(); }},
      {"currency", [](PlainPriceOptions* o) { o->currency_code = ""; }},
  };
  for (const auto& [what, change] : kCases) {
    PlainPriceOptions options = Prices();
    change(&options);
    const absl::Status status = Import(text, options).status();
    EXPECT_EQ(ReasonOf(status), "OPTION_REQUIRED") << what;
    EXPECT_EQ(ViolationsOf(status)[0].field, what);
  }
  PlainIntensityOptions intensities;
  intensities.rows = Prices().rows;
  const SourceText sources[] = {{"c.csv", text}};
  EXPECT_EQ(ReasonOf(ImportPlainIntensities(sources, intensities).status()), "OPTION_REQUIRED");
}

TEST(PlainCsv, WhatCannotBeTaken_IsRefusedWithReasonAndPlace) {
  const std::string head = "start,end,price\n";
  const std::string row = "2023-01-01T00:00Z,2023-01-01T01:00Z,1\n";
  const struct {
    const char* what;
    std::string text;
    const char* reason;
    const char* said;
  } kCases[] = {
      {"empty", "", "MALFORMED_FILE", "is empty; a header is expected"},
      {"header only", head, "NO_DATA", "has no price"},
      {"other header", "a;b;c\n" + row, "INVALID_FIELD", "there is no column \"start\"; the header names \"a;b;c\""},
      {"column twice", "start,end,price,price\n", "INVALID_FIELD", "there are two columns \"price\""},
      {"cut off", head + row + "2023-01-01T01:00Z,2023-01-0", "INVALID_FIELD",
       "p.csv:3: has 2 fields, and the header 3"},
      {"open quote", head + "\"2023", "MALFORMED_FILE", "p.csv:2: "},
      {"long row", head + std::string(100'000, 'x') + "\n", "MALFORMED_FILE", "p.csv:2: "},
      {"NaN", head + "2023-01-01T00:00Z,2023-01-01T01:00Z,NaN\n", "INVALID_FIELD", "p.csv:2: price: is \"NaN\""},
      {"comma", head + "2023-01-01T00:00Z,2023-01-01T01:00Z,\"1,5\"\n", "INVALID_FIELD", "a decimal number"},
      {"no offset", head + "2023-01-01T00:00,2023-01-01T01:00Z,1\n", "INVALID_FIELD",
       "has no offset; give the time zone"},
      {"no offset at the end", head + "2023-01-01T00:00Z,2023-01-01T01:00,1\n", "INVALID_FIELD",
       "give the resolution instead"},
      {"huge date", head + "2023-01-01T00:00Z,9999-01-01T01:00Z,1\n", "INVALID_FIELD", "between 1970"},
      {"backwards", head + "2023-01-01T01:00Z,2023-01-01T00:00Z,1\n", "INVALID_FIELD", "the end must be after"},
      {"contradiction", head + row + "2023-01-01T00:00Z,2023-01-01T01:00Z,2\n", "CONTRADICTORY_VALUES",
       "p.csv:3: says 2 from 2023-01-01T00:00:00Z"},
      {"overlap", head + row + "2023-01-01T00:30Z,2023-01-01T01:30Z,1\n", "CONTRADICTORY_VALUES", "overlaps p.csv:2"},
  };
  for (const auto& [what, text, reason, said] : kCases) {
    const absl::Status status = Import(text).status();
    EXPECT_EQ(ReasonOf(status), reason) << what << ": " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), said)) << what << ": " << status;
  }
  EXPECT_TRUE(absl::StrContains(Text(Import("start,price\n0001-01-01 00:00,1\n", ClockPrices())), "from 1970 to 2100"));
}

TEST(PlainCsv, MillionRows_AreReadOrRefusedAtTheLimit) {
  PlainPriceOptions options = Prices();
  options.rows.end_column = "";
  options.rows.resolution_minutes = 15;
  std::string text = "start,price\n";
  for (int64_t i = 0; i < 1'000'000; ++i) {
    absl::StrAppend(&text, UtcText(engine::Instant::FromSeconds(i * 900)), ",", i % 1'000, "\n");
  }
  const auto imported = Import(text, options);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->prices.size(), 1'000'000);
  EXPECT_FALSE(engine::FindFault(imported->prices));
  // A million wrong rows: the first few are told, the others not even read.
  std::string wrong = "start,price\n";
  for (int i = 0; i < 1'000'000; ++i) wrong += "x,1\n";
  EXPECT_EQ(ViolationsOf(Import(wrong, options).status()).size(), ImportLog::kMostShown);
}

}  // namespace
}  // namespace costs::catalog
