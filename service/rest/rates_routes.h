// What a kWh costs at a location over time, over REST: the paths of the upstream's
// OpenAPI file.
//
//   GET /tariffs/rates/{location_id}  start_time, end_time, direction, include_tariff, include_carbon,
//                                     and ours: resolution, usage_before_wh
//   GET /tariffs/audit/{location_id}  start_time, end_time, direction, and ours: usage_before_wh
//   GET /slots/time/{location_id}     start_time, end_time, direction, segment, duration, and ours: contiguous
//
// Times are answered in the offset of end_time (time_created in UTC). A blank in a
// time is read as `+`, which is what a query makes of one that is not encoded.
#ifndef SERVICE_REST_RATES_ROUTES_H_
#define SERVICE_REST_RATES_ROUTES_H_

#include <vector>

#include "service/executor/catalog_threads.h"
#include "service/rates/location_rates.h"
#include "service/rest/router.h"

namespace costs::rest {

// Both outlive the server. The handlers are thread-safe.
std::vector<Route> RatesRoutes(const rates::LocationRates* rates, executor::CatalogThreads* threads);

}  // namespace costs::rest

#endif  // SERVICE_REST_RATES_ROUTES_H_
