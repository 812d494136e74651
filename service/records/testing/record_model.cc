#include "service/records/testing/record_model.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/time/civil_time.h"
#include "service/records/testing/record_builder.h"

namespace costs::records::testing {
namespace {

using engine::Instant;
using engine::Int128;
using engine::Interval;

constexpr absl::CivilDay kEpoch(1970, 1, 1);

bool Overlap(Interval a, Interval b) { return a.start < b.end && b.start < a.end; }

Interval Common(Interval a, Interval b) { return {std::max(a.start, b.start), std::min(a.end, b.end)}; }

Instant FirstOf(absl::CivilDay date, const absl::TimeZone& zone) {
  const absl::TimeZone::TimeInfo midnight = zone.At(absl::CivilSecond(date));
  return {absl::ToUnixNanos(midnight.kind == absl::TimeZone::TimeInfo::SKIPPED ? midnight.trans : midnight.pre)};
}

// energy * part / whole, half-even, by quotient and remainder.
Int128 Share(Int128 energy, int64_t part, int64_t whole) {
  if (part == whole) return energy;
  const Int128 quotient = energy / whole * part;
  const Int128 rest = energy % whole * part;
  Int128 rounded = quotient + rest / whole;
  const Int128 twice = rest % whole * 2;
  if (twice > whole || (twice == whole && rounded % 2 != 0)) ++rounded;
  return rounded;
}

// What of a record lies on one date, and there within an interval.
Int128 EnergyOn(const StoredRecord& record, int32_t day, Interval date, Interval within) {
  Interval held = record.request.interval;
  Int128 energy = record.revision.figures.energy_nwh;
  for (const calculator::DayPart& part : record.revision.figures.days) {
    if (part.day != day) continue;
    held = Common(held, date);
    energy = part.energy_nwh;
  }
  const Interval common = Common(held, within);
  return common.start < common.end ? Share(energy, common.nanos(), held.nanos()) : 0;
}

bool Passes(const StoredRecord& record, const RecordFilter& filter) {
  const RecordRequest& request = record.request;
  const auto same = [](const std::string& wanted, const std::string& is) { return wanted.empty() || wanted == is; };
  return same(filter.location_id, request.location_id) && same(filter.device_id, request.device_id) &&
         same(filter.session_reference_id, request.session_reference_id) &&
         same(filter.record_reference_id, request.record_reference_id) &&
         (!filter.direction || *filter.direction == request.direction) &&
         (!filter.tariff_rate || *filter.tariff_rate == request.tariff_rate) &&
         (!filter.ends_after || request.interval.end > *filter.ends_after) &&
         (!filter.starts_before || request.interval.start < *filter.starts_before);
}

bool Before(const StoredRecord& a, const StoredRecord& b) {
  const RecordPosition x = PositionOf(a), y = PositionOf(b);
  return std::tie(x.start_s, x.id.bytes) < std::tie(y.start_s, y.id.bytes);
}

// Sums by what a Total says its parts have in common.
class Sums {
 public:
  void Add(int32_t day, const StoredRecord& record, const calculator::DayPart& part) {
    const Figures& figures = record.revision.figures;
    std::optional<engine::Confidence> tariff, carbon;
    if (figures.tariff) tariff = figures.tariff->confidence;
    if (figures.carbon) carbon = figures.carbon->confidence;
    DayTotal& sum =
        sums_[{day, record.request.location_id, record.request.tariff_rate, figures.currency_code, tariff, carbon}];
    sum.day = day;
    Total& total = sum.total;
    total.location_id = record.request.location_id;
    total.tariff_rate = record.request.tariff_rate;
    total.currency_code = figures.currency_code;
    total.tariff_confidence = tariff;
    total.carbon_confidence = carbon;
    ++total.records;
    total.energy_wh += part.energy_wh;
    total.cost += part.cost.value_or(0);
    total.carbon += part.carbon.value_or(0);
  }

  std::vector<DayTotal> All() const {
    std::vector<DayTotal> all;
    for (const auto& [key, total] : sums_) all.push_back(total);
    return all;
  }

