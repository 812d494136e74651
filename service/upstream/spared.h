// The UpstreamErrors of wrappers that do not ask the upstream: it is down, pushes back,
// or has enough to do. Surely nothing was sent. Pure functions.
#ifndef SERVICE_UPSTREAM_SPARED_H_
#define SERVICE_UPSTREAM_SPARED_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/upstream/costs_api.h"

namespace costs::upstream {

// UNAVAILABLE, UPSTREAM_UNAVAILABLE. `what` completes "the upstream costs API …".
UpstreamError SparedAsDown(absl::string_view what, absl::Duration retry_after);

// UNAVAILABLE, OVERLOADED. `what` completes "the upstream costs API …".
UpstreamError SparedAsOverloaded(absl::string_view what, absl::Duration retry_after);

// This service is being stopped.
UpstreamError SparedAsStopping(bool may_have_acted);

// The upstream answered that it has too much to do: 429, or a 503 that says so.
bool IsPushBack(const UpstreamError& error);

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_SPARED_H_
