// Unit rates of Octopus Energy (Great Britain): the answers of its REST API for
// .../standard-unit-rates/ (also day-, night- and export rates).
//
//   {"count": 2, "next": null, "previous": null, "results": [
//     {"value_exc_vat": 23.4, "value_inc_vat": 24.57, "valid_from": "2023-03-26T01:30:00Z",
//      "valid_to": "2023-03-26T02:00:00Z", "payment_method": null}, ...]}
//
// The rules, and their source (Octopus Energy's developer pages, "API
// endpoints" and "List tariff charges"):
// - Values are in pence per kWh; here they become pounds, exactly. A rate has one
//   without and one with value added tax, and the caller says which.
// - Results are newest first, in pages; `next` is the address of the next one.
//   Pages may be given in any order. Where fewer rates are read than `count`
//   says there are, that is a finding.
// - A `valid_to` of null means until further notice. A series of prices has to
//   end, so the caller gives the end; it is never guessed.
// - A variable tariff has its rates twice, for customers who pay by
//   DIRECT_DEBIT and who do not, in any order; the caller says which. A
//   `payment_method` of null is for both.
//
// Pure functions.
#ifndef SERVICE_CATALOG_IMPORT_OCTOPUS_H_
#define SERVICE_CATALOG_IMPORT_OCTOPUS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "service/catalog/import/import_log.h"
#include "service/catalog/import/imported.h"
#include "service/engine/time.h"

namespace costs::catalog {

enum class Vat { kExcluded, kIncluded };

struct OctopusOptions {
  std::optional<Vat> vat;              // Required
  std::optional<engine::Instant> end;  // of rates without one
  std::string payment_method;          // needed where the files have several
  bool round = false;                  // to 9 digits after the point; otherwise more are refused
};

// Any number of pages of one tariff. Refused as import_log.h lists.
absl::StatusOr<ImportedPrices> ImportOctopus(absl::Span<const SourceText> sources, const OctopusOptions& options);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_OCTOPUS_H_
