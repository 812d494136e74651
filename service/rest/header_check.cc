#include "service/rest/header_check.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/beast/http/error.hpp"
#include "boost/beast/http/field.hpp"

namespace costs::rest {

HttpError MakeError(int status, absl::string_view code, std::string message) {
  HttpError error;
  error.status = status;
  error.code = std::string(code);
  error.message = std::move(message);
  return error;
}

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

absl::string_view View(beast::string_view text) { return absl::string_view(text.data(), text.size()); }

HttpError TooLarge(uint64_t limit) {
  return MakeError(413, "body_too_large",
                   absl::StrCat("body: is over the limit of ", limit, " bytes; send one record or document a request"));
}

bool IsJson(absl::string_view content_type) {
  const absl::string_view type = content_type.substr(0, content_type.find(';'));
  return absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(type), "application/json");
}

std::optional<Refusal> CheckContent(const RequestHeader& request) {
  const auto content_type = request.find(http::field::content_type);
  if (content_type != request.end() && !IsJson(View(content_type->value()))) {
    return Refusal{
        MakeError(415, "unsupported_media_type", "The Content-Type must be application/json; send the body as JSON."),
        ""};
  }
  const auto encoding = request.find(http::field::content_encoding);
  if (encoding != request.end() && !absl::EqualsIgnoreCase(View(encoding->value()), "identity")) {
    return Refusal{
        MakeError(415, "unsupported_media_type", "A Content-Encoding is not accepted; send the JSON as it is."), ""};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> CheckHeader(const RequestHeader& request, const Router::Match& match, uint32_t most_fields) {
  if (std::distance(request.begin(), request.end()) > static_cast<std::ptrdiff_t>(most_fields)) {
    return Refusal{MakeError(431, "header_too_large",
                             absl::StrCat("The request's header has more than ", most_fields,
                                          " fields; leave out those that are not needed.")),
                   ""};
  }
  if (request.version() >= 11 && request.count(http::field::host) != 1) {
    return Refusal{MakeError(400, "malformed_request", "The request needs exactly one Host field; give it once."), ""};
  }
  if (match.route == nullptr && match.allow.empty()) {
    return Refusal{MakeError(404, "not_found", "There is nothing at this path; see that its parts are all there."), ""};
  }
  if (match.route == nullptr) {
    return Refusal{MakeError(405, "method_not_allowed", absl::StrCat("This path takes ", match.allow, " only.")),
                   match.allow};
  }
  if (match.route->body_bytes == 0) return std::nullopt;
  return CheckContent(request);
}

bool ExpectsContinue(const RequestHeader& request) {
  return request.version() >= 11 && absl::EqualsIgnoreCase(View(request[http::field::expect]), "100-continue");
}

HttpError TimedOut() {
  return MakeError(408, "request_timeout", "The request did not arrive in time; send it without pausing.");
}

HttpError TooBusy(absl::string_view why) {
  HttpError error = MakeError(503, "overloaded", std::string(why));
  error.retry_after_seconds = 1;
  return error;
}

HttpError ErrorOfReading(const beast::error_code& error, uint32_t header_limit, uint64_t body_limit) {
  if (error == http::error::body_limit) return TooLarge(body_limit);
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return MakeError(431, "header_too_large",
                     absl::StrCat("The request's header is over the limit of ", header_limit,
                                  " bytes; leave out fields that are not needed."));
  }
  if (error == http::error::partial_message) {
    return MakeError(400, "malformed_request", "The request ended before it was whole; send all that its header says.");
  }
  return MakeError(400, "malformed_request", absl::StrCat("The request is not HTTP/1.1: ", error.message(), "."));
}

}  // namespace costs::rest
