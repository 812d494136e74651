// Reads a tariff in the schema, version 0, of the public tariff collection
// "ratebook": residential tariffs of the United States, derived from the Utility
// Rate Database and kept up by hand, one JSON object for each tariff. All money
// is in US dollars, and decimal numbers are strings.
//
//   absl::StatusOr<ImportedTariff> tariff = ImportRatebook(text, options);
//
// Source of the rules: the collection's own descriptions (cbetz/ratebook,
// docs/ENGINE_SPEC.md and docs/AUTHORING_TARIFFS.md), and its published bills,
// which our tests reproduce. Where we part from them, docs/imports.md says so.
// - What a kWh costs is rate + adj. Columns are hours of local time, rows months.
// - max is the upper end of a tier in the month, or, in "kWh daily", for each
//   day of the month. It means nothing in the last tier.
// - holiday_policy as_weekend: the days of `holidays` are priced as weekend days;
//   as_weekday, unknown: as their weekday. holiday_observance sunday_to_monday
//   (the default): a Sunday's holiday is kept on Monday; actual_day: on the day.
// - effective_range has days; its end is included.
#ifndef SERVICE_CATALOG_IMPORT_RATEBOOK_H_
#define SERVICE_CATALOG_IMPORT_RATEBOOK_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/import/imported.h"
#include "service/catalog/import/tariff_import.h"

namespace costs::catalog {

// INVALID_ARGUMENT, as tariff_import.h tells. A pure function.
absl::StatusOr<ImportedTariff> ImportRatebook(absl::string_view text, const TariffImportOptions& options);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_RATEBOOK_H_
