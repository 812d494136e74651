// What an HTTP answer of another costs API that is no success means, by the
// contract's table of errors. A pure function.
#ifndef SERVICE_UPSTREAM_CONTRACT_ERRORS_H_
#define SERVICE_UPSTREAM_CONTRACT_ERRORS_H_

#include "absl/time/time.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/http_exchange.h"

namespace costs::upstream {

// `now` is what a Retry-After that is a date is counted from.
UpstreamError DecodeError(const HttpAnswer& answer, absl::Time now);

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_CONTRACT_ERRORS_H_
