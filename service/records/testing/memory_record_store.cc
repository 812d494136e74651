#include "service/records/testing/memory_record_store.h"

#include <algorithm>
#include <set>

namespace costs::records::testing {
namespace {

int64_t StartSecond(const StoredRecord& record) { return record.request.interval.start.ns / engine::kNanosPerSecond; }

std::pair<int64_t, std::array<uint8_t, 12>> PlaceOf(const StoredRecord& record) {
  return {StartSecond(record), record.id.bytes};
}

bool Passes(const RecordFilter& filter, const RecordRequest& request) {
  const auto same = [](const std::string& wanted, const std::string& text) { return wanted.empty() || wanted == text; };
  return same(filter.location_id, request.location_id) && same(filter.device_id, request.device_id) &&
         same(filter.session_reference_id, request.session_reference_id) &&
         same(filter.record_reference_id, request.record_reference_id) &&
         (!filter.direction || *filter.direction == request.direction) &&
         (!filter.tariff_rate || *filter.tariff_rate == request.tariff_rate) &&
         (!filter.ends_after || request.interval.end > *filter.ends_after) &&
         (!filter.starts_before || request.interval.start < *filter.starts_before);
}

// Adds parts that are alike up.
class Totals {
 public:
  void Add(int32_t day, const StoredRecord& record, int64_t energy_wh, std::optional<engine::MoneyMicros> cost,
           std::optional<engine::CarbonMilligrams> carbon) {
    const Figures& figures = record.revision.figures;
    Total total;
    total.location_id = record.request.location_id;
    total.tariff_rate = record.request.tariff_rate;
    total.currency_code = figures.currency_code;
    if (figures.tariff) total.tariff_confidence = figures.tariff->confidence;
    if (figures.carbon) total.carbon_confidence = figures.carbon->confidence;
    const auto key = std::make_tuple(day, total.location_id, total.tariff_rate, total.currency_code,
                                     total.tariff_confidence, total.carbon_confidence);
    Total& sum = totals_.emplace(key, total).first->second;
    ++sum.records;
    sum.energy_wh += energy_wh;
    sum.cost += cost.value_or(0);
    sum.carbon += carbon.value_or(0);
  }

  std::vector<DayTotal> days() const {
    std::vector<DayTotal> days;
    for (const auto& [key, total] : totals_) days.push_back({std::get<0>(key), total});
    return days;
  }

 private:
  std::map<std::tuple<int32_t, std::string, engine::TariffRate, std::string, std::optional<engine::Confidence>,
                      std::optional<engine::Confidence>>,
           Total>
      totals_;
};

}  // namespace

// Energy alone, by the share of time.
class MemoryRecordStore::Usage final : public calculator::UsageSource {
 public:
  explicit Usage(MemoryRecordStore* store) : store_(store) {}

  absl::StatusOr<engine::Int128> UsageWithin(const calculator::Caller& caller, absl::string_view location_id,
                                             const absl::TimeZone&, engine::TariffRate tariff_rate,
                                             engine::Interval interval) const override {
    const std::lock_guard<std::recursive_mutex> lock(store_->mutex_);
    engine::Int128 own = 0;
    engine::Int128 devices = 0;
    bool has_own = false;
    for (const auto& [key, kept] : store_->records_) {
      const RecordRequest& request = kept.record.request;
      if (key.first != TenantKey{std::string(caller.account_id), caller.live_mode}) continue;
      if (request.location_id != location_id || request.tariff_rate != tariff_rate) continue;
      const int64_t start = std::max(request.interval.start.ns, interval.start.ns);
      const int64_t end = std::min(request.interval.end.ns, interval.end.ns);
      if (start >= end) continue;
      (request.device_id.empty() ? own : devices) +=
          kept.record.revision.figures.energy_nwh * (end - start) / request.interval.nanos();
      has_own = has_own || request.device_id.empty();
    }
    return has_own ? own : devices;
  }

 private:
  MemoryRecordStore* const store_;
};

MemoryRecordStore::MemoryRecordStore() : usage_(std::make_unique<Usage>(this)) {}

MemoryRecordStore::~MemoryRecordStore() = default;

void MemoryRecordStore::Fail(absl::Status status) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  failure_ = std::move(status);
}

MemoryRecordStore::RegisterKey MemoryRecordStore::KeyOf(const Tenant& tenant, const Register& of) {
  return {KeyOf(tenant), of.thing.location_id, of.thing.device_id, static_cast<int>(of.direction),
          static_cast<int>(of.tariff_rate)};
}

