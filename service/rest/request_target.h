// The request target of an HTTP request: its path and query, percent-decoded.
#ifndef SERVICE_REST_REQUEST_TARGET_H_
#define SERVICE_REST_REQUEST_TARGET_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::rest {

// Keys and values in the order of the query; a key without `=` has the value "".
using Query = std::vector<std::pair<std::string, std::string>>;

struct RequestTarget {
  // Decoded, but an encoded slash stays `%2F`: it is no separator.
  std::string path;
  Query query;
};

// Splits an origin-form (`/costs/instant?a=b`) or absolute-form target
// (`http://host/costs/instant`). In the query `+` is a blank. INVALID_ARGUMENT:
// another form, a broken percent code, bytes that are not UTF-8, or a fragment.
absl::StatusOr<RequestTarget> ParseRequestTarget(absl::string_view target);

// With `+` in start_time and end_time where a query that was not encoded lost it.
Query WithPlusInTimes(Query query);

}  // namespace costs::rest

#endif  // SERVICE_REST_REQUEST_TARGET_H_
