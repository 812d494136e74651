#include "service/catalog/import/nord_pool.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "service/catalog/import/import_time.h"

namespace costs::catalog {
namespace {

std::string Entry(absl::Time start, absl::Duration length, absl::string_view areas) {
  const auto text = [](absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()); };
  return absl::StrCat("{\"deliveryStart\": \"", text(start), "\", \"deliveryEnd\": \"", text(start + length),
                      "\", \"entryPerArea\": {", areas, "}}");
}

std::string Day(absl::string_view date, absl::string_view entries) {
  return absl::StrCat("{\"deliveryDateCET\": \"", date, "\", \"currency\": \"EUR\", \"multiAreaEntries\": [", entries,
                      "], \"areaStates\": [{\"state\": \"Final\", \"areas\": [\"SE3\", \"SE4\"]}]}");
}

// A delivery day as the market publishes it: entries of `length` from the first
// hour to the last, each priced with its number from 1.
std::string WholeDay(const absl::CivilDay& day, absl::Duration length) {
  absl::TimeZone cet;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Oslo", &cet));
  std::string entries;
  int number = 0;
  for (absl::Time at = absl::FromCivil(day, cet); at < absl::FromCivil(day + 1, cet); at += length) {
    absl::StrAppend(&entries, number == 0 ? "" : ", ", Entry(at, length, absl::StrCat("\"SE3\": ", number + 1)));
    ++number;
  }
  return Day(absl::FormatCivilTime(day), entries);
}

NordPoolOptions Se3() {
  NordPoolOptions options;
  options.area = "SE3";
  return options;
}

absl::StatusOr<ImportedPrices> Import(const std::vector<std::string>& texts, const NordPoolOptions& options = Se3()) {
  std::vector<SourceText> sources;
  for (size_t i = 0; i < texts.size(); ++i) sources.push_back({absl::StrCat("day", i), texts[i]});
  return ImportNordPool(sources, options);
}

std::string Findings(const absl::StatusOr<ImportedPrices>& imported) {
  if (!imported.ok()) return std::string(imported.status().message());
  std::string text;
  for (const Finding& finding : imported->findings) absl::StrAppend(&text, finding.where, ": ", finding.what, "\n");
  return text;
}

const absl::Time kNoon = absl::FromUnixSeconds(1'730'804'400);  // 2024-11-05T11:00:00Z

TEST(NordPool, PerMwh_BecomesPerKwhExactly) {
  const auto imported = Import({Day("2024-11-05", Entry(kNoon, absl::Hours(1), "\"SE4\": 1, \"SE3\": -21.54"))});
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->currency_code, "EUR");
  EXPECT_EQ(imported->area, "SE3");
  ASSERT_EQ(imported->prices.size(), 1);
  EXPECT_EQ(imported->prices[0].per_kwh.ToString(), "-0.02154");
  EXPECT_EQ(UtcText(imported->prices[0].interval.start), "2024-11-05T11:00:00Z");
  EXPECT_EQ(UtcText(imported->prices[0].interval.end), "2024-11-05T12:00:00Z");
}

TEST(NordPool, DaysOf23And25Hours_AreWhole) {
  const struct {
    absl::CivilDay day;
    absl::Duration length;
    size_t prices;
  } kDays[] = {
      {absl::CivilDay(2024, 11, 5), absl::Hours(1), 24},    {absl::CivilDay(2024, 3, 31), absl::Hours(1), 23},
      {absl::CivilDay(2024, 10, 27), absl::Hours(1), 25},   {absl::CivilDay(2025, 10, 26), absl::Minutes(15), 100},
      {absl::CivilDay(2026, 3, 29), absl::Minutes(15), 92},
  };
  for (const auto& [day, length, prices] : kDays) {
    const auto imported = Import({WholeDay(day, length)});
    ASSERT_TRUE(imported.ok()) << imported.status();
    EXPECT_EQ(imported->prices.size(), prices) << day;
    EXPECT_EQ(Findings(imported), "") << day;
  }
}

TEST(NordPool, HoursAndThenQuarters_AreOneSeries) {
  // The market went over to quarters with the delivery day 2025-10-01.
  const auto imported = Import({WholeDay(absl::CivilDay(2025, 10, 1), absl::Minutes(15)),
                                WholeDay(absl::CivilDay(2025, 9, 30), absl::Hours(1))});
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->prices.size(), 24 + 96);
  EXPECT_FALSE(engine::FindFault(imported->prices));
  EXPECT_EQ(Findings(imported), "");
}

