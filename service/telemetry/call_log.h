// What the log says of a call that has ended: who called what, how it ended and how long
// it took. Never a token, a body, or what an answer says.
#ifndef SERVICE_TELEMETRY_CALL_LOG_H_
#define SERVICE_TELEMETRY_CALL_LOG_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace costs::telemetry {

// Which calls the log tells of. Failed: where it is not the caller who is at fault.
enum class LoggedCalls { kNone, kFailed, kAll };

struct EndedCall {
  absl::string_view face;    // grpc or rest
  absl::string_view method;  // /package.Service/Method, or GET /path/{id}
  std::string code;          // OK, NOT_FOUND …; or 200, 404 …
  absl::Duration duration;
  absl::string_view account_id;   // empty: nobody who is known
  absl::string_view request_id;   // empty: none
  absl::string_view traceparent;  // as it was sent; empty: none
};

// A JSON object on one line: {"call":"grpc","method":…}. Members that are empty are left out.
std::string CallLine(const EndedCall& call);

// `text` as a JSON string, quotes included, whatever bytes it has.
std::string JsonString(absl::string_view text);

// Whether a caller's id for his request may be logged and sent back: 1 to 128 visible
// characters of ASCII.
bool IsRequestId(absl::string_view text);

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_CALL_LOG_H_
