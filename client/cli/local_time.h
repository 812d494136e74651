// Times as people at a location read them, and as they write them on the
// command line.
#ifndef CLIENT_CLI_LOCAL_TIME_H_
#define CLIENT_CLI_LOCAL_TIME_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/variant.h"
#include "google/protobuf/timestamp.pb.h"

namespace costs::cli {

// The zone of that IANA name; UTC where this machine does not know it.
absl::TimeZone ZoneOrUtc(absl::string_view name);

absl::Time ToTime(const google::protobuf::Timestamp& timestamp);
google::protobuf::Timestamp ToTimestamp(absl::Time time);

// 2023-10-29T01:30:00+01:00; Z for UTC's own offset of nothing only where the
// zone is UTC.
std::string Rfc3339(absl::Time time, absl::TimeZone zone);

// "Sun 29 Oct 2023", and ", 25 hours" on a day that has not 24.
std::string DateText(absl::CivilDay date, absl::TimeZone zone);

// "01:30", with its offset ("01:30+01:00") on a day on which that changes.
std::string ClockText(absl::Time time, absl::TimeZone zone);

// The first instant of a date.
absl::Time StartOf(absl::CivilDay date, absl::TimeZone zone);

// A point of time as the command line gives it: an instant, or a date, which
// means its first instant at the location.
using When = absl::variant<absl::Time, absl::CivilDay>;

// RFC 3339, or YYYY-MM-DD. INVALID_ARGUMENT: neither; the message completes
// "--from ...".
absl::StatusOr<When> ParseWhen(absl::string_view text);

absl::Time Resolve(const When& when, absl::TimeZone zone);

}  // namespace costs::cli

#endif  // CLIENT_CLI_LOCAL_TIME_H_
