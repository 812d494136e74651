#include "service/upstream/upstream_errors.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace costs::upstream {
namespace {

// When a caller is told to try again, where the upstream does not say.
constexpr absl::Duration kRetryAfter = absl::Seconds(1);

UpstreamError Make(UpstreamError::Kind kind, bool may_have_acted, absl::StatusCode code, std::string reason,
                   std::string message) {
  UpstreamError error;
  error.kind = kind;
  error.may_have_acted = may_have_acted;
  error.failure.code = code;
  error.failure.reason = std::move(reason);
  error.failure.message = std::move(message);
  if (code != absl::StatusCode::kCancelled) error.failure.retry_after = kRetryAfter;
  return error;
}

}  // namespace

UpstreamError Unavailable(absl::string_view what, bool may_have_acted) {
  return Make(UpstreamError::Kind::kUnavailable, may_have_acted, absl::StatusCode::kUnavailable, "UPSTREAM_UNAVAILABLE",
              absl::StrCat("the upstream costs API ", what, "; try again"));
}

UpstreamError BadAnswer(absl::string_view what, int http_status) {
  UpstreamError error =
      Make(UpstreamError::Kind::kBadAnswer, /*may_have_acted=*/true, absl::StatusCode::kUnavailable,
           "UPSTREAM_BAD_ANSWER", absl::StrCat("the upstream costs API's answer ", what, "; try again"));
  error.http_status = http_status;
  return error;
}

UpstreamError TimedOut(bool may_have_acted) {
  return Make(UpstreamError::Kind::kTimedOut, may_have_acted, absl::StatusCode::kDeadlineExceeded, "UPSTREAM_TIMEOUT",
              "the upstream costs API did not answer in time; try again, or allow more time");
}

UpstreamError Cancelled(bool may_have_acted) {
  return Make(UpstreamError::Kind::kCancelled, may_have_acted, absl::StatusCode::kCancelled, "CANCELLED",
              "the caller cancelled the call");
}

calculator::Failure FailureOf(UpstreamError error, bool own_credentials) {
  using Kind = UpstreamError::Kind;
  calculator::Failure failure = std::move(error.failure);
  if (error.kind == Kind::kBadCredentials && own_credentials) {
    // No fault of the caller's.
    failure.code = absl::StatusCode::kUnavailable;
    failure.reason = "UPSTREAM_BAD_CREDENTIALS";
    failure.message = "the upstream costs API does not take this server's credentials; tell its operator";
  }
  const bool by_contract = error.kind == Kind::kRefused || error.kind == Kind::kCancelled;
  if (!by_contract) failure.upstream_may_have_acted = error.may_have_acted;
  return failure;
}

}  // namespace costs::upstream
