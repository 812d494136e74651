#include "service/records/postgres/record_changes.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"

namespace costs::records::pg {
namespace {

using engine::Instant;

// Whether two records are one: what their id is made of.
bool SameKey(const RecordRequest& a, const RecordRequest& b) {
  return a.device_id == b.device_id && (!a.device_id.empty() || a.location_id == b.location_id) &&
         a.direction == b.direction && a.tariff_rate == b.tariff_rate && a.interval == b.interval;
}

RecordChanges::Place PlaceOf(const StoredRecord& record) {
  return {record.request.location_id, record.request.tariff_rate};
}

}  // namespace

void RecordChanges::Load(StoredRecord record) {
  Entry& entry = entries_[record.id.bytes];
  if (record.revision.figures.tier_windows_end.ns != 0) watch_usage_ = true;
  entry.number = record.revision.number;
  entry.created_ns = record.created_ns;
  entry.stored = std::make_unique<const StoredRecord>(std::move(record));
  entry.now = entry.stored.get();
}

bool RecordChanges::Allows(const Write& write) const {
  absl::flat_hash_set<IdBytes> deleted;
  for (const calculator::RecordId& id : write.deletions) deleted.insert(id.bytes);
  absl::flat_hash_map<IdBytes, const StoredRecord*> own;
  own.reserve(write.records.size());
  for (const PendingRecord& pending : write.records) {
    const StoredRecord& record = pending.record;
    const auto [first, is_first] = own.emplace(record.id.bytes, &record);
    if (!is_first && !SameKey(first->second->request, record.request)) return false;
    if (!is_first || deleted.contains(record.id.bytes)) continue;
    const StoredRecord* known = Find(record.id);
    if (known != nullptr && !SameKey(known->request, record.request)) return false;
  }
  return true;
}

const StoredRecord* RecordChanges::Find(const calculator::RecordId& id) const {
  const auto entry = entries_.find(id.bytes);
  return entry == entries_.end() ? nullptr : entry->second.now;
}

int32_t RecordChanges::NumberOf(const calculator::RecordId& id) const {
  const auto entry = entries_.find(id.bytes);
  return entry == entries_.end() ? 0 : entry->second.number;
}

void RecordChanges::Delete(const calculator::RecordId& id) {
  const auto found = entries_.find(id.bytes);
  if (found == entries_.end() || found->second.now == nullptr) return;
  Entry& entry = found->second;
  const StoredRecord& record = *entry.now;
  Touch(id.bytes, &entry);
  Leave(&entry);
  entry.now = nullptr;
  entry.wiped = true;
  entry.older.clear();
  NoteUsageChange(record, record.revision.figures.tier_windows_end);
}

void RecordChanges::Store(const StoredRecord& record, const Versions& versions) {
  Entry& entry = entries_[record.id.bytes];
  const Instant windows_end = record.revision.figures.tier_windows_end;
  if (entry.now == nullptr) {
    entry.number = 1;
    entry.created_ns = record.created_ns;
    entry.now = &record;
    Touch(record.id.bytes, &entry);
    Arrive(record);
    NoteUsageChange(record, windows_end);
  } else {
    const StoredRecord& old = *entry.now;
    if (SameRequest(old.request, record.request) && SameFigures(old.revision.figures, record.revision.figures)) return;
    Touch(record.id.bytes, &entry);
    entry.older.push_back(old.revision);
    entry.older.back().number = entry.number++;
    const Instant old_end = old.revision.figures.tier_windows_end;
    if (old.request.location_id != record.request.location_id) {
      Leave(&entry);
      entry.now = &record;
      Arrive(record);
      NoteUsageChange(old, old_end);
      NoteUsageChange(record, windows_end);
    } else {
      entry.now = &record;
      if (old.revision.figures.energy_nwh != record.revision.figures.energy_nwh) {
        NoteUsageChange(record, std::max(old_end, windows_end));
      }
    }
  }
  const uint64_t version = record.revision.catalog_version;
  if (version < versions.catalog || (versions.marked != 0 && version > versions.marked)) {
    MarkStale({record.request.location_id, record.request.interval, RevisionCause::kTariffChanged, 0});
  }
}

void RecordChanges::Touch(const IdBytes& id, Entry* entry) {
  if (!entry->changed) changed_.push_back(id);
  entry->changed = true;
}

void RecordChanges::Arrive(const StoredRecord& record) {
  if (!watch_usage_) return;
  arrived_[PlaceOf(record)].insert(record.request.interval.start.ns);
}

void RecordChanges::Leave(Entry* entry) {
  if (!watch_usage_) return;
  const Place place = PlaceOf(*entry->now);
  // It may have left and come back within this transaction.
  if (!entry->gone && entry->stored != nullptr && PlaceOf(*entry->stored) == place) {
    gone_.push_back({place, entry->now->id.bytes});
    entry->gone = true;
    return;
  }
  std::multiset<int64_t>& starts = arrived_[place];
  const auto start = starts.find(entry->now->request.interval.start.ns);
  if (start != starts.end()) starts.erase(start);
}

void RecordChanges::NoteUsageChange(const StoredRecord& of, Instant windows_end) {
  const Instant start = of.request.interval.start;
  if (!watch_usage_ || !(start < windows_end)) return;
  const Place place = PlaceOf(of);
  const auto arrived = arrived_.find(place);
  if (arrived != arrived_.end()) {
    const auto later = arrived->second.upper_bound(start.ns);
    if (later != arrived->second.end() && *later < windows_end.ns) {
      MarkStale({place.first, {start, windows_end}, RevisionCause::kUsageChanged, 0});
      return;
    }
  }
  usage_changes_.push_back({place, start, windows_end, gone_.size()});
}

void RecordChanges::MarkStale(const StaleRecords& stale) {
  const auto [known, is_new] = stale_.emplace(stale.location_id, stale);
  if (is_new) return;
  engine::Interval& interval = known->second.interval;
  interval = {std::min(interval.start, stale.interval.start), std::max(interval.end, stale.interval.end)};
  known->second.cause = std::min(known->second.cause, stale.cause);
}

RecordChanges::Output RecordChanges::Pending() const {
  std::vector<std::pair<IdBytes, const Entry*>> changed;
  changed.reserve(changed_.size());
  for (const IdBytes& id : changed_) changed.emplace_back(id, &entries_.at(id));
  std::sort(changed.begin(), changed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Output output;
  output.rows.reserve(changed.size());
  for (const auto& [id, entry] : changed) {
    if (entry->now != nullptr) {
      output.rows.push_back({entry->now, entry->number, entry->created_ns, entry->stored.get()});
    } else if (entry->stored != nullptr) {
      output.removed.push_back(entry->stored.get());
    }
    if (entry->wiped && entry->stored != nullptr) output.wiped.push_back({id});
    for (const Revision& revision : entry->older) output.revisions.push_back({{id}, revision});
  }
  return output;
}

}  // namespace costs::records::pg
