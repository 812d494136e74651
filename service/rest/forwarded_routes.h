// The paths of bulk submissions, handed on as they are to another costs API, whose answer
// is given. They know no more of it than a function that asks.
//
//   PUT /meters/interval, PUT /meters/cumulative/epoch, GET /meters/batch?batch_id=
#ifndef SERVICE_REST_FORWARDED_ROUTES_H_
#define SERVICE_REST_FORWARDED_ROUTES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/rest/router.h"

namespace costs::rest {

struct ForwardedRequest {
  std::string method;
  std::string target;  // path and query
  std::string body;
  bool live_mode = false;
  std::string authorization;
  std::string traceparent;
  absl::Time deadline = absl::InfiniteFuture();
  std::function<bool()> cancelled;
};

struct ForwardedAnswer {
  int status = 200;
  std::string body;
};

// Runs `done` once, perhaps on another thread; it does not block.
using Forward = std::function<void(ForwardedRequest request,
                                   std::function<void(std::variant<ForwardedAnswer, calculator::Failure>)> done)>;

std::vector<Route> ForwardedMetersRoutes(Forward forward, uint64_t body_bytes);

}  // namespace costs::rest

#endif  // SERVICE_REST_FORWARDED_ROUTES_H_
