#include "service/rest/costs_json.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::rest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The documentation's example.
constexpr char kExample[] = R"({
  "location_id": "loc_641b90b758fb8e6293716e40",
  "session_reference_id": "SESSION1234567890",
  "record_reference_id": "MET1234567890",
  "direction": "IMPORT",
  "units": "W",
  "value": 20567,
  "start_time": "2022-02-01T10:30:00Z",
  "end_time": "2022-02-01T11:00:00Z"
})";

constexpr int64_t kStart = 1'643'711'400;  // 2022-02-01T10:30:00Z
constexpr int64_t kEnd = kStart + 1800;

// "field: description" of each violation.
std::vector<std::string> Faults(absl::string_view body, const Query& query = {}) {
  CostsRequest request;
  std::vector<std::string> faults;
  for (const calculator::Violation& violation : ParseCostsRequest(body, query, &request)) {
    faults.push_back(violation.field + ": " + violation.description);
  }
  return faults;
}

// A whole body in which `field` has the JSON `value`.
std::string BodyWith(absl::string_view field, absl::string_view value) {
  const std::pair<absl::string_view, absl::string_view> fields[] = {
      {"location_id", "\"loc_1\""},
      {"units", "\"WH\""},
      {"value", "1"},
      {"start_time", "\"2022-02-01T10:30:00Z\""},
      {"end_time", "\"2022-02-01T11:00:00Z\""},
  };
  std::string body = "{";
  bool found = false;
  for (const auto& [name, usual] : fields) {
    const bool here = name == field;
    found = found || here;
    body +=
        std::string(body.size() > 1 ? "," : "") + "\"" + std::string(name) + "\":" + std::string(here ? value : usual);
  }
  if (!found) body += ",\"" + std::string(field) + "\":" + std::string(value);
  return body + "}";
}

CostsRequest Parsed(absl::string_view body, const Query& query = {}) {
  CostsRequest request;
  EXPECT_THAT(ParseCostsRequest(body, query, &request), IsEmpty()) << body;
  return request;
}

TEST(ParseCostsRequest, DocumentationsExample_FillsTheSubmission) {
  const CostsRequest request = Parsed(kExample);
  const calculator::Submission submission = request.submission();
  EXPECT_EQ(submission.location_id, "loc_641b90b758fb8e6293716e40");
  EXPECT_EQ(submission.device_id, "");
  EXPECT_EQ(submission.session_reference_id, "SESSION1234567890");
  EXPECT_EQ(submission.record_reference_id, "MET1234567890");
  EXPECT_EQ(submission.direction, engine::Direction::kImport);
  EXPECT_EQ(submission.tariff_rate, engine::TariffRate::kUnspecified);
  EXPECT_EQ(submission.measurand, engine::Measurand::kUnspecified);
  EXPECT_EQ(submission.units, engine::Units::kW);
  EXPECT_EQ(submission.value, 20567);
  ASSERT_TRUE(submission.start_time.has_value());
  EXPECT_EQ(submission.start_time->seconds, kStart);
  ASSERT_TRUE(submission.end_time.has_value());
  EXPECT_EQ(submission.end_time->seconds, kEnd);
  EXPECT_EQ(submission.confidence, std::nullopt);
  EXPECT_EQ(submission.usage_before_wh, std::nullopt);
  EXPECT_FALSE(submission.non_persistent);
  EXPECT_TRUE(request.options.include_tariff);
  EXPECT_TRUE(request.options.include_carbon);
  EXPECT_FALSE(request.options.include_breakdown);
  EXPECT_FALSE(request.options.non_persistent);
}

TEST(ParseCostsRequest, EveryField_IsRead) {
  const CostsRequest request = Parsed(
      R"({"device_id":"dev_1","direction":"EXPORT","tariff_rate":"LOCAL","measurand":"OFFERED","units":"KWH",)"
      R"("confidence":0.25,"value":1.5e3,"location_id":"l\u00f6c\ud83d\ude00","start_time":"1970-01-01T00:00:00.25Z",)"
      R"("end_time":"1970-01-01T01:00:01+01:00","non_persistent":true,"usage_before_wh":-1})");
  const calculator::Submission submission = request.submission();
  EXPECT_EQ(submission.location_id,
            "l\xC3\xB6"
            "c\xF0\x9F\x98\x80");
  EXPECT_EQ(submission.device_id, "dev_1");
  EXPECT_EQ(submission.direction, engine::Direction::kExport);
  EXPECT_EQ(submission.tariff_rate, engine::TariffRate::kLocal);
  EXPECT_EQ(submission.measurand, engine::Measurand::kOffered);
  EXPECT_EQ(submission.units, engine::Units::kKwh);
  EXPECT_EQ(submission.value, 1500);
  EXPECT_EQ(submission.confidence, 0.25);
  EXPECT_EQ(submission.usage_before_wh, -1);  // what a value may be is the calculator's to say
  EXPECT_TRUE(submission.non_persistent);
  EXPECT_EQ(submission.start_time->seconds, 0);
  EXPECT_EQ(submission.start_time->nanos, 250'000'000);
  EXPECT_EQ(submission.end_time->seconds, 1);
}

