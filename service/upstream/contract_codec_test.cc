#include "service/upstream/contract_codec.h"

#include <string>
#include <utility>

#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace costs::upstream {
namespace {

using Kind = UpstreamError::Kind;

const absl::Time kNow = absl::FromUnixSeconds(1'795'694'400);

engine::Instant At(absl::string_view text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return engine::Instant{absl::ToUnixNanos(time)};
}

// The documentation's request.
CostCall DocumentationCall() {
  CostCall call;
  call.account_id = "acc_661677911f2197045e6cf1b1";
  call.live_mode = true;
  call.location_id = "loc_641b90b758fb8e6293716e40";
  call.device_id = "dev_65e6d8334c8d715963d99db3";
  call.session_reference_id = "SESSION1234567890";
  call.record_reference_id = "MET1234567890";
  call.units = engine::Units::kW;
  call.value = 20567;
  call.interval = {At("2022-02-01T10:30:00Z"), At("2022-02-01T11:00:00Z")};
  call.authorization = "Bearer eyJ.a.b";
  return call;
}

// The documentation's answer.
constexpr char kAnswer[] = R"({
  "id": "mre_65e641b570b2901d3a40199d", "object": "meter_record", "live_mode": true,
  "direction": "IMPORT", "tariff_rate": "IMPORT", "currency_code": "GBP", "energy_units": "WH", "carbon_units": "gCO2eq",
  "request": {"location_id": "loc_641b90b758fb8e6293716e40", "device_id": "dev_65e6d8334c8d715963d99db3",
    "session_reference_id": "SESSION1234567890", "record_reference_id": "MET1234567890", "direction": "IMPORT",
    "tariff_rate": "IMPORT", "measurand": "TRANSFERRED", "units": "W", "confidence": 1, "value": 20567,
    "start_time": "2022-02-01T10:30:00Z", "end_time": "2022-02-01T11:00:00Z", "non_persistent": false},
  "data": {"start_time": "2022-02-01T10:30:00Z", "end_time": "2022-02-01T11:00:00Z",
    "session_reference_id": "SESSION1234567890", "record_reference_id": "MET1234567890",
    "energy": {"value": 10284}, "tariff": {"value": 928.372, "confidence": 1},
    "carbon": {"value": 35.24, "confidence": 0.8}},
  "time_created": "2022-02-01T10:33:00Z", "account_id": "acc_661677911f2197045e6cf1b1"})";

std::string Answer(const std::string& from = "", const std::string& to = "") {
  std::string answer = kAnswer;
  if (from.empty()) return answer;
  EXPECT_NE(answer.find(from), std::string::npos) << from;
  return absl::StrReplaceAll(answer, {{from, to}});
}

std::string AnodeAnswer() {
  return absl::StrReplaceAll(kAnswer, {{R"("direction": "IMPORT")", R"("energy_flow_direction": "INBOUND")"},
                                       {R"("tariff_rate")", R"("tariff_direction")"},
                                       {R"("measurand": "TRANSFERRED", )", ""}});
}

CostResult Decode(const CostCall& call, std::string body, Release release = Release::kZero, int status = 200) {
  return DecodeCost(call, release, {status, "", std::move(body)}, kNow);
}

TEST(EncodeCost, Zero_IsTheDocumentationsRequest) {
  const HttpRequest request = EncodeCost(DocumentationCall(), Release::kZero);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/costs/instant?non_persistent=false&include_tariff=true&include_carbon=true");
  const std::vector<std::string> headers = {"Content-Type: application/json", "Accept: application/json",
                                            "Flatpeak-Version: 2024-08-24.zero", "Authorization: Bearer eyJ.a.b"};
  EXPECT_EQ(request.headers, headers);
  EXPECT_EQ(request.body,
            R"({"location_id":"loc_641b90b758fb8e6293716e40","device_id":"dev_65e6d8334c8d715963d99db3",)"
            R"("session_reference_id":"SESSION1234567890","record_reference_id":"MET1234567890","direction":"IMPORT",)"
            R"("tariff_rate":"IMPORT","units":"W","value":20567,"confidence":1,"start_time":"2022-02-01T10:30:00Z",)"
            R"("end_time":"2022-02-01T11:00:00Z"})");
}

TEST(EncodeCost, Anode_HasItsOwnNames) {
  CostCall call = DocumentationCall();
  call.direction = engine::Direction::kExport;
  call.tariff_rate = engine::TariffRate::kLocal;
  call.device_id.clear();
  call.session_reference_id.clear();
  call.record_reference_id = "a \"quoted\" \n name";
  call.authorization.clear();
  call.non_persistent = true;
  call.include_carbon = false;
  call.value = 0.1;
  call.interval.start.ns += 500'000'000;
  const HttpRequest request = EncodeCost(call, Release::kAnode);
  EXPECT_EQ(request.target, "/costs/instant?non_persistent=true");
  const std::vector<std::string> headers = {"Content-Type: application/json", "Accept: application/json",
                                            "Flatpeak-Version: 2025-09-14.anode"};
  EXPECT_EQ(request.headers, headers);
  EXPECT_EQ(request.body,
            R"({"location_id":"loc_641b90b758fb8e6293716e40","record_reference_id":"a \"quoted\" \n name",)"
            R"("energy_flow_direction":"OUTBOUND","tariff_direction":"LOCAL","units":"W","value":0.1,"confidence":1,)"
            R"("start_time":"2022-02-01T10:30:00.5Z","end_time":"2022-02-01T11:00:00Z"})");
}

