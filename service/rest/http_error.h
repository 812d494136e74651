// What a refusal looks like over HTTP: status, code and the contract's error
// body. The only place that maps the calculator's failures and the catalog's
// refusals to HTTP.
//
// Plain values and pure functions.
#ifndef SERVICE_REST_HTTP_ERROR_H_
#define SERVICE_REST_HTTP_ERROR_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/calculator/calculator.h"

namespace costs::rest {

struct HttpError {
  int status = 500;
  std::string code;     // machine-readable, such as "no_price_data"
  std::string message;  // for the caller's eyes
  std::optional<int> retry_after_seconds;
  // What the caller is not told and the operator wants to know; mostly empty.
  std::string internal;
};

// By the contract's table of errors. A failure that is not in it is a 500 whose
// text goes to `internal` and not to the caller.
HttpError ErrorFromFailure(const calculator::Failure& failure);

// 400 invalid_request with every violation: "value: must be …; end_time: …".
HttpError ErrorFromViolations(const std::vector<calculator::Violation>& violations);

// A refusal (service/catalog/refusal.h) by its status code: the code of the answer
// is its reason in lower case. A status that is none is a 500 whose text goes to
// `internal`.
HttpError ErrorFromStatus(const absl::Status& status);

// {"object":"error",…}. `context` says where the error came up, such as
// "api.costs_instant"; `type` follows from the status.
std::string RenderError(const HttpError& error, absl::string_view context, bool live_mode, absl::Time time_created);

}  // namespace costs::rest

#endif  // SERVICE_REST_HTTP_ERROR_H_
