// One tariff element, as the files write it, into the engine's:
//
//   {"id": "trf_1", "direction": "IMPORT", "type": "COMMODITY", "display_name": "Night rate",
//    "currency_code": "GBP", "vat_included": true, "market_rates": false,
//    "contract_start_date": "2023-01-01T00:00:00Z", "contract_end_date": null,
//    "schedule": [...], "source": "where the figures come from"}
//
// The names are those of the API's tariff element; currency_code, vat_included
// and market_series (the market's id, with market_rates) are the catalog's own.
#ifndef SERVICE_CATALOG_ELEMENT_READER_H_
#define SERVICE_CATALOG_ELEMENT_READER_H_

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/located_json.h"
#include "service/engine/series.h"
#include "service/engine/tariff.h"

namespace costs::catalog {

// By id. Null: there is such a series, but it has faults of its own.
using MarketSeriesById = absl::flat_hash_map<std::string, std::shared_ptr<const engine::MarketSeries>>;

// Null, with at least one fault, where the element is not right. Where its
// market series is null the element is checked, and null without a fault.
std::shared_ptr<const engine::TariffElement> ReadElement(const JsonNode& node, absl::string_view file,
                                                         const MarketSeriesById& markets, FaultLog* faults);

// 1 to 64 of A-Z, a-z, 0-9, '_', '-' and '.', and not a '.' first: an id that is
// also safe as the name of a file.
bool IsId(absl::string_view text);

// What IsId() wants, for messages.
inline constexpr absl::string_view kIdWanted = "1 to 64 letters, digits, '_', '-' and '.', not beginning with '.'";

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_ELEMENT_READER_H_
