// What is read and what is written, each beside protobuf's own JSON mapping.
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "energy/costs/v1/locations_service.pb.h"
#include "energy/costs/v1/special_day_calendar.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "energy/costs/v1/tariffs_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/catalog/refusal.h"
#include "service/rest/document_reader.h"
#include "service/rest/document_writer.h"

namespace costs::rest {
namespace {

namespace pb = google::protobuf;
namespace v1 = energy::costs::v1;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kElement[] = R"({
  "location_id": "loc_1", "direction": "IMPORT", "type": "COMMODITY", "display_name": "Städtisch \"A\"\u00e9",
  "market_rates": false, "contract_start_date": "2023-01-24T01:00:00+01:00", "contract_end_date": null,
  "schedule": [{"months": ["Jan", "All"], "days_and_hours": [{"days": ["Weekday", "7"], "hours": [
    {"valid_from": "05:00:00", "valid_to": "00:00:00",
     "rate": [{"fixed": 0.1, "to_kwh": 30.5}, {"fixed": -12e-2, "to_kwh": null, "surcharge_fixed": 0}]}]}]}],
  "tier_window": "BILLING_CYCLE", "billing_anchor_day": 15, "vat_included": true})";

std::string ProtobufJson(const pb::Message& message) {
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  EXPECT_TRUE(pb::util::MessageToJsonString(message, &text, options).ok());
  return text;
}

template <typename Message>
absl::Status Read(absl::string_view body, Message* message, DocumentOptions options = {},
                  pb::FieldMask* given = nullptr) {
  message->Clear();
  return ReadDocument(body, options, message, given);
}

TEST(DocumentReader, Element_IsReadAsProtobufReadsIt) {
  v1::TariffElement read, expected;
  ASSERT_TRUE(Read(kElement, &read).ok()) << Read(kElement, &read);
  ASSERT_TRUE(pb::util::JsonStringToMessage(kElement, &expected).ok());
  EXPECT_TRUE(pb::util::MessageDifferencer::Equals(read, expected)) << read.DebugString() << expected.DebugString();
}

TEST(DocumentReader, Calendar_IsReadAsProtobufReadsIt) {
  const char body[] = R"({"id": "us", "rules": [{"name": "x", "fixed_date": {"month": 7, "day": 4.0}},
    {"nth_weekday": {"month": 11, "weekday": "Thu", "nth": -1}, "offset_days": 1, "observance": "NEAREST_WEEKDAY"},
    {"easter": "WESTERN", "offset_days": -2, "first_year": 1990, "date": null}, {"date": "2022-09-19"}]})";
  v1::SpecialDayCalendar read, expected;
  ASSERT_TRUE(Read(body, &read).ok()) << Read(body, &read);
  ASSERT_TRUE(pb::util::JsonStringToMessage(body, &expected).ok());
  EXPECT_TRUE(pb::util::MessageDifferencer::Equals(read, expected)) << read.DebugString() << expected.DebugString();
}

TEST(DocumentReader, Given_NamesWhatTheDocumentNames) {
  v1::Location location;
  pb::FieldMask given;
  ASSERT_TRUE(Read(R"({"customer_id": null, "tariff_elements": [], "postal_address": {"city": "London", "state": null},
                       "geo_location": null, "timezone": ""})",
                   &location, {}, &given)
                  .ok());
  EXPECT_THAT(given.paths(), ElementsAre("customer_id", "tariff_elements", "postal_address.city",
                                         "postal_address.state", "geo_location", "timezone"));
  given.Clear();
  v1::TariffElement element;
  ASSERT_TRUE(Read(R"({"contract_start_date": "2023-01-24T00:00:00Z", "data": [{"months": ["All"]}]})", &element,
                   {"data", "schedule"}, &given)
                  .ok());
  EXPECT_THAT(given.paths(), ElementsAre("contract_start_date", "schedule"));
  EXPECT_EQ(element.schedule_size(), 1);
}

