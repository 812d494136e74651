#include "service/catalog/import/nord_pool.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "service/catalog/import/currency.h"
#include "service/catalog/import/import_time.h"
#include "service/catalog/import/json_source.h"
#include "service/catalog/import/number_reader.h"
#include "service/catalog/import/series_rows.h"

namespace costs::catalog {
namespace {

using engine::Interval;
using Kind = JsonNode::Kind;

constexpr int64_t kNanosPerMinute = 60 * engine::kNanosPerSecond;
// Its clock is Central European Time.
constexpr char kMarketZone[] = "Europe/Brussels";

class NordPoolImport {
 public:
  NordPoolImport(absl::Span<const SourceText> sources, const NordPoolOptions& options)
      : options_(options),
        log_(sources),
        rows_("price", &log_),
        numbers_(NumberReader::kPerMwh, options.round, &log_),
        currency_(options.currency_code, &log_) {}

  absl::StatusOr<ImportedPrices> Run();

 private:
  absl::Status ReadFile(int file);
  void ReadEntry(const JsonNode& entry, JsonSource* json, std::vector<Interval>* priced);
  void ReportState(const JsonNode& state, const JsonSource& json);
  void ReportDay(const JsonNode& date, const std::vector<Interval>& priced, JsonSource* json);

  const NordPoolOptions& options_;
  ImportLog log_;
  SeriesRows<engine::MarketPrice> rows_;
  NumberReader numbers_;
  CurrencyCheck currency_;
  std::set<std::string> areas_;  // that the entries have
};

absl::StatusOr<ImportedPrices> NordPoolImport::Run() {
  if (options_.area.empty()) {
    return RefuseImport("OPTION_REQUIRED", "area", "is missing; name one, such as SE3");
  }
  for (int file = 0; file < static_cast<int>(log_.sources().size()) && !log_.full(); ++file) {
    if (absl::Status status = ReadFile(file); !status.ok()) return status;
  }
  if (absl::Status status = log_.status(); !status.ok()) return status;
  if (areas_.count(options_.area) == 0) {
    return RefuseImport("NO_DATA", log_.Where({}, "multiAreaEntries"),
                        absl::StrCat("has no prices of the area ", Quoted(options_.area),
                                     areas_.empty() ? "" : "; it has ", absl::StrJoin(areas_, ", ")));
  }
  absl::StatusOr<std::vector<engine::MarketPrice>> prices =
      rows_.Settle("choose one length of entries as resolution (15, 30 or 60 minutes)");
  if (!prices.ok()) return prices.status();
  numbers_.ReportRounding();
  ImportedPrices imported;
  imported.currency_code = currency_.code();
  imported.area = options_.area;
  imported.prices = *std::move(prices);
  imported.findings = log_.TakeFindings();
  return imported;
}

absl::Status NordPoolImport::ReadFile(int file) {
  // Asked for a day that has no prices yet, the API answers 204, without a body.
  if (absl::StripAsciiWhitespace(log_.sources()[file].text).empty()) {
    return RefuseImport("NO_DATA", log_.Where({file}), "is empty, which is the answer for a day without prices yet");
  }
  JsonSource json(file, &log_);
  if (absl::Status status = json.Parse(); !status.ok()) return status;
  const JsonNode* const entries = json.Required(json.root(), "multiAreaEntries", Kind::kArray);
  if (entries == nullptr) return absl::OkStatus();
  const JsonNode* const currency = json.Optional(json.root(), "currency", Kind::kString);
  if (currency != nullptr) {
    currency_.Check(currency->text(), json.PlaceOf(*currency), "currency");
  } else {
    currency_.CheckNamed(json.PlaceOf(json.root()), "currency");
  }
  std::vector<Interval> priced;
  for (const JsonNode* entry : entries->elements()) {
    if (log_.full()) break;
    ReadEntry(*entry, &json, &priced);
  }
  if (const JsonNode* states = json.Optional(json.root(), "areaStates", Kind::kArray)) {
    for (const JsonNode* state : states->elements()) ReportState(*state, json);
  }
  if (const JsonNode* date = json.Optional(json.root(), "deliveryDateCET", Kind::kString)) {
    ReportDay(*date, priced, &json);
  }
  return absl::OkStatus();
}

void NordPoolImport::ReadEntry(const JsonNode& entry, JsonSource* json, std::vector<Interval>* priced) {
  const std::optional<engine::Instant> start = json->RequiredTime(entry, "deliveryStart");
  const std::optional<engine::Instant> end = json->RequiredTime(entry, "deliveryEnd");
  const JsonNode* const areas = json->Required(entry, "entryPerArea", Kind::kObject);
  if (!start || !end || areas == nullptr) return;
  for (const JsonNode* area : areas->elements()) {
    // Enough of them for a message.
    if (area->kind() != Kind::kNull && areas_.size() < 100) areas_.emplace(area->name());
  }
  const Interval interval{*start, *end};
  const Place place = json->PlaceOf(entry);
  const bool whole_minutes = interval.nanos() % kNanosPerMinute == 0;
  if (options_.resolution_minutes &&
      !(whole_minutes && interval.nanos() / kNanosPerMinute == *options_.resolution_minutes)) {
    log_.Find("further entries of other lengths", json->Where(entry),
              absl::StrCat("is not of ", *options_.resolution_minutes, " minutes, and left out"));
    return;
  }
  const JsonNode* const price = areas->Find(options_.area);
  if (price == nullptr || price->kind() == Kind::kNull) {
    rows_.AddBlank(place, interval);
    return;
  }
  areas_.insert(options_.area);
  if (price->kind() != Kind::kNumber) {
    json->Fault(*price, absl::StrCat("is ", KindName(price->kind()), "; a number per MWh, or null, is expected"));
    return;
  }
  const std::optional<engine::Decimal> per_kwh = numbers_.Read(price->text(), json->PlaceOf(*price), price->Path());
  if (per_kwh && rows_.Add(place, {interval, *per_kwh})) priced->push_back(interval);
}

void NordPoolImport::ReportState(const JsonNode& state, const JsonSource& json) {
  const JsonNode* const name = state.Find("state");
  const JsonNode* const areas = state.Find("areas");
  if (name == nullptr || areas == nullptr || name->text() == "Final") return;
  const bool ours = std::any_of(areas->elements().begin(), areas->elements().end(),
                                [&](const JsonNode* area) { return area->text() == options_.area; });
  if (!ours) return;
  log_.Find("further days that are not final", json.Where(*name),
            absl::StrCat("the prices of ", options_.area, " are ", Quoted(name->text()),
                         ", not final; import the day again later"));
}

// Whether the delivery day has all its hours.
void NordPoolImport::ReportDay(const JsonNode& date, const std::vector<Interval>& priced, JsonSource* json) {
  absl::CivilDay day;
  absl::TimeZone zone;
  if (!absl::ParseCivilTime(date.text(), &day)) {
    json->Fault(date, absl::StrCat("is ", Quoted(date.text()), "; a date is expected, such as 2024-11-05"));
    return;
  }
  if (day.year() < 1970 || day.year() > 2099 || !absl::LoadTimeZone(kMarketZone, &zone)) return;
  const absl::Time from = absl::FromCivil(day, zone), to = absl::FromCivil(day + 1, zone);
  absl::Duration covered;
  for (const Interval& interval : priced) {
    const absl::Time start = absl::FromUnixNanos(interval.start.ns), end = absl::FromUnixNanos(interval.end.ns);
    if (start < from || end > to) {
      log_.Find("further entries of other days", json->Where(date),
                absl::StrCat("the entry at ", UtcText(interval.start), " is not of this delivery day"));
      return;
    }
    covered += end - start;
  }
  if (covered < to - from) {
    log_.Find("further days with missing prices", json->Where(date),
              absl::StrCat("this day has ", absl::ToDoubleHours(to - from), " hours; ", absl::ToDoubleHours(covered),
                           " of them have a price"));
  }
}

}  // namespace

absl::StatusOr<ImportedPrices> ImportNordPool(absl::Span<const SourceText> sources, const NordPoolOptions& options) {
  return NordPoolImport(sources, options).Run();
}

}  // namespace costs::catalog