TEST(ParseCostsRequest, ValidButUnusual_IsAccepted) {
  for (const std::string& body : {
           BodyWith("colour", "\"red\""),
           BodyWith("nested", R"({"value":"x","value":[{"units":1}],"a":{"b":null}})"),
           BodyWith("list", R"([1,"x",{"units":5},[[]]])"),
           BodyWith("other", "12345678901234567890"),
           BodyWith("device_id", "null"),
           BodyWith("direction", "null"),
           BodyWith("confidence", "null"),
           BodyWith("non_persistent", "null"),
           BodyWith("value", "0.1000000000000000055511151231257827021181583404541015625"),
           BodyWith("value", "1e-999"),
           BodyWith("value", "-0"),
           BodyWith("location_id", "\"\""),
           " \t\r\n" + BodyWith("value", "1E+2") + "\n",
       }) {
    EXPECT_THAT(Faults(body), IsEmpty()) << body;
  }
  EXPECT_EQ(Parsed(BodyWith("value", "0.1000000000000000055511151231257827021181583404541015625")).value, 0.1);
}

TEST(ParseCostsRequest, OnlyMissingFields_AreLeftToTheCalculator) {
  for (const char* body : {"{}", R"({"value":null,"units":null})", R"({"location_id":"loc_1"})"}) {
    CostsRequest request;
    EXPECT_THAT(ParseCostsRequest(body, {}, &request), IsEmpty()) << body;
    EXPECT_FALSE(request.submission().value.has_value());
    EXPECT_FALSE(request.submission().start_time.has_value());
    EXPECT_EQ(request.submission().units, engine::Units::kUnspecified);
  }
}

TEST(ParseCostsRequest, OneBadField_IsTheOneViolation) {
  struct Case {
    const char* field;
    const char* value;
    const char* violation;
  };
  const char* const kString = "must be a JSON string";
  const char* const kNumber = "must be a JSON number, such as 20567, without quotes";
  const char* const kBoolean = "must be true or false, without quotes";
  const char* const kTime =
      "must be an RFC 3339 time with Z or an offset, such as 2022-02-01T10:30:00Z: it must begin YYYY-MM-DDThh:mm:ss";
  const char* const kSurrogate = "has half of a surrogate pair; write the character itself or both its \\u escapes";
  const Case cases[] = {
      {"location_id", "1", kString},
      {"location_id", "true", kString},
      {"location_id", "{}", kString},
      {"location_id", R"({"a":{"value":"x"}})", kString},
      {"location_id", "[[\"loc_1\"]]", kString},
      {"location_id", R"("\udc00x")", kSurrogate},
      {"device_id", "2.5", kString},
      {"session_reference_id", "[]", kString},
      {"record_reference_id", "false", kString},
      {"value", "\"20567\"", kNumber},
      {"value", "\"\"", kNumber},
      {"value", "\"NaN\"", kNumber},
      {"value", "true", kNumber},
      {"value", "[1]", kNumber},
      {"value", "1e308999", "is too large to be read; give a number of a sensible size"},
      {"value", "-1e309", "is too large to be read; give a number of a sensible size"},
      {"confidence", "\"1\"", kNumber},
      {"usage_before_wh", "{}", kNumber},
      {"units", "\"w\"", "must be one of W, KW, WH, KWH"},
      {"units", "\"\"", "must be one of W, KW, WH, KWH"},
      {"units", "3", kString},
      {"direction", "\"INBOUND\"", "must be one of IMPORT, EXPORT"},
      {"direction", "\"LOCAL\"", "must be one of IMPORT, EXPORT"},
      {"direction", "1", kString},
      {"tariff_rate", "\"UNSPECIFIED\"", "must be one of IMPORT, EXPORT, LOCAL"},
      {"measurand", "\"DELIVERED\"", "must be one of TRANSFERRED, OFFERED"},
      {"start_time", "1643711400", kString},
      {"start_time", "\"yesterday\"", kTime},
      {"end_time", "\"2016-12-31T23:59:60Z\"",
       "must be an RFC 3339 time with Z or an offset, such as 2022-02-01T10:30:00Z: leap seconds are not counted; give "
       "second 59 or the next minute"},
      {"non_persistent", "\"true\"", kBoolean},
      {"non_persistent", "1", kBoolean},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(Faults(BodyWith(c.field, c.value)), ElementsAre(std::string(c.field) + ": " + c.violation))
        << c.field << " = " << c.value;
  }
}

