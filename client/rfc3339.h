// Reading RFC 3339 times, such as 2022-02-01T10:30:00Z, fast.
//
// Thread-safe (pure functions).
#ifndef CLIENT_RFC3339_H_
#define CLIENT_RFC3339_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::client {

// An instant as google.protobuf.Timestamp holds it.
struct UtcTime {
  int64_t seconds = 0;  // since 1970-01-01T00:00:00Z, negative before
  int32_t nanos = 0;    // 0 to 999,999,999, counted forward

  friend bool operator==(UtcTime a, UtcTime b) { return a.seconds == b.seconds && a.nanos == b.nanos; }
};

// Reads YYYY-MM-DDThh:mm:ss[.fraction](Z|+hh:mm|-hh:mm); T and Z also in lower
// case. INVALID_ARGUMENT, saying what is wrong with it: any other form, a day
// that is not in the calendar, a leap second (the API's clock has none), more
// than 9 digits of fraction, or an instant outside the years 1 to 9999.
absl::StatusOr<UtcTime> ParseRfc3339(absl::string_view text);

}  // namespace costs::client

#endif  // CLIENT_RFC3339_H_
