#include "service/catalog/import/plain_csv.h"

#include <functional>
#include <istream>
#include <streambuf>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/import/clock_times.h"
#include "service/catalog/import/currency.h"
#include "service/catalog/import/import_time.h"
#include "service/catalog/import/number_reader.h"
#include "service/catalog/import/series_rows.h"
#include "service/csv/csv_reader.h"

namespace costs::catalog {
namespace {

using engine::Decimal;
using engine::Instant;
using engine::Interval;

constexpr size_t kLongestRow = 4'096;
constexpr int kMostMinutes = 24 * 60;

// Reads a text where it lies.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(absl::string_view text) {
    char* const begin = const_cast<char*>(text.data());  // never written to: there is no put area
    setg(begin, begin, begin + text.size());
  }
};

// One row of a file, its fields in the order of the columns that were asked for.
struct PlainRow {
  Place place;
  Interval interval;
  std::vector<absl::string_view> values;
};

// Walks through the rows of all files. Faults go to the log.
class PlainCsv {
 public:
  // `values`: the columns besides the times; empty ones are not read.
  PlainCsv(const PlainCsvOptions& options, std::vector<std::string> values, ImportLog* log)
      : options_(options), values_(std::move(values)), log_(log) {}

  absl::Status Read(const std::function<void(const PlainRow&)>& use);

 private:
  absl::Status CheckOptions();
  absl::Status ReadFile(int file, const std::function<void(const PlainRow&)>& use);
  absl::Status FindColumns(const csv::CsvRow& header, int file);
  absl::StatusOr<int> FindColumn(absl::string_view name, const csv::CsvRow& header, int file) const;
  std::optional<Interval> ReadInterval(const csv::CsvRow& row, const Place& place);
  std::optional<Instant> ReadTime(absl::string_view text, absl::string_view column, const Place& place);

  const PlainCsvOptions& options_;
  const std::vector<std::string> values_;
  ImportLog* const log_;
  std::optional<ClockTimes> clock_;
  // The columns' places in the file; -1: none.
  int start_ = -1;
  int end_ = -1;
  std::vector<int> value_columns_;
};

absl::Status PlainCsv::CheckOptions() {
  const auto refuse = [](std::string field, std::string what) {
    return RefuseImport("OPTION_REQUIRED", std::move(field), std::move(what));
  };
  if (options_.start_column.empty()) return refuse("start column", "is missing; name the column with the start times");
  if (options_.end_column.empty() == !options_.resolution_minutes.has_value()) {
    return refuse("end column", "give it, or else the resolution of the rows; one of the two");
  }
  if (options_.resolution_minutes &&
      (*options_.resolution_minutes < 1 || *options_.resolution_minutes > kMostMinutes)) {
    return refuse("resolution",
                  absl::StrCat("is ", *options_.resolution_minutes, "; give 1 to ", kMostMinutes, " minutes"));
  }
  if (options_.timezone.empty()) return absl::OkStatus();
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(options_.timezone, &zone)) {
    return refuse("time zone",
                  absl::StrCat("is ", Quoted(options_.timezone), "; give an IANA name, such as Europe/Vienna"));
  }
  clock_.emplace(zone);
  return absl::OkStatus();
}

absl::Status PlainCsv::Read(const std::function<void(const PlainRow&)>& use) {
  if (absl::Status status = CheckOptions(); !status.ok()) return status;
  for (int file = 0; file < static_cast<int>(log_->sources().size()) && !log_->full(); ++file) {
    if (absl::Status status = ReadFile(file, use); !status.ok()) return status;
  }
  if (absl::Status status = log_->status(); !status.ok()) return status;
  if (!clock_) return absl::OkStatus();
  if (const std::optional<absl::CivilSecond> time = clock_->Ambiguous()) {
    return RefuseImport("OPTION_REQUIRED", log_->Where({}, options_.start_column),
                        absl::StrCat("the clock of ", options_.timezone, " shows ", absl::FormatCivilTime(*time),
                                     " twice, and the file has it once; write offsets, or leave the row out"));
  }
  return absl::OkStatus();
}

