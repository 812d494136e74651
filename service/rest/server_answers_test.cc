// What the REST server answers: bodies, statuses, headers.
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/rest/testing/raw_client.h"
#include "service/rest/testing/server_fixture.h"

namespace costs::rest {
namespace {

using ::testing::HasSubstr;

using AnswersTest = ServerTest;

TEST_F(AnswersTest, CostsInstant_AnswersTheRecord) {
  Start();
  const RawResponse response =
      Ask(Post(Body("loc_1"), "/costs/instant?include_carbon=false", "Authorization: Bearer abc\r\n"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("content-type"), "application/json");
  EXPECT_EQ(response.header("date"), "Tue, 01 Feb 2022 10:33:00 GMT");
  EXPECT_EQ(response.header("cache-control"), "no-store");
  EXPECT_EQ(response.body,
            R"({"id":"mre_000000000000000000000000","object":"meter_record","live_mode":false,"direction":"IMPORT",)"
            R"("tariff_rate":"IMPORT","currency_code":"GBP","energy_units":"WH","carbon_units":"gCO2eq",)"
            R"("request":{"location_id":"loc_1","direction":"IMPORT","tariff_rate":"IMPORT",)"
            R"("measurand":"TRANSFERRED","units":"WH","confidence":1,"value":10284,)"
            R"("start_time":"2022-02-01T10:30:00Z","end_time":"2022-02-01T11:00:00Z","non_persistent":false},)"
            R"("data":{"start_time":"2022-02-01T10:30:00Z","end_time":"2022-02-01T11:00:00Z",)"
            R"("energy":{"value":10284},"tariff":{"value":928.372,"confidence":1}},)"
            R"("time_created":"2022-02-01T10:33:00.000Z","account_id":"acc_1"})");
}

TEST_F(AnswersTest, Failures_HaveTheirStatusAndBody) {
  Start();
  struct Case {
    const char* location_id;
    int status;
    const char* type_and_code;
    const char* message;
    const char* retry_after;
  };
  const Case cases[] = {
      {"INVALID_FIELD", 400, R"("type":"invalid_request","code":"invalid_request")", "value: is bad; units: are bad",
       ""},
      {"LOCATION_NOT_FOUND", 404, R"("type":"invalid_request","code":"location_not_found")", "the text", ""},
      {"NO_TARIFF_CONNECTED", 422, R"("type":"invalid_request","code":"no_tariff_connected")", "the text", ""},
      {"NO_PRICE_DATA", 422, R"("type":"invalid_request","code":"no_price_data")", "the text", ""},
      {"RATE_LIMITED", 429, R"("type":"rate_limit","code":"rate_limit")", "the text", "3"},
      {"CANCELLED", 499, R"("type":"invalid_request","code":"cancelled")", "", ""},
      {"SECRET", 500, R"("type":"api_error","code":"internal_error")", "", ""},
      {"UPSTREAM_UNAVAILABLE", 502, R"("type":"api_error","code":"upstream_unavailable")", "the text", ""},
      {"OVERLOADED", 503, R"("type":"api_error","code":"overloaded")", "the text", "1"},
      {"DEADLINE_EXCEEDED", 504, R"("type":"api_error","code":"deadline_exceeded")", "", ""},
      {"UPSTREAM_TIMEOUT", 504, R"("type":"api_error","code":"upstream_timeout")", "the text", ""},
  };
  RawClient client(port_);  // one connection: a refusal does not end it
  for (const Case& c : cases) {
    ASSERT_TRUE(client.Send(Post(Body(c.location_id))));
    const std::optional<RawResponse> response = client.Read();
    ASSERT_TRUE(response.has_value()) << c.location_id;
    EXPECT_EQ(response->status, c.status) << c.location_id;
    EXPECT_EQ(response->header("retry-after"), c.retry_after) << c.location_id;
    EXPECT_THAT(response->body,
                HasSubstr(absl::StrCat(R"({"object":"error","live_mode":false,"context":"api.costs_instant",)",
                                       c.type_and_code, R"(,"message":")", c.message)));
    EXPECT_THAT(response->body, HasSubstr(R"("time_created":"2022-02-01T10:33:00.123Z"})"));
    EXPECT_THAT(response->body, Not(HasSubstr("SECRET")));
  }
  const std::lock_guard<std::mutex> lock(log_mutex_);
  EXPECT_THAT(log_, HasSubstr("the text of SECRET"));
}

TEST_F(AnswersTest, SyntaxFaults_AreAllTold) {
  Start();
  const RawResponse response = Ask(Post(R"({"value":"5","units":"J"})", "/costs/instant?include_tariff=maybe&x=1&x=2"));
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("include_tariff: must be true or false in the query; value: must be"));
  EXPECT_THAT(response.body, HasSubstr("units: must be one of W, KW, WH, KWH; location_id: is required"));
  EXPECT_EQ(Ask(Post("")).status, 400);
  EXPECT_EQ(Ask(Post("{}", "/costs/instant?include_tariff=true&include_tariff=true")).status, 400);
  EXPECT_EQ(calculator_.calls.load(), 0);
}

TEST_F(AnswersTest, ProtocolFaults_HaveTheirStatus) {
  Start();
  const std::string good = Body("loc_1");
  struct Case {
    std::string request;
    int status;
    const char* context;
    const char* code;
  };
  const Case cases[] = {
      {Get("/"), 404, "api", "not_found"},
      {Post(good, "/costs"), 404, "api", "not_found"},
      {Post(good, "/costs/instant/"), 404, "api", "not_found"},
      {Post(good, "/costs%2Finstant"), 404, "api", "not_found"},
      {Post(good, "/Costs/Instant"), 404, "api", "not_found"},
      {Get("/costs/instant"), 405, "api.costs_instant", "method_not_allowed"},
      {Get("/costs/instant", "BREW"), 405, "api.costs_instant", "method_not_allowed"},
      {Post(good, "/healthz"), 405, "api", "method_not_allowed"},
      {Post(good, "/costs/instant?a=%zz"), 400, "api", "malformed_request"},
      {Post(good, "/costs/instant", "Content-Encoding: gzip\r\n"), 415, "api.costs_instant", "unsupported_media_type"},
      {"POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415,
       "api.costs_instant", "unsupported_media_type"},
      {"POST /costs/instant HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 400, "api.costs_instant", "malformed_request"},
      {"POST /costs/instant HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}", 400, "api.costs_instant",
       "malformed_request"},
      {"POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400,
       "api.costs_instant", "malformed_request"},
      {"POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: -2\r\n\r\n{}", 400, "api.costs_instant",
       "malformed_request"},
      {"POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400, "api.costs_instant", "malformed_request"},
      {"POST /costs/instant HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
       "api.costs_instant", "not_implemented"},
      {"POST /costs/instant HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nxyz", 501, "api.costs_instant",
       "not_implemented"},
      {"POST /costs/instant HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "api.costs_instant",
       "malformed_request"},
      {absl::StrCat("GET /healthz HTTP/1.1\r\nHost: a\r\nX: ", std::string(9000, 'x'), "\r\n\r\n"), 431, "api",
       "header_too_large"},
      {absl::StrCat("GET /healthz?", std::string(9000, 'x'), " HTTP/1.1\r\nHost: a\r\n\r\n"), 431, "api",
       "header_too_large"},
  };
  for (const Case& c : cases) {
    const RawResponse response = Ask(c.request);
    EXPECT_EQ(response.status, c.status) << c.request.substr(0, 200) << response.body;
    EXPECT_THAT(response.body, HasSubstr(absl::StrCat(R"("context":")", c.context, "\""))) << c.request.substr(0, 200);
    EXPECT_THAT(response.body, HasSubstr(absl::StrCat(R"("code":")", c.code, "\""))) << c.request.substr(0, 200);
    EXPECT_FALSE(response.header("x-request-id").empty());
  }
  EXPECT_EQ(Ask(Get("/costs/instant")).header("allow"), "POST");
  EXPECT_EQ(Ask(Get("/healthz", "DELETE")).header("allow"), "GET, HEAD");
  EXPECT_EQ(calculator_.calls.load(), 0);
}

TEST_F(AnswersTest, ContentType_JsonWithParametersOrNoneIsAccepted) {
  Start();
  const std::string body = Body("loc_1");
  for (const char* field : {"", "Content-Type: application/json; charset=utf-8\r\n",
                            "Content-Type: APPLICATION/JSON\r\n", "Content-Type: application/json ;x=y\r\n"}) {
    EXPECT_EQ(Ask(absl::StrCat("POST /costs/instant HTTP/1.1\r\nHost: a\r\n", field, "Content-Length: ", body.size(),
                               "\r\n\r\n", body))
                  .status,
              200)
        << field;
  }
}

TEST_F(AnswersTest, Health_SaysWhatTheCallbackSays) {
  Start();
  RawResponse response = Ask(Get("/healthz"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"SERVING"})");
  serving_.store(false);
  response = Ask(Get("/healthz?verbose"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"status":"NOT_SERVING"})");
}

TEST_F(AnswersTest, Head_AnswersTheHeaderOnly) {
  Start();
  RawClient client(port_);
  client.Send(Get("/healthz", "HEAD") + Get("/costs/instant", "HEAD") + Get("/healthz"));
  std::optional<RawResponse> response = client.Read(/*head=*/true);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("content-length"), "20");
  response = client.Read(/*head=*/true);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 405);
  response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, R"({"status":"SERVING"})");
}

TEST_F(AnswersTest, RequestId_IsEchoedOrMade) {
  Start();
  const auto id_for = [this](const std::string& given) {
    return Ask(absl::StrCat("GET /healthz HTTP/1.1\r\nHost: a\r\nX-Request-Id: ", given, "\r\n\r\n"))
        .header("x-request-id");
  };
  EXPECT_EQ(id_for("abc-123!~"), "abc-123!~");
  EXPECT_EQ(id_for(std::string(128, 'a')), std::string(128, 'a'));
  std::vector<std::string> made = {id_for(std::string(129, 'a')), id_for("a b"), id_for("\xC3\xA9"), id_for("")};
  for (const std::string& id : made) EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{16}-[0-9a-f]{8}"));
  std::sort(made.begin(), made.end());
  EXPECT_EQ(std::unique(made.begin(), made.end()), made.end());
}

}  // namespace
}  // namespace costs::rest