TEST(ParseCostsRequest, ManyFaults_AreAllTold) {
  EXPECT_THAT(
      Faults(R"({"value":"x","units":"MW","start_time":"now","confidence":[],"direction":null})",
             {{"include_tariff", "yes"}, {"include_carbon", "1"}}),
      ElementsAre("include_tariff: must be true or false in the query",
                  "include_carbon: must be true or false in the query",
                  "value: must be a JSON number, such as 20567, without quotes", "units: must be one of W, KW, WH, KWH",
                  "start_time: must be an RFC 3339 time with Z or an offset, such as 2022-02-01T10:30:00Z: it must "
                  "begin YYYY-MM-DDThh:mm:ss",
                  "confidence: must be a JSON number, such as 20567, without quotes",
                  "location_id: is required; add it to the body", "end_time: is required; add it to the body"));
}

TEST(ParseCostsRequest, RepeatedField_IsRefusedOnceByName) {
  EXPECT_THAT(Faults(BodyWith("value", R"(1,"value":2,"value":3)")),
              ElementsAre("value: is given twice; give it once"));
  EXPECT_THAT(Faults(BodyWith("value", R"(null,"v\u0061lue":2)")), ElementsAre("value: is given twice; give it once"));
  EXPECT_THAT(Faults(BodyWith("x", R"(1,"x":2)")), IsEmpty());
}

TEST(ParseCostsRequest, NotAnObjectOrNotJson_IsOneViolationOfTheBody) {
  for (const char* body : {"null", "1", "true", "\"text\"", "[]", R"([{"value":1,"units":"x"}])"}) {
    EXPECT_THAT(Faults(body), ElementsAre("body: must be a JSON object with the fields of a meter record")) << body;
  }
  for (const std::string& body : {std::string(),
                                  std::string(" "),
                                  std::string("{"),
                                  std::string("{\"value\":1"),
                                  std::string("{\"value\":}"),
                                  std::string("{\"value\":NaN}"),
                                  std::string("{\"value\":Infinity}"),
                                  std::string("{\"value\":01}"),
                                  std::string("{\"value\":1.}"),
                                  std::string("{\"value\":.5}"),
                                  std::string("{\"value\":+1}"),
                                  std::string("{'value':1}"),
                                  std::string("{\"value\":1,}"),
                                  std::string("{} {}"),
                                  std::string("{}x"),
                                  std::string("{}\0", 3),
                                  std::string("{\"device_id\":\"a\0b\"}", 19),
                                  std::string("{\"device_id\":\"\xFF\"}"),
                                  std::string("{\"device_id\":\"\xC0\x80\"}"),
                                  std::string("{\"device_id\":\"\xED\xB0\x80\"}"),
                                  std::string("{\"device_id\":\"\\ud800\"}"),
                                  std::string("{\"device_id\":\"a\nb\"}"),
                                  std::string("\xEF\xBB\xBF{}"),
                                  std::string("{/*c*/}"),
                                  std::string("{\"a\":1e400}")}) {
    const std::vector<std::string> faults = Faults(body);
    ASSERT_EQ(faults.size(), 1u) << body;
    EXPECT_EQ(faults[0].rfind("body: is not valid JSON: ", 0), 0u) << body << ": " << faults[0];
  }
}

TEST(ParseCostsRequest, DeepNesting_IsSafe) {
  const std::string deep(1'000'000, '[');
  EXPECT_EQ(Faults(deep).size(), 1u);
  std::string closed = "{\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_THAT(Faults(closed), IsEmpty());
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"value\":";
  EXPECT_EQ(Faults(objects).size(), 2u);  // value is an object; the body ends early
}

TEST(ParseCostsRequest, Query_SetsTheOptions) {
  const CostsRequest off =
      Parsed(kExample, {{"include_tariff", "false"}, {"include_carbon", "false"}, {"other", "x"}, {"other", "y"}});
  EXPECT_FALSE(off.options.include_tariff);
  EXPECT_FALSE(off.options.include_carbon);
  const CostsRequest on = Parsed(kExample, {{"include_tariff", "true"},
                                            {"include_carbon", "true"},
                                            {"non_persistent", "true"},
                                            {"include_breakdown", "true"}});
  EXPECT_TRUE(on.options.include_tariff);
  EXPECT_TRUE(on.options.include_carbon);
  EXPECT_TRUE(on.options.non_persistent);
  EXPECT_TRUE(on.options.include_breakdown);
}

