#include "service/catalog/series_reader.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "service/catalog/catalog_time.h"
#include "service/catalog/names.h"
#include "service/csv/csv_reader.h"
#include "service/engine/decimal.h"

namespace costs::catalog {
namespace {

using engine::Decimal;

constexpr size_t kColumns = 4;
using Columns = std::array<absl::string_view, kColumns>;
constexpr Columns kMarketColumns = {"start_time", "end_time", "price_per_kwh", "currency_code"};
constexpr Columns kCarbonColumns = {"start_time", "end_time", "forecast_g_per_kwh", "actual_g_per_kwh"};
// No row of four short fields is longer.
constexpr size_t kLongestRow = 4096;

// The rows of a file with a header, field by field; what is wrong is a fault.
class SeriesRows {
 public:
  SeriesRows(std::istream* stream, absl::string_view file, const Columns& columns, size_t max_rows, FaultLog* faults)
      : reader_(stream, csv::CsvReader::Options{kLongestRow}),
        file_(file),
        columns_(columns),
        max_rows_(max_rows),
        faults_(faults) {}

  // Whether the first line names the columns.
  bool ReadHeader() {
    const absl::StatusOr<bool> more = reader_.Next(&row_);
    if (more.ok() && *more && absl::c_equal(row_.fields, columns_)) return true;
    faults_->Add({std::string(file_), 1}, "", absl::StrCat("the first line must be: ", absl::StrJoin(columns_, ",")));
    return false;
  }

  // Goes to the next row that has all its fields; false at the end, or once
  // there is no point in reading on.
  bool Next() {
    while (!faults_->full() && !reader_.failed()) {
      const absl::StatusOr<bool> more = reader_.Next(&row_);
      if (!more.ok()) {
        // The reader's message starts with the line, which the fault names too.
        const std::string prefix = absl::StrCat("line ", row_.line, ": ");
        Fault("", absl::StripPrefix(more.status().message(), prefix));
      } else if (!*more) {
        return false;
      } else if (++rows_ > max_rows_) {
        Fault("", absl::StrCat("has more than ", max_rows_, " rows; split the series or leave old rows out"));
        return false;
      } else if (row_.fields.size() != kColumns) {
        Fault("", absl::StrCat("has ", row_.fields.size(), " fields; the ", kColumns, " columns are ",
                               absl::StrJoin(columns_, ",")));
      } else {
        return true;
      }
    }
    return false;
  }

  int line() const { return static_cast<int>(row_.line); }
  absl::string_view field(size_t column) const { return row_.fields[column]; }

  void Fault(absl::string_view field, absl::string_view what) { FaultAt(line(), field, what); }
  void FaultAt(int line, absl::string_view field, absl::string_view what) {
    faults_->Add({std::string(file_), line}, field, what);
  }

  // The first two fields.
  absl::optional<engine::Interval> ReadInterval() {
    const absl::optional<engine::Instant> start = ReadTime(0), end = ReadTime(1);
    if (!start || !end) return absl::nullopt;
    return engine::Interval{*start, *end};
  }

  absl::optional<Decimal> ReadDecimal(size_t column) {
    const absl::StatusOr<Decimal> value = Decimal::Parse(field(column));
    if (value.ok()) return *value;
    Fault(columns_[column], value.status().message());
    return absl::nullopt;
  }

  // A fault where a series cannot be made of the entries, which were on `lines`.
  template <typename Entry>
  void CheckSlots(const std::vector<Entry>& entries, const std::vector<int>& lines) {
    if (const std::optional<engine::SeriesFault> fault = engine::FindFault(entries)) {
      FaultAt(lines[fault->index], "start_time", fault->what);
    }
    if (rows_ == 0 && !faults_->full()) FaultAt(1, "", "has no rows; a series has at least one");
  }

 private:
  absl::optional<engine::Instant> ReadTime(size_t column) {
    const absl::optional<engine::Instant> time = ParseCatalogTime(field(column));
    if (!time) {
      Fault(columns_[column], absl::StrCat(Quoted(field(column)), " is not a time; write RFC 3339 in whole seconds, ",
                                           "such as 2023-10-29T01:00:00Z"));
    }
    return time;
  }

