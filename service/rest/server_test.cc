#include "service/rest/server.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/rest/raw_client.h"

namespace costs::rest {
namespace {

using ::testing::HasSubstr;

// Answers a record's value as its energy. A location_id such as "NO_PRICE_DATA"
// is answered with the failure of that reason; one that begins with "hold" waits
// for the test.
class FakeCalculator : public calculator::Calculator {
 public:
  struct Held {
    calculator::Batch* batch = nullptr;
    std::function<void()> done;
    std::function<bool()> cancelled;
  };

  void Calculate(calculator::Batch* batch, std::function<void()> done) override {
    calls.fetch_add(1);
    if (absl::StartsWith(batch->submissions[0].location_id, "hold")) {
      const std::lock_guard<std::mutex> lock(mutex_);
      held_.push_back({batch, std::move(done), batch->caller.cancelled});
      arrived_.notify_all();
      return;
    }
    Fill(batch);
    done();
  }

  // The next held calculation; the caller answers it.
  Held Take() {
    std::unique_lock<std::mutex> lock(mutex_);
    arrived_.wait(lock, [this] { return !held_.empty(); });
    Held held = std::move(held_.front());
    held_.pop_front();
    return held;
  }

  static void Release(const Held& held) {
    Fill(held.batch);
    held.done();
  }

  std::atomic<int> calls{0};

