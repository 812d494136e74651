#include "service/catalog/import/neso_carbon.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "service/catalog/import/import_time.h"

namespace costs::catalog {
namespace {

std::string Period(absl::string_view from, absl::string_view to, absl::string_view figures) {
  return absl::StrCat("{\"from\": \"", from, "\", \"to\": \"", to, "\", \"intensity\": {", figures, "}}");
}

absl::StatusOr<ImportedIntensities> Import(const std::vector<std::string>& texts) {
  std::vector<SourceText> sources;
  for (size_t i = 0; i < texts.size(); ++i) sources.push_back({absl::StrCat("c", i), texts[i]});
  return ImportNesoCarbon(sources);
}

std::string Text(const absl::StatusOr<ImportedIntensities>& imported) {
  if (!imported.ok()) return std::string(imported.status().message());
  const auto figure = [](const std::optional<engine::Decimal>& value) { return value ? value->ToString() : "?"; };
  return absl::StrJoin(imported->intensities, " ", [&](std::string* out, const engine::CarbonIntensity& one) {
    absl::StrAppend(out, UtcText(one.interval.start).substr(11, 5), "=", figure(one.forecast), "/", figure(one.actual));
  });
}

std::string Findings(const absl::StatusOr<ImportedIntensities>& imported) {
  if (!imported.ok()) return std::string(imported.status().message());
  std::string text;
  for (const Finding& finding : imported->findings) absl::StrAppend(&text, finding.where, ": ", finding.what, "\n");
  return text;
}

TEST(NesoCarbon, DocumentationsAnswer_IsRead) {
  const auto imported = Import({R"({"data":[{"from": "2018-01-20T12:00Z", "to": "2018-01-20T12:30Z",
      "intensity": {"forecast": 266, "actual": 263, "index": "moderate"}}]})"});
  EXPECT_EQ(Text(imported), "12:00=266/263");
  EXPECT_EQ(Findings(imported), "");
}

TEST(NesoCarbon, Null_IsUnknownNotZero) {
  const std::string text = absl::StrCat(
      "{\"data\":[", Period("2018-01-20T12:00Z", "2018-01-20T12:30Z", "\"forecast\": 266, \"actual\": null"), ",",
      Period("2018-01-20T12:30Z", "2018-01-20T13:00Z", "\"forecast\": null, \"actual\": null"), ",",
      Period("2018-01-20T13:00Z", "2018-01-20T13:30Z", "\"forecast\": 0, \"actual\": 0"), "]}");
  const auto imported = Import({text});
  EXPECT_EQ(Text(imported), "12:00=266/? 13:00=0/0");
  EXPECT_TRUE(absl::StrContains(Findings(imported), "data[0].intensity: has no actual; the forecast counts"));
  EXPECT_TRUE(absl::StrContains(Findings(imported), "is left blank from 2018-01-20T12:30:00Z to 2018-01-20T13:00:00Z"));
}

TEST(NesoCarbon, Region_HasItsName) {
  const std::string region =
      absl::StrCat("{\"regionid\": 13, \"dnoregion\": \"UKPN London\", \"shortname\": \"London\", \"data\": [",
                   Period("2018-01-20T12:00Z", "2018-01-20T12:30Z", "\"forecast\": 266"), "]}");
  for (const std::string& text :
       {absl::StrCat("{\"data\": ", region, "}"), absl::StrCat("{\"data\": [", region, "]}")}) {
    const auto imported = Import({text});
    EXPECT_EQ(Text(imported), "12:00=266/?");
    EXPECT_EQ(Findings(imported), "");
    ASSERT_TRUE(imported.ok());
    EXPECT_EQ(imported->region, "London");
  }
  EXPECT_TRUE(absl::StrContains(Text(Import({absl::StrCat("{\"data\": [", region, ",", region, "]}")})),
                                "holds several regions"));
  EXPECT_TRUE(
      absl::StrContains(Text(Import({"{\"data\": [{\"from\": \"x\", \"regions\": []}]}"})), "holds several regions"));
  EXPECT_TRUE(absl::StrContains(
      Text(Import(
          {absl::StrCat("{\"data\": ", region, "}"),
           absl::StrCat("{\"data\":[", Period("2018-01-20T12:30Z", "2018-01-20T13:00Z", "\"forecast\": 1"), "]}")})),
      "is of the region \"\" after \"London\""));
}