TEST(NordPool, QuarterInsideAnHour_IsChosenByOption) {
  const std::string day = Day("2024-11-05", absl::StrCat(Entry(kNoon, absl::Hours(1), "\"SE3\": 10"), ",",
                                                         Entry(kNoon, absl::Minutes(15), "\"SE3\": 12")));
  EXPECT_EQ(ReasonOf(Import({day}).status()), "OPTION_REQUIRED");
  NordPoolOptions options = Se3();
  options.resolution_minutes = 15;
  const auto quarters = Import({day}, options);
  ASSERT_TRUE(quarters.ok()) << quarters.status();
  ASSERT_EQ(quarters->prices.size(), 1);
  EXPECT_EQ(quarters->prices[0].per_kwh.ToString(), "0.012");
  EXPECT_TRUE(absl::StrContains(Findings(quarters), "is not of 15 minutes, and left out")) << Findings(quarters);
  options.resolution_minutes = 60;
  EXPECT_EQ(Import({day}, options)->prices[0].per_kwh.ToString(), "0.01");
  options.resolution_minutes = 2'147'483'647;
  EXPECT_EQ(ReasonOf(Import({day}, options).status()), "NO_DATA");
}

TEST(NordPool, NullOrMissingPrice_IsAGapNotZero) {
  const auto imported =
      Import({Day("2024-11-05", absl::StrCat(Entry(kNoon, absl::Hours(1), "\"SE3\": null"), ",",
                                             Entry(kNoon + absl::Hours(1), absl::Hours(1), "\"SE4\": 2"), ",",
                                             Entry(kNoon + absl::Hours(2), absl::Hours(1), "\"SE3\": 0")))});
  ASSERT_TRUE(imported.ok()) << imported.status();
  ASSERT_EQ(imported->prices.size(), 1);
  EXPECT_EQ(UtcText(imported->prices[0].interval.start), "2024-11-05T13:00:00Z");
  EXPECT_TRUE(absl::StrContains(Findings(imported),
                                "the price is left blank from 2024-11-05T11:00:00Z to 2024-11-05T13:00:00Z"));
  EXPECT_TRUE(absl::StrContains(Findings(imported), "this day has 24 hours; 1 of them have a price"));
}

TEST(NordPool, WhatAPersonShouldKnow_IsAFinding) {
  std::string day = WholeDay(absl::CivilDay(2024, 11, 5), absl::Hours(1));
  EXPECT_TRUE(absl::StrContains(Findings(Import({absl::StrReplaceAll(day, {{"Final", "Preliminary"}})})),
                                "the prices of SE3 are \"Preliminary\", not final"));
  EXPECT_TRUE(
      absl::StrContains(Findings(Import({absl::StrReplaceAll(day, {{"CET\": \"2024-11-05", "CET\": \"2024-11-06"}})})),
                        "is not of this delivery day"));
  EXPECT_TRUE(absl::StrContains(Findings(Import({day, day})), "without contradiction; taken once"));
}

