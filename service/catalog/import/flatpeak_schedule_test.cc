#include "service/catalog/import/flatpeak_schedule.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "service/catalog/located_json.h"
#include "service/catalog/refusal.h"

namespace costs::catalog {
namespace {

namespace pb = energy::costs::v1;

FlatpeakOptions Options() {
  FlatpeakOptions options;
  options.tariff.id = "trf_1";
  return options;
}

FlatpeakOptions ForBareSchedule() {
  FlatpeakOptions options = Options();
  options.direction = pb::TariffRate::IMPORT;
  options.type = pb::ElementType::COMMODITY;
  return options;
}

pb::TariffElement Element(const char* text) {
  pb::TariffElement element;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &element));
  return element;
}

void ExpectEqual(const pb::TariffElement& actual, const char* expected) {
  google::protobuf::util::MessageDifferencer differencer;
  std::string differences;
  differencer.ReportDifferencesToString(&differences);
  EXPECT_TRUE(differencer.Compare(Element(expected), actual)) << differences;
}

// Each value is the one that the API's OpenAPI description gives as the example
// of its field, or as the default; the test below reads them from there.
constexpr char kExampleSchedule[] = R"([{"months": ["All"], "days_and_hours": [{"days": ["All"], "hours": [
    {"valid_from": "05:00:00", "valid_to": "23:30:00",
     "rate": [{"fixed": 23.431, "to_kwh": 30.5, "surcharge_fixed": 0.12, "surcharge_percentage": 0.05}]}]}]}])";
constexpr char kExampleScheduleRead[] = R"(
    schedule { months: "All" days_and_hours { days: "All"
      hours { valid_from: "05:00:00" valid_to: "23:30:00"
              rate { fixed: 23.431 to_kwh: 30.5 surcharge_fixed: 0.12 surcharge_percentage: 0.05 } } } })";

std::string ExampleBody(absl::string_view more = "") {
  return absl::StrCat(R"({"location_id": "loc_641b90b758fb8e6293716e40", "direction": "IMPORT", "type": "COMMODITY",
    "display_name": "Flexible Go 2023", "provider_id": "prv_63a6087272921ef075a8fd3e", "market_rates": false,
    "contract_start_date": "2023-01-24T00:00:00Z", "contract_end_date": "2024-01-24T00:00:00Z", )",
                      more, "\"schedule\": ", kExampleSchedule, "}");
}

TEST(ImportFlatpeakSchedule, ExampleOfTheDescription_IsTakenFieldByField) {
  const auto tariff = ImportFlatpeakSchedule(ExampleBody(), Options());
  ASSERT_TRUE(tariff.ok()) << tariff.status();
  ExpectEqual(tariff->elements.at(0),
              absl::StrCat(R"(id: "trf_1" location_id: "loc_641b90b758fb8e6293716e40" direction: IMPORT type: COMMODITY
                              display_name: "Flexible Go 2023" provider_id: "prv_63a6087272921ef075a8fd3e"
                              market_rates: false contract_start_date { seconds: 1674518400 }
                              contract_end_date { seconds: 1706054400 })",
                           kExampleScheduleRead)
                  .c_str());
}

// What a schema's examples make together, as JSON; empty where it gives none.
std::string ExampleOf(const JsonNode& schema, const JsonNode& schemas) {
  if (const JsonNode* reference = schema.Find("$ref")) {
    const absl::string_view name = reference->text().substr(reference->text().rfind('/') + 1);
    return ExampleOf(*schemas.Find(name), schemas);
  }
  if (const JsonNode* properties = schema.Find("properties")) {
    std::vector<std::string> members;
    for (const JsonNode* property : properties->elements()) {
      const std::string example = ExampleOf(*property, schemas);
      if (!example.empty()) members.push_back(absl::StrCat("\"", property->name(), "\":", example));
    }
    return absl::StrCat("{", absl::StrJoin(members, ","), "}");
  }
  if (const JsonNode* items = schema.Find("items")) return absl::StrCat("[", ExampleOf(*items, schemas), "]");
  const JsonNode* example = schema.Find("example");
  if (example == nullptr) example = schema.Find("default");
  if (example == nullptr) return "";
  switch (example->kind()) {
    case JsonNode::Kind::kString:
      return absl::StrCat("\"", example->text(), "\"");
    case JsonNode::Kind::kBool:
      return example->boolean() ? "true" : "false";
    default:
      return std::string(example->text());
  }
}

