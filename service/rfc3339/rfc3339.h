// Reading RFC 3339 times, such as 2022-02-01T10:30:00Z, strictly and fast.
//
// Thread-safe (pure functions).
#ifndef SERVICE_RFC3339_RFC3339_H_
#define SERVICE_RFC3339_RFC3339_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::rfc3339 {

// An instant as google.protobuf.Timestamp holds it, and the offset that it was
// written in.
struct Time {
  int64_t seconds = 0;         // since 1970-01-01T00:00:00Z, negative before
  int32_t nanos = 0;           // 0 to 999,999,999, counted forward
  int32_t offset_seconds = 0;  // east of UTC, whole minutes, less than a day
};

// Reads YYYY-MM-DDThh:mm:ss[.fraction](Z|+hh:mm|-hh:mm); T and Z also in lower
// case. INVALID_ARGUMENT, with a message that completes "TEXT …": any other
// form, a day that is not in the calendar, a leap second (the API's clock has
// none), or more than 9 digits of fraction. Which instants are allowed is for
// the caller to say.
absl::StatusOr<Time> Parse(absl::string_view text);

}  // namespace costs::rfc3339

#endif  // SERVICE_RFC3339_RFC3339_H_
