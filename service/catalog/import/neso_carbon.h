// The carbon intensity of Great Britain's grid: the answers of NESO's Carbon
// Intensity API, and CSV exports of them.
//
//   {"data": [{"from": "2018-01-20T12:00Z", "to": "2018-01-20T12:30Z",
//              "intensity": {"forecast": 266, "actual": 263, "index": "moderate"}}, ...]}
//
//   from,to,forecast,actual,index
//   2022-12-31 23:30:00+00:00,2023-01-01 00:00:00+00:00,75,65.0,low
//
// The rules, and their source (NESO's "Carbon Intensity API", definitions, and
// "Regional carbon intensity"):
// - Figures are gCO2 per kWh; times are UTC, and a period is half an hour.
// - `actual` is null for a time to come, and now and then for one that has been:
//   unknown, which is not 0. Regions have forecasts only.
// - `data` is the list of periods, for the country; or, for one region, an object
//   (or a list of one) with `regionid`, `shortname` and the list as `data`. An
//   answer with several regions is refused: fetch one of them.
//
// What is JSON and what CSV is told by its first character. Pure functions.
#ifndef SERVICE_CATALOG_IMPORT_NESO_CARBON_H_
#define SERVICE_CATALOG_IMPORT_NESO_CARBON_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "service/catalog/import/import_log.h"
#include "service/catalog/import/imported.h"

namespace costs::catalog {

// Any number of files of one region, in any order, all JSON or all CSV. An
// intensity that one file has as forecast and a later one with its actual is
// taken with both. Refused as import_log.h lists.
absl::StatusOr<ImportedIntensities> ImportNesoCarbon(absl::Span<const SourceText> sources);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_NESO_CARBON_H_