TEST(DecodeCost, DocumentationsAnswer_IsReadExactly) {
  for (const auto& [release, body] : {std::pair{Release::kZero, Answer()}, {Release::kAnode, AnodeAnswer()}}) {
    const CostResult result = Decode(DocumentationCall(), body, release);
    const auto* cost = std::get_if<UpstreamCost>(&result);
    ASSERT_NE(cost, nullptr) << std::get<UpstreamError>(result).failure.message;
    EXPECT_EQ(cost->id, "mre_65e641b570b2901d3a40199d");
    EXPECT_EQ(cost->currency_code, "GBP");
    EXPECT_EQ(cost->energy_wh, 10284);
    ASSERT_TRUE(cost->tariff && cost->carbon);
    EXPECT_TRUE(cost->tariff->micros == 928'372'000);
    EXPECT_EQ(cost->tariff->confidence, 1000);
    EXPECT_TRUE(cost->carbon->milligrams == 35'240);
    EXPECT_EQ(cost->carbon->confidence, 800);
    EXPECT_EQ(absl::FormatTime(cost->time_created, absl::UTCTimeZone()), "2022-02-01T10:33:00+00:00");
  }
}

TEST(DecodeCost, TheOtherReleasesAnswer_IsABadOne) {
  EXPECT_TRUE(std::holds_alternative<UpstreamError>(Decode(DocumentationCall(), AnodeAnswer(), Release::kZero)));
  EXPECT_TRUE(std::holds_alternative<UpstreamError>(Decode(DocumentationCall(), Answer(), Release::kAnode)));
}

TEST(DecodeCost, FiguresNotAskedFor_AreLeftOut) {
  CostCall call = DocumentationCall();
  call.include_tariff = call.include_carbon = false;
  const CostResult result = Decode(call, AnodeAnswer(), Release::kAnode);
  const auto* cost = std::get_if<UpstreamCost>(&result);
  ASSERT_NE(cost, nullptr);
  EXPECT_FALSE(cost->tariff.has_value());
  EXPECT_FALSE(cost->carbon.has_value());
}

TEST(DecodeCost, WithoutCarbonData_HasNoCarbon) {
  const CostResult result =
      Decode(DocumentationCall(), Answer(",\n    \"carbon\": {\"value\": 35.24, \"confidence\": 0.8}", ""));
  const auto* cost = std::get_if<UpstreamCost>(&result);
  ASSERT_NE(cost, nullptr);
  EXPECT_FALSE(cost->carbon.has_value());
}

TEST(DecodeCost, UnknownFieldsOtherOffsetsAndUnzonedTimes_AreTaken) {
  for (const auto& [from, to] : {std::pair{R"("object")", R"("source": {"a": [1, {"b": null}]}, "object")"},
                                 {R"("energy": {)", R"("segments": [{"energy": {"value": 1}}], "energy": {)"},
                                 {"T10:33:00Z", "T10:33:00.003"},
                                 {"2022-02-01T10:30:00Z", "2022-02-01T12:30:00.000+02:00"},
                                 {"10284", "10283"},
                                 {"928.372", "9.28372e2"}}) {
    const CostResult result = Decode(DocumentationCall(), Answer(from, to));
    EXPECT_TRUE(std::holds_alternative<UpstreamCost>(result)) << from << " " << to;
  }
}

TEST(DecodeCost, WhatIsNotTheContracts_IsABadAnswerThatMayHaveActed) {
  for (const auto& [from, to] : {
           std::pair<std::string, std::string>{R"("object": "meter_record")", R"("object": "error")"},
           {R"("object": "meter_record",)", ""},
           {"mre_65e641b570b2901d3a40199d", "mre_65e641b570b2901d3a40199"},
           {"mre_65e641b570b2901d3a40199d", "loc_65e641b570b2901d3a40199d"},
           {"mre_65e641b570b2901d3a40199d", "mre_65e641b570b2901d3a40199z"},
           {R"("live_mode": true,)", ""},
           {R"("live_mode": true)", R"("live_mode": "true")"},
           {R"("live_mode": true)", R"("live_mode": false)"},
           {"GBP", "GB"},
           {"GBP", "gbp"},
           {R"("WH")", R"("KWH")"},
           {"gCO2eq", "kgCO2eq"},
           {R"("direction": "IMPORT")", R"("direction": "EXPORT")"},
           {R"("tariff_rate": "IMPORT")", R"("tariff_rate": "LOCAL")"},
           {R"("location_id": "loc_641b90b758fb8e6293716e40")", R"("location_id": "loc_other")"},
           {R"("device_id": "dev_65e6d8334c8d715963d99db3")", R"("device_id": "dev_other")"},
           {R"("record_reference_id": "MET1234567890")", R"("record_reference_id": "MET1")"},
           {R"("session_reference_id": "SESSION1234567890")", R"("session_reference_id": 7)"},
           {R"("non_persistent": false)", R"("non_persistent": true)"},
           {"2022-02-01T11:00:00Z", "2022-02-01T11:00:01Z"},
           {"2022-02-01T11:00:00Z", "later"},
           {"10284", "10286"},
           {"10284", "\"10284\""},
           {R"("energy": {"value": 10284},)", ""},
           {R"("tariff": {"value": 928.372, "confidence": 1},)", ""},
           {R"("tariff": {"value": 928.372, "confidence": 1},)", R"("tariff": null,)"},
           {R"("value": 928.372, )", ""},
           {"928.372", "\"928.372\""},
           {"928.372", "1e40"},
           {R"("confidence": 1})", R"("confidence": 1.2})"},
           {R"("confidence": 0.8)", R"("confidence": -0.8)"},
           {R"("value": 35.24, "confidence": 0.8)", R"("value": 35.24)"},
           {R"("time_created": "2022-02-01T10:33:00Z",)", ""},
           {R"("currency_code": "GBP",)", R"("currency_code": "GBP", "currency_code": "EUR",)"},
       }) {
    const CostResult result = Decode(DocumentationCall(), Answer(from, to));
    const auto* error = std::get_if<UpstreamError>(&result);
    ASSERT_NE(error, nullptr) << from << " -> " << to;
    EXPECT_EQ(error->kind, Kind::kBadAnswer) << from << " -> " << to;
    EXPECT_TRUE(error->may_have_acted);
    EXPECT_EQ(error->failure.reason, "UPSTREAM_BAD_ANSWER");
    EXPECT_EQ(error->http_status, 200);
  }
}

TEST(DecodeCost, EveryTruncation_IsABadAnswer) {
  const std::string whole = Answer();
  for (size_t size = 0; size < whole.size(); ++size) {
    const CostResult result = Decode(DocumentationCall(), whole.substr(0, size));
    const auto* error = std::get_if<UpstreamError>(&result);
    ASSERT_NE(error, nullptr) << size;
    EXPECT_EQ(error->kind, Kind::kBadAnswer) << size;
  }
}

TEST(DecodeCost, Refusal_IsOne) {
  const CostResult result = Decode(
      DocumentationCall(), R"({"object":"error","code":"no_price_data","message":"a gap"})", Release::kZero, 422);
  EXPECT_EQ(std::get<UpstreamError>(result).failure.reason, "NO_PRICE_DATA");
}

TEST(Login, Request_HasTheKeyAsBasicCredentials) {
  const HttpRequest request = EncodeLogin("acc_1", "sk_test_2", Release::kZero);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/login");
  EXPECT_EQ(request.headers.back(), "Authorization: Basic YWNjXzE6c2tfdGVzdF8y");
}

TEST(Login, Answer_IsRead) {
  const LoginApi::Result result =
      DecodeLogin({200, "", R"({"bearer_token":"eyJ.a.b","expires_in":3600,"live_mode":true})"}, kNow);
  const auto& login = std::get<LoginAnswer>(result);
  EXPECT_EQ(login.bearer_token, "eyJ.a.b");
  EXPECT_EQ(login.expires_in, absl::Hours(1));
  EXPECT_TRUE(login.live_mode);
}

TEST(Login, AnswerThatIsNotTheContracts_IsABadOne) {
  for (const char* body :
       {"", "<html>", "{}", R"({"bearer_token":"","expires_in":3600,"live_mode":true})",
        R"({"bearer_token":"a\r\nX: y","expires_in":3600,"live_mode":true})",
        R"({"bearer_token":"a","expires_in":0,"live_mode":true})",
        R"({"bearer_token":"a","expires_in":"3600","live_mode":true})", R"({"bearer_token":"a","expires_in":3600})"}) {
    const LoginApi::Result result = DecodeLogin({200, "", body}, kNow);
    const auto* error = std::get_if<UpstreamError>(&result);
    ASSERT_NE(error, nullptr) << body;
    EXPECT_EQ(error->kind, Kind::kBadAnswer) << body;
  }
}

TEST(Login, WrongKey_IsBadCredentials) {
  const LoginApi::Result result = DecodeLogin({403, "", R"({"message":"Bad credentials"})"}, kNow);
  EXPECT_EQ(std::get<UpstreamError>(result).kind, Kind::kBadCredentials);
}

}  // namespace
}  // namespace costs::upstream
