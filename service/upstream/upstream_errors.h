// The UpstreamErrors that are no answer of the upstream's, in the words that callers
// are told. They name no host: that is the operator's to know. Pure functions.
#ifndef SERVICE_UPSTREAM_UPSTREAM_ERRORS_H_
#define SERVICE_UPSTREAM_UPSTREAM_ERRORS_H_

#include "absl/strings/string_view.h"
#include "service/upstream/costs_api.h"

namespace costs::upstream {

// UNAVAILABLE, UPSTREAM_UNAVAILABLE. `what` completes "the upstream costs API …".
UpstreamError Unavailable(absl::string_view what, bool may_have_acted);

// UNAVAILABLE, UPSTREAM_BAD_ANSWER. `what` completes "the upstream costs API's answer …".
UpstreamError BadAnswer(absl::string_view what, int http_status);

// DEADLINE_EXCEEDED, UPSTREAM_TIMEOUT.
UpstreamError TimedOut(bool may_have_acted);

// CANCELLED.
UpstreamError Cancelled(bool may_have_acted);

// What the caller is told. `own_credentials`: the upstream was asked with this service's,
// so that it is no fault of the caller's where they are not taken.
calculator::Failure FailureOf(UpstreamError error, bool own_credentials);

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_UPSTREAM_ERRORS_H_
