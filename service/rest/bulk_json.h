// The bodies of bulk submissions, read as they come, without a tree of all they
// hold: an array of meter records, and the readings of a register.
//
// What is wrong with one record is its fault, and told with its position; what is
// wrong with the body as a whole is the status. Unknown fields are ignored, and null
// is as good as absent. What values may be is for others to say. Pure functions.
#ifndef SERVICE_REST_BULK_JSON_H_
#define SERVICE_REST_BULK_JSON_H_

#include <cstddef>
#include <deque>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/records/bulk_submission.h"
#include "service/rest/costs_json.h"

namespace costs::rest {

// An element of the array.
struct ReadRecord {
  CostsRequest request;
  std::string fault;  // what is wrong with its JSON; empty: nothing
};

// INVALID_ARGUMENT (INVALID_FIELD): no JSON, no array, or more than `most` elements.
absl::Status ReadRecords(absl::string_view body, size_t most, std::deque<ReadRecord>* records);

// INVALID_ARGUMENT (INVALID_FIELD): no JSON, no object, fields of another type than
// the contract's, or more than `most` readings.
absl::Status ReadCumulative(absl::string_view body, size_t most, records::CumulativeSubmission* submission);

}  // namespace costs::rest

#endif  // SERVICE_REST_BULK_JSON_H_
