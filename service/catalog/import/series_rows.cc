#include "service/catalog/import/series_rows.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/catalog/import/import_time.h"

namespace costs::catalog {
namespace {

using engine::CarbonIntensity;
using engine::Decimal;
using engine::Interval;
using engine::MarketPrice;

std::string FromTo(const Interval& interval) {
  return absl::StrCat("from ", UtcText(interval.start), " to ", UtcText(interval.end));
}

std::string Figure(const std::optional<Decimal>& value) { return value ? value->ToString() : "blank"; }

std::string ValueText(const MarketPrice& price) { return price.per_kwh.ToString(); }
std::string ValueText(const CarbonIntensity& intensity) {
  return absl::StrCat("forecast ", Figure(intensity.forecast), ", actual ", Figure(intensity.actual));
}

// Takes over what `from` knows; false where they contradict each other.
bool MergeFigure(const std::optional<Decimal>& from, std::optional<Decimal>* into) {
  if (from && *into && *from != **into) return false;
  if (from) *into = from;
  return true;
}
bool Merge(const MarketPrice& from, MarketPrice* into) { return from.per_kwh == into->per_kwh; }
bool Merge(const CarbonIntensity& from, CarbonIntensity* into) {
  return MergeFigure(from.forecast, &into->forecast) && MergeFigure(from.actual, &into->actual);
}

// Empty where a series can have the slot.
absl::string_view SlotFault(const Interval& slot) {
  if (slot.start.ns % engine::kNanosPerSecond != 0 || slot.end.ns % engine::kNanosPerSecond != 0) {
    return "start and end must be whole seconds";
  }
  if (slot.start < engine::kEarliest || slot.end > engine::kLatest) {
    return "the time must lie between 1970-01-01T00:00:00Z and 2100-01-01T00:00:00Z";
  }
  if (slot.start >= slot.end) return "the end must be after the start";
  return "";
}

bool ByTime(const Interval& a, const Interval& b) { return a.start != b.start ? a.start < b.start : a.end < b.end; }

}  // namespace

template <typename Entry>
bool SeriesRows<Entry>::AddBlank(const Place& place, const Interval& interval) {
  Entry entry{};
  entry.interval = interval;
  return Add(place, entry, true);
}

template <typename Entry>
bool SeriesRows<Entry>::Add(const Place& place, const Entry& entry, bool blank) {
  if (rows_.size() >= kMostRows) {
    log_->Fault(log_->Where(place), absl::StrCat("is past the limit of ", kMostRows, " rows in an import; split it"));
    return false;
  }
  if (const absl::string_view fault = SlotFault(entry.interval); !fault.empty()) {
    log_->Fault(log_->Where(place), std::string(fault));
    return false;
  }
  rows_.push_back({entry, place, blank});
  return true;
}

template <typename Entry>
absl::StatusOr<std::vector<Entry>> SeriesRows<Entry>::Settle(absl::string_view length_remedy) {
  if (absl::Status status = log_->status(); !status.ok()) return status;
  Sort();
  if (absl::Status status = DropRepeats(length_remedy); !status.ok()) return status;
  ReportGaps();
  std::vector<Entry> entries;
  entries.reserve(rows_.size());
  for (const Row& row : rows_) {
    if (!row.blank) entries.push_back(row.entry);
  }
  rows_.clear();
  if (entries.empty()) return RefuseImport("NO_DATA", log_->Where({}), absl::StrCat("has no ", noun_));
  return entries;
}

template <typename Entry>
void SeriesRows<Entry>::Sort() {
  const auto by_time = [](const Row& a, const Row& b) { return ByTime(a.entry.interval, b.entry.interval); };
  // Newest first is as much an order as oldest first.
  bool forth = false, back = false;
  for (size_t i = 1; i < rows_.size(); ++i) {
    const Row &before = rows_[i - 1], &row = rows_[i];
    if (before.place.file != row.place.file) {
      forth = back = false;
      continue;
    }
    const bool was_mixed = forth && back;
    forth |= before.entry.interval.start < row.entry.interval.start;
    back |= row.entry.interval.start < before.entry.interval.start;
    if (forth && back && !was_mixed) {
      log_->Find("further files out of order", log_->Where(row.place),
                 "the rows are not in the order of time from here on; they were sorted");
    }
  }
  if (!std::is_sorted(rows_.begin(), rows_.end(), by_time)) std::stable_sort(rows_.begin(), rows_.end(), by_time);
}

template <typename Entry>
absl::Status SeriesRows<Entry>::DropRepeats(absl::string_view length_remedy) {
  size_t kept = 0;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (kept > 0) {
      Row& before = rows_[kept - 1];
      if (row.entry.interval == before.entry.interval) {
        if (before.blank) {
          before.entry = row.entry;
          before.blank = row.blank;
        } else if (!row.blank && !Merge(row.entry, &before.entry)) {
          return RefuseImport("CONTRADICTORY_VALUES", log_->Where(row.place),
                              absl::StrCat("says ", ValueText(row.entry), " ", FromTo(row.entry.interval), ", where ",
                                           log_->Where(before.place), " says ", ValueText(before.entry)));
        }
        log_->Find("further repeated times", log_->Where(row.place),
                   absl::StrCat("repeats ", log_->Where(before.place), " ", FromTo(row.entry.interval),
                                " without contradiction; taken once"));
        continue;
      }
      if (row.entry.interval.start < before.entry.interval.end) return RefuseOverlap(before, row, length_remedy);
    }
    if (kept != i) rows_[kept] = row;
    ++kept;
  }
  rows_.resize(kept);
  return absl::OkStatus();
}

template <typename Entry>
absl::Status SeriesRows<Entry>::RefuseOverlap(const Row& before, const Row& row,
                                              absl::string_view length_remedy) const {
  const bool option = !length_remedy.empty() && row.entry.interval.nanos() != before.entry.interval.nanos();
  return RefuseImport(
      option ? "OPTION_REQUIRED" : "CONTRADICTORY_VALUES", log_->Where(row.place),
      absl::StrCat("goes ", FromTo(row.entry.interval), " and overlaps ", log_->Where(before.place), ", ",
                   FromTo(before.entry.interval), option ? "; " : "", option ? length_remedy : ""));
}

template <typename Entry>
void SeriesRows<Entry>::ReportGaps() {
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (i > 0 && rows_[i - 1].entry.interval.end < row.entry.interval.start) {
      log_->Find("further gaps", log_->Where(row.place),
                 absl::StrCat("there is no ", noun_, " ",
                              FromTo({rows_[i - 1].entry.interval.end, row.entry.interval.start})));
    }
    if (!row.blank || (i > 0 && rows_[i - 1].blank && rows_[i - 1].entry.interval.end == row.entry.interval.start)) {
      continue;
    }
    size_t last = i;
    while (last + 1 < rows_.size() && rows_[last + 1].blank &&
           rows_[last + 1].entry.interval.start == rows_[last].entry.interval.end) {
      ++last;
    }
    log_->Find("further blanks", log_->Where(row.place),
               absl::StrCat("the ", noun_, " is left blank ",
                            FromTo({row.entry.interval.start, rows_[last].entry.interval.end})));
  }
}

template class SeriesRows<MarketPrice>;
template class SeriesRows<CarbonIntensity>;

}  // namespace costs::catalog
