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
#include "service/sql/database.h"

namespace costs::catalog {

// In 10^-9 of a number's unit, as the rows have them. Every engine::Decimal fits.
int64_t NanosOf(engine::Decimal decimal);
engine::Decimal DecimalOf(int64_t nanos);

class SeriesTable {
 public:
  // Both are borrowed.
  SeriesTable(sql::Database* database, const Tenant& tenant) : database_(database), tenant_(tenant) {}

  // All that is stored, whole.
  absl::StatusOr<std::vector<std::shared_ptr<const engine::MarketSeries>>> Market();
  absl::StatusOr<std::vector<std::shared_ptr<const engine::CarbonSeries>>> Carbon();
  // One of them; null where there is none of that id.
  absl::StatusOr<std::shared_ptr<const engine::MarketSeries>> FindMarket(absl::string_view id);
  absl::StatusOr<std::shared_ptr<const engine::CarbonSeries>> FindCarbon(absl::string_view region);

  // Of one series what lies in the interval, at least in part, in order; empty where
  // there is no such series.
  absl::StatusOr<std::vector<engine::MarketPrice>> Prices(absl::string_view id, engine::Interval interval);
  absl::StatusOr<std::vector<engine::CarbonIntensity>> Intensities(absl::string_view region, engine::Interval interval);

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
  absl::StatusOr<int64_t> FindRow(absl::string_view table, absl::string_view id);
  absl::Status Remove(absl::string_view series_table, absl::string_view entries_table);
  // `insert` wants the key, the tenant and the id, and gives the key.
  absl::StatusOr<int64_t> InsertRow(absl::string_view id, sql::Query* insert);

  sql::Database* const database_;
  const Tenant& tenant_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_SERIES_TABLE_H_