  csv::CsvReader reader_;
  csv::CsvRow row_;
  const absl::string_view file_;
  const Columns& columns_;
  const size_t max_rows_;
  FaultLog* const faults_;
  size_t rows_ = 0;
};

// A blank field is unknown; null, with a fault, where it is no intensity.
bool ReadIntensity(SeriesRows* rows, size_t column, std::optional<Decimal>* intensity) {
  if (rows->field(column).empty()) return true;
  const absl::optional<Decimal> value = rows->ReadDecimal(column);
  if (!value) return false;
  if (value->units() < 0) {
    rows->Fault(kCarbonColumns[column], absl::StrCat(value->ToString(), " is negative; an intensity is 0 or more"));
    return false;
  }
  *intensity = *value;
  return true;
}

}  // namespace

std::shared_ptr<const engine::MarketSeries> ReadMarketSeries(std::istream* stream, absl::string_view file,
                                                             std::string id, size_t max_rows, FaultLog* faults) {
  const size_t faults_before = faults->count();
  SeriesRows rows(stream, file, kMarketColumns, max_rows, faults);
  std::vector<engine::MarketPrice> prices;
  std::vector<int> lines;
  std::string currency_code;
  if (!rows.ReadHeader()) return nullptr;
  while (rows.Next()) {
    const absl::string_view currency = rows.field(3);
    if (!IsCurrencyCode(currency)) {
      rows.Fault("currency_code", absl::StrCat(Quoted(currency), " is not a currency; write its ISO 4217 code in ",
                                               "capitals, such as GBP"));
    } else if (currency_code.empty()) {
      currency_code = std::string(currency);
    } else if (currency != currency_code) {
      rows.Fault("currency_code", absl::StrCat(currency, " after ", currency_code, "; a series has one currency"));
    }
    const absl::optional<engine::Interval> interval = rows.ReadInterval();
    const absl::optional<Decimal> price = rows.ReadDecimal(2);
    if (!interval || !price) continue;
    prices.push_back({*interval, *price});
    lines.push_back(rows.line());
  }
  rows.CheckSlots(prices, lines);
  if (faults->count() != faults_before) return nullptr;
  absl::StatusOr<engine::MarketSeries> series =
      engine::MarketSeries::Create(std::move(id), std::move(currency_code), std::move(prices));
  if (!series.ok()) {
    faults->Add({std::string(file), 0}, "", series.status().message());
    return nullptr;
  }
  return std::make_shared<const engine::MarketSeries>(*std::move(series));
}

std::shared_ptr<const engine::CarbonSeries> ReadCarbonSeries(std::istream* stream, absl::string_view file,
                                                             std::string region, size_t max_rows, FaultLog* faults) {
  const size_t faults_before = faults->count();
  SeriesRows rows(stream, file, kCarbonColumns, max_rows, faults);
  std::vector<engine::CarbonIntensity> intensities;
  std::vector<int> lines;
  if (!rows.ReadHeader()) return nullptr;
  while (rows.Next()) {
    engine::CarbonIntensity entry;
    const absl::optional<engine::Interval> interval = rows.ReadInterval();
    const bool forecast = ReadIntensity(&rows, 2, &entry.forecast);
    const bool actual = ReadIntensity(&rows, 3, &entry.actual);
    if (!interval || !forecast || !actual) continue;
    entry.interval = *interval;
    intensities.push_back(entry);
    lines.push_back(rows.line());
  }
  rows.CheckSlots(intensities, lines);
  if (faults->count() != faults_before) return nullptr;
  absl::StatusOr<engine::CarbonSeries> series = engine::CarbonSeries::Create(std::move(region), std::move(intensities));
  if (!series.ok()) {
    faults->Add({std::string(file), 0}, "", series.status().message());
    return nullptr;
  }
  return std::make_shared<const engine::CarbonSeries>(*std::move(series));
}

}  // namespace costs::catalog
