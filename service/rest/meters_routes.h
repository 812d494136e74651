// Bulk submissions over REST: the paths of the upstream's OpenAPI file.
//
//   PUT /meters/interval           an array of up to 10,000 meter records
//   PUT /meters/cumulative/epoch   up to 10,000 readings of a register
//   GET /meters/batch?batch_id=    the answer that one of these had
//
// Each is answered with a `meter_batch` when all that it took is stored.
#ifndef SERVICE_REST_METERS_ROUTES_H_
#define SERVICE_REST_METERS_ROUTES_H_

#include <cstdint>
#include <vector>

#include "service/executor/record_threads.h"
#include "service/records/bulk_submission.h"
#include "service/rest/router.h"

namespace costs::rest {

// What is pointed to outlives the server. The handlers are thread-safe.
struct MetersFace {
  records::BulkSubmission* bulk = nullptr;
  executor::RecordThreads* threads = nullptr;
  uint64_t body_bytes = 16 * 1024 * 1024;
};

std::vector<Route> MetersRoutes(const MetersFace& face);

}  // namespace costs::rest

#endif  // SERVICE_REST_METERS_ROUTES_H_
