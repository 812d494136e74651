// Reads a tariff element in the JSON of the API that ours mirrors: the body of
// POST /tariffs/elements, what GET gives back of it, or a bare schedule, which is
// an array, alone or as `schedule` or `data` of an object.
//
//   absl::StatusOr<ImportedTariff> tariff = ImportFlatpeakSchedule(text, options);
//
// Source of the rules: the FlatPeak API's OpenAPI description, schemas
// TariffElementCreateNew, TariffElementNew and TariffSchedule.
// - Months are three letters or All; days are names, numbers (1 is Monday),
//   Weekday, Weekend or All. Left out or empty: All. Hours are local.
// - 00:00:00 as valid_to is midnight. Hours over midnight, such as 23:30:00 to
//   05:00:00, are those at both ends of each of the days, as in the catalog's
//   files.
// - `fixed` counts without market_rates, the surcharges with it. to_kwh null or
//   left out: the last tier.
// - What the other service sets itself (id, status, time_created, ...) is left
//   behind; ids are the caller's.
// Whether the schedule covers each hour once is for the catalog to check, as for
// any other document.
#ifndef SERVICE_CATALOG_IMPORT_FLATPEAK_SCHEDULE_H_
#define SERVICE_CATALOG_IMPORT_FLATPEAK_SCHEDULE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "energy/costs/v1/meter_record.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "service/catalog/import/imported.h"
#include "service/catalog/import/tariff_import.h"

namespace costs::catalog {

struct FlatpeakOptions {
  // Dates have an offset, so the time zone is not used. currency_code: the API
  // leaves it to the location; empty is left empty. There is nothing to leave
  // out.
  TariffImportOptions tariff;
  // What the file does not say, as a bare schedule does not.
  energy::costs::v1::TariffRate::Value direction = energy::costs::v1::TariffRate::UNSPECIFIED;
  energy::costs::v1::ElementType::Value type = energy::costs::v1::ElementType::UNSPECIFIED;
  // The series of a tariff with market_rates, which the file never names.
  std::string market_series;
};

// INVALID_ARGUMENT, as tariff_import.h tells. A pure function.
absl::StatusOr<ImportedTariff> ImportFlatpeakSchedule(absl::string_view text, const FlatpeakOptions& options);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_FLATPEAK_SCHEDULE_H_
