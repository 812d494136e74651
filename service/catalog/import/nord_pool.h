// Day-ahead prices of Nord Pool: the answers of the Data Portal's API call
// DayAheadPrices.
//
//   {"deliveryDateCET": "2024-11-05", "currency": "EUR", "areaStates": [{"state": "Final", "areas": ["SE3"]}],
//    "multiAreaEntries": [{"deliveryStart": "2024-11-04T23:00:00Z", "deliveryEnd": "2024-11-05T00:00:00Z",
//                          "entryPerArea": {"SE3": 21.54}}, ...], ...}
//
// The rules, and their sources (Nord Pool's "Data Portal API", call
// DayAheadPrices, and its page on the 15-minute market time unit):
// - A price is in `currency` per MWh; here it becomes one per kWh, exactly.
// - An entry is what its deliveryStart and deliveryEnd (UTC) say: an hour
//   until 2025-09-30, a quarter since. Both may stand in one import; where they
//   lie over each other, `resolution_minutes` chooses.
// - An area that an entry does not have, or has as null, has no price then,
//   which is a gap and never 0.
// - A delivery day goes from midnight to midnight in Central European Time, so
//   it has 23, 24 or 25 hours. One that is not covered is a finding; so is one
//   whose state is not "Final".
// - A day that is not there yet is an empty answer, which is NO_DATA.
//
// Pure functions.
#ifndef SERVICE_CATALOG_IMPORT_NORD_POOL_H_
#define SERVICE_CATALOG_IMPORT_NORD_POOL_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "service/catalog/import/import_log.h"
#include "service/catalog/import/imported.h"

namespace costs::catalog {

struct NordPoolOptions {
  std::string area;                       // such as "SE3". Required
  std::string currency_code;              // for files that do not name theirs; otherwise it must be theirs, or empty
  std::optional<int> resolution_minutes;  // only entries of this length
  bool round = false;                     // to 9 digits after the point; otherwise more are refused
};

// Any number of answers, of different days, in any order. Refused as
// import_log.h lists.
absl::StatusOr<ImportedPrices> ImportNordPool(absl::Span<const SourceText> sources, const NordPoolOptions& options);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_NORD_POOL_H_
