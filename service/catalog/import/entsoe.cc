#include "service/catalog/import/entsoe.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/import/currency.h"
#include "service/catalog/import/entsoe_document.h"
#include "service/catalog/import/import_time.h"
#include "service/catalog/import/number_reader.h"
#include "service/catalog/import/series_rows.h"

namespace costs::catalog {
namespace {

using engine::Instant;
using engine::Interval;

constexpr char kDayAhead[] = "A01";
// The platform answers for a year at most.
constexpr int64_t kLongestPeriodNanos = 400 * engine::kNanosPerDay;

// Null where it is none of those that prices come in.
std::optional<int> MinutesOf(absl::string_view resolution) {
  if (resolution == "PT15M") return 15;
  if (resolution == "PT30M") return 30;
  if (resolution == "PT60M" || resolution == "PT1H") return 60;
  return std::nullopt;
}

class EntsoeImport {
 public:
  EntsoeImport(absl::Span<const SourceText> sources, const EntsoeOptions& options)
      : options_(options),
        log_(sources),
        rows_("price", &log_),
        numbers_(NumberReader::kPerMwh, options.round, &log_),
        currency_(options.currency_code, &log_) {}

  absl::StatusOr<ImportedPrices> Run();

 private:
  absl::Status ReadFile(int file);
  // Those that the options ask for. A refusal where they leave a choice open.
  bool IsDayAheadOfArea(const EntsoeSeries& series);
  absl::Status ChooseAmong(const std::vector<EntsoeSeries>& series);
  void ReadSeries(const EntsoeSeries& series);
  void ReadPeriod(const EntsoeSeries& series, const EntsoePeriod& period);
  void ReadPoints(const EntsoePeriod& period, bool repeats, const Interval& interval, int64_t step);
  void Fault(const Place& place, absl::string_view field, absl::string_view text, absl::string_view wanted) {
    log_.Fault(log_.Where(place, field), text.empty()
                                             ? absl::StrCat("is missing; ", wanted, " is expected")
                                             : absl::StrCat("is ", Quoted(text), "; ", wanted, " is expected"));
  }

