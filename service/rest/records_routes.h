// Stored records and what they cost, over REST.
//
//   POST /costs/interval/{id}    aggregation, direction, include_tariff and include_carbon in the query,
//                                start_time and end_time in the body: as the upstream's OpenAPI file says
//   POST /costs/session/{id}     direction, include_tariff, include_carbon: likewise
//   GET /meters/records          the filters, order and page of ListMeterRecords in the query
//   GET /meters/records/{id}, GET /meters/records/{id}/revisions, DELETE /meters/records/{id}
//
// The costs of an interval are told in the offset of the request's start_time, all
// other times in UTC.
#ifndef SERVICE_REST_RECORDS_ROUTES_H_
#define SERVICE_REST_RECORDS_ROUTES_H_

#include <cstdint>
#include <vector>

#include "service/executor/record_threads.h"
#include "service/records/records_calls.h"
#include "service/records/reports.h"
#include "service/rest/router.h"

namespace costs::rest {

// What is pointed to outlives the server. The handlers are thread-safe.
struct RecordsFace {
  const records::RecordsCalls* records = nullptr;
  const records::Reports* reports = nullptr;
  executor::RecordThreads* threads = nullptr;
  uint64_t body_bytes = 4 * 1024;  // of a period
};

std::vector<Route> RecordsRoutes(const RecordsFace& face);

}  // namespace costs::rest

#endif  // SERVICE_REST_RECORDS_ROUTES_H_
