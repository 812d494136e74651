// A handler whose work may block: it runs on an executor's threads, not on a
// session's.
#ifndef SERVICE_REST_BLOCKING_HANDLER_H_
#define SERVICE_REST_BLOCKING_HANDLER_H_

#include <functional>

#include "service/executor/bounded_executor.h"
#include "service/rest/exchange.h"

namespace costs::rest {

// A request that is cancelled before a thread gets to it is not begun; one too
// many is answered 503 with Retry-After. `executor` outlives the server.
Handler BlockingHandler(executor::BoundedExecutor* executor, std::function<Answer(const Request&)> work);

}  // namespace costs::rest

#endif  // SERVICE_REST_BLOCKING_HANDLER_H_