void MemoryRecordStore::Put(const Tenant& tenant, PendingRecord pending) {
  if (pending.price && !pending.price(*usage_, &pending.record)) return;
  StoredRecord& record = pending.record;
  ++counters_.records_written;
  const auto [at, is_new] = records_.try_emplace({KeyOf(tenant), record.id.bytes});
  Kept& kept = at->second;
  if (!is_new) {
    if (SameRequest(kept.record.request, record.request) &&
        SameFigures(kept.record.revision.figures, record.revision.figures)) {
      return;
    }
    record.created_ns = kept.record.created_ns;
    record.revision.number = kept.record.revision.number + 1;
    kept.older.push_back(kept.record.revision);
  } else {
    record.revision.number = 1;
  }
  kept.record = std::move(record);
}

void MemoryRecordStore::Submit(std::unique_ptr<Write> write) {
  absl::Status status;
  {
    const std::lock_guard<std::recursive_mutex> lock(mutex_);
    status = failure_;
    if (status.ok()) {
      ++counters_.transactions;
      for (const calculator::RecordId& id : write->deletions) records_.erase({KeyOf(write->tenant), id.bytes});
      for (PendingRecord& pending : write->records) Put(write->tenant, std::move(pending));
      if (write->reading_register) {
        auto& readings = readings_[KeyOf(write->tenant, *write->reading_register)];
        for (const RegisterReading& reading : write->readings) readings[reading.time_s] = reading;
      }
      if (!write->batch_id.empty()) {
        batches_[{KeyOf(write->tenant), write->batch_id}] = write->batch_document;
      }
    }
  }
  if (write->done) write->done(status);
}

absl::StatusOr<std::optional<StoredRecord>> MemoryRecordStore::Get(const Tenant& tenant,
                                                                   const calculator::RecordId& id) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (!failure_.ok()) return failure_;
  const auto found = records_.find({KeyOf(tenant), id.bytes});
  if (found == records_.end()) return std::optional<StoredRecord>();
  return std::optional<StoredRecord>(found->second.record);
}

absl::StatusOr<std::vector<StoredRecord>> MemoryRecordStore::List(const Tenant& tenant, const RecordFilter& filter,
                                                                  const std::optional<RecordPosition>& after,
                                                                  bool newest_first, int limit) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<StoredRecord> records;
  for (const auto& [key, kept] : records_) {
    if (key.first != KeyOf(tenant) || !Passes(filter, kept.record.request)) continue;
    const auto place = PlaceOf(kept.record);
    if (after) {
      const std::pair<int64_t, std::array<uint8_t, 12>> last{after->start_s, after->id.bytes};
      if (newest_first ? place >= last : place <= last) continue;
    }
    records.push_back(kept.record);
  }
  std::sort(records.begin(), records.end(), [newest_first](const StoredRecord& a, const StoredRecord& b) {
    return newest_first ? PlaceOf(b) < PlaceOf(a) : PlaceOf(a) < PlaceOf(b);
  });
  if (records.size() > static_cast<size_t>(limit)) records.resize(static_cast<size_t>(limit));
  return records;
}

absl::StatusOr<std::vector<Revision>> MemoryRecordStore::Revisions(const Tenant& tenant, const calculator::RecordId& id,
                                                                   std::optional<int32_t> below, int limit) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<Revision> revisions;
  const auto found = records_.find({KeyOf(tenant), id.bytes});
  if (found == records_.end()) return revisions;
  revisions.push_back(found->second.record.revision);
  revisions.insert(revisions.end(), found->second.older.rbegin(), found->second.older.rend());
  if (below) {
    revisions.erase(std::remove_if(revisions.begin(), revisions.end(),
                                   [below](const Revision& revision) { return revision.number >= *below; }),
                    revisions.end());
  }
  if (revisions.size() > static_cast<size_t>(limit)) revisions.resize(static_cast<size_t>(limit));
  return revisions;
}

absl::StatusOr<std::vector<DayTotal>> MemoryRecordStore::DayTotals(const Tenant& tenant, const Thing& thing,
                                                                   engine::Direction direction, int32_t first,
                                                                   int32_t last) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (!failure_.ok()) return failure_;
  Totals totals;
  for (const auto& [key, kept] : records_) {
    const RecordRequest& request = kept.record.request;
    if (key.first != KeyOf(tenant) || request.direction != direction || request.device_id != thing.device_id) continue;
    if (!thing.location_id.empty() && request.location_id != thing.location_id) continue;
    const Figures& figures = kept.record.revision.figures;
    if (figures.days.empty() && figures.first_day >= first && figures.first_day <= last) {
      std::optional<engine::MoneyMicros> cost;
      std::optional<engine::CarbonMilligrams> carbon;
      if (figures.tariff) cost = figures.tariff->micros;
      if (figures.carbon) carbon = figures.carbon->milligrams;
      totals.Add(figures.first_day, kept.record, figures.energy_wh, cost, carbon);
    }
    for (const calculator::DayPart& part : figures.days) {
      if (part.day < first || part.day > last) continue;
      totals.Add(part.day, kept.record, part.energy_wh, part.cost, part.carbon);
    }
  }
  return totals.days();
}