TEST(DocumentReader, Faults_AreAllToldByPath) {
  const struct {
    const char* body;
    std::vector<std::string> violations;
  } cases[] = {
      {"", {"body is not JSON: The document is empty. (byte 0)"}},
      {"{\"id\": 1e999}", {"body is not JSON: Number too big to be stored in double. (byte 7)"}},
      {"{\"id\": \"\xff\"}", {"body is not JSON: Invalid encoding in string. (byte 8)"}},
      {"[]", {"body must be a JSON object"}},
      {"null", {"body must be a JSON object"}},
      {R"({"id": 5, "colour": "red", "market_rates": "true"})",
       {"id must be a JSON string", "colour is not a field of this object; leave it out, or correct its name",
        "market_rates must be true or false, without quotes"}},
      {R"({"id": "a", "id": "b"})", {"id is given twice; give it once"}},
      {R"({"data": [], "schedule": null})", {"schedule is given twice; give it once"}},
      {R"({"direction": "IN", "type": 1})",
       {R"(direction is "IN"; write IMPORT, EXPORT or LOCAL)", "type must be COMMODITY or NON_COMMODITY"}},
      {R"({"tier_window": "UNSPECIFIED"})",
       {R"(tier_window is "UNSPECIFIED"; write CALENDAR_MONTH, DAY or BILLING_CYCLE)"}},
      {R"({"schedule": {}})", {"schedule must be a JSON array"}},
      {R"({"schedule": [null, {"months": "All", "days_and_hours": [{"hours": [{"rate": [{"fixed": "0.1"}]}]}]}]})",
       {"schedule[0] must be a JSON object", "schedule[1].months must be a JSON array",
        "schedule[1].days_and_hours[0].hours[0].rate[0].fixed must be a JSON number, without quotes"}},
      {R"({"billing_anchor_day": 1.5, "etag": "\udc00"})",
       {"billing_anchor_day must be a whole JSON number, without quotes",
        "etag has half of a surrogate pair; write the character itself or both its \\u escapes"}},
      {R"({"billing_anchor_day": 3000000000})", {"billing_anchor_day must be a whole JSON number, without quotes"}},
      {R"({"contract_start_date": 5})",
       {R"(contract_start_date must be a JSON string, such as "2023-01-24T00:00:00Z")"}},
  };
  for (const auto& c : cases) {
    v1::TariffElement element;
    const absl::Status status = Read(c.body, &element, {"data", "schedule"});
    EXPECT_EQ(catalog::ReasonOf(status), "INVALID_FIELD") << c.body;
    std::vector<std::string> told;
    for (const catalog::FieldViolation& v : catalog::ViolationsOf(status)) {
      told.push_back(absl::StrCat(v.field, " ", v.description));
    }
    EXPECT_EQ(told, c.violations) << c.body;
  }
  v1::TariffElement element;
  EXPECT_THAT(std::string(Read(R"({"contract_start_date": "2023-02-30T00:00:00Z"})", &element).message()),
              HasSubstr(R"(contract_start_date is "2023-02-30T00:00:00Z", which)"));
}

TEST(DocumentReader, TwoOfOneOneof_AreRefused) {
  v1::SpecialDayCalendar calendar;
  const absl::Status status =
      Read(R"({"rules": [{"easter": "WESTERN", "fixed_date": {"month": 1, "day": 1}}]})", &calendar);
  EXPECT_THAT(std::string(status.message()), HasSubstr("rules[0].fixed_date cannot be beside easter; give one"));
}

