#include "service/rest/http_error.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "service/catalog/refusal.h"

namespace costs::rest {
namespace {

calculator::Failure MakeFailure(absl::StatusCode code, const char* reason, const char* message) {
  calculator::Failure failure;
  failure.code = code;
  failure.reason = reason;
  failure.message = message;
  return failure;
}

TEST(ErrorFromFailure, EveryReason_HasItsStatusAndCode) {
  struct Case {
    absl::StatusCode code;
    const char* reason;
    int status;
    const char* http_code;
    int retry_after;  // 0: none
    bool tells;       // the failure's own text reaches the caller
  };
  using Code = absl::StatusCode;
  const Case cases[] = {
      {Code::kUnauthenticated, "BAD_CREDENTIALS", 403, "bad_credentials", 0, true},
      {Code::kPermissionDenied, "ACCOUNT_DISABLED", 422, "account_disabled", 0, true},
      {Code::kInvalidArgument, "INVALID_FIELD", 400, "invalid_request", 0, true},
      {Code::kNotFound, "LOCATION_NOT_FOUND", 404, "location_not_found", 0, true},
      {Code::kFailedPrecondition, "NO_TARIFF_CONNECTED", 422, "no_tariff_connected", 0, true},
      {Code::kFailedPrecondition, "NO_PRICE_DATA", 422, "no_price_data", 0, true},
      {Code::kResourceExhausted, "RATE_LIMITED", 429, "rate_limit", 1, true},
      {Code::kUnavailable, "OVERLOADED", 503, "overloaded", 1, true},
      {Code::kUnavailable, "STORE_UNAVAILABLE", 503, "store_unavailable", 1, true},
      {Code::kResourceExhausted, "STORE_FULL", 507, "store_full", 1, true},
      {Code::kUnavailable, "USAGE_UNKNOWN", 503, "usage_unknown", 1, true},
      {Code::kAlreadyExists, "RECORD_ID_TAKEN", 409, "record_id_taken", 0, true},
      {Code::kDataLoss, "STORE_BROKEN", 500, "internal_error", 0, false},
      {Code::kFailedPrecondition, "UPSTREAM_REFUSED", 422, "upstream_refused", 0, true},
      {Code::kUnavailable, "UPSTREAM_UNAVAILABLE", 502, "upstream_unavailable", 0, true},
      {Code::kDeadlineExceeded, "UPSTREAM_TIMEOUT", 504, "upstream_timeout", 0, true},
      {Code::kCancelled, "CANCELLED", 499, "cancelled", 0, false},
      {Code::kDeadlineExceeded, "DEADLINE_EXCEEDED", 504, "deadline_exceeded", 0, false},
      {Code::kInternal, "", 500, "internal_error", 0, false},
      {Code::kUnknown, "SOMETHING_NEW", 500, "internal_error", 0, false},
      {Code::kUnavailable, "", 500, "internal_error", 0, false},
  };
  for (const Case& c : cases) {
    const HttpError error = ErrorFromFailure(MakeFailure(c.code, c.reason, "its own words"));
    EXPECT_EQ(error.status, c.status) << c.reason;
    EXPECT_EQ(error.code, c.http_code) << c.reason;
    EXPECT_EQ(error.retry_after_seconds.value_or(0), c.retry_after) << c.reason;
    EXPECT_EQ(error.message == "its own words", c.tells) << c.reason << ": " << error.message;
    EXPECT_EQ(error.internal.empty(), c.tells) << c.reason << ": " << error.internal;
    EXPECT_FALSE(error.message.empty()) << c.reason;
  }
}

TEST(ErrorFromFailure, RetryAfter_IsRoundedUpToWholeSeconds) {
  struct Case {
    absl::Duration wait;
    int seconds;
  };
  const Case cases[] = {{absl::ZeroDuration(), 1}, {absl::Milliseconds(1), 1}, {absl::Milliseconds(1001), 2},
                        {absl::Seconds(30), 30},   {absl::Seconds(-1), 1},     {absl::InfiniteDuration(), 2147483647}};
  for (const Case& c : cases) {
    calculator::Failure failure = MakeFailure(absl::StatusCode::kResourceExhausted, "RATE_LIMITED", "slow down");
    failure.retry_after = c.wait;
    EXPECT_EQ(ErrorFromFailure(failure).retry_after_seconds, c.seconds) << c.wait;
  }
}

TEST(ErrorFromFailure, Violations_AreAllInTheMessage) {
  calculator::Failure failure = MakeFailure(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", "2 violations");
  failure.violations = {{"value", "must be at least 0"}, {"end_time", "must be after start_time"}};
  EXPECT_EQ(ErrorFromFailure(failure).message, "value: must be at least 0; end_time: must be after start_time");
  EXPECT_EQ(ErrorFromViolations(failure.violations).message, ErrorFromFailure(failure).message);
  EXPECT_EQ(ErrorFromViolations(failure.violations).status, 400);
  EXPECT_EQ(ErrorFromViolations(failure.violations).code, "invalid_request");
}

TEST(ErrorFromStatus, EveryCodeOfARefusal_HasItsStatus) {
  using Code = absl::StatusCode;
  const struct {
    Code code;
    const char* reason;
    int status;
    const char* http_code;
  } cases[] = {
      {Code::kInvalidArgument, "INVALID_FIELD", 400, "invalid_request"},
      {Code::kNotFound, "DEVICE_NOT_FOUND", 404, "device_not_found"},
      {Code::kAlreadyExists, "LOCATION_EXISTS", 409, "location_exists"},
      {Code::kAborted, "ETAG_MISMATCH", 412, "etag_mismatch"},
      {Code::kFailedPrecondition, "NO_PRICE_DATA", 422, "no_price_data"},
      {Code::kUnavailable, "STORE_UNAVAILABLE", 503, "store_unavailable"},
      {Code::kResourceExhausted, "STORE_FULL", 507, "store_full"},
      {Code::kResourceExhausted, "RATE_LIMITED", 429, "rate_limit"},
      {Code::kResourceExhausted, "TOO_MUCH_OF_IT", 507, "too_much_of_it"},
      {Code::kInternal, "SOMETHING_NEW", 500, "internal_error"},
  };
  for (const auto& c : cases) {
    const HttpError error = ErrorFromStatus(catalog::Refuse(c.code, c.reason, "its own words"));
    EXPECT_EQ(error.status, c.status) << c.reason;
    EXPECT_EQ(error.code, c.http_code) << c.reason;
    EXPECT_EQ(error.message == "its own words", c.status != 500) << c.reason;
    EXPECT_EQ(error.internal.empty(), c.status != 500) << c.reason;
    EXPECT_FALSE(error.retry_after_seconds.has_value()) << c.reason;
  }
  EXPECT_EQ(ErrorFromStatus(catalog::Invalid({{"id", "is long"}, {"type", "is required"}})).message,
            "id: is long; type: is required");
  EXPECT_EQ(ErrorFromStatus(catalog::Overloaded("x", absl::Milliseconds(1500))).retry_after_seconds, 2);
  const HttpError other = ErrorFromStatus(absl::NotFoundError("/var/lib/secret"));
  EXPECT_EQ(other.status, 500);
  EXPECT_EQ(other.message.find("secret"), std::string::npos);
  EXPECT_NE(other.internal.find("secret"), std::string::npos);
}

TEST(RenderError, EveryStatus_HasTheContractsBody) {
  const absl::Time when = absl::FromUnixMillis(1'643'711'580'003);
  HttpError error;
  error.status = 422;
  error.code = "no_price_data";
  error.message = "a \"quoted\"\nline";
  EXPECT_EQ(RenderError(error, "api.costs_instant", true, when),
            R"({"object":"error","live_mode":true,"context":"api.costs_instant","type":"invalid_request",)"
            R"("code":"no_price_data","message":"a \"quoted\"\nline","time_created":"2022-02-01T10:33:00.003Z"})");
  error.status = 429;
  EXPECT_NE(RenderError(error, "api", false, when).find(R"("context":"api","type":"rate_limit")"), std::string::npos);
  error.status = 503;
  EXPECT_NE(RenderError(error, "api", false, when).find(R"("live_mode":false,"context":"api","type":"api_error")"),
            std::string::npos);
}

}  // namespace
}  // namespace costs::rest
