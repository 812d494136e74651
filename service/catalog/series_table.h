// Market prices and carbon intensities of one tenant in a store: a compact row for
// each. For use with a connection's mutex held.
#ifndef SERVICE_CATALOG_SERIES_TABLE_H_
#define SERVICE_CATALOG_SERIES_TABLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/document_table.h"
#include "service/engine/series.h"
#include "service/sqlite/database.h"

namespace costs::catalog {

// In 10^-9 of a number's unit, as the rows have them. Every engine::Decimal fits.
int64_t NanosOf(engine::Decimal decimal);
engine::Decimal DecimalOf(int64_t nanos);

class SeriesTable {
 public:
  // Both are borrowed.
  SeriesTable(sqlite::Database* database, const Tenant& tenant) : database_(database), tenant_(tenant) {}

  // All that is stored, whole.
  absl::StatusOr<std::vector<std::shared_ptr<const engine::MarketSeries>>> Market();
  absl::StatusOr<std::vector<std::shared_ptr<const engine::CarbonSeries>>> Carbon();

  absl::StatusOr<bool> Empty();
  absl::Status RemoveAll();

  // The row of a series; a new one where there is none. A known one's currency
  // stays.
  absl::StatusOr<int64_t> MarketRow(absl::string_view id, absl::string_view currency_code);
  absl::StatusOr<int64_t> CarbonRow(absl::string_view region);

  // Writes entries, sorted and without overlap, in the place of what the series has
  // where they lie; what one covers in part is cut to what remains of it. `fresh`:
  // the series has nothing there.
  absl::Status Write(int64_t series, const std::vector<engine::MarketPrice>& prices, bool fresh);
  absl::Status Write(int64_t series, const std::vector<engine::CarbonIntensity>& intensities, bool fresh);

 private:
  template <typename Row>
  absl::Status WriteRows(int64_t series, const std::vector<Row>& rows, bool fresh);
  absl::StatusOr<int64_t> FindRow(absl::string_view table, absl::string_view id);

  sqlite::Database* const database_;
  const Tenant& tenant_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_SERIES_TABLE_H_
