// The W3C trace context that a caller may send along (the header traceparent): which
// trace of his a call belongs to.
//
//   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
#ifndef SERVICE_TELEMETRY_TRACE_CONTEXT_H_
#define SERVICE_TELEMETRY_TRACE_CONTEXT_H_

#include "absl/strings/string_view.h"

namespace costs::telemetry {

// Whether a header's value is one that may be handed on: version 00 in full, or a later
// version that begins as it.
bool IsTraceparent(absl::string_view value);

// The 32 digits of the trace's id; empty: `traceparent` is none.
absl::string_view TraceId(absl::string_view traceparent);

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_TRACE_CONTEXT_H_
