// Market prices and carbon intensities from CSV streams, one series in each.
//
//   start_time,end_time,price_per_kwh,currency_code
//   2023-10-29T00:00:00Z,2023-10-29T00:30:00Z,-0.0124,GBP
//
//   start_time,end_time,forecast_g_per_kwh,actual_g_per_kwh
//   2023-10-29T00:00:00Z,2023-10-29T00:30:00Z,61,58
//
// Slots are half-open, sorted, of any length, with gaps where nothing is known.
// A blank forecast or actual is unknown, which is not zero. The columns stand
// in this order, and each has its name in the first line.
#ifndef SERVICE_CATALOG_SERIES_READER_H_
#define SERVICE_CATALOG_SERIES_READER_H_

#include <cstddef>
#include <istream>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "service/catalog/fault_log.h"
#include "service/engine/series.h"

namespace costs::catalog {

// Null, with at least one fault, where the stream is not right. `file` is its
// name for faults; `id` and `region` become the series'. Beyond max_rows rows
// the stream is refused.
std::shared_ptr<const engine::MarketSeries> ReadMarketSeries(std::istream* stream, absl::string_view file,
                                                             std::string id, size_t max_rows, FaultLog* faults);
std::shared_ptr<const engine::CarbonSeries> ReadCarbonSeries(std::istream* stream, absl::string_view file,
                                                             std::string region, size_t max_rows, FaultLog* faults);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_SERIES_READER_H_
