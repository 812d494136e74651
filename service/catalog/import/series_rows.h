// The rows that an importer reads, made into a series: sorted, each time once,
// what is missing told.
//
//   SeriesRows<engine::MarketPrice> rows("price", &log);
//   rows.Add({0, 12, 5}, {interval, price});
//   rows.AddBlank({0, 13, 5}, interval);
//   absl::StatusOr<std::vector<engine::MarketPrice>> prices = rows.Settle("choose one with --resolution");
//
// - A row that is empty, not in whole seconds or outside what is priced is a
//   fault of the log.
// - Rows that go forth and back in time are a finding; they are sorted.
// - The same time twice: a finding where both say the same, or one leaves a
//   figure blank that the other has; otherwise CONTRADICTORY_VALUES.
// - Rows that overlap in another way are refused: OPTION_REQUIRED where they
//   differ in length and there is an option to choose one, otherwise
//   CONTRADICTORY_VALUES.
// - Blank rows and times between rows are gaps, and findings. They are never 0.
//
// Not thread-safe; the log is borrowed.
#ifndef SERVICE_CATALOG_IMPORT_SERIES_ROWS_H_
#define SERVICE_CATALOG_IMPORT_SERIES_ROWS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/import/import_log.h"
#include "service/engine/series.h"
#include "service/engine/time.h"

namespace costs::catalog {

// Of one import, all files together.
inline constexpr size_t kMostRows = 2'000'000;

// Entry: engine::MarketPrice or engine::CarbonIntensity.
template <typename Entry>
class SeriesRows {
 public:
  // `noun` names an entry in messages.
  SeriesRows(absl::string_view noun, ImportLog* log) : noun_(noun), log_(log) {}

  // False, with a fault, where there can be no such row, or no more rows.
  bool Add(const Place& place, const Entry& entry) { return Add(place, entry, false); }
  bool AddBlank(const Place& place, const engine::Interval& interval);

  size_t size() const { return rows_.size(); }

  // The entries, as engine's series take them, after which there are no rows.
  // The log's status where it has faults; NO_DATA where nothing is left.
  // `length_remedy`: what a caller can do about rows of different lengths; may
  // be empty.
  absl::StatusOr<std::vector<Entry>> Settle(absl::string_view length_remedy = "");

 private:
  struct Row {
    Entry entry;
    Place place;
    bool blank;
  };

  bool Add(const Place& place, const Entry& entry, bool blank);
  void Sort();
  absl::Status DropRepeats(absl::string_view length_remedy);
  absl::Status RefuseOverlap(const Row& before, const Row& row, absl::string_view length_remedy) const;
  void ReportGaps();

  const std::string noun_;
  ImportLog* const log_;
  std::vector<Row> rows_;
};

extern template class SeriesRows<engine::MarketPrice>;
extern template class SeriesRows<engine::CarbonIntensity>;

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_SERIES_ROWS_H_
