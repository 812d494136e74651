#include "service/upstream/contract_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace costs::upstream {
namespace {

using Kind = UpstreamError::Kind;

// 2026-11-26T12:00:00Z.
const absl::Time kNow = absl::FromUnixSeconds(1'795'694'400);

std::string ErrorBody(absl::string_view code, absl::string_view message = "told so") {
  return absl::StrCat(R"({"object":"error","live_mode":true,"context":"api.costs_instant","type":"invalid_request",)",
                      R"("code":")", code, R"(","message":")", message,
                      R"(","time_created":"2022-01-24T14:15:22.003Z"})");
}

UpstreamError Decode(int status, std::string body, std::string retry_after = "") {
  return DecodeError({status, std::move(retry_after), std::move(body)}, kNow);
}

TEST(DecodeError, ContractsRefusals_AreTheSameHere) {
  struct Case {
    int status;
    const char* code;
    absl::StatusCode status_code;
    const char* reason;
  };
  for (const Case& c : {Case{400, "invalid_request", absl::StatusCode::kInvalidArgument, "INVALID_FIELD"},
                        {404, "location_not_found", absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND"},
                        {422, "account_disabled", absl::StatusCode::kPermissionDenied, "ACCOUNT_DISABLED"},
                        {422, "no_tariff_connected", absl::StatusCode::kFailedPrecondition, "NO_TARIFF_CONNECTED"},
                        {422, "no_price_data", absl::StatusCode::kFailedPrecondition, "NO_PRICE_DATA"},
                        {409, "record_id_taken", absl::StatusCode::kAlreadyExists, "RECORD_ID_TAKEN"}}) {
    const UpstreamError error = Decode(c.status, ErrorBody(c.code));
    EXPECT_EQ(error.kind, Kind::kRefused) << c.code;
    EXPECT_FALSE(error.may_have_acted) << c.code;
    EXPECT_EQ(error.http_status, c.status);
    EXPECT_EQ(error.failure.code, c.status_code) << c.code;
    EXPECT_EQ(error.failure.reason, c.reason);
    EXPECT_EQ(error.failure.message, "told so");
    EXPECT_FALSE(error.failure.retry_after.has_value());
  }
}

TEST(DecodeError, UnknownRefusal_IsOneAllTheSame) {
  const UpstreamError error = Decode(422, ErrorBody("pending_connect", "Connect is processing link to tariff source."));
  EXPECT_EQ(error.kind, Kind::kRefused);
  EXPECT_FALSE(error.may_have_acted);
  EXPECT_EQ(error.failure.code, absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(error.failure.reason, "UPSTREAM_REFUSED");
  EXPECT_EQ(
      error.failure.message,
      "the upstream costs API refuses the record (pending_connect): Connect is processing link to tariff source.");
}

TEST(DecodeError, RefusalWithoutWords_StillHasSome) {
  EXPECT_EQ(Decode(422, ErrorBody("no_price_data", "")).failure.message, "no reason is given");
  EXPECT_EQ(Decode(422, ErrorBody("pending_connect", "")).failure.message,
            "the upstream costs API refuses the record (pending_connect): no reason is given");
}

TEST(DecodeError, FourHundredsThatAreNotTheContracts_AreBadAnswers) {
  for (const int status : {400, 404, 405, 413, 422}) {
    for (const char* body : {"", "<html>not found</html>", R"({"message":"Not Found"})", R"({"object":"error"})",
                             R"({"object":"meter_record","code":"location_not_found","message":"m"})",
                             R"([{"object":"error"}])", R"({"object":"error","code":"location_not_found","mess)"}) {
      const UpstreamError error = Decode(status, body);
      EXPECT_EQ(error.kind, Kind::kBadAnswer) << status << body;
      EXPECT_TRUE(error.may_have_acted);
      EXPECT_EQ(error.failure.code, absl::StatusCode::kUnavailable);
      EXPECT_EQ(error.failure.reason, "UPSTREAM_BAD_ANSWER");
      EXPECT_EQ(error.http_status, status);
    }
  }
}

TEST(DecodeError, StatusesThatAreNoErrors_AreBadAnswers) {
  for (const int status : {100, 201, 204, 206, 301, 302, 304}) {
    EXPECT_EQ(Decode(status, ErrorBody("location_not_found")).kind, Kind::kBadAnswer) << status;
    EXPECT_TRUE(Decode(status, "").may_have_acted);
  }
}

TEST(DecodeError, BadCredentials_ActedOnlyWhereItCannotBeTold) {
  for (const int status : {401, 403}) {
    const UpstreamError told = Decode(status, R"({"message":"Bad credentials"})");
    EXPECT_EQ(told.kind, Kind::kBadCredentials);
    EXPECT_FALSE(told.may_have_acted);
    EXPECT_EQ(told.failure.code, absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(told.failure.reason, "BAD_CREDENTIALS");
    const UpstreamError page = Decode(status, "<html>Forbidden</html>");
    EXPECT_EQ(page.kind, Kind::kBadCredentials);
    EXPECT_TRUE(page.may_have_acted);
  }
}

TEST(DecodeError, RateLimited_SaysWhenToComeBack) {
  const UpstreamError with = Decode(429, ErrorBody("rate_limit"), "7");
  EXPECT_EQ(with.kind, Kind::kRateLimited);
  EXPECT_FALSE(with.may_have_acted);
  EXPECT_EQ(with.retry_after, absl::Seconds(7));
  EXPECT_EQ(with.failure.code, absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(with.failure.reason, "RATE_LIMITED");
  EXPECT_EQ(with.failure.retry_after, absl::Seconds(7));
  const UpstreamError without = Decode(429, "<html>slow down</html>");
  EXPECT_EQ(without.kind, Kind::kRateLimited);
  EXPECT_EQ(without.retry_after, std::nullopt);
  EXPECT_EQ(without.failure.retry_after, absl::Seconds(1));
}

TEST(DecodeError, RetryAfter_MayBeADate) {
  for (const char* date :
       {"Thu, 26 Nov 2026 12:00:30 GMT", "Thursday, 26-Nov-26 12:00:30 GMT", "Thu Nov 26 12:00:30 2026"}) {
    EXPECT_EQ(Decode(429, "", date).retry_after, absl::Seconds(30)) << date;
  }
  EXPECT_EQ(Decode(429, "", "Thu, 26 Nov 2020 12:00:30 GMT").retry_after, absl::ZeroDuration());
  EXPECT_EQ(Decode(429, "", "99999999999").retry_after, absl::Hours(24));
  for (const char* nonsense : {"soon", "-5", "1.5", "99999999999999999999999"}) {
    EXPECT_EQ(Decode(429, "", nonsense).retry_after, std::nullopt) << nonsense;
  }
}

TEST(DecodeError, ServerErrors_MayHaveActed) {
  for (const int status : {408, 500, 502, 504, 507}) {
    const UpstreamError error = Decode(status, ErrorBody("overloaded"), "3");
    EXPECT_EQ(error.kind, Kind::kUnavailable) << status;
    EXPECT_TRUE(error.may_have_acted) << status;
    EXPECT_EQ(error.http_status, status);
    EXPECT_EQ(error.retry_after, absl::Seconds(3));
    EXPECT_EQ(error.failure.code, absl::StatusCode::kUnavailable);
    EXPECT_EQ(error.failure.reason, "UPSTREAM_UNAVAILABLE");
    EXPECT_EQ(error.failure.retry_after, absl::Seconds(3));
  }
}

TEST(DecodeError, SheddingLoad_DidNothing) {
  EXPECT_FALSE(Decode(503, ErrorBody("overloaded")).may_have_acted);
  EXPECT_FALSE(Decode(503, "<html>busy</html>", "1").may_have_acted);
  EXPECT_TRUE(Decode(503, ErrorBody("store_unavailable")).may_have_acted);
  EXPECT_TRUE(Decode(503, "<html>down</html>").may_have_acted);
  EXPECT_TRUE(Decode(503, R"({"code":"overloaded"})").may_have_acted);
}

TEST(DecodeError, LongMessage_IsCut) {
  std::string message;
  for (int i = 0; i < 2'000; ++i) message += "\xc3\xa9";
  const UpstreamError error = Decode(422, ErrorBody("no_price_data", message));
  EXPECT_LE(error.failure.message.size(), 1'003u);
  EXPECT_EQ(error.failure.message.substr(error.failure.message.size() - 5), "\xc3\xa9...");
}

}  // namespace
}  // namespace costs::upstream