TEST(DocumentReader, HostileBodies_GetAShortAnswer) {
  v1::TariffElement element;
  std::string many = R"({"schedule": [)";
  for (int i = 0; i < 50'000; ++i) absl::StrAppend(&many, i == 0 ? "" : ",", "7");
  many += "]}";
  const absl::Status status = Read(many, &element);
  EXPECT_EQ(catalog::ViolationsOf(status).size(), 20u);
  EXPECT_LT(status.message().size(), 4000u);
  const std::string deep = R"({"schedule": )" + std::string(400'000, '[') + std::string(400'000, ']') + "}";
  EXPECT_THAT(std::string(Read(deep, &element).message()), HasSubstr("schedule[0] must be a JSON object"));
  EXPECT_LT(Read(absl::StrCat(R"({")", std::string(100'000, 'x'), R"(": 1})"), &element).message().size(), 1000u);
  // What is shown of a caller's text is text.
  for (const char* name : {R"(\ude00)", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxé"}) {
    for (const char* form : {R"({"$0": 1})", R"({"type": "$0"})", R"({"contract_start_date": "$0"})"}) {
      const absl::Status told = Read(absl::Substitute(form, name), &element);
      ASSERT_EQ(catalog::ViolationsOf(told).size(), 1u) << form << name;
      EXPECT_FALSE(catalog::ViolationsOf(told)[0].description.empty());
    }
  }
  EXPECT_LT(Read(absl::StrCat(R"({"type": ")", std::string(100'000, 'x'), R"("})"), &element).message().size(), 1000u);
}

// Beside the C library's reading, among them numbers on which JSON readers have failed.
TEST(DocumentReader, Numbers_AreReadToTheNearestDouble) {
  std::vector<std::string> texts = {"0",
                                    "-0.0",
                                    "0e100",
                                    "1e-400",
                                    "1.7976931348623157e308",
                                    "2.2250738585072011e-308",
                                    "4.9406564584124654e-324",
                                    "2.4703282292062327e-324",
                                    "9007199254740993",
                                    "0.184467440737095516159",
                                    "2.220446049250313e-16",
                                    "0.0000074836628E-2147483636",
                                    "128.74836467836484838364836483643636483648e-336",
                                    "0." + std::string(2'000, '0') + "1",
                                    std::string(300, '9') + "." + std::string(2'000, '9')};
  std::mt19937_64 random(20261130);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = absl::StrCat(random() % 2 == 0 ? "-" : "", random() % 10);
    if (random() % 8 != 0) {
      text += '.';
      for (size_t digits = 1 + random() % (i % 100 == 0 ? 900 : 40); digits > 0; --digits) {
        absl::StrAppend(&text, random() % 10);
      }
    }
    if (random() % 2 == 0) absl::StrAppend(&text, "e", static_cast<int>(random() % 708) - 400);
    texts.push_back(text);
  }
  v1::ScheduleRate rate;
  for (const std::string& text : texts) {
    const absl::Status status = Read(absl::StrCat(R"({"fixed": )", text, "}"), &rate);
    ASSERT_TRUE(status.ok()) << text << status;
    ASSERT_EQ(rate.fixed(), std::strtod(text.c_str(), nullptr)) << text;
  }
}

TEST(QueryReader, NamedKeys_AreReadByTheirType) {
  v1::ListTariffElementsRequest request;
  const Query query = {{"location_id", "loc_1"}, {"direction", "EXPORT"}, {"page_token", "x"}, {"colour", "red"}};
  ASSERT_TRUE(ReadQuery(query, {"location_id", "direction", "type"}, &request).ok());
  EXPECT_EQ(ProtobufJson(request), R"({"location_id":"loc_1","direction":"EXPORT"})");

  v1::ListRatesRequest rates;
  ASSERT_TRUE(ReadQuery({{"start_time", "2023-06-15T10:00:00+01:00"},
                         {"include_tariff", "false"},
                         {"resolution", "30"},
                         {"usage_before_wh", "1.5"}},
                        {"start_time", "include_tariff", "resolution", "usage_before_wh"}, &rates)
                  .ok());
  EXPECT_EQ(ProtobufJson(rates),
            R"({"start_time":"2023-06-15T09:00:00Z","include_tariff":false,"resolution":30,"usage_before_wh":1.5})");
}

TEST(QueryReader, Faults_AreAllTold) {
  v1::ListRatesRequest rates;
  const absl::Status status = ReadQuery({{"include_tariff", "yes"},
                                         {"resolution", "1.5"},
                                         {"usage_before_wh", "nan"},
                                         {"direction", "in"},
                                         {"resolution", "30"}},
                                        {"include_tariff", "resolution", "usage_before_wh", "direction"}, &rates);
  EXPECT_EQ(status.message(),
            "the request is invalid: include_tariff must be true or false; resolution must be a whole number; "
            "usage_before_wh must be a number; direction is \"in\"; write IMPORT, EXPORT or LOCAL; resolution is given "
            "twice; give it once");
}

TEST(DocumentWriter, SetFields_AreWrittenAsProtobufWritesThem) {
  v1::TariffElement element;
  ASSERT_TRUE(pb::util::JsonStringToMessage(kElement, &element).ok());
  element.set_timezone("Europe/London");
  element.set_is_linked(false);
  EXPECT_EQ(WriteDocument(element), ProtobufJson(element));
}

TEST(DocumentWriter, RequiredFieldsThatAreNotSet_HaveTheirDefaults) {
  EXPECT_EQ(WriteDocument(v1::Device()), R"({"reference_id":""})");
  EXPECT_EQ(WriteDocument(v1::Location()), R"({"tariff_elements":[]})");
  EXPECT_EQ(WriteDocument(v1::TariffElement()),
            R"({"location_id":"","is_linked":false,"timezone":"","market_rates":false,)"
            R"("contract_start_date":"1970-01-01T00:00:00Z"})");
  EXPECT_EQ(WriteDocument(v1::ListDevicesResponse()), R"({"data":[]})");
  EXPECT_EQ(WriteDocument(v1::SpecialDayRule()), "{}");
}

TEST(DocumentWriter, Times_HaveAsFewDigitsAsSayThem) {
  const struct {
    int64_t seconds;
    int32_t nanos;
    const char* text;
  } cases[] = {{0, 0, "1970-01-01T00:00:00Z"},
               {0, 500'000'000, "1970-01-01T00:00:00.500Z"},
               {0, 1'000, "1970-01-01T00:00:00.000001Z"},
               {-1, 999'999'999, "1969-12-31T23:59:59.999999999Z"},
               {253402300799, 0, "9999-12-31T23:59:59Z"},
               {-62135596800, 0, "0001-01-01T00:00:00Z"}};
  for (const auto& c : cases) {
    v1::Device device;
    device.mutable_last_seen()->set_seconds(c.seconds);
    device.mutable_last_seen()->set_nanos(c.nanos);
    EXPECT_EQ(WriteDocument(device), absl::StrCat(R"({"reference_id":"","last_seen":")", c.text, R"("})"));
  }
}

// A double's text is read back as the same double, also by protobuf.
TEST(DocumentWriter, Numbers_ComeBackAsTheyWere) {
  std::mt19937_64 random(20261124);
  v1::ScheduleRate rate, back, again;
  for (int i = 0; i < 20'000; ++i) {
    const auto digits = static_cast<int64_t>(random() >> (random() % 64));
    rate.set_fixed(static_cast<double>(digits) / (i % 2 == 0 ? 1e9 : 1.0));
    const std::string text = WriteDocument(rate);
    ASSERT_TRUE(Read(text, &back).ok());
    ASSERT_EQ(back.fixed(), rate.fixed()) << text;
    again.Clear();
    ASSERT_TRUE(pb::util::JsonStringToMessage(text, &again).ok()) << text;
    ASSERT_EQ(again.fixed(), rate.fixed()) << text;
  }
  rate.set_fixed(90.277823698);
  EXPECT_EQ(WriteDocument(rate), R"({"fixed":90.277823698})");
}

}  // namespace
}  // namespace costs::rest
