// Times as the callers of the REST face write them: RFC 3339 with `Z` or an
// offset, which the answer keeps.
//
//   absl::StatusOr<CallerTime> t = ParseCallerTime("2023-06-15T08:00:00+01:00");
//   FormatTime(engine::Instant{...}, t->offset) == "2023-06-15T08:00:00+01:00"
//
// Plain values and pure functions.
#ifndef SERVICE_REST_CALLER_TIME_H_
#define SERVICE_REST_CALLER_TIME_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/engine/time.h"

namespace costs::rest {

// An offset from UTC and how it was written: "Z", "+00:00" and "-00:00" are the
// same offset and three writings.
struct UtcOffset {
  int seconds = 0;  // east of UTC; |seconds| < 86,400, whole minutes
  std::string text = "Z";
};

struct CallerTime {
  calculator::WireTime instant;
  UtcOffset offset;
  std::string text;  // as given
};

// Reads an RFC 3339 date-time: `T` or `t`, up to 9 digits of a second, `Z`, `z`
// or ±HH:MM. INVALID_ARGUMENT says, for the caller's eyes, what to write instead.
absl::StatusOr<CallerTime> ParseCallerTime(absl::string_view text);

// `instant` in `offset`, with 0, 3, 6 or 9 digits of a second, as few as say it
// (the form of protobuf's JSON mapping, so that both ways in print the same).
std::string FormatTime(engine::Instant instant, const UtcOffset& offset);

// `time` in UTC with milliseconds: 2022-02-01T10:33:00.000Z.
std::string FormatMilliseconds(absl::Time time);

}  // namespace costs::rest

#endif  // SERVICE_REST_CALLER_TIME_H_
