// What HTTP itself has to say against a request: its header, and how it was read.
//
// Pure functions.
#ifndef SERVICE_REST_HEADER_CHECK_H_
#define SERVICE_REST_HEADER_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "boost/beast/core/error.hpp"
#include "boost/beast/http/message.hpp"
#include "service/rest/http_error.h"
#include "service/rest/router.h"

namespace costs::rest {

using RequestHeader = boost::beast::http::request_header<>;

// A refusal and what else its answer says.
struct Refusal {
  HttpError error;
  std::string allow;  // of 405
};

// Why the request cannot be taken up by the route that its path and method led to.
std::optional<Refusal> CheckHeader(const RequestHeader& request, const Router::Match& match, uint32_t most_fields);

bool ExpectsContinue(const RequestHeader& request);

// 400 malformed_request, and so on: an error of the status and code.
HttpError MakeError(int status, absl::string_view code, std::string message);
HttpError TimedOut();
HttpError TooBusy(absl::string_view why);
// What Beast found wrong with the bytes of a request.
HttpError ErrorOfReading(const boost::beast::error_code& error, uint32_t header_limit, uint64_t body_limit);

}  // namespace costs::rest

#endif  // SERVICE_REST_HEADER_CHECK_H_
