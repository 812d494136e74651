// POST /costs/instant: the contract's call, answered by a Calculator.
#ifndef SERVICE_REST_INSTANT_ROUTE_H_
#define SERVICE_REST_INSTANT_ROUTE_H_

#include <cstdint>

#include "service/calculator/calculator.h"
#include "service/rest/router.h"

namespace costs::rest {

// The handler is thread-safe, and may be destroyed while calculations run.
// `calculator` is borrowed; it outlives the server and every `done` that it was
// given.
Route InstantRoute(calculator::Calculator* calculator, uint64_t body_bytes);

}  // namespace costs::rest

#endif  // SERVICE_REST_INSTANT_ROUTE_H_
