// Reads a record of the Utility Rate Database (URDB) as its interface gives it:
// {"items": [record, ...]}, a bare record, or a bare array of them. Versions 3
// and later of the interface.
//
//   absl::StatusOr<ImportedTariff> tariff = ImportUrdb(text, options);
//   absl::StatusOr<ImportedTariff> third = ImportUrdb(text, options, 2);
//
// Source of the rules: OpenEI, "Utility Rate Database" and the description of
// its interface ("Get Utility Rates", response fields).
// - energyratestructure[period][tier]: what a kWh costs is rate + adj; max is the
//   upper end of a tier in `unit`: kWh (of the month), kWh daily (of each day of
//   the month), or one that cannot be priced from energy alone, such as kWh/kW.
// - energyweekdayschedule, energyweekendschedule: 12 months of 24 hours of local
//   time, each the number of a period. The database knows no holidays.
// - startdate, enddate: seconds since 1970 of a day's midnight, by a clock that
//   is not told (records are found with that of Greenwich, of Denver and others).
//   Taken as the nearest midnight of the location. enddate is the last day.
// - The record's label is no key: different tariffs are found under one.
#ifndef SERVICE_CATALOG_IMPORT_URDB_H_
#define SERVICE_CATALOG_IMPORT_URDB_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "service/catalog/import/imported.h"
#include "service/catalog/import/tariff_import.h"

namespace costs::catalog {

// `record` picks one of several, from 0; a file of one needs none.
// INVALID_ARGUMENT, as tariff_import.h tells. A pure function.
absl::StatusOr<ImportedTariff> ImportUrdb(absl::string_view text, const TariffImportOptions& options,
                                          absl::optional<size_t> record = absl::nullopt);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_URDB_H_