TEST(ImportFlatpeakSchedule, ExamplesInTheDescription_AreThose) {
  const char* root = std::getenv("COSTS_TEST_DATA");
  if (root == nullptr) GTEST_SKIP() << "COSTS_TEST_DATA names no directory of test data";
  std::ifstream file(absl::StrCat(root, "/flatpeak/flatpeak-api-spec.json"));
  ASSERT_TRUE(file);
  std::stringstream text;
  text << file.rdbuf();
  const auto document = JsonDocument::Parse(text.str());
  ASSERT_TRUE(document.ok()) << document.status();
  const JsonNode& schemas = *document->root().Find("components")->Find("schemas");
  const auto ours = ImportFlatpeakSchedule(ExampleBody(), Options());
  for (const char* schema : {"TariffElementCreateNew", "TariffElementNew"}) {
    const std::string example = ExampleOf(*schemas.Find(schema), schemas);
    const auto theirs = ImportFlatpeakSchedule(example, Options());
    ASSERT_TRUE(theirs.ok()) << example << "\n" << theirs.status();
    ExpectEqual(theirs->elements.at(0), ours->elements.at(0).DebugString().c_str());
  }
}

TEST(ImportFlatpeakSchedule, AnswerOfGet_LosesWhatTheServiceSets) {
  const auto tariff = ImportFlatpeakSchedule(
      ExampleBody(R"("id": "trf_66ba584eb6923d7c3b942ef6", "object": "tariff", "live_mode": true, "is_linked": false,
                     "connection_type": "MANUAL", "status": "CONNECTED", "timezone": "Europe/London",
                     "time_created": "2023-05-05T05:37:27Z", "account_id": "acc_661677911f2197045e6cf1b1", )"),
      Options());
  ASSERT_TRUE(tariff.ok()) << tariff.status();
  EXPECT_EQ(tariff->elements[0].id(), "trf_1");
  EXPECT_TRUE(tariff->elements[0].object().empty());
}

TEST(ImportFlatpeakSchedule, BareSchedules_NeedDirectionAndType) {
  for (const std::string& text : {std::string(kExampleSchedule), absl::StrCat("{\"schedule\":", kExampleSchedule, "}"),
                                  absl::StrCat("{\"data\":", kExampleSchedule, "}")}) {
    const auto tariff = ImportFlatpeakSchedule(text, ForBareSchedule());
    ASSERT_TRUE(tariff.ok()) << tariff.status();
    ExpectEqual(tariff->elements.at(0),
                absl::StrCat("id: \"trf_1\" direction: IMPORT type: COMMODITY", kExampleScheduleRead).c_str());
    const absl::Status refused = ImportFlatpeakSchedule(text, Options()).status();
    EXPECT_EQ(ViolationsOf(refused).size(), 2u) << refused;
  }
}

TEST(ImportFlatpeakSchedule, HoursOverMidnight_AreBothEndsOfTheDay) {
  const auto tariff = ImportFlatpeakSchedule(
      R"([{"days_and_hours": [{"days": [1, "7"], "hours": [
            {"valid_from": "05:00:00", "valid_to": "23:30:00", "rate": [{"fixed": 0.3}]},
            {"valid_from": "23:30:00", "valid_to": "05:00:00", "rate": [{"fixed": 0.1, "to_kwh": null}]}]}]}])",
      ForBareSchedule());
  ASSERT_TRUE(tariff.ok()) << tariff.status();
  ExpectEqual(tariff->elements.at(0), R"(
      id: "trf_1" direction: IMPORT type: COMMODITY
      schedule { days_and_hours { days: "1" days: "7"
        hours { valid_from: "05:00:00" valid_to: "23:30:00" rate { fixed: 0.3 } }
        hours { valid_from: "00:00:00" valid_to: "05:00:00" rate { fixed: 0.1 } }
        hours { valid_from: "23:30:00" valid_to: "00:00:00" rate { fixed: 0.1 } } } })");
  EXPECT_EQ(tariff->findings.size(), 1u);
}

