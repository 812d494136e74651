// Prices and intensities from a CSV file with named columns.
//
//   PlainCsvOptions columns;
//   columns.start_column = "timestamp";
//   columns.resolution_minutes = 60;
//   columns.timezone = "Europe/Vienna";      // where the times have no offset
//   PlainPriceOptions options{columns, "price", PriceUnit::kMajorPerMwh, "EUR"};
//   absl::StatusOr<ImportedPrices> prices = ImportPlainPrices(sources, options);
//
// - The first line names the columns; those that are not asked for are passed
//   over, which is a finding.
// - A time is RFC 3339 in whole seconds; T may be a blank, seconds may be left
//   out. One without an offset is what a clock of `timezone` shows. Those rows
//   have to be oldest first, with resolution_minutes instead of an end. Of an
//   hour that the clock shows twice, the first row is the earlier one and its
//   repetition the later; a time that it shows twice and the file has once is
//   refused, since nothing tells which is meant, and so is a time that the clock
//   skips. (The IANA time zone database says which these are.)
// - A blank price or intensity is a gap, and never 0.
//
// Pure functions, but for the time zone database.
#ifndef SERVICE_CATALOG_IMPORT_PLAIN_CSV_H_
#define SERVICE_CATALOG_IMPORT_PLAIN_CSV_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "service/catalog/import/import_log.h"
#include "service/catalog/import/imported.h"

namespace costs::catalog {

struct PlainCsvOptions {
  std::string start_column;               // Required
  std::string end_column;                 // this, or resolution_minutes
  std::optional<int> resolution_minutes;  // 1 to 1440; how long each row is valid
  std::string timezone;                   // IANA name; empty: each time has an offset
  bool round = false;                     // to 9 digits after the point; otherwise more are refused
};

enum class PriceUnit { kMajorPerKwh, kMajorPerMwh, kMinorPerKwh, kMinorPerMwh };

struct PlainPriceOptions {
  PlainCsvOptions rows;
  std::string price_column;       // Required
  std::optional<PriceUnit> unit;  // Required; minor: pence or cents, 100 to the major unit
  std::string currency_code;      // this, or
  std::string currency_column;
};

// In gCO2eq per kWh, which is kg per MWh.
struct PlainIntensityOptions {
  PlainCsvOptions rows;
  std::string forecast_column;  // one of the two, or both
  std::string actual_column;
};

// Any number of files with the same columns, in any order (with times of a
// clock, oldest first). Refused as import_log.h lists.
absl::StatusOr<ImportedPrices> ImportPlainPrices(absl::Span<const SourceText> sources,
                                                 const PlainPriceOptions& options);
absl::StatusOr<ImportedIntensities> ImportPlainIntensities(absl::Span<const SourceText> sources,
                                                           const PlainIntensityOptions& options);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_PLAIN_CSV_H_