TEST(ParseCostsRequest, BadQuery_IsRefused) {
  for (const char* value : {"", "TRUE", "True", "1", "0", "yes", " true", "null"}) {
    EXPECT_THAT(Faults(kExample, {{"include_breakdown", value}}),
                ElementsAre("include_breakdown: must be true or false in the query"))
        << value;
  }
  EXPECT_THAT(Faults(kExample, {{"non_persistent", "true"}, {"non_persistent", "true"}, {"non_persistent", "x"}}),
              ElementsAre("non_persistent: is given twice in the query; give it once"));
}

class RenderMeterRecordTest : public testing::Test {
 protected:
  RenderMeterRecordTest() {
    record_.id.bytes = {0x65, 0xe6, 0x41, 0xb5, 0x70, 0xb2, 0x90, 0x1d, 0x3a, 0x40, 0x19, 0x9d};
    record_.currency_code = "GBP";
    record_.interval = {engine::Instant::FromSeconds(kStart), engine::Instant::FromSeconds(kEnd)};
    record_.energy_wh = 10'284;
    record_.tariff = calculator::TariffFigure{928'372'000, 1000};
    record_.carbon = calculator::CarbonFigure{35'240, 800};
    context_.account_id = "acc_661677911f2197045e6cf1b1";
    context_.live_mode = true;
    context_.time_created = absl::FromUnixSeconds(1'643'711'580);
  }

  std::string Render(absl::string_view body) { return RenderMeterRecord(Parsed(body), record_, context_); }

  calculator::PricedRecord record_;
  AnswerContext context_;
};

TEST_F(RenderMeterRecordTest, DocumentationsExample_IsTheDocumentationsAnswer) {
  EXPECT_EQ(Render(kExample),
            R"({"id":"mre_65e641b570b2901d3a40199d","object":"meter_record","live_mode":true,"direction":"IMPORT",)"
            R"("tariff_rate":"IMPORT","currency_code":"GBP","energy_units":"WH","carbon_units":"gCO2eq",)"
            R"("request":{"location_id":"loc_641b90b758fb8e6293716e40","session_reference_id":"SESSION1234567890",)"
            R"("record_reference_id":"MET1234567890","direction":"IMPORT","tariff_rate":"IMPORT",)"
            R"("measurand":"TRANSFERRED","units":"W","confidence":1,"value":20567,)"
            R"("start_time":"2022-02-01T10:30:00Z","end_time":"2022-02-01T11:00:00Z","non_persistent":false},)"
            R"("data":{"start_time":"2022-02-01T10:30:00Z","end_time":"2022-02-01T11:00:00Z",)"
            R"("session_reference_id":"SESSION1234567890","record_reference_id":"MET1234567890",)"
            R"("energy":{"value":10284},"tariff":{"value":928.372,"confidence":1},)"
            R"("carbon":{"value":35.24,"confidence":0.8}},)"
            R"("time_created":"2022-02-01T10:33:00.000Z","account_id":"acc_661677911f2197045e6cf1b1"})");
}

TEST_F(RenderMeterRecordTest, Source_IsBehindAllElseWhereItIsSaid) {
  record_.source = calculator::Source::kUpstream;
  EXPECT_THAT(Render(kExample),
              testing::EndsWith(R"("account_id":"acc_661677911f2197045e6cf1b1","source":"UPSTREAM"})"));
  record_.source = calculator::Source::kComputed;
  record_.source_reason = "the upstream is away";
  EXPECT_THAT(Render(kExample), testing::EndsWith(R"(,"source":"COMPUTED","source_reason":"the upstream is away"})"));
}

TEST_F(RenderMeterRecordTest, WithoutFigures_LeavesThemOut) {
  record_.tariff.reset();
  record_.carbon.reset();
  record_.direction = engine::Direction::kExport;
  record_.tariff_rate = engine::TariffRate::kLocal;
  record_.confidence = 0.5;
  record_.non_persistent = true;
  context_.live_mode = false;
  EXPECT_EQ(Render(R"({"location_id":"loc_1","device_id":"dev_\"1","units":"KWH","value":10.2835,"confidence":0.5,)"
                   R"("start_time":"2022-02-01t10:30:00.5z","end_time":"2022-02-01T11:00:00Z","usage_before_wh":7.5})"),
            R"({"id":"mre_65e641b570b2901d3a40199d","object":"meter_record","live_mode":false,"direction":"EXPORT",)"
            R"("tariff_rate":"LOCAL","currency_code":"GBP","energy_units":"WH","carbon_units":"gCO2eq",)"
            R"("request":{"location_id":"loc_1","device_id":"dev_\"1","direction":"EXPORT","tariff_rate":"LOCAL",)"
            R"("measurand":"TRANSFERRED","units":"KWH","confidence":0.5,"value":10.2835,)"
            R"("start_time":"2022-02-01t10:30:00.5z","end_time":"2022-02-01T11:00:00Z","non_persistent":true,)"
            R"("usage_before_wh":7.5},)"
            R"("data":{"start_time":"2022-02-01T10:30:00Z","end_time":"2022-02-01T11:00:00Z",)"
            R"("energy":{"value":10284}},"time_created":"2022-02-01T10:33:00.000Z",)"
            R"("account_id":"acc_661677911f2197045e6cf1b1"})");
}