TEST(NesoCarbon, ActualThatComesLater_JoinsItsForecast) {
  const auto at = [](absl::string_view figures) {
    return absl::StrCat("{\"data\":[", Period("2018-01-20T12:00Z", "2018-01-20T12:30Z", figures), "]}");
  };
  EXPECT_EQ(Text(Import({at("\"forecast\": 266, \"actual\": null"), at("\"forecast\": 266, \"actual\": 263")})),
            "12:00=266/263");
  EXPECT_EQ(ReasonOf(Import({at("\"forecast\": 266"), at("\"forecast\": 267")}).status()), "CONTRADICTORY_VALUES");
}

TEST(NesoCarbon, Csv_HasOffsetsBlanksAndGaps) {
  const auto imported =
      Import({"from,to,forecast,actual,index\n"
              "2022-12-31 23:30:00+00:00,2023-01-01 00:00:00+00:00,75,65.0,low\n"
              "2023-01-01 00:00:00+00:00,2023-01-01 00:30:00+00:00,73,,low\n"
              "2023-01-03 00:00:00+00:00,2023-01-03 00:30:00+00:00,,72.5,low\n"});
  EXPECT_EQ(Text(imported), "23:30=75/65 00:00=73/? 00:00=?/72.5");
  EXPECT_TRUE(absl::StrContains(Findings(imported), "c0:3: actual: is blank; the forecast counts"));
  EXPECT_TRUE(
      absl::StrContains(Findings(imported), "there is no intensity from 2023-01-01T00:30:00Z to 2023-01-03T00:00:00Z"));
}

TEST(NesoCarbon, WhatCannotBeTaken_IsRefusedWithReasonAndPlace) {
  const std::string good =
      absl::StrCat("{\"data\":[", Period("2018-01-20T12:00Z", "2018-01-20T12:30Z", "\"forecast\": 266"), "]}");
  const auto with = [](absl::string_view figures) {
    return absl::StrCat("{\"data\":[", Period("2018-01-20T12:00Z", "2018-01-20T12:30Z", figures), "]}");
  };
  const struct {
    const char* what;
    std::string text;
    const char* reason;
    const char* said;
  } kCases[] = {
      {"empty", "", "MALFORMED_FILE", "is empty"},
      {"cut off", good.substr(0, good.size() - 3), "MALFORMED_FILE", "not JSON"},
      {"deep", "{\"data\":" + std::string(100'000, '['), "MALFORMED_FILE", "nested more than 16 deep"},
      {"an error", R"({"error":{"code": "400 Bad Request","message": "Please enter a valid date"}})", "NO_DATA",
       "this message: \"Please enter a valid date\""},
      {"no data", "{}", "INVALID_FIELD", "lacks data"},
      {"a list", "[]", "INVALID_FIELD", "an object with data is expected"},
      {"a number", "{\"data\": 1}", "INVALID_FIELD", "data: is a number; an array is expected"},
      {"nothing", "{\"data\": []}", "NO_DATA", "has no intensity"},
      {"negative", with("\"forecast\": -1"), "INVALID_FIELD",
       "data[0].intensity.forecast: is -1; an intensity is 0 or more"},
      {"text", with("\"forecast\": \"266\""), "INVALID_FIELD", "is a string; a number, or null, is expected"},
      {"NaN", with("\"forecast\": NaN"), "MALFORMED_FILE", "not JSON"},
      {"huge", with("\"actual\": 1e30"), "INVALID_FIELD", "the limit is 1000000000"},
      {"no intensity", "{\"data\":[{\"from\": \"2018-01-20T12:00Z\", \"to\": \"2018-01-20T12:30Z\"}]}", "INVALID_FIELD",
       "data[0]: lacks intensity"},
      {"generation", "{\"data\":[{\"from\": 1}]}", "INVALID_FIELD", "data[0].from: is a number; a string is expected"},
      {"other columns", "Datetime,Actual\n", "INVALID_FIELD", "there is no column \"from\""},
  };
  for (const auto& [what, text, reason, said] : kCases) {
    const absl::Status status = Import({text}).status();
    EXPECT_EQ(ReasonOf(status), reason) << what << ": " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), said)) << what << ": " << status;
  }
  EXPECT_TRUE(absl::StrContains(Text(Import({good, "from,to,forecast,actual,index\n"})),
                                "some files are JSON and some are CSV"));
}

}  // namespace
}  // namespace costs::catalog
