// What the log says of a call that has ended: who called what, how it ended and how long
// it took. Never a token, a body, or what an answer says.
#ifndef SERVICE_TELEMETRY_CALL_LOG_H_
#define SERVICE_TELEMETRY_CALL_LOG_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
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
  uint64_t left_out = 0;          // calls that ended like this one, since the last that was logged
};

// A JSON object on one line: {"call":"grpc","method":…}. Members that are empty are left out.
std::string CallLine(const EndedCall& call);

// The log of calls that have ended. Where it tells of failures only, it tells of so many a
// second of each code: a server that refuses thousands a second has better things to do than
// to write that down, and who reads it too. Thread-safe.
//
//   if (const auto left_out = log.Admit(code, failed, absl::Now())) {
//     call.left_out = *left_out;
//     …
//     log.Write(call);
//   }
class CallLog {
 public:
  static constexpr int kMostFailuresPerSecond = 10;

  // `write` gets each line, from any thread.
  CallLog(LoggedCalls logged, std::function<void(absl::string_view line)> write)
      : logged_(logged), write_(std::move(write)) {}

  // Whether a call that ended so is to be logged, and how many of its code were not since
  // the last that was. `failed`: by no fault of the caller. `code` is one of a few.
  std::optional<uint64_t> Admit(absl::string_view code, bool failed, absl::Time now);
  void Write(const EndedCall& call) const { write_(CallLine(call)); }

 private:
  struct Failures {
    absl::Time second_began = absl::InfinitePast();
    int logged = 0;  // since then
    uint64_t left_out = 0;
  };

  const LoggedCalls logged_;
  const std::function<void(absl::string_view line)> write_;
  std::mutex mutex_;
  absl::flat_hash_map<std::string, Failures> failures_;  // by code; guarded by mutex_
};

// `text` as a JSON string, quotes included, whatever bytes it has.
std::string JsonString(absl::string_view text);

// Whether a caller's id for his request may be logged and sent back: 1 to 128 visible
// characters of ASCII.
bool IsRequestId(absl::string_view text);

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_CALL_LOG_H_