TEST(NordPool, WhatCannotBeTaken_IsRefusedWithReasonAndPlace) {
  const std::string good = Day("2024-11-05", Entry(kNoon, absl::Hours(1), "\"SE3\": 10"));
  const struct {
    const char* what;
    std::string text;
    const char* reason;
    const char* said;
  } kCases[] = {
      {"cut off", good.substr(0, good.size() / 2), "MALFORMED_FILE", "not JSON"},
      {"no JSON", "<html>", "MALFORMED_FILE", "not JSON"},
      {"no body", "", "NO_DATA", "a day without prices yet"},
      {"deep", std::string(100'000, '['), "MALFORMED_FILE", "nested more than 16 deep"},
      {"an array", "[]", "INVALID_FIELD", "an object with multiAreaEntries is expected"},
      {"no entries", "{}", "INVALID_FIELD", "lacks multiAreaEntries"},
      {"entries as object", "{\"multiAreaEntries\": {}}", "INVALID_FIELD", "an array is expected"},
      {"empty", Day("2024-11-05", ""), "NO_DATA", "has no prices of the area \"SE3\""},
      {"other area", absl::StrReplaceAll(good, {{"SE3", "FI"}}), "NO_DATA", "it has FI"},
      {"NaN", absl::StrReplaceAll(good, {{"10}", "NaN}"}}), "MALFORMED_FILE", "not JSON"},
      {"NaN as text", absl::StrReplaceAll(good, {{": 10}", ": \"NaN\"}"}}), "INVALID_FIELD",
       "multiAreaEntries[0].entryPerArea.SE3: is a string"},
      {"huge price", absl::StrReplaceAll(good, {{": 10}", ": 1e300}"}}), "INVALID_FIELD", "the limit is 1000000000"},
      {"many digits", absl::StrReplaceAll(good, {{": 10}", ": 0.0000001}"}}), "INVALID_FIELD", "more than 9 digits"},
      {"no offset", absl::StrReplaceAll(good, {{"11:00:00Z", "11:00:00"}}), "INVALID_FIELD",
       "deliveryStart: is \"2024"},
      {"huge date", absl::StrReplaceAll(good, {{"T12:00:00Z", "T12:00:00Z"}, {"2024-11-05T12", "9999-11-05T12"}}),
       "INVALID_FIELD", "between 1970"},
      {"backwards", absl::StrReplaceAll(good, {{"T12:00:00Z", "T10:00:00Z"}}), "INVALID_FIELD",
       "the end must be after"},
      {"other currency", absl::StrReplaceAll(good, {{"EUR", "euro"}}), "INVALID_FIELD", "currency: is \"euro\""},
      {"no currency", absl::StrReplaceAll(good, {{"currency", "money"}}), "INVALID_FIELD", "currency: is missing"},
      {"no date", absl::StrReplaceAll(good, {{"CET\": \"2024-11-05", "CET\": \"the fifth"}}), "INVALID_FIELD",
       "deliveryDateCET: is \"the fifth\""},
  };
  for (const auto& [what, text, reason, said] : kCases) {
    const absl::Status status = Import({text}).status();
    EXPECT_EQ(ReasonOf(status), reason) << what << ": " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), said)) << what << ": " << status;
  }
}

TEST(NordPool, FilesThatContradictEachOther_AreRefusedNamingBoth) {
  const std::string one = Day("2024-11-05", Entry(kNoon, absl::Hours(1), "\"SE3\": 10"));
  const std::string two = Day("2024-11-05", Entry(kNoon, absl::Hours(1), "\"SE3\": 11"));
  const absl::Status status = Import({one, two}).status();
  EXPECT_EQ(ReasonOf(status), "CONTRADICTORY_VALUES");
  EXPECT_TRUE(absl::StrContains(status.message(), "day1:1:")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "says 0.011 from 2024-11-05T11:00:00Z")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "where day0:1:")) << status;

  EXPECT_TRUE(absl::StrContains(Import({one, absl::StrReplaceAll(two, {{"EUR", "SEK"}})}).status().message(),
                                "is SEK after EUR"));
}

TEST(NordPool, Options_AreAskedForAndUsed) {
  EXPECT_EQ(ReasonOf(Import({WholeDay(absl::CivilDay(2024, 11, 5), absl::Hours(1))}, NordPoolOptions()).status()),
            "OPTION_REQUIRED");
  const std::string nameless =
      absl::StrReplaceAll(WholeDay(absl::CivilDay(2024, 11, 5), absl::Hours(1)), {{"\"currency\": \"EUR\", ", ""}});
  NordPoolOptions options = Se3();
  options.currency_code = "SEK";
  const auto imported = Import({nameless}, options);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->currency_code, "SEK");
  NordPoolOptions rounding = Se3();
  rounding.round = true;
  const auto rounded = Import({Day("2024-11-05", Entry(kNoon, absl::Hours(1), "\"SE3\": 10.000000499"))}, rounding);
  ASSERT_TRUE(rounded.ok()) << rounded.status();
  EXPECT_EQ(rounded->prices[0].per_kwh.ToString(), "0.01");
  EXPECT_TRUE(absl::StrContains(Findings(rounded), "the first of 1 numbers that were rounded"));
}

}  // namespace
}  // namespace costs::catalog