 private:
  std::map<std::tuple<int32_t, std::string, engine::TariffRate, std::string, std::optional<engine::Confidence>,
                      std::optional<engine::Confidence>>,
           DayTotal>
      sums_;
};

calculator::DayPart Whole(const Figures& figures) {
  calculator::DayPart part;
  part.day = figures.first_day;
  part.energy_wh = figures.energy_wh;
  part.energy_nwh = figures.energy_nwh;
  if (figures.tariff) part.cost = figures.tariff->micros;
  if (figures.carbon) part.carbon = figures.carbon->milligrams;
  return part;
}

}  // namespace

void RecordModel::Apply(const Write& write, uint64_t catalog_version) {
  for (const calculator::RecordId& id : write.deletions) Remove(id);
  for (const PendingRecord& pending : write.records) {
    StoredRecord record = pending.record;
    if (pending.price == nullptr || pending.price(*this, &record)) Store(std::move(record), catalog_version);
  }
}

void RecordModel::Remove(const calculator::RecordId& id) {
  auto entry = entries_.find(id.bytes);
  if (entry == entries_.end()) return;
  const StoredRecord gone = entry->second.record;
  entries_.erase(entry);
  NoteUsageChange(gone, gone.revision.figures.tier_windows_end);
}

void RecordModel::Store(StoredRecord record, uint64_t catalog_version) {
  auto known = entries_.find(record.id.bytes);
  const Instant windows_end = record.revision.figures.tier_windows_end;
  if (known == entries_.end()) {
    record.revision.number = 1;
    entries_[record.id.bytes].record = record;
    NoteUsageChange(record, windows_end);
  } else {
    const StoredRecord old = known->second.record;
    if (SameRequest(old.request, record.request) && SameFigures(old.revision.figures, record.revision.figures)) return;
    record.created_ns = old.created_ns;
    record.revision.number = old.revision.number + 1;
    known->second.older.push_back(old.revision);
    known->second.record = record;
    const Instant old_end = old.revision.figures.tier_windows_end;
    if (old.request.location_id != record.request.location_id) {
      NoteUsageChange(old, old_end);
      NoteUsageChange(record, windows_end);
    } else if (old.revision.figures.energy_nwh != record.revision.figures.energy_nwh) {
      NoteUsageChange(record, std::max(old_end, windows_end));
    }
  }
  if (record.revision.catalog_version < catalog_version) {
    MarkStale({record.request.location_id, record.request.interval, RevisionCause::kTariffChanged, 0});
  }
}

void RecordModel::NoteUsageChange(const StoredRecord& of, Instant windows_end) {
  for (const auto& [id, entry] : entries_) {
    const RecordRequest& later = entry.record.request;
    if (later.location_id == of.request.location_id && later.tariff_rate == of.request.tariff_rate &&
        later.interval.start > of.request.interval.start && later.interval.start < windows_end) {
      MarkStale({of.request.location_id, {of.request.interval.start, windows_end}, RevisionCause::kUsageChanged, 0});
      return;
    }
  }
}

void RecordModel::MarkStale(const StaleRecords& stale) {
  const auto [known, is_new] = stale_.emplace(stale.location_id, stale);
  known->second.ticket = ++tickets_;
  if (is_new) return;
  Interval& interval = known->second.interval;
  interval = {std::min(interval.start, stale.interval.start), std::max(interval.end, stale.interval.end)};
  known->second.cause = std::min(known->second.cause, stale.cause);
}

void RecordModel::Reprice(const std::vector<StoredRecord>& records, uint64_t catalog_version) {
  for (StoredRecord record : records) {
    auto known = entries_.find(record.id.bytes);
    if (known == entries_.end() || known->second.record.revision.number != record.revision.number) continue;
    record.request = known->second.record.request;
    Store(std::move(record), catalog_version);
  }
}

std::vector<StoredRecord> RecordModel::All() const { return List({}, false); }

std::optional<StoredRecord> RecordModel::Get(const calculator::RecordId& id) const {
  auto entry = entries_.find(id.bytes);
  if (entry == entries_.end()) return std::nullopt;
  return entry->second.record;
}

std::vector<StoredRecord> RecordModel::List(const RecordFilter& filter, bool newest_first) const {
  std::vector<StoredRecord> records;
  for (const auto& [id, entry] : entries_) {
    if (Passes(entry.record, filter)) records.push_back(entry.record);
  }
  std::sort(records.begin(), records.end(), Before);
  if (newest_first) std::reverse(records.begin(), records.end());
  return records;
}

std::vector<StoredRecord> RecordModel::ListToReprice(const std::string& location_id, Interval interval) const {
  RecordFilter filter;
  filter.location_id = location_id;
  filter.ends_after = interval.start;
  filter.starts_before = interval.end;
  return List(filter, false);
}

std::vector<Revision> RecordModel::Revisions(const calculator::RecordId& id) const {
  auto entry = entries_.find(id.bytes);
  if (entry == entries_.end()) return {};
  std::vector<Revision> revisions = {entry->second.record.revision};
  revisions.insert(revisions.end(), entry->second.older.rbegin(), entry->second.older.rend());
  return revisions;
}

std::vector<DayTotal> RecordModel::DayTotals(const Thing& thing, engine::Direction direction, int32_t first,
                                             int32_t last) const {
  Sums sums;
  for (const auto& [id, entry] : entries_) {
    const StoredRecord& record = entry.record;
    const bool of_thing =
        record.request.device_id == thing.device_id &&
        (record.request.location_id == thing.location_id || (thing.location_id.empty() && !thing.device_id.empty()));
    if (!of_thing || record.request.direction != direction) continue;
    std::vector<calculator::DayPart> parts = record.revision.figures.days;
    if (parts.empty()) parts.push_back(Whole(record.revision.figures));
    for (const calculator::DayPart& part : parts) {
      if (part.day >= first && part.day <= last) sums.Add(part.day, record, part);
    }
  }
  return sums.All();
}

SessionTotals RecordModel::TotalsOfSession(const std::string& session, engine::Direction direction) const {
  SessionTotals result;
  Sums sums;
  for (const StoredRecord& record : All()) {
    const RecordRequest& request = record.request;
    if (request.session_reference_id != session || request.direction != direction) continue;
    const Interval interval = request.interval;
    result.interval = result.interval.end.ns == 0 ? interval
                                                  : Interval{std::min(result.interval.start, interval.start),
                                                             std::max(result.interval.end, interval.end)};
    result.thing = {request.location_id, request.device_id};
    sums.Add(0, record, Whole(record.revision.figures));
  }
  for (const DayTotal& sum : sums.All()) result.totals.push_back(sum.total);
  return result;
}

std::vector<std::string> RecordModel::LocationsOf(const std::string& device_id) const {
  std::vector<std::string> locations;
  RecordFilter filter;
  filter.device_id = device_id;
  for (const StoredRecord& record : List(filter, true)) {
    if (std::find(locations.begin(), locations.end(), record.request.location_id) == locations.end()) {
      locations.push_back(record.request.location_id);
    }
  }
  return locations;
}

std::vector<std::string> RecordModel::Locations() const {
  std::set<std::string> locations;
  for (const auto& [id, entry] : entries_) locations.insert(entry.record.request.location_id);
  return {locations.begin(), locations.end()};
}

std::vector<StaleRecords> RecordModel::Stale() const {
  std::vector<StaleRecords> stale;
  for (const auto& [location, records] : stale_) stale.push_back(records);
  return stale;
}

absl::StatusOr<Int128> RecordModel::UsageWithin(const calculator::Caller&, absl::string_view location_id,
                                                const absl::TimeZone& zone, engine::TariffRate tariff_rate,
                                                Interval interval) const {
  Int128 own = 0, of_devices = 0;
  bool has_own = false;
  for (const auto& [id, entry] : entries_) {
    const RecordRequest& request = entry.record.request;
    if (request.location_id != location_id || request.tariff_rate != tariff_rate) continue;
    if (!Overlap(request.interval, interval)) continue;
    has_own = has_own || request.device_id.empty();
    const Interval common = Common(request.interval, interval);
    absl::CivilDay date = absl::ToCivilDay(absl::FromUnixNanos(common.start.ns), zone) - 1;
    for (; FirstOf(date, zone) < common.end; ++date) {
      const Interval span = {FirstOf(date, zone), FirstOf(date + 1, zone)};
      if (!Overlap(span, common)) continue;
      const Int128 energy = EnergyOn(entry.record, static_cast<int32_t>(date - kEpoch), span, Common(span, common));
      (request.device_id.empty() ? own : of_devices) += energy;
    }
  }
  return has_own ? own : of_devices;
}

}  // namespace costs::records::testing
