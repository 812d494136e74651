// What a server said when it did not answer: an absl::Status that carries the details as
// payloads (keyed by their type's URL), and functions that read them.
//
//   if (!cost.ok() && costs::ReasonOf(cost.status()) == "NO_PRICE_DATA") ...
//
// Pure and thread-safe.
#ifndef CLIENT_ERRORS_H_
#define CLIENT_ERRORS_H_

#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"

namespace costs {

// Of a whole call; the details come from its trailers.
absl::Status ToStatus(const grpc::Status& status);
// Of one record of a batch or stream.
absl::Status ToStatus(const google::rpc::Status& status);

// The machine-readable reason, such as LOCATION_NOT_FOUND (docs/api.md lists them); empty
// where there is none, as of errors that no server of ours made.
std::string ReasonOf(const absl::Status& status);

struct FieldViolation {
  std::string field;        // such as "record.value"
  std::string description;  // what is wrong with it, its limit and the remedy
};
// What is wrong with the request; empty unless the code is INVALID_ARGUMENT.
std::vector<FieldViolation> ViolationsOf(const absl::Status& status);

// When to try again, where the server says so.
std::optional<absl::Duration> RetryAfterOf(const absl::Status& status);

}  // namespace costs

#endif  // CLIENT_ERRORS_H_
