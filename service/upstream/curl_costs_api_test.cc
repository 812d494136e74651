#include "service/upstream/curl_costs_api.h"

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "service/upstream/testing/scripted_server.h"

namespace costs::upstream {
namespace {

using testing::Connection;
using testing::HttpText;
using testing::ScriptedServer;

constexpr char kRecord[] =
    R"({"id":"mre_65e641b570b2901d3a40199d","object":"meter_record","live_mode":true,"direction":"IMPORT",)"
    R"("tariff_rate":"IMPORT","currency_code":"GBP","energy_units":"WH","carbon_units":"gCO2eq",)"
    R"("request":{"location_id":"loc_1"},"data":{"start_time":"2022-02-01T10:30:00Z","end_time":"2022-02-01T11:30:00Z",)"
    R"("energy":{"value":1000},"tariff":{"value":0.123456,"confidence":1}},"time_created":"2022-02-01T10:33:00Z"})";

// One that answers each request so, and keeps what it was asked.
struct Upstream {
  explicit Upstream(std::string answer)
      : server([this, answer = std::move(answer)](Connection& connection) {
          for (;;) {
            std::string request = connection.ReadRequest();
            if (request.empty()) return;
            requests.push_back(std::move(request));
            connection.Write(answer);
          }
        }) {}
  std::vector<std::string> requests;
  ScriptedServer server;
};

CurlCostsApi::Options OptionsOf(const ScriptedServer& server) {
  CurlCostsApi::Options options;
  options.client.url = server.url();
  options.account_id = "acc_1";
  options.api_key = [] { return std::string("sk_live_1"); };
  options.now = absl::Now;
  return options;
}

std::shared_ptr<const CostCall> Call() {
  auto call = std::make_shared<CostCall>();
  call->location_id = "loc_1";
  call->live_mode = true;
  call->units = engine::Units::kKwh;
  call->value = 1;
  call->interval.start.ns = int64_t{1'643'711'400} * engine::kNanosPerSecond;
  call->interval.end.ns = int64_t{1'643'715'000} * engine::kNanosPerSecond;
  call->authorization = "Bearer a.b.c";
  return call;
}

CostResult Calculate(CurlCostsApi* api, std::shared_ptr<const CostCall> call = Call()) {
  std::promise<CostResult> result;
  api->CalculateInstantCost(std::move(call), [&result](CostResult got) { result.set_value(std::move(got)); });
  return result.get_future().get();
}

LoginApi::Result LogIn(CurlCostsApi* api) {
  std::promise<LoginApi::Result> result;
  api->Login(absl::Now() + absl::Minutes(1), [&result](LoginApi::Result got) { result.set_value(std::move(got)); });
  return result.get_future().get();
}

TEST(CurlCostsApi, Cost_IsAskedForAndRead) {
  Upstream upstream(HttpText("200 OK", kRecord));
  const auto api = *CurlCostsApi::Start(OptionsOf(upstream.server));
  const CostResult result = Calculate(api.get());
  const auto* cost = std::get_if<UpstreamCost>(&result);
  ASSERT_NE(cost, nullptr) << std::get<UpstreamError>(result).failure.message;
  EXPECT_TRUE(cost->tariff->micros == 123'456);
  ASSERT_EQ(upstream.requests.size(), 1u);
  EXPECT_TRUE(absl::StartsWith(upstream.requests[0], "POST /costs/instant?")) << upstream.requests[0];
  EXPECT_TRUE(absl::StrContains(upstream.requests[0], "\r\nAuthorization: Bearer a.b.c\r\n"));
}

TEST(CurlCostsApi, Refusal_IsTold) {
  Upstream upstream(HttpText("422 Unprocessable", R"({"object":"error","code":"no_price_data","message":"a gap"})"));
  const auto api = *CurlCostsApi::Start(OptionsOf(upstream.server));
  EXPECT_EQ(std::get<UpstreamError>(Calculate(api.get())).failure.reason, "NO_PRICE_DATA");
}

TEST(CurlCostsApi, Login_SendsTheKeyOfTheMoment) {
  Upstream upstream(HttpText("200 OK", R"({"bearer_token":"a.b.c","expires_in":60,"live_mode":true})"));
  CurlCostsApi::Options options = OptionsOf(upstream.server);
  int reads = 0;
  options.api_key = [&reads]() -> absl::StatusOr<std::string> { return absl::StrCat("sk_live_", ++reads); };
  const auto api = *CurlCostsApi::Start(std::move(options));
  EXPECT_EQ(std::get<LoginAnswer>(LogIn(api.get())).bearer_token, "a.b.c");
  EXPECT_EQ(std::get<LoginAnswer>(LogIn(api.get())).expires_in, absl::Minutes(1));
  ASSERT_EQ(upstream.requests.size(), 2u);
  EXPECT_TRUE(absl::StrContains(upstream.requests[0], "\r\nAuthorization: Basic YWNjXzE6c2tfbGl2ZV8x\r\n"));
  EXPECT_TRUE(absl::StrContains(upstream.requests[1], "\r\nAuthorization: Basic YWNjXzE6c2tfbGl2ZV8y\r\n"));
}

TEST(CurlCostsApi, LoginWithoutKey_IsUnavailableAndTellsTheOperatorAlone) {
  Upstream upstream(HttpText("200 OK", "{}"));
  CurlCostsApi::Options options = OptionsOf(upstream.server);
  options.api_key = []() -> absl::StatusOr<std::string> { return absl::NotFoundError("/secret/key cannot be read"); };
  std::string logged;
  options.client.log = [&logged](absl::string_view line) { logged = std::string(line); };
  const auto api = *CurlCostsApi::Start(std::move(options));
  const LoginApi::Result result = LogIn(api.get());
  const auto& error = std::get<UpstreamError>(result);
  EXPECT_EQ(error.kind, UpstreamError::Kind::kUnavailable);
  EXPECT_FALSE(absl::StrContains(error.failure.message, "/secret/key"));
  EXPECT_TRUE(absl::StrContains(logged, "/secret/key")) << logged;
  EXPECT_TRUE(upstream.requests.empty());
}

TEST(CurlCostsApi, Destroyed_CancelsWhatIsUnderWay) {
  ScriptedServer server([](Connection& connection) { connection.AwaitClose(); });
  auto api = *CurlCostsApi::Start(OptionsOf(server));
  std::promise<CostResult> result;
  api->CalculateInstantCost(Call(), [&result](CostResult got) { result.set_value(std::move(got)); });
  api.reset();
  EXPECT_EQ(std::get<UpstreamError>(result.get_future().get()).kind, UpstreamError::Kind::kCancelled);
}

}  // namespace
}  // namespace costs::upstream
