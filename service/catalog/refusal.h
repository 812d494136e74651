// What the catalog refuses, as an absl::Status that a face can translate: a code
// and message, the reason of the API's error table, and the faults by field.
//
//   return Refuse(absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND", "there is no location 'x' in this account");
//   return Invalid({{"timezone", "is required; give an IANA name, such as Europe/London"}});
//
// Reason, faults and wait are payloads of the status (google.rpc.ErrorInfo,
// BadRequest and RetryInfo). A status without them is not a refusal: what it tells
// is for the log, not for a caller. Pure functions.
#ifndef SERVICE_CATALOG_REFUSAL_H_
#define SERVICE_CATALOG_REFUSAL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace costs::catalog {

// A fault of one field. `field` is its path in the document, such as
// "schedule[0].days_and_hours[1].days[0]"; `description` says what is wrong, the
// limit and the remedy, and reads on from the field's name.
struct FieldViolation {
  std::string field;
  std::string description;

  friend bool operator==(const FieldViolation& a, const FieldViolation& b) {
    return a.field == b.field && a.description == b.description;
  }
};

// `code` is not OK; `reason` is UPPER_SNAKE_CASE.
absl::Status Refuse(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                    const std::vector<FieldViolation>& violations = {});

// INVALID_ARGUMENT with the reason INVALID_FIELD; the message tells every fault.
absl::Status Invalid(const std::vector<FieldViolation>& violations);

// UNAVAILABLE with the reason OVERLOADED: the same call may do better after
// `retry_after`.
absl::Status Overloaded(absl::string_view message, absl::Duration retry_after);

// Says of a refusal that the same call may do better after `retry_after`.
absl::Status WithRetryAfter(absl::Status refusal, absl::Duration retry_after);

// Empty where the status is no refusal.
std::string ReasonOf(const absl::Status& status);
std::vector<FieldViolation> ViolationsOf(const absl::Status& status);
// Nothing where trying again is not said to help.
absl::optional<absl::Duration> RetryAfterOf(const absl::Status& status);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_REFUSAL_H_
