#include "service/records/postgres/place_usage.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/records/postgres/id_range.h"
#include "service/records/postgres/record_row.h"

namespace costs::records::pg {
namespace {

using engine::Int128;
using engine::Interval;
using postgres::Result;

// Who asks for a day's usage will mostly ask for that of the next ones.
constexpr int32_t kDaysAhead = 40;
constexpr size_t kDatesKept = 32;

// The things are named, so that each one's days are found in the key.
constexpr absl::string_view kDays = R"sql(
SELECT day, device_id = '', sum(energy_nwh), sum(records)::bigint
FROM record_day_totals
WHERE account_id = $1 AND live_mode = $2 AND location_id = $3
  AND device_id = ANY (ARRAY(SELECT device_id FROM record_things
                             WHERE account_id = $1 AND live_mode = $2 AND location_id = $3))
  AND direction IN (1, 2) AND day BETWEEN $4 AND $5 AND tariff_rate = $6 AND records > 0
GROUP BY 1, 2)sql";

const std::string& DateStatement() {
  static const std::string* const sql = new std::string(absl::StrCat("SELECT ", kRecordColumns, R"sql(
FROM unnest($3::text[], $4::text[], $5::bytea[], $6::bytea[]) AS t(at_location, of_device, low, high)
CROSS JOIN LATERAL (SELECT * FROM records
  WHERE account_id = $1 AND live_mode = $2 AND id >= t.low AND id <= t.high
    AND location_id = t.at_location AND device_id = t.of_device
    AND tariff_rate = $7 AND end_ns > $8 AND start_ns < $9) r)sql"));
  return *sql;
}

bool Overlap(Interval a, Interval b) { return a.start < b.end && b.start < a.end; }

}  // namespace

absl::StatusOr<Int128> PlaceUsage::Within(const absl::TimeZone& zone, Interval interval) {
  const UsagePlan plan = PlanUsage(interval, zone);
  if (absl::Status status = KnowDays(plan.first_day, plan.last_day); !status.ok()) return status;
  Sums used;
  if (plan.first_day <= plan.last_day) {
    const auto end = days_.upper_bound(plan.last_day);
    for (auto day = days_.lower_bound(plan.first_day); day != end; ++day) {
      used.own += day->second.own;
      used.of_devices += day->second.of_devices;
      used.own_records += day->second.own_records;
    }
  }
  for (const PartOfDate& part : plan.parts) {
    const absl::StatusOr<const HeldRecords*> records = KnowDate(part);
    if (!records.ok()) return records.status();
    for (const auto& [id, held] : **records) {
      if (!Overlap(held.interval, part.part)) continue;
      (held.is_own ? used.own : used.of_devices) += EnergyWithin(held.interval, held.figures, part);
      if (held.is_own) ++used.own_records;
    }
  }
  return used.own_records > 0 ? used.own : used.of_devices;
}

absl::Status PlaceUsage::KnowDays(int32_t first, int32_t last) {
  if (last < first || (first_day_ <= first && last <= last_day_)) return absl::OkStatus();
  // Mostly a window, of which more and more is asked.
  days_.clear();
  last = std::min(last, std::numeric_limits<int32_t>::max() - kDaysAhead) + kDaysAhead;
  std::vector<postgres::Statement> statements = {
      {kDays, ParamsOf(tenant_).Text(location_id_).Int(first).Int(last).Int(static_cast<int>(tariff_rate_))}};
  if (!things_) statements.push_back(ThingsOfLocation(tenant_, location_id_));
  const absl::StatusOr<std::vector<Result>> results = run_(statements);
  if (!results.ok()) return results.status();
  if (!things_) things_ = ReadThings(results->back());
  const Result& rows = results->front();
  for (int row = 0; row < rows.rows(); ++row) {
    const absl::StatusOr<Int128> energy = rows.Whole(row, 2);
    if (!energy.ok()) return energy.status();
    Sums& sums = days_[static_cast<int32_t>(rows.Int(row, 0))];
    const bool is_own = rows.Bool(row, 1);
    (is_own ? sums.own : sums.of_devices) += *energy;
    if (is_own) sums.own_records += rows.Int(row, 3);
  }
  first_day_ = first;
  last_day_ = last;
  for (const auto& [id, change] : changes_) {
    if (change.stored != nullptr) CountDays(*change.stored, -1, first, last);
    if (change.now != nullptr) CountDays(*change.now, 1, first, last);
  }
  return absl::OkStatus();
}

void PlaceUsage::CountDays(const StoredRecord& record, int sign, int32_t first, int32_t last) {
  const bool is_own = record.request.device_id.empty();
  const auto count = [&](int32_t day, Int128 energy) {
    if (day < first || day > last) return;
    Sums& sums = days_[day];
    (is_own ? sums.own : sums.of_devices) += sign * energy;
    if (is_own) sums.own_records += sign;
  };
  const Figures& figures = record.revision.figures;
  if (figures.days.empty()) count(figures.first_day, figures.energy_nwh);
  for (const calculator::DayPart& part : figures.days) count(part.day, part.energy_nwh);
}

absl::StatusOr<const PlaceUsage::HeldRecords*> PlaceUsage::KnowDate(const PartOfDate& part) {
  if (dates_.size() >= kDatesKept) dates_.clear();
  const auto [date, is_new] = dates_.try_emplace({part.date.start.ns, part.date.end.ns});
  if (!is_new) return &date->second;
  if (absl::Status status = FetchDate(part.date, &date->second); !status.ok()) {
    dates_.erase(date);
    return status;
  }
  return &date->second;
}

absl::Status PlaceUsage::FetchDate(Interval date, HeldRecords* records) {
  if (!things_) {
    const absl::StatusOr<std::vector<Result>> results = run_({ThingsOfLocation(tenant_, location_id_)});
    if (!results.ok()) return results.status();
    things_ = ReadThings(results->front());
  }
  std::vector<ThingRange> ranges;
  for (const KnownThing& known : *things_) {
    ranges.push_back({known.thing, RangeOfStarts(known.id_prefix, date.start, known.longest_ns, date.end)});
  }
  if (!ranges.empty()) {
    postgres::Params params = ParamsOf(tenant_);
    AddRanges(ranges, &params);
    params.Int(static_cast<int>(tariff_rate_)).Int(date.start.ns).Int(date.end.ns);
    const absl::StatusOr<std::vector<Result>> results = run_({{DateStatement(), std::move(params)}});
    if (!results.ok()) return results.status();
    const Result& rows = results->front();
    for (int row = 0; row < rows.rows(); ++row) {
      absl::StatusOr<StoredRecord> record = ReadRecord(rows, row);
      if (!record.ok()) return record.status();
      (*records)[record->id.bytes] = {record->request.interval, record->request.device_id.empty(),
                                      std::move(record->revision.figures)};
    }
  }
  for (const auto& [id, change] : changes_) {
    records->erase(id);
    if (change.now == nullptr || !Overlap(change.now->request.interval, date)) continue;
    (*records)[id] = {change.now->request.interval, change.now->request.device_id.empty(),
                      change.now->revision.figures};
  }
  return absl::OkStatus();
}

void PlaceUsage::Remove(const StoredRecord& record) {
  const auto [change, is_new] = changes_.try_emplace(record.id.bytes);
  if (is_new) change->second.stored = &record;
  change->second.now = nullptr;
  CountDays(record, -1, first_day_, last_day_);
  for (auto& [date, records] : dates_) records.erase(record.id.bytes);
}

void PlaceUsage::Add(const StoredRecord& record) {
  changes_[record.id.bytes].now = &record;
  CountDays(record, 1, first_day_, last_day_);
  for (auto& [date, records] : dates_) {
    if (!Overlap(record.request.interval, {{date.first}, {date.second}})) continue;
    records[record.id.bytes] = {record.request.interval, record.request.device_id.empty(), record.revision.figures};
  }
}

}  // namespace costs::records::pg
