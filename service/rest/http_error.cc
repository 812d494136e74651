#include "service/rest/http_error.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "service/catalog/refusal.h"
#include "service/rest/caller_time.h"

namespace costs::rest {
namespace {

struct ReasonRow {
  absl::string_view reason;
  int status;
  absl::string_view code;
  bool retry_after;  // the answer says when to come back
};

constexpr ReasonRow kByReason[] = {
    {"BAD_CREDENTIALS", 403, "bad_credentials", false},
    {"ACCOUNT_DISABLED", 422, "account_disabled", false},
    {"INVALID_FIELD", 400, "invalid_request", false},
    {"LOCATION_NOT_FOUND", 404, "location_not_found", false},
    {"NO_TARIFF_CONNECTED", 422, "no_tariff_connected", false},
    {"NO_PRICE_DATA", 422, "no_price_data", false},
    {"RATE_LIMITED", 429, "rate_limit", true},
    {"OVERLOADED", 503, "overloaded", true},
    {"STORE_UNAVAILABLE", 503, "store_unavailable", true},
    {"STORE_FULL", 507, "store_full", true},
    {"USAGE_UNKNOWN", 503, "usage_unknown", true},
    {"RECORD_ID_TAKEN", 409, "record_id_taken", false},
    {"UPSTREAM_REFUSED", 422, "upstream_refused", false},
};

// Null: the contract has no such reason.
const ReasonRow* FindReason(absl::string_view reason) {
  for (const ReasonRow& row : kByReason) {
    if (row.reason == reason) return &row;
  }
  return nullptr;
}

struct CodeRow {
  absl::StatusCode status_code;
  int status;
  absl::string_view code;
  absl::string_view message;
};

// For the failures that are the call's rather than the record's; their own text
// is not written for callers. 499: the client closed the request.
constexpr CodeRow kByStatusCode[] = {
    {absl::StatusCode::kCancelled, 499, "cancelled", "The request was cancelled before it was answered."},
    {absl::StatusCode::kDeadlineExceeded, 504, "deadline_exceeded",
     "The answer was not ready in time; try again, or ask for less."},
};

constexpr absl::string_view kUpstreamPrefix = "UPSTREAM_";
constexpr absl::string_view kInternalMessage =
    "Something went wrong on our side; try again later, and quote the X-Request-Id of this answer if it persists.";

int RetryAfterSeconds(absl::Duration wait) {
  const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1)));
  return static_cast<int>(std::clamp<int64_t>(seconds, 1, std::numeric_limits<int>::max()));
}

std::string JoinViolations(const std::vector<calculator::Violation>& violations) {
  return absl::StrJoin(violations, "; ", [](std::string* out, const calculator::Violation& violation) {
    absl::StrAppend(out, violation.field, ": ", violation.description);
  });
}

absl::string_view TypeOf(int status) {
  if (status == 429) return "rate_limit";
  return status < 500 ? "invalid_request" : "api_error";
}

// The HTTP status of a refusal. 499: the client closed the request. 412: the state that the caller's etag names is not
// the stored one.
int StatusOfRefusal(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 403;
    case absl::StatusCode::kPermissionDenied:
      return 422;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
      return 409;
    case absl::StatusCode::kAborted:
      return 412;
    case absl::StatusCode::kFailedPrecondition:
      return 422;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kResourceExhausted:
      return 507;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

}  // namespace

HttpError ErrorFromFailure(const calculator::Failure& failure) {
  HttpError error;
  if (const ReasonRow* const row = FindReason(failure.reason); row != nullptr) {
    error.status = row->status;
    error.code = std::string(row->code);
    error.message = failure.violations.empty() ? failure.message : JoinViolations(failure.violations);
    if (row->retry_after) error.retry_after_seconds = RetryAfterSeconds(failure.retry_after.value_or(absl::Seconds(1)));
    return error;
  }
  if (absl::StartsWith(failure.reason, kUpstreamPrefix)) {
    error.status = failure.code == absl::StatusCode::kDeadlineExceeded ? 504 : 502;
    error.code = absl::AsciiStrToLower(failure.reason);
    error.message = failure.message;
    if (failure.retry_after.has_value()) error.retry_after_seconds = RetryAfterSeconds(*failure.retry_after);
    return error;
  }
  error.internal = absl::StrCat(absl::StatusCodeToString(failure.code), " ", failure.reason, ": ", failure.message);
  for (const CodeRow& row : kByStatusCode) {
    if (failure.code != row.status_code) continue;
    error.status = row.status;
    error.code = std::string(row.code);
    error.message = std::string(row.message);
    return error;
  }
  error.status = 500;
  error.code = "internal_error";
  error.message = std::string(kInternalMessage);
  return error;
}

HttpError ErrorFromViolations(const std::vector<calculator::Violation>& violations) {
  HttpError error;
  error.status = 400;
  error.code = "invalid_request";
  error.message = JoinViolations(violations);
  return error;
}

HttpError ErrorFromStatus(const absl::Status& status) {
  HttpError error;
  const std::string reason = catalog::ReasonOf(status);
  const ReasonRow* const row = FindReason(reason);
  error.status = reason.empty() ? 500 : row != nullptr ? row->status : StatusOfRefusal(status.code());
  if (error.status == 500) {
    error.code = "internal_error";
    error.message = std::string(kInternalMessage);
    error.internal = status.ToString();
    return error;
  }
  error.code = row != nullptr ? std::string(row->code) : absl::AsciiStrToLower(reason);
  std::vector<calculator::Violation> violations;
  for (catalog::FieldViolation& violation : catalog::ViolationsOf(status)) {
    violations.push_back({std::move(violation.field), std::move(violation.description)});
  }
  error.message = violations.empty() ? std::string(status.message()) : JoinViolations(violations);
  if (const auto wait = catalog::RetryAfterOf(status)) error.retry_after_seconds = RetryAfterSeconds(*wait);
  return error;
}

std::string RenderError(const HttpError& error, absl::string_view context, bool live_mode, absl::Time time_created) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  const auto field = [&json](absl::string_view key, absl::string_view value) {
    json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
    json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  json.StartObject();
  field("object", "error");
  json.Key("live_mode");
  json.Bool(live_mode);
  field("context", context);
  field("type", TypeOf(error.status));
  field("code", error.code);
  field("message", error.message);
  field("time_created", FormatMilliseconds(time_created));
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace costs::rest
