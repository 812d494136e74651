#include "service/records/testing/record_builder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "service/calculator/record_id.h"

namespace costs::records::testing {
namespace {

using engine::Int128;

constexpr int64_t kCreated = 1'780'000'000'000'000'001;
constexpr int64_t kPriced = 1'780'000'000'000'000'002;

// The first instant of a date, of two midnights the earlier one.
int64_t FirstNanoOf(absl::CivilDay date, const absl::TimeZone& zone) {
  const absl::TimeZone::TimeInfo midnight = zone.At(absl::CivilSecond(date));
  return absl::ToUnixNanos(midnight.kind == absl::TimeZone::TimeInfo::SKIPPED ? midnight.trans : midnight.pre);
}

template <typename T>
std::vector<std::string> DescribeAll(const std::vector<T>& values, bool sorted) {
  std::vector<std::string> texts;
  for (const T& value : values) texts.push_back(Describe(value));
  if (sorted) std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace

const Tenant& TestTenant() {
  static const auto* const tenant = new Tenant{"acc_1", true};
  return *tenant;
}

Int128 KWh(int64_t number) { return number * 1'000 * kNanosPerWh; }

RecordBuilder::RecordBuilder(absl::string_view location_id, absl::string_view device_id, int64_t start_s,
                             int64_t seconds) {
  record_.request.location_id = std::string(location_id);
  record_.request.device_id = std::string(device_id);
  record_.request.interval = {engine::Instant::FromSeconds(start_s), engine::Instant::FromSeconds(start_s + seconds)};
  record_.created_ns = kCreated;
  record_.revision.priced_ns = kPriced;
  record_.revision.catalog_version = 1;
  Figures& figures = record_.revision.figures;
  figures.currency_code = "GBP";
  figures.tariff.emplace();
  figures.carbon.emplace();
  Energy(500 * kNanosPerWh);
}

RecordBuilder& RecordBuilder::Energy(Int128 nwh) {
  record_.revision.figures.energy_nwh = nwh;
  record_.revision.figures.energy_wh = static_cast<int64_t>(nwh / kNanosPerWh);
  record_.request.value = static_cast<double>(record_.revision.figures.energy_wh);
  return *this;
}

RecordBuilder& RecordBuilder::Cost(engine::MoneyMicros micros, engine::Confidence confidence) {
  record_.revision.figures.tariff = calculator::TariffFigure{micros, confidence};
  own_cost_ = true;
  return *this;
}

RecordBuilder& RecordBuilder::Carbon(engine::CarbonMilligrams milligrams, engine::Confidence confidence) {
  record_.revision.figures.carbon = calculator::CarbonFigure{milligrams, confidence};
  own_carbon_ = true;
  return *this;
}

RecordBuilder& RecordBuilder::NoPrice() {
  record_.revision.figures.tariff.reset();
  return *this;
}

RecordBuilder& RecordBuilder::NoCarbon() {
  record_.revision.figures.carbon.reset();
  return *this;
}

RecordBuilder& RecordBuilder::Currency(absl::string_view code) {
  record_.revision.figures.currency_code = std::string(code);
  return *this;
}

RecordBuilder& RecordBuilder::Session(absl::string_view id) {
  record_.request.session_reference_id = std::string(id);
  return *this;
}

RecordBuilder& RecordBuilder::Reference(absl::string_view id) {
  record_.request.record_reference_id = std::string(id);
  return *this;
}

RecordBuilder& RecordBuilder::Export() {
  record_.request.direction = engine::Direction::kExport;
  return *this;
}

RecordBuilder& RecordBuilder::Rate(engine::TariffRate rate) {
  record_.request.tariff_rate = rate;
  return *this;
}

RecordBuilder& RecordBuilder::Zone(const absl::TimeZone& zone) {
  zone_ = zone;
  return *this;
}

RecordBuilder& RecordBuilder::TierWindowsEnd(int64_t second) {
  record_.revision.figures.tier_windows_end = engine::Instant::FromSeconds(second);
  return *this;
}

RecordBuilder& RecordBuilder::CatalogVersion(uint64_t version) {
  record_.revision.catalog_version = version;
  return *this;
}

RecordBuilder& RecordBuilder::UsageBefore(double wh) {
  record_.request.usage_before_wh = wh;
  return *this;
}

RecordBuilder& RecordBuilder::Created(int64_t ns) {
  record_.created_ns = ns;
  return *this;
}

RecordBuilder& RecordBuilder::Later(int64_t ns) {
  record_.request.interval.start.ns += ns;
  record_.request.interval.end.ns += ns;
  return *this;
}

StoredRecord RecordBuilder::Build(const Tenant& tenant) const {
  StoredRecord record = record_;
  Figures& figures = record.revision.figures;
  if (figures.tariff && !own_cost_) figures.tariff->micros = Int128{figures.energy_wh} * 200;
  if (figures.carbon && !own_carbon_) figures.carbon->milligrams = Int128{figures.energy_wh} * 150;
  record.id = IdOf(tenant, record.request);
  SplitByDate(zone_, record.request.interval, &figures);
  return record;
}

void SplitByDate(const absl::TimeZone& zone, engine::Interval interval, Figures* figures) {
  constexpr absl::CivilDay kEpoch(1970, 1, 1);
  absl::CivilDay date(absl::ToCivilDay(absl::FromUnixNanos(interval.start.ns), zone));
  while (FirstNanoOf(date + 1, zone) <= interval.start.ns) ++date;
  figures->first_day = static_cast<int32_t>(date - kEpoch);
  figures->days.clear();
  if (FirstNanoOf(date + 1, zone) >= interval.end.ns) return;
  const Figures whole = *figures;
  Figures before;
  Int128 cost_before = 0, carbon_before = 0;
  for (int64_t from = interval.start.ns; from < interval.end.ns; ++date) {
    const int64_t to = std::min(FirstNanoOf(date + 1, zone), interval.end.ns);
    // From the start to the end of this date, less what was before it. In seconds,
    // so that the products fit.
    const Int128 share = (to - interval.start.ns) / engine::kNanosPerSecond;
    const Int128 length = interval.nanos() / engine::kNanosPerSecond;
    const auto part = [&](Int128 number) { return to == interval.end.ns ? number : number / length * share; };
    calculator::DayPart day;
    day.day = static_cast<int32_t>(date - kEpoch);
    day.energy_nwh = part(whole.energy_nwh) - before.energy_nwh;
    day.energy_wh = static_cast<int64_t>(part(whole.energy_wh)) - before.energy_wh;
    before.energy_nwh += day.energy_nwh;
    before.energy_wh += day.energy_wh;
    if (whole.tariff) {
      day.cost = part(whole.tariff->micros) - cost_before;
      cost_before += *day.cost;
    }
    if (whole.carbon) {
      day.carbon = part(whole.carbon->milligrams) - carbon_before;
      carbon_before += *day.carbon;
    }
    if (to > from) figures->days.push_back(day);
    from = to;
  }
}

calculator::RecordId IdOf(const Tenant& tenant, const RecordRequest& request) {
  return calculator::IdOf({tenant.account_id, tenant.live_mode, request.location_id, request.device_id,
                           request.direction, request.tariff_rate, request.interval});
}

RecordPosition PositionOf(const StoredRecord& record) {
  return {record.request.interval.start.ns / engine::kNanosPerSecond, record.id};
}

std::string Text(Int128 number) {
  if (number == 0) return "0";
  std::string digits;
  // Digit by digit, so that the least number needs no counterpart.
  for (Int128 rest = number; rest != 0; rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    digits.insert(digits.begin(), static_cast<char>('0' + (digit < 0 ? -digit : digit)));
  }
  return number < 0 ? absl::StrCat("-", digits) : digits;
}

std::string Describe(const Figures& figures) {
  std::string text = absl::StrCat(figures.energy_wh, " Wh (", Text(figures.energy_nwh), " nWh) in ",
                                  figures.currency_code, " on ", figures.first_day);
  if (figures.tariff) {
    absl::StrAppend(&text, " cost ", Text(figures.tariff->micros), "@", figures.tariff->confidence);
  }
  if (figures.carbon) {
    absl::StrAppend(&text, " carbon ", Text(figures.carbon->milligrams), "@", figures.carbon->confidence);
  }
  if (figures.tier_windows_end.ns != 0) absl::StrAppend(&text, " tiers to ", figures.tier_windows_end.ns);
  for (const calculator::DayPart& day : figures.days) {
    absl::StrAppend(&text, " [", day.day, ": ", day.energy_wh, " Wh ", Text(day.energy_nwh), " nWh");
    if (day.cost) absl::StrAppend(&text, " cost ", Text(*day.cost));
    if (day.carbon) absl::StrAppend(&text, " carbon ", Text(*day.carbon));
    absl::StrAppend(&text, "]");
  }
  return text;
}

std::string Describe(const Revision& revision) {
  return absl::StrCat("revision ", revision.number, " cause ", static_cast<int>(revision.cause), " catalog ",
                      revision.catalog_version, " priced ", revision.priced_ns, ": ", Describe(revision.figures));
}

std::string Describe(const StoredRecord& record) {
  const RecordRequest& request = record.request;
  return absl::StrFormat(
      "%s %s/%s session '%s' reference '%s' direction %d rate %d units %d value %.17g confidence %.17g before %s [%d, "
      "%d) created %d, %s",
      calculator::FormatRecordId(record.id), request.location_id, request.device_id, request.session_reference_id,
      request.record_reference_id, static_cast<int>(request.direction), static_cast<int>(request.tariff_rate),
      static_cast<int>(request.units), request.value, request.confidence,
      request.usage_before_wh ? absl::StrFormat("%.17g", *request.usage_before_wh) : "-", request.interval.start.ns,
      request.interval.end.ns, record.created_ns, Describe(record.revision));
}

std::string Describe(const Total& total) {
  const auto confidence = [](const std::optional<engine::Confidence>& value) {
    return value ? absl::StrCat(*value) : std::string("-");
  };
  return absl::StrCat(total.location_id, " rate ", static_cast<int>(total.tariff_rate), " in ", total.currency_code,
                      " confidence ", confidence(total.tariff_confidence), " ", confidence(total.carbon_confidence),
                      ": ", total.records, " records, ", total.energy_wh, " Wh, cost ", Text(total.cost), ", carbon ",
                      Text(total.carbon));
}

std::string Describe(const StaleRecords& stale) {
  return absl::StrCat(stale.location_id, " [", stale.interval.start.ns, ", ", stale.interval.end.ns, ") cause ",
                      static_cast<int>(stale.cause));
}

std::string Describe(const RegisterReading& reading) {
  return absl::StrCat(reading.value_mwh, " mWh at ", reading.time_s, " session '", reading.session_reference_id,
                      "' reference '", reading.record_reference_id, "'");
}

std::vector<std::string> Describe(const std::vector<StoredRecord>& records) { return DescribeAll(records, false); }
std::vector<std::string> Describe(const std::vector<Revision>& revisions) { return DescribeAll(revisions, false); }
std::vector<std::string> Describe(const std::vector<Total>& totals) { return DescribeAll(totals, true); }
std::vector<std::string> Describe(const std::vector<StaleRecords>& stale) { return DescribeAll(stale, true); }

std::vector<std::string> Describe(const std::vector<DayTotal>& totals) {
  std::vector<std::string> texts;
  for (const DayTotal& total : totals) texts.push_back(absl::StrCat("day ", total.day, " ", Describe(total.total)));
  std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace costs::records::testing