absl::Status PlainCsv::ReadFile(int file, const std::function<void(const PlainRow&)>& use) {
  TextBuffer buffer(log_->sources()[file].text);
  std::istream stream(&buffer);
  csv::CsvReader reader(&stream, csv::CsvReader::Options{kLongestRow});
  csv::CsvRow row;
  PlainRow plain;
  plain.values.resize(values_.size());
  size_t width = 0;
  while (!log_->full()) {
    const absl::StatusOr<bool> more = reader.Next(&row);
    const Place place{file, static_cast<int32_t>(row.line)};
    if (!more.ok()) {
      // The reader's message starts with the line, which the place names too.
      const std::string prefix = absl::StrCat("line ", row.line, ": ");
      return RefuseImport("MALFORMED_FILE", log_->Where(place),
                          std::string(absl::StripPrefix(more.status().message(), prefix)));
    }
    if (!*more) break;
    if (width == 0) {
      width = row.fields.size();
      if (absl::Status status = FindColumns(row, file); !status.ok()) return status;
      continue;
    }
    if (row.fields.size() != width) {
      log_->Fault(log_->Where(place), absl::StrCat("has ", row.fields.size(), " fields, and the header ", width));
      continue;
    }
    const std::optional<Interval> interval = ReadInterval(row, place);
    if (!interval) continue;
    plain.place = place;
    plain.interval = *interval;
    for (size_t i = 0; i < value_columns_.size(); ++i) {
      plain.values[i] = value_columns_[i] < 0 ? absl::string_view() : row.fields[value_columns_[i]];
    }
    use(plain);
  }
  if (width == 0) return RefuseImport("MALFORMED_FILE", log_->Where({file}), "is empty; a header is expected");
  return absl::OkStatus();
}

absl::StatusOr<int> PlainCsv::FindColumn(absl::string_view name, const csv::CsvRow& header, int file) const {
  if (name.empty()) return -1;
  const auto found = absl::c_find(header.fields, name);
  const auto is_name = [name](absl::string_view field) { return field == name; };
  if (found == header.fields.end()) {
    return RefuseImport("INVALID_FIELD", log_->Where({file, static_cast<int32_t>(header.line)}),
                        absl::StrCat("there is no column ", Quoted(name), "; the header names ",
                                     Quoted(absl::StrJoin(header.fields, ", "))));
  }
  if (std::any_of(found + 1, header.fields.end(), is_name)) {
    return RefuseImport("INVALID_FIELD", log_->Where({file, static_cast<int32_t>(header.line)}),
                        absl::StrCat("there are two columns ", Quoted(name), "; rename one"));
  }
  return static_cast<int>(found - header.fields.begin());
}

absl::Status PlainCsv::FindColumns(const csv::CsvRow& header, int file) {
  const auto find = [&](absl::string_view name, int* column) {
    absl::StatusOr<int> found = FindColumn(name, header, file);
    if (found.ok()) *column = *found;
    return found.status();
  };
  value_columns_.assign(values_.size(), -1);
  absl::Status status = find(options_.start_column, &start_);
  if (status.ok()) status = find(options_.end_column, &end_);
  for (size_t i = 0; i < values_.size() && status.ok(); ++i) status = find(values_[i], &value_columns_[i]);
  if (!status.ok()) return status;

  std::vector<absl::string_view> others;
  for (size_t i = 0; i < header.fields.size(); ++i) {
    const int column = static_cast<int>(i);
    if (column != start_ && column != end_ && !absl::c_linear_search(value_columns_, column)) {
      others.push_back(header.fields[i]);
    }
  }
  if (!others.empty()) {
    log_->Find("further files with other columns", log_->Where({file, static_cast<int32_t>(header.line)}),
               absl::StrCat("these columns are passed over: ", Quoted(absl::StrJoin(others, ", "))));
  }
  return absl::OkStatus();
}

std::optional<Interval> PlainCsv::ReadInterval(const csv::CsvRow& row, const Place& place) {
  const std::optional<Instant> start = ReadTime(row.fields[start_], options_.start_column, place);
  if (!start) return std::nullopt;
  if (options_.resolution_minutes) {
    return Interval{*start, {start->ns + *options_.resolution_minutes * int64_t{60} * engine::kNanosPerSecond}};
  }
  const absl::string_view text = row.fields[end_];
  const std::optional<Instant> end = ParseImportTime(text);
  if (!end) {
    log_->Fault(log_->Where(place, options_.end_column),
                absl::StrCat("is ", Quoted(text), "; a time with offset is expected, such as 2023-10-29T01:00:00Z",
                             ParseClockTime(text) ? "; for times without one, give the resolution instead" : ""));
    return std::nullopt;
  }
  return Interval{*start, *end};
}

std::optional<Instant> PlainCsv::ReadTime(absl::string_view text, absl::string_view column, const Place& place) {
  if (const std::optional<Instant> time = ParseImportTime(text)) return time;
  const std::optional<absl::CivilSecond> shown = ParseClockTime(text);
  std::string what;
  if (shown && clock_ && shown->year() >= 1970 && shown->year() <= 2100) {
    const absl::StatusOr<absl::Time> time = clock_->Next(*shown);
    if (time.ok()) return Instant{absl::ToUnixNanos(*time)};
    what = std::string(time.status().message());
  } else if (shown && !clock_) {
    what = "has no offset; give the time zone whose clock shows it";
  } else {
    what = "is no time; one in whole seconds from 1970 to 2100 is expected, such as 2023-10-29T01:00:00Z";
  }
  log_->Fault(log_->Where(place, column), absl::StrCat(Quoted(text), " ", what));
  return std::nullopt;
}