  const EntsoeOptions& options_;
  ImportLog log_;
  SeriesRows<engine::MarketPrice> rows_;
  NumberReader numbers_;
  CurrencyCheck currency_;
  std::set<std::string> areas_;
  std::set<std::string> sequences_;  // of the day-ahead series of the area
};

absl::StatusOr<ImportedPrices> EntsoeImport::Run() {
  for (int file = 0; file < static_cast<int>(log_.sources().size()) && !log_.full(); ++file) {
    if (absl::Status status = ReadFile(file); !status.ok()) return status;
  }
  absl::StatusOr<std::vector<engine::MarketPrice>> prices =
      rows_.Settle("choose one resolution (15, 30 or 60 minutes)");
  if (!prices.ok()) return prices.status();
  numbers_.ReportRounding();
  ImportedPrices imported;
  imported.currency_code = currency_.code();
  if (!areas_.empty()) imported.area = options_.area.empty() ? *areas_.begin() : options_.area;
  imported.prices = *std::move(prices);
  imported.findings = log_.TakeFindings();
  return imported;
}

absl::Status EntsoeImport::ReadFile(int file) {
  absl::StatusOr<EntsoeDocument> document = ReadEntsoeDocument(file, log_);
  if (!document.ok()) return document.status();
  if (document->type != "A44") {
    Fault({file, 1}, "type", document->type, "A44 (prices)");
    return absl::OkStatus();
  }
  std::vector<EntsoeSeries>& series = document->series;
  series.erase(
      std::remove_if(series.begin(), series.end(), [this](const EntsoeSeries& one) { return !IsDayAheadOfArea(one); }),
      series.end());
  if (absl::Status status = ChooseAmong(series); !status.ok()) return status;
  for (const EntsoeSeries& one : series) {
    if (log_.full()) break;
    ReadSeries(one);
  }
  return absl::OkStatus();
}

bool EntsoeImport::IsDayAheadOfArea(const EntsoeSeries& series) {
  if (!options_.area.empty() && series.area != options_.area) {
    log_.Find("further series of other areas", log_.Where(series.place),
              absl::StrCat("is of the area ", Quoted(series.area), ", and left out"));
    return false;
  }
  if (!series.contract_type.empty() && series.contract_type != kDayAhead) {
    log_.Find("further series of other markets", log_.Where(series.place),
              absl::StrCat("is of contract type ", Quoted(series.contract_type), ", not ", kDayAhead,
                           " (day-ahead), and left out"));
    return false;
  }
  return true;
}

absl::Status EntsoeImport::ChooseAmong(const std::vector<EntsoeSeries>& series) {
  for (const EntsoeSeries& one : series) {
    areas_.insert(one.area);
    if (areas_.size() > 1) {
      return RefuseImport(
          "OPTION_REQUIRED", log_.Where(one.place, "in_Domain.mRID"),
          absl::StrCat("there are prices of several areas (", absl::StrJoin(areas_, ", "), "); choose one area"));
    }
    sequences_.insert(one.sequence);
    if (sequences_.size() > 1 && !options_.sequence) {
      return RefuseImport("OPTION_REQUIRED",
                          log_.Where(one.place, "classificationSequence_AttributeInstanceComponent.position"),
                          absl::StrCat("there are prices of several auctions (",
                                       absl::StrJoin(sequences_, ", ",
                                                     [](std::string* out, const std::string& sequence) {
                                                       absl::StrAppend(out, sequence.empty() ? "none" : sequence);
                                                     }),
                                       "); choose one sequence"));
    }
  }
  return absl::OkStatus();
}

void EntsoeImport::ReadSeries(const EntsoeSeries& series) {
  if (options_.sequence && series.sequence != absl::StrCat(*options_.sequence)) {
    log_.Find("further series of other auctions", log_.Where(series.place),
              absl::StrCat("is of sequence ", series.sequence.empty() ? "none" : Quoted(series.sequence), ", not ",
                           *options_.sequence, ", and left out"));
    return;
  }
  currency_.Check(series.currency, series.place, "currency_Unit.name");
  if (series.measure_unit != "MWH") Fault(series.place, "price_Measure_Unit.name", series.measure_unit, "MWH");
  if (!series.curve_type.empty() && series.curve_type != "A01" && series.curve_type != "A03") {
    Fault(series.place, "curveType", series.curve_type, "A01 or A03");
    return;
  }
  for (const EntsoePeriod& period : series.periods) {
    if (log_.full()) return;
    ReadPeriod(series, period);
  }
}

void EntsoeImport::ReadPeriod(const EntsoeSeries& series, const EntsoePeriod& period) {
  const std::optional<int> minutes = MinutesOf(period.resolution);
  const std::optional<Instant> start = ParseImportTime(period.start), end = ParseImportTime(period.end);
  if (!minutes) Fault(period.place, "resolution", period.resolution, "PT15M, PT30M or PT60M");
  if (!start) Fault(period.place, "timeInterval.start", period.start, "a time such as 2024-10-06T22:00Z");
  if (!end) Fault(period.place, "timeInterval.end", period.end, "a time such as 2024-10-07T22:00Z");
  if (!minutes || !start || !end) return;
  if (options_.resolution_minutes && *minutes != *options_.resolution_minutes) {
    log_.Find("further periods of other resolutions", log_.Where(period.place),
              absl::StrCat("is of ", *minutes, " minutes, not ", *options_.resolution_minutes, ", and left out"));
    return;
  }
  const int64_t step = *minutes * int64_t{60} * engine::kNanosPerSecond;
  const Interval interval{*start, *end};
  if (*start < engine::kEarliest || *end > engine::kLatest || *start >= *end ||
      interval.nanos() > kLongestPeriodNanos || interval.nanos() % step != 0) {
    Fault(period.place, "timeInterval", absl::StrCat(period.start, " to ", period.end),
          absl::StrCat("a whole number of ", period.resolution, ", at most 400 days between 1970 and 2100,"));
    return;
  }
  ReadPoints(period, series.curve_type == "A03", interval, step);
}

void EntsoeImport::ReadPoints(const EntsoePeriod& period, bool repeats, const Interval& interval, int64_t step) {
  const int64_t positions = interval.nanos() / step;
  const auto slot = [&](int64_t position) {
    return Interval{{interval.start.ns + (position - 1) * step}, {interval.start.ns + position * step}};
  };
  int64_t next = 1;  // the first position that is not yet known
  engine::Decimal price;
  Place place = period.place;
  // The positions that are not written, up to `end`.
  const auto fill = [&](int64_t end) {
    for (; next < end; ++next) {
      const bool added = repeats ? rows_.Add(place, {slot(next), price}) : rows_.AddBlank(place, slot(next));
      if (!added) return;
    }
  };
  for (const EntsoePoint& point : period.points) {
    if (log_.full()) return;
    int64_t position = 0;
    if (!absl::SimpleAtoi(point.position, &position) || position < 1 || position > positions) {
      Fault(point.place, "position", point.position, absl::StrCat("a number from 1 to ", positions));
      return;
    }
    if (position < next) {
      Fault(point.place, "position", point.position, "each position once, in rising order,");
      return;
    }
    if (repeats && position > 1 && next == 1) {
      Fault(point.place, "position", point.position, "1, which has nothing before it to repeat,");
      return;
    }
    fill(position);
    const std::optional<engine::Decimal> read = numbers_.Read(point.price, point.place, "price.amount");
    if (!read || !rows_.Add(point.place, {slot(position), *read})) return;
    price = *read;
    place = point.place;
    next = position + 1;
  }
  if (period.points.empty()) {
    Fault(period.place, "Point", "", "at least one");
    return;
  }
  fill(positions + 1);
}

}  // namespace

absl::StatusOr<ImportedPrices> ImportEntsoe(absl::Span<const SourceText> sources, const EntsoeOptions& options) {
  return EntsoeImport(sources, options).Run();
}

}  // namespace costs::catalog