absl::StatusOr<SessionTotals> MemoryRecordStore::TotalsOfSession(const Tenant& tenant,
                                                                 absl::string_view session_reference_id,
                                                                 engine::Direction direction) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (!failure_.ok()) return failure_;
  Totals totals;
  SessionTotals session;
  const StoredRecord* last = nullptr;
  for (const auto& [key, kept] : records_) {
    const RecordRequest& request = kept.record.request;
    if (key.first != KeyOf(tenant) || request.direction != direction) continue;
    if (request.session_reference_id != session_reference_id) continue;
    const Figures& figures = kept.record.revision.figures;
    std::optional<engine::MoneyMicros> cost;
    std::optional<engine::CarbonMilligrams> carbon;
    if (figures.tariff) cost = figures.tariff->micros;
    if (figures.carbon) carbon = figures.carbon->milligrams;
    totals.Add(0, kept.record, figures.energy_wh, cost, carbon);
    if (last == nullptr) session.interval = request.interval;
    session.interval.start = std::min(session.interval.start, request.interval.start);
    session.interval.end = std::max(session.interval.end, request.interval.end);
    if (last == nullptr || PlaceOf(*last) < PlaceOf(kept.record)) last = &kept.record;
  }
  if (last != nullptr) session.thing = {last->request.location_id, last->request.device_id};
  for (DayTotal& day : totals.days()) session.totals.push_back(std::move(day.total));
  return session;
}

absl::StatusOr<std::vector<std::string>> MemoryRecordStore::LocationsOf(const Tenant& tenant,
                                                                        absl::string_view device_id) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (!failure_.ok()) return failure_;
  std::map<std::string, std::pair<int64_t, std::array<uint8_t, 12>>> places;
  for (const auto& [key, kept] : records_) {
    if (key.first != KeyOf(tenant) || kept.record.request.device_id != device_id) continue;
    auto& place = places[kept.record.request.location_id];
    place = std::max(place, PlaceOf(kept.record));
  }
  std::vector<std::string> locations;
  for (const auto& [location, place] : places) locations.push_back(location);
  std::sort(locations.begin(), locations.end(),
            [&](const std::string& a, const std::string& b) { return places[a] > places[b]; });
  return locations;
}

absl::StatusOr<std::optional<std::string>> MemoryRecordStore::BatchDocument(const Tenant& tenant,
                                                                            absl::string_view batch_id) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (!failure_.ok()) return failure_;
  const auto found = batches_.find({KeyOf(tenant), std::string(batch_id)});
  if (found == batches_.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

absl::StatusOr<std::vector<RegisterReading>> MemoryRecordStore::Readings(const Tenant& tenant, const Register& of,
                                                                         int64_t first_s, int64_t last_s) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  if (!failure_.ok()) return failure_;
  std::vector<RegisterReading> found;
  const auto all = readings_.find(KeyOf(tenant, of));
  if (all == readings_.end()) return found;
  auto from = all->second.lower_bound(first_s);
  if (from != all->second.begin()) --from;
  for (; from != all->second.end(); ++from) {
    found.push_back(from->second);
    if (from->first > last_s) break;
  }
  return found;
}

const calculator::UsageSource& MemoryRecordStore::usage() const { return *usage_; }

absl::StatusOr<std::vector<std::string>> MemoryRecordStore::Locations(const Tenant&, absl::string_view, int) {
  return std::vector<std::string>();
}
absl::Status MemoryRecordStore::MarkStale(const Tenant&, absl::Span<const StaleRecords>, std::optional<uint64_t>) {
  return absl::OkStatus();
}
absl::StatusOr<std::vector<StaleRecords>> MemoryRecordStore::Stale(const Tenant&, int) {
  return std::vector<StaleRecords>();
}
absl::StatusOr<StaleCount> MemoryRecordStore::CountStale(const Tenant&) { return StaleCount(); }
absl::Status MemoryRecordStore::ClearStale(const Tenant&, const StaleRecords&) { return absl::OkStatus(); }
absl::StatusOr<std::vector<StoredRecord>> MemoryRecordStore::ListToReprice(const Tenant&, absl::string_view,
                                                                           engine::Interval,
                                                                           const std::optional<RecordPosition>&, int) {
  return std::vector<StoredRecord>();
}
absl::Status MemoryRecordStore::Reprice(const Tenant& tenant, absl::Span<const StoredRecord> records) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  for (const StoredRecord& record : records) {
    const auto found = records_.find({KeyOf(tenant), record.id.bytes});
    if (found == records_.end() || found->second.record.revision.number != record.revision.number) continue;
    found->second.older.push_back(found->second.record.revision);
    found->second.record.revision = record.revision;
    ++found->second.record.revision.number;
  }
  return absl::OkStatus();
}

RecordStore::Counters MemoryRecordStore::counters() const {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  return counters_;
}

}  // namespace costs::records::testing
