#include "service/upstream/contract_errors.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/upstream/answer_fields.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

using Kind = UpstreamError::Kind;

constexpr size_t kMostMessageBytes = 1'000;
constexpr absl::Duration kLongestRetryAfter = absl::Hours(24);

// The contract's refusals: the same words on both sides.
struct RefusalRow {
  absl::string_view code;
  absl::StatusCode status_code;
  absl::string_view reason;
};
constexpr RefusalRow kRefusals[] = {
    {"invalid_request", absl::StatusCode::kInvalidArgument, "INVALID_FIELD"},
    {"location_not_found", absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND"},
    {"account_disabled", absl::StatusCode::kPermissionDenied, "ACCOUNT_DISABLED"},
    {"no_tariff_connected", absl::StatusCode::kFailedPrecondition, "NO_TARIFF_CONNECTED"},
    {"no_price_data", absl::StatusCode::kFailedPrecondition, "NO_PRICE_DATA"},
    {"record_id_taken", absl::StatusCode::kAlreadyExists, "RECORD_ID_TAKEN"},
};

// The contract's error object, or as much as there is of it.
struct ErrorObject {
  bool is_json = false;   // an object of some kind, with a message
  bool is_error = false;  // the contract's: object, code and message
  std::string code;
  std::string message;
};

// At most kMostMessageBytes, of whole characters.
std::string Cut(std::string text) {
  if (text.size() <= kMostMessageBytes) return text;
  size_t end = kMostMessageBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return absl::StrCat(text, "...");
}

ErrorObject ReadErrorObject(const std::string& body) {
  ErrorObject error;
  const absl::StatusOr<AnswerFields> fields = AnswerFields::Read(body);
  if (!fields.ok()) return error;
  const std::optional<absl::string_view> code = fields->Text("code");
  const std::optional<absl::string_view> message = fields->Text("message");
  if (code) error.code = std::string(*code);
  if (message) error.message = message->empty() ? "no reason is given" : Cut(std::string(*message));
  error.is_json = message.has_value();
  error.is_error = fields->Text("object") == "error" && code && message;
  return error;
}

// Seconds, or a date in one of HTTP's three forms.
std::optional<absl::Duration> ReadRetryAfter(const std::string& text, absl::Time now) {
  if (text.empty()) return std::nullopt;
  if (uint64_t seconds = 0; absl::SimpleAtoi(text, &seconds)) {
    return absl::Seconds(std::min<uint64_t>(seconds, absl::ToInt64Seconds(kLongestRetryAfter)));
  }
  for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    absl::Time at;
    if (!absl::ParseTime(form, text, &at, nullptr)) continue;
    return std::clamp(at - now, absl::ZeroDuration(), kLongestRetryAfter);
  }
  return std::nullopt;
}

UpstreamError Refused(const ErrorObject& object, int status) {
  UpstreamError error;
  error.kind = Kind::kRefused;
  error.may_have_acted = false;  // it says that it did not
  error.http_status = status;
  for (const RefusalRow& row : kRefusals) {
    if (object.code != row.code) continue;
    error.failure.code = row.status_code;
    error.failure.reason = std::string(row.reason);
    error.failure.message = object.message;
    return error;
  }
  // One that this service does not know, such as an upstream's "pending_connect".
  error.failure.code = status == 400 ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kFailedPrecondition;
  error.failure.reason = "UPSTREAM_REFUSED";
  error.failure.message =
      absl::StrCat("the upstream costs API refuses the record (", Cut(object.code), "): ", object.message);
  return error;
}

UpstreamError BadCredentials(const ErrorObject& object, int status) {
  UpstreamError error;
  error.kind = Kind::kBadCredentials;
  // A page of a firewall's says nothing of what is behind it.
  error.may_have_acted = !object.is_json;
  error.http_status = status;
  error.failure.code = absl::StatusCode::kUnauthenticated;
  error.failure.reason = "BAD_CREDENTIALS";
  error.failure.message = "the upstream costs API does not take the credentials; log in again";
  return error;
}

UpstreamError RateLimited(std::optional<absl::Duration> retry_after) {
  UpstreamError error;
  error.kind = Kind::kRateLimited;
  error.may_have_acted = false;
  error.http_status = 429;
  error.retry_after = retry_after;
  error.failure.code = absl::StatusCode::kResourceExhausted;
  error.failure.reason = "RATE_LIMITED";
  error.failure.message = "the upstream costs API takes no more calls now; try again later";
  error.failure.retry_after = retry_after.value_or(absl::Seconds(1));
  return error;
}

UpstreamError Failed(const ErrorObject& object, int status, std::optional<absl::Duration> retry_after) {
  // Only who sheds load says that it did nothing.
  const bool shed = status == 503 && ((object.is_error && object.code == "overloaded") || retry_after.has_value());
  UpstreamError error = Unavailable(absl::StrCat("answered ", status), !shed);
  error.http_status = status;
  error.retry_after = retry_after;
  if (retry_after) error.failure.retry_after = *retry_after;
  return error;
}

}  // namespace

UpstreamError DecodeError(const HttpAnswer& answer, absl::Time now) {
  const ErrorObject object = ReadErrorObject(answer.body);
  const int status = answer.status;
  const std::optional<absl::Duration> retry_after = ReadRetryAfter(answer.retry_after, now);
  if (status == 401 || status == 403) return BadCredentials(object, status);
  if (status == 429) return RateLimited(retry_after);
  if (status == 408 || status >= 500) return Failed(object, status, retry_after);
  if (status >= 400 && object.is_error) return Refused(object, status);
  return BadAnswer(absl::StrCat("is not the contract's: its status is ", status), status);
}

}  // namespace costs::upstream