TEST_F(RenderMeterRecordTest, Times_AreInTheCallersOwnOffsets) {
  struct Case {
    const char* start;
    const char* end;
    const char* data;
  };
  const Case cases[] = {
      {"2022-02-01T11:30:00+01:00", "2022-02-01T12:00:00+01:00",
       R"("data":{"start_time":"2022-02-01T11:30:00+01:00","end_time":"2022-02-01T12:00:00+01:00",)"},
      {"2022-02-01T02:30:00-08:00", "2022-02-01T11:00:00Z",
       R"("data":{"start_time":"2022-02-01T02:30:00-08:00","end_time":"2022-02-01T11:00:00Z",)"},
      {"2022-02-01t10:30:00-00:00", "2022-02-02T00:45:00.000+13:45",
       R"("data":{"start_time":"2022-02-01T10:30:00-00:00","end_time":"2022-02-02T00:45:00+13:45",)"},
  };
  for (const Case& c : cases) {
    const std::string body = std::string(R"({"location_id":"l","units":"W","value":1,"start_time":")") + c.start +
                             R"(","end_time":")" + c.end + "\"}";
    const std::string json = Render(body);
    EXPECT_NE(json.find(c.data), std::string::npos) << json;
    EXPECT_NE(json.find(std::string(R"("start_time":")") + c.start + R"(","end_time":")" + c.end + R"(","non_p)"),
              std::string::npos)
        << json;
  }
  record_.interval.start.ns += 500'000'000;
  EXPECT_NE(Render(kExample).find(R"("data":{"start_time":"2022-02-01T10:30:00.500Z")"), std::string::npos);
}

TEST_F(RenderMeterRecordTest, Breakdown_HasEverySegment) {
  const engine::Instant middle = engine::Instant::FromSeconds(kStart + 600);
  calculator::Segment first;
  first.interval = {record_.interval.start, middle};
  first.energy_wh = 3428;
  first.rates = {{"tel_1", 0.0903, 1000}, {"tel_2", -0.5, 800}};
  first.cost = -1'400'020;
  first.intensity = 153.5;
  first.carbon = 526'001;
  calculator::Segment second;
  second.interval = {middle, record_.interval.end};
  second.energy_wh = 6856;
  record_.breakdown = {first, second};
  const std::string json =
      Render(R"({"location_id":"l","units":"W","value":20567,"start_time":"2022-02-01T11:30:00+01:00",)"
             R"("end_time":"2022-02-01T11:00:00Z"})");
  EXPECT_NE(json.find(R"(},"breakdown":[)"
                      R"({"start_time":"2022-02-01T11:30:00+01:00","end_time":"2022-02-01T11:40:00+01:00",)"
                      R"("energy":3428,"rates":[{"tariff_element_id":"tel_1","rate":0.0903,"confidence":1},)"
                      R"({"tariff_element_id":"tel_2","rate":-0.5,"confidence":0.8}],)"
                      R"("cost":-1.40002,"intensity":153.5,"carbon":526.001},)"
                      R"({"start_time":"2022-02-01T11:40:00+01:00","end_time":"2022-02-01T12:00:00+01:00",)"
                      R"("energy":6856}]},"time_created")"),
            std::string::npos)
      << json;
}

TEST_F(RenderMeterRecordTest, ExtremeFigures_StayExact) {
  record_.tariff->micros = engine::MoneyMicros{9'000'000'000'000'000'000} * 1000 + 1;
  record_.energy_wh = 8'784'000'000'000'000;
  const std::string json = Render(kExample);
  EXPECT_NE(json.find(R"("energy":{"value":8784000000000000},"tariff":{"value":9000000000000000.000001,)"),
            std::string::npos)
      << json;
}

}  // namespace
}  // namespace costs::rest