 private:
  static void Fill(calculator::Batch* batch) {
    const calculator::Submission& submission = batch->submissions[0];
    calculator::Outcome& outcome = batch->outcomes[0];
    batch->time_created = absl::FromUnixSeconds(1'643'711'580);
    const std::pair<const char*, absl::StatusCode> failures[] = {
        {"INVALID_FIELD", absl::StatusCode::kInvalidArgument},
        {"LOCATION_NOT_FOUND", absl::StatusCode::kNotFound},
        {"NO_TARIFF_CONNECTED", absl::StatusCode::kFailedPrecondition},
        {"NO_PRICE_DATA", absl::StatusCode::kFailedPrecondition},
        {"RATE_LIMITED", absl::StatusCode::kResourceExhausted},
        {"OVERLOADED", absl::StatusCode::kUnavailable},
        {"UPSTREAM_UNAVAILABLE", absl::StatusCode::kUnavailable},
        {"UPSTREAM_TIMEOUT", absl::StatusCode::kDeadlineExceeded},
        {"CANCELLED", absl::StatusCode::kCancelled},
        {"DEADLINE_EXCEEDED", absl::StatusCode::kDeadlineExceeded},
        {"SECRET", absl::StatusCode::kInternal},
    };
    for (const auto& [reason, code] : failures) {
      if (submission.location_id != reason) continue;
      auto failure = std::make_unique<calculator::Failure>();
      failure->code = code;
      failure->reason = reason;
      failure->message = absl::StrCat("the text of ", reason);
      if (code == absl::StatusCode::kInvalidArgument) failure->violations = {{"value", "is bad"}, {"units", "are bad"}};
      if (code == absl::StatusCode::kResourceExhausted) failure->retry_after = absl::Milliseconds(2500);
      outcome.failure = std::move(failure);
      return;
    }
    outcome.record.currency_code = "GBP";
    outcome.record.energy_wh = static_cast<int64_t>(submission.value.value_or(0));
    outcome.record.interval = {engine::Instant::FromSeconds(submission.start_time->seconds),
                               engine::Instant::FromSeconds(submission.end_time->seconds)};
    if (batch->options.include_tariff) outcome.record.tariff = calculator::TariffFigure{928'372'000, 1000};
    if (batch->options.include_carbon) outcome.record.carbon = calculator::CarbonFigure{35'240, 800};
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Held> held_;
};

std::string Body(absl::string_view location_id, int value = 10284) {
  return absl::StrFormat(R"({"location_id":"%s","units":"WH","value":%d,"start_time":"2022-02-01T10:30:00Z",)"
                         R"("end_time":"2022-02-01T11:00:00Z"})",
                         location_id, value);
}

std::string Post(absl::string_view body, absl::string_view target = "/costs/instant", absl::string_view fields = "") {
  return absl::StrCat("POST ", target, " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n", fields,
                      "Content-Length: ", body.size(), "\r\n\r\n", body);
}

std::string Get(absl::string_view target, absl::string_view method = "GET") {
  return absl::StrCat(method, " ", target, " HTTP/1.1\r\nHost: test\r\n\r\n");
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options_.calculator = &calculator_;
    options_.account_id = "acc_1";
    options_.clock = [] { return absl::FromUnixMillis(1'643'711'580'123); };
    options_.serving = [this] { return serving_.load(); };
    options_.log = [this](absl::string_view line) {
      const std::lock_guard<std::mutex> lock(log_mutex_);
      absl::StrAppend(&log_, line, "\n");
    };
    options_.limits.linger = absl::Milliseconds(200);
  }

  void Start() {
    server_ = std::make_unique<Server>(options_);
    const absl::StatusOr<uint16_t> port = server_->Start();
    ASSERT_TRUE(port.ok()) << port.status();
    port_ = *port;
  }

  // The answer to one request on a connection of its own.
  RawResponse Ask(absl::string_view request, bool head = false) {
    RawClient client(port_);
    EXPECT_TRUE(client.connected());
    client.Send(request);
    std::optional<RawResponse> response = client.Read(head);
    if (response.has_value()) return *std::move(response);
    ADD_FAILURE() << "no answer to " << request.substr(0, 200);
    return RawResponse();
  }

  void ExpectServing() { EXPECT_EQ(Ask(Post(Body("loc_1"))).status, 200); }

  FakeCalculator calculator_;
  std::atomic<bool> serving_{true};
  std::mutex log_mutex_;
  std::string log_;
  ServerOptions options_;
  uint16_t port_ = 0;
  std::unique_ptr<Server> server_;  // last, and so first to go
};

// ---- answers ------------------------------------------------------------------

TEST_F(ServerTest, CostsInstant_AnswersTheRecord) {
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

TEST_F(ServerTest, Failures_HaveTheirStatusAndBody) {
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

TEST_F(ServerTest, SyntaxFaults_AreAllTold) {
  Start();
  const RawResponse response = Ask(Post(R"({"value":"5","units":"J"})", "/costs/instant?include_tariff=maybe&x=1&x=2"));
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("include_tariff: must be true or false in the query; value: must be"));
  EXPECT_THAT(response.body, HasSubstr("units: must be one of W, KW, WH, KWH; location_id: is required"));
  EXPECT_EQ(Ask(Post("")).status, 400);
  EXPECT_EQ(Ask(Post("{}", "/costs/instant?include_tariff=true&include_tariff=true")).status, 400);
  EXPECT_EQ(calculator_.calls.load(), 0);
}

TEST_F(ServerTest, ProtocolFaults_HaveTheirStatus) {
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

TEST_F(ServerTest, ContentType_JsonWithParametersOrNoneIsAccepted) {
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

TEST_F(ServerTest, Health_SaysWhatTheCallbackSays) {
  Start();
  RawResponse response = Ask(Get("/healthz"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"SERVING"})");
  serving_.store(false);
  response = Ask(Get("/healthz?verbose"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"status":"NOT_SERVING"})");
}

TEST_F(ServerTest, Head_AnswersTheHeaderOnly) {
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

TEST_F(ServerTest, RequestId_IsEchoedOrMade) {
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

// ---- connections --------------------------------------------------------------

TEST_F(ServerTest, KeepAlive_FollowsTheVersionAndTheClient) {
  Start();
  struct Case {
    const char* request;
    bool stays;
  };
  const Case cases[] = {
      {"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
      {"GET /healthz HTTP/1.0\r\n\r\n", false},
      {"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
  };
  for (const Case& c : cases) {
    RawClient client(port_);
    client.Send(c.request);
    ASSERT_TRUE(client.Read().has_value()) << c.request;
    if (c.stays) {
      client.Send(c.request);
      EXPECT_TRUE(client.Read().has_value()) << c.request;
    } else {
      EXPECT_TRUE(client.AtEnd()) << c.request;
    }
  }
}

TEST_F(ServerTest, Pipelining_AnswersInOrder) {
  Start();
  RawClient client(port_);
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += Post(Body("loc_1", i));
  std::thread sender([&] { client.Send(requests); });
  for (int i = 0; i < 200; ++i) {
    const std::optional<RawResponse> response = client.Read();
    ASSERT_TRUE(response.has_value()) << i;
    EXPECT_THAT(response->body, HasSubstr(absl::StrCat(R"("energy":{"value":)", i, "}")));
  }
  sender.join();
}

TEST_F(ServerTest, PipeliningDuringACalculation_AnswersInOrder) {
  Start();
  RawClient client(port_);
  // More than the server reads ahead.
  std::string requests = Post(Body("hold", 1)) + Post(Body("hold", 2));
  for (int i = 3; i < 200; ++i) requests += Post(Body("loc_1", i));
  client.Send(requests);
  FakeCalculator::Release(calculator_.Take());
  FakeCalculator::Release(calculator_.Take());
  for (int i = 1; i < 200; ++i) {
    const std::optional<RawResponse> response = client.Read();
    ASSERT_TRUE(response.has_value()) << i;
    EXPECT_THAT(response->body, HasSubstr(absl::StrCat(R"("energy":{"value":)", i, "}")));
  }
}

TEST_F(ServerTest, ChunkedBody_IsRead) {
  Start();
  const std::string body = Body("loc_1", 77);
  RawClient client(port_);
  client.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char c : body) client.Send(absl::StrCat("1;ext=1\r\n", std::string(1, c), "\r\n"));
  client.Send("0\r\nTrailer: x\r\n\r\n" + Get("/healthz"));
  std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_THAT(response->body, HasSubstr(R"("energy":{"value":77})"));
  EXPECT_TRUE(client.Read().has_value());
}

TEST_F(ServerTest, BodyOverTheLimit_IsRefusedBeforeItIsRead) {
  options_.limits.body_bytes = 1000;
  Start();
  RawClient announced(port_);
  announced.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
  std::optional<RawResponse> response = announced.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 413);
  EXPECT_THAT(response->body, HasSubstr("1000 bytes"));
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_TRUE(announced.AtEnd());

  // A client who sends all the same can still read the answer.
  const RawResponse sent = Ask(Post(std::string(200'000, ' ')));
  EXPECT_EQ(sent.status, 413);

  RawClient chunked(port_);
  chunked.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  chunked.Send(absl::StrCat("258\r\n", std::string(600, ' '), "\r\n258\r\n", std::string(600, ' '), "\r\n0\r\n\r\n"));
  response = chunked.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 413);

  std::string exact = Body("loc_1");
  exact.resize(1000, ' ');
  EXPECT_EQ(Ask(Post(exact)).status, 200);
}

TEST_F(ServerTest, ExpectContinue_IsAnsweredBeforeTheBody) {
  Start();
  const std::string body = Body("loc_1");
  const auto header = [](absl::string_view target, size_t length) {
    return absl::StrCat("POST ", target, " HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: ", length,
                        "\r\n\r\n");
  };
  RawClient client(port_);
  client.Send(header("/costs/instant", body.size()));
  std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 100);
  client.Send(body);
  response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);

  for (const auto& [request, status] :
       {std::make_pair(header("/nothing", 10), 404), std::make_pair(header("/costs/instant", 1'000'000), 413)}) {
    RawClient refused(port_);
    refused.Send(request);
    response = refused.Read();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, status);
    EXPECT_TRUE(refused.AtEnd());
  }
}

TEST_F(ServerTest, SlowClients_AreCutOffWhileOthersAreServed) {
  options_.limits.header = absl::Milliseconds(200);
  options_.limits.body = absl::Milliseconds(200);
  options_.limits.idle = absl::Milliseconds(200);
  Start();
  RawClient silent(port_);
  RawClient slow_header(port_);
  slow_header.Send("POST /costs/instant HTTP/1.1\r\nHo");
  RawClient slow_body(port_);
  slow_body.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"val");
  RawClient slow_expect(port_);
  slow_expect.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  RawClient idle(port_);
  idle.Send(Get("/healthz"));

  ExpectServing();
  EXPECT_TRUE(silent.AtEnd());
  EXPECT_EQ(slow_expect.Read()->status, 100);
  for (RawClient* client : {&slow_header, &slow_body, &slow_expect}) {
    const std::optional<RawResponse> response = client->Read();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, 408);
    EXPECT_EQ(response->header("connection"), "close");
    EXPECT_TRUE(client->AtEnd());
  }
  EXPECT_EQ(idle.Read()->status, 200);
  EXPECT_TRUE(idle.AtEnd());
  ExpectServing();
}

TEST_F(ServerTest, TricklingClient_GainsNothing) {
  options_.limits.header = absl::Milliseconds(300);
  Start();
  RawClient client(port_);
  // Ends only because the server cuts it off.
  while (client.Send("X")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ExpectServing();
}

TEST_F(ServerTest, ClientWhoDoesNotRead_IsCutOff) {
  options_.limits.write = absl::Milliseconds(300);
  Start();
  RawClient client(port_, /*receive_buffer=*/4096);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += Get("/healthz");
  while (client.Send(requests)) {
  }
  ExpectServing();
}

TEST_F(ServerTest, Garbage_IsAnsweredOrDroppedAndNeverHarms) {
  Start();
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string("GET\r\n\r\n"),
        std::string("GET / HTTP/3.7\r\n\r\n"), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), std::string(100, '\0'),
        std::string("GET / HTTP/1.1\nHost: a\n\n"), std::string(" / HTTP/1.1\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost a\r\n\r\n"), std::string("GET / HTTP/1.1\r\nHo st: a\r\n\r\n")}) {
    RawClient client(port_);
    client.Send(bytes);
    client.HalfClose();
    const std::optional<RawResponse> response = client.Read();
    ASSERT_TRUE(response.has_value()) << bytes;
    EXPECT_EQ(response->status, 400) << bytes;
    EXPECT_TRUE(client.AtEnd()) << bytes;
  }
  std::mt19937 random(20220201);
  const std::string good = Post(Body("loc_1"));
  for (int i = 0; i < 200; ++i) {
    std::string bytes = good;
    for (int flips = 0; flips < 5; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    RawClient client(port_);
    client.Send(bytes);
    client.HalfClose();
    client.Read();
  }
  ExpectServing();
}

TEST_F(ServerTest, TruncatedBody_IsRefused) {
  Start();
  for (const char* request : {"POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"value\":",
                              "POST /costs/instant HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"v",
                              "POST /costs/instant HTTP/1.1\r\nHos"}) {
    RawClient client(port_);
    client.Send(request);
    client.HalfClose();
    const std::optional<RawResponse> response = client.Read();
    ASSERT_TRUE(response.has_value()) << request;
    EXPECT_EQ(response->status, 400) << request;
    EXPECT_TRUE(client.AtEnd());
  }
  for (int i = 0; i < 20; ++i) {
    RawClient client(port_);
    client.Send("POST /costs/instant HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"value\":");
    if (i % 2 == 0) client.Reset();
  }
  ExpectServing();
  EXPECT_EQ(calculator_.calls.load(), 1);
}

TEST_F(ServerTest, TwoHundredConnections_AreAllServed) {
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  clients.reserve(200);
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<RawClient>(port_));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(clients[i]->Send(Post(Body("loc_1", round * 1000 + i))));
    for (int i = 0; i < 200; ++i) {
      const std::optional<RawResponse> response = clients[i]->Read();
      ASSERT_TRUE(response.has_value()) << i;
      EXPECT_THAT(response->body, HasSubstr(absl::StrCat(R"("energy":{"value":)", round * 1000 + i, "}")));
    }
  }
}

TEST_F(ServerTest, ConnectionsOverTheLimit_AreRefusedUntilOneEnds) {
  options_.limits.connections = 2;
  Start();
  auto first = std::make_unique<RawClient>(port_);
  RawClient second(port_);
  for (RawClient* client : {first.get(), &second}) {
    client->Send(Get("/healthz"));
    ASSERT_TRUE(client->Read().has_value());
  }
  RawClient third(port_);
  const std::optional<RawResponse> response = third.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_EQ(response->header("retry-after"), "1");
  EXPECT_THAT(response->body, HasSubstr(R"("context":"api","type":"api_error","code":"overloaded")"));
  EXPECT_TRUE(third.AtEnd());

  second.Send(Get("/healthz"));
  EXPECT_TRUE(second.Read().has_value());
  first.reset();
  for (;;) {  // until the server has seen the end of the first
    RawClient next(port_);
    next.Send(Get("/healthz"));
    const std::optional<RawResponse> answer = next.Read();
    ASSERT_TRUE(answer.has_value());
    if (answer->status == 200) break;
  }
}

// ---- calculations -------------------------------------------------------------

TEST_F(ServerTest, AnswerOnAnotherThread_ReachesItsClient) {
  Start();
  RawClient first(port_);
  RawClient second(port_);
  first.Send(Post(Body("hold", 1)));
  const FakeCalculator::Held first_held = calculator_.Take();
  second.Send(Post(Body("hold", 2)));
  const FakeCalculator::Held second_held = calculator_.Take();
  EXPECT_EQ(second_held.batch->caller.account_id, "acc_1");
  EXPECT_EQ(second_held.batch->caller.deadline, options_.clock() + options_.limits.calculation);
  EXPECT_FALSE(second_held.cancelled());

  std::thread([&] { FakeCalculator::Release(second_held); }).join();
  EXPECT_THAT(second.Read()->body, HasSubstr(R"("energy":{"value":2})"));
  std::thread([&] { FakeCalculator::Release(first_held); }).join();
  EXPECT_THAT(first.Read()->body, HasSubstr(R"("energy":{"value":1})"));
}

TEST_F(ServerTest, CalculatorThatNeverAnswers_IsAnsweredForInTime) {
  options_.limits.calculation = absl::Milliseconds(100);
  Start();
  RawClient client(port_);
  client.Send(Post(Body("hold")));
  const FakeCalculator::Held held = calculator_.Take();
  const std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 504);
  EXPECT_TRUE(held.cancelled());
  FakeCalculator::Release(held);  // too late, and harmless
  EXPECT_TRUE(client.AtEnd());
  ExpectServing();
}

TEST_F(ServerTest, HalfClosedClient_GetsItsAnswer) {
  options_.limits.half_close = absl::Hours(1);
  Start();
  RawClient client(port_);
  client.Send(Post(Body("hold", 5)));
  client.HalfClose();
  const FakeCalculator::Held held = calculator_.Take();
  EXPECT_FALSE(held.cancelled());
  FakeCalculator::Release(held);
  const std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(client.AtEnd());
}

void WaitUntilCancelled(const FakeCalculator::Held& held) {
  while (!held.cancelled()) std::this_thread::yield();  // the test's own time limit ends it
}

TEST_F(ServerTest, ClientWhoGoes_CancelsHisCalculation) {
  options_.limits.half_close = absl::Milliseconds(1);
  Start();
  RawClient reset(port_);
  reset.Send(Post(Body("hold")));
  const FakeCalculator::Held reset_held = calculator_.Take();
  reset.Reset();
  WaitUntilCancelled(reset_held);

  auto closed = std::make_unique<RawClient>(port_);
  closed->Send(Post(Body("hold")));
  const FakeCalculator::Held closed_held = calculator_.Take();
  closed.reset();
  WaitUntilCancelled(closed_held);

  FakeCalculator::Release(reset_held);
  FakeCalculator::Release(closed_held);
  ExpectServing();
}

// ---- the server's own beginning and end ---------------------------------------

TEST_F(ServerTest, Drain_AnswersWhatIsUnderWayAndClosesTheRest) {
  Start();
  RawClient idle(port_);
  idle.Send(Get("/healthz"));
  ASSERT_TRUE(idle.Read().has_value());
  RawClient fresh(port_);
  RawClient busy(port_);
  busy.Send(Post(Body("hold", 9)) + Get("/healthz"));
  const FakeCalculator::Held held = calculator_.Take();

  absl::Status drained;
  std::thread drain([&] { drained = server_->Drain(absl::Now() + absl::Seconds(30)); });
  EXPECT_TRUE(idle.AtEnd());
  EXPECT_TRUE(fresh.AtEnd());
  while (RawClient(port_).connected()) std::this_thread::yield();
  FakeCalculator::Release(held);
  const std::optional<RawResponse> response = busy.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_TRUE(busy.AtEnd());
  drain.join();
  EXPECT_TRUE(drained.ok()) << drained;
}

TEST_F(ServerTest, DrainPastItsDeadline_CutsOffAndLateAnswersAreHarmless) {
  Start();
  RawClient client(port_);
  client.Send(Post(Body("hold")));
  const FakeCalculator::Held held = calculator_.Take();
  EXPECT_EQ(server_->Drain(absl::Now() + absl::Milliseconds(50)).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(client.AtEnd());
  EXPECT_TRUE(held.cancelled());
  server_.reset();
  FakeCalculator::Release(held);
}

TEST_F(ServerTest, DestructionWithoutDrain_IsSafe) {
  Start();
  RawClient busy(port_);
  busy.Send(Post(Body("hold")));
  RawClient reading(port_);
  reading.Send("POST /costs/instant HTTP/1.1\r\n");
  const FakeCalculator::Held held = calculator_.Take();
  server_.reset();
  EXPECT_TRUE(held.cancelled());
  EXPECT_TRUE(busy.AtEnd());
  EXPECT_TRUE(reading.AtEnd());
  std::thread([&] { FakeCalculator::Release(held); }).join();
}

TEST_F(ServerTest, DestructionAmidLoad_IsSafe) {
  Start();
  std::vector<std::thread> load;
  load.reserve(4);
  for (int i = 0; i < 4; ++i) {
    load.emplace_back([this] {
      RawClient client(port_);
      const std::string requests = Post(Body("loc_1")) + Get("/healthz");
      while (client.Send(requests) && client.Read().has_value() && client.Read().has_value()) {
      }
    });
  }
  while (calculator_.calls.load() < 50) std::this_thread::yield();
  EXPECT_TRUE(server_->Drain(absl::Now() + absl::Seconds(30)).ok());
  for (std::thread& thread : load) thread.join();
}

TEST_F(ServerTest, BadOptions_AreNamed) {
  const auto start = [this] { return Server(options_).Start().status(); };
  for (const char* listen : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "::1:80",
                             "example:80", "[::1:80", "127.0.0.1:-1"}) {
    options_.listen = listen;
    EXPECT_EQ(start().code(), absl::StatusCode::kInvalidArgument) << listen;
    EXPECT_THAT(std::string(start().message()), HasSubstr("HOST:PORT")) << listen;
  }
  options_.listen = "localhost:0";
  EXPECT_TRUE(start().ok());
  options_.io_threads = 0;
  EXPECT_THAT(std::string(start().message()), HasSubstr("io_threads is 0; it must be 1 to 64"));
  options_.io_threads = 1;
  options_.calculator = nullptr;
  EXPECT_EQ(start().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ServerTest, AddressInUse_IsNamed) {
  Start();
  options_.listen = absl::StrCat("127.0.0.1:", port_);
  Server other(options_);
  const absl::Status status = other.Start().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.listen));
  EXPECT_TRUE(other.Drain(absl::Now()).ok());
}

}  // namespace
}  // namespace costs::rest
