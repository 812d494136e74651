// A request of a route and its answer, between a session, which knows HTTP, and a
// handler, which knows what is asked. Plain values.
#ifndef SERVICE_REST_EXCHANGE_H_
#define SERVICE_REST_EXCHANGE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/auth/authenticator.h"
#include "service/rest/http_error.h"
#include "service/rest/request_target.h"

namespace costs::rest {

struct Request {
  // Who sends it; null on a route that is open.
  std::shared_ptr<const auth::Identity> identity;
  // The header's value on a route that is open, which looks at it itself, or that hands
  // it on; empty: none.
  std::string authorization;
  std::vector<std::string> parameters;  // what the path has for each {…} of the pattern
  Query query;
  std::string body;
  std::string if_match;     // of the header; empty: none
  std::string traceparent;  // of the header; empty: none that is one
  absl::Time deadline = absl::InfiniteFuture();
  // True once nobody waits for the answer; from any thread.
  std::function<bool()> cancelled = [] { return false; };
};

struct Answer {
  int status = 200;
  std::string body;
  std::string etag;                // for the header; empty: none
  std::optional<HttpError> error;  // in the place of status and body
  std::string content_type = "application/json";
};

inline Answer Refused(HttpError error) {
  Answer answer;
  answer.error = std::move(error);
  return answer;
}

// Runs once, perhaps before the handler returns and perhaps on another thread.
using Done = std::function<void(Answer)>;

// Must not block: a session's thread calls it.
using Handler = std::function<void(Request, Done)>;

}  // namespace costs::rest

#endif  // SERVICE_REST_EXCHANGE_H_