TEST(ImportFlatpeakSchedule, MarketRates_NeedASeriesAndNoSchedule) {
  constexpr char kText[] = R"({"direction": "EXPORT", "type": "NON_COMMODITY", "market_rates": true})";
  EXPECT_EQ(ReasonOf(ImportFlatpeakSchedule(kText, Options()).status()), "MALFORMED");
  FlatpeakOptions options = Options();
  options.market_series = "agile";
  const auto tariff = ImportFlatpeakSchedule(kText, options);
  ASSERT_TRUE(tariff.ok()) << tariff.status();
  ExpectEqual(tariff->elements.at(0),
              R"(id: "trf_1" direction: EXPORT type: NON_COMMODITY market_rates: true market_series: "agile")");
}

// A bare schedule around one rate, and around one entry of hours.
std::string Rate(absl::string_view rate) {
  return absl::StrCat(R"([{"days_and_hours": [{"hours": [{"rate": [)", rate, "]}]}]}]");
}
std::string Hours(absl::string_view hours) {
  return absl::StrCat(R"([{"days_and_hours": [{"hours": [)", hours, "]}]}]");
}

TEST(ImportFlatpeakSchedule, WhatIsNotOfTheFormat_IsRefusedByReason) {
  const struct {
    std::string text;
    const char* reason;
  } kCases[] = {
      {"null", "MALFORMED"},
      {"[]", "MALFORMED"},
      {"{}", "MALFORMED"},
      {"[{}]", "MALFORMED"},
      {Rate(""), "MALFORMED"},
      {Rate("{}"), "PERIOD_WITHOUT_RATE"},
      {Rate("{\"fixed\": null}"), "PERIOD_WITHOUT_RATE"},
      {Rate("{\"fixed\": 0.1, \"standing_charge\": 1}"), "UNKNOWN_FIELD"},
      {Rate("{\"fixed\": \"NaN\"}"), "NUMBER"},
      {Rate("{\"fixed\": 0.1234567891}"), "NUMBER"},
      {Rate("{\"fixed\": 123456789.123456789}"), "NUMBER"},
      {Hours(R"({"valid_from": "24:00:00", "rate": [{"fixed": 1}]})"), "SCHEDULE_SHAPE"},
      {Hours(R"({"valid_from": "5:00", "rate": [{"fixed": 1}]})"), "SCHEDULE_SHAPE"},
      {Hours(R"({"valid_from": "05:00:00", "valid_to": "05:00:00", "rate": [{"fixed": 1}]})"), "SCHEDULE_SHAPE"},
      {R"([{"months": ["January"], "days_and_hours": [{"hours": [{"rate": [{"fixed": 1}]}]}]}])", "SCHEDULE_SHAPE"},
      {R"([{"days_and_hours": [{"days": [8], "hours": [{"rate": [{"fixed": 1}]}]}]}])", "SCHEDULE_SHAPE"},
      {R"({"levy": 1, "schedule": [{"days_and_hours": [{"hours": [{"rate": [{"fixed": 1}]}]}]}]})", "UNKNOWN_FIELD"},
      {R"({"direction": "UNSPECIFIED", "schedule": [{"days_and_hours": [{"hours": [{"rate": [{"fixed": 1}]}]}]}]})",
       "MALFORMED"},
      {R"({"contract_start_date": "12023-01-01T00:00:00Z"})", "DATE"},
      {R"({"contract_start_date": "9999-01-01T00:00:00Z"})", "DATE"},
      {R"({"contract_start_date": "2024-01-01T00:00:00Z", "contract_end_date": "2024-01-01T00:00:00Z"})", "DATE"},
  };
  for (const auto& c : kCases) {
    const auto tariff = ImportFlatpeakSchedule(c.text, ForBareSchedule());
    EXPECT_EQ(ReasonOf(tariff.status()), c.reason) << c.text << "\n" << tariff.status();
  }
}

TEST(ImportFlatpeakSchedule, MoreEntriesThanADocumentHas_AreRefusedSoon) {
  std::string text = "[";
  for (int i = 0; i < 100'000; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",", R"({"days_and_hours":[{"hours":[{"rate":[{"fixed":1}]}]}]})");
  }
  const auto tariff = ImportFlatpeakSchedule(text + "]", ForBareSchedule());
  EXPECT_EQ(ReasonOf(tariff.status()), "MALFORMED");
}

}  // namespace
}  // namespace costs::catalog
