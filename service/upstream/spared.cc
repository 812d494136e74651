#include "service/upstream/spared.h"

#include <algorithm>

#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

// Never 0, which would ask for a storm.
constexpr absl::Duration kLeastRetryAfter = absl::Milliseconds(100);

}  // namespace

UpstreamError SparedAsDown(absl::string_view what, absl::Duration retry_after) {
  UpstreamError error = Unavailable(what, /*may_have_acted=*/false);
  error.spared = true;
  error.retry_after = std::max(retry_after, kLeastRetryAfter);
  error.failure.retry_after = error.retry_after;
  return error;
}

UpstreamError SparedAsOverloaded(absl::string_view what, absl::Duration retry_after) {
  UpstreamError error = SparedAsDown(what, retry_after);
  error.failure.reason = "OVERLOADED";
  return error;
}

UpstreamError SparedAsStopping(bool may_have_acted) {
  UpstreamError error = SparedAsDown("is not waited for any longer, because this server stops", absl::Seconds(1));
  error.may_have_acted = may_have_acted;
  return error;
}

bool IsPushBack(const UpstreamError& error) {
  if (error.kind == UpstreamError::Kind::kRateLimited) return true;
  return error.kind == UpstreamError::Kind::kUnavailable && error.http_status == 503 && !error.may_have_acted;
}

}  // namespace costs::upstream