NumberReader::Shift ShiftOf(PriceUnit unit) {
  switch (unit) {
    case PriceUnit::kMajorPerKwh:
      return NumberReader::kAsWritten;
    case PriceUnit::kMajorPerMwh:
      return NumberReader::kPerMwh;
    case PriceUnit::kMinorPerKwh:
      return NumberReader::kHundredths;
    case PriceUnit::kMinorPerMwh:
      return NumberReader::kHundredthsPerMwh;
  }
  return NumberReader::kAsWritten;
}

// Reads an intensity that may be blank; false, with a fault, where it is none.
bool ReadIntensity(absl::string_view text, const Place& place, absl::string_view column, NumberReader* numbers,
                   ImportLog* log, std::optional<Decimal>* intensity) {
  intensity->reset();
  if (text.empty()) return true;
  *intensity = numbers->Read(text, place, column);
  if (!*intensity) return false;
  if ((*intensity)->units() >= 0) return true;
  log->Fault(log->Where(place, column), absl::StrCat("is ", text, "; an intensity is 0 or more"));
  return false;
}

}  // namespace

absl::StatusOr<ImportedPrices> ImportPlainPrices(absl::Span<const SourceText> sources,
                                                 const PlainPriceOptions& options) {
  if (options.price_column.empty()) return RefuseImport("OPTION_REQUIRED", "price column", "is missing; name it");
  if (!options.unit) return RefuseImport("OPTION_REQUIRED", "unit", "is missing; say in what unit the prices are");
  if (options.currency_code.empty() && options.currency_column.empty()) {
    return RefuseImport("OPTION_REQUIRED", "currency", "is missing; say in which currency the prices are");
  }
  ImportLog log(sources);
  SeriesRows<engine::MarketPrice> rows("price", &log);
  NumberReader numbers(ShiftOf(*options.unit), options.rows.round, &log);
  CurrencyCheck currency(options.currency_code, &log);
  PlainCsv csv(options.rows, {options.price_column, options.currency_column}, &log);
  absl::Status status = csv.Read([&](const PlainRow& row) {
    if (!options.currency_column.empty()) currency.Check(row.values[1], row.place, options.currency_column);
    if (row.values[0].empty()) {
      rows.AddBlank(row.place, row.interval);
    } else if (const auto price = numbers.Read(row.values[0], row.place, options.price_column)) {
      rows.Add(row.place, {row.interval, *price});
    }
  });
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<engine::MarketPrice>> prices = rows.Settle();
  if (!prices.ok()) return prices.status();
  numbers.ReportRounding();
  ImportedPrices imported;
  imported.currency_code = currency.code();
  imported.prices = *std::move(prices);
  imported.findings = log.TakeFindings();
  return imported;
}

absl::StatusOr<ImportedIntensities> ImportPlainIntensities(absl::Span<const SourceText> sources,
                                                           const PlainIntensityOptions& options) {
  if (options.forecast_column.empty() && options.actual_column.empty()) {
    return RefuseImport("OPTION_REQUIRED", "forecast column", "give it, or the actual column, or both");
  }
  ImportLog log(sources);
  SeriesRows<engine::CarbonIntensity> rows("intensity", &log);
  NumberReader numbers(NumberReader::kAsWritten, options.rows.round, &log);
  PlainCsv csv(options.rows, {options.forecast_column, options.actual_column}, &log);
  absl::Status status = csv.Read([&](const PlainRow& row) {
    engine::CarbonIntensity entry;
    entry.interval = row.interval;
    const bool read =
        ReadIntensity(row.values[0], row.place, options.forecast_column, &numbers, &log, &entry.forecast) &&
        ReadIntensity(row.values[1], row.place, options.actual_column, &numbers, &log, &entry.actual);
    if (!read) return;
    if (!entry.forecast && !entry.actual) {
      rows.AddBlank(row.place, row.interval);
      return;
    }
    rows.Add(row.place, entry);
    if (!entry.actual && !options.actual_column.empty()) {
      log.Find("further intensities without an actual", log.Where(row.place, options.actual_column),
               "is blank; the forecast counts");
    }
  });
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<engine::CarbonIntensity>> intensities = rows.Settle();
  if (!intensities.ok()) return intensities.status();
  numbers.ReportRounding();
  ImportedIntensities imported;
  imported.intensities = *std::move(intensities);
  imported.findings = log.TakeFindings();
  return imported;
}

}  // namespace costs::catalog
