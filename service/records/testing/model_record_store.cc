#include "service/records/testing/model_record_store.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "service/records/testing/record_builder.h"

namespace costs::records::testing {
namespace {

bool Before(const RecordPosition& a, const RecordPosition& b) {
  return std::tie(a.start_s, a.id.bytes) < std::tie(b.start_s, b.id.bytes);
}

// What of a list, which is in the order asked for, lies after a position.
std::vector<StoredRecord> PageOf(std::vector<StoredRecord> records, const std::optional<RecordPosition>& after,
                                 bool newest_first, int limit) {
  if (after) {
    records.erase(std::remove_if(records.begin(), records.end(),
                                 [&](const StoredRecord& record) {
                                   const RecordPosition at = PositionOf(record);
                                   return newest_first ? !Before(at, *after) : !Before(*after, at);
                                 }),
                  records.end());
  }
  records.resize(std::min(records.size(), static_cast<size_t>(limit)));
  return records;
}

}  // namespace

class ModelRecordStore::CommittedUsage final : public calculator::UsageSource {
 public:
  explicit CommittedUsage(const ModelRecordStore* store) : store_(store) {}

  absl::StatusOr<engine::Int128> UsageWithin(const calculator::Caller& caller, absl::string_view location_id,
                                             const absl::TimeZone& zone, engine::TariffRate tariff_rate,
                                             engine::Interval interval) const override {
    std::lock_guard<std::mutex> lock(store_->mutex_);
    return store_->model_.UsageWithin(caller, location_id, zone, tariff_rate, interval);
  }

 private:
  const ModelRecordStore* const store_;
};

ModelRecordStore::ModelRecordStore(std::function<uint64_t()> catalog_version)
    : catalog_version_(std::move(catalog_version)), usage_(std::make_unique<CommittedUsage>(this)) {}

void ModelRecordStore::Submit(std::unique_ptr<Write> write) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    // The version is read after pricing: in between the catalog may change.
    for (PendingRecord& pending : write->records) {
      const auto price = std::exchange(pending.price, nullptr);
      Write one;
      one.deletions = std::exchange(write->deletions, {});
      if (price == nullptr || price(model_, &pending.record)) one.records.push_back(pending);
      model_.Apply(one, catalog_version_());
      const uint64_t version = pending.record.revision.catalog_version;
      if (!one.records.empty() && marked_version_ != 0 && version > marked_version_) {
        model_.MarkStale(
            {pending.record.request.location_id, pending.record.request.interval, RevisionCause::kTariffChanged, 0});
      }
      ++counters_.records_written;
    }
    if (write->records.empty()) model_.Apply(*write, catalog_version_());
    ++counters_.transactions;
  }
  write->done(absl::OkStatus());
}

absl::StatusOr<std::optional<StoredRecord>> ModelRecordStore::Get(const Tenant&, const calculator::RecordId& id) {
  std::lock_guard<std::mutex> lock(mutex_);
  return model_.Get(id);
}

absl::StatusOr<std::vector<StoredRecord>> ModelRecordStore::List(const Tenant&, const RecordFilter& filter,
                                                                 const std::optional<RecordPosition>& after,
                                                                 bool newest_first, int limit) {
  std::lock_guard<std::mutex> lock(mutex_);
  return PageOf(model_.List(filter, newest_first), after, newest_first, limit);
}

absl::StatusOr<std::vector<Revision>> ModelRecordStore::Revisions(const Tenant&, const calculator::RecordId& id,
                                                                  std::optional<int32_t> below, int limit) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Revision> revisions;
  for (Revision& revision : model_.Revisions(id)) {
    if ((!below || revision.number < *below) && static_cast<int>(revisions.size()) < limit) {
      revisions.push_back(std::move(revision));
    }
  }
  return revisions;
}

absl::StatusOr<std::vector<DayTotal>> ModelRecordStore::DayTotals(const Tenant&, const Thing& thing,
                                                                  engine::Direction direction, int32_t first,
                                                                  int32_t last) {
  std::lock_guard<std::mutex> lock(mutex_);
  return model_.DayTotals(thing, direction, first, last);
}

absl::StatusOr<SessionTotals> ModelRecordStore::TotalsOfSession(const Tenant&, absl::string_view session_reference_id,
                                                                engine::Direction direction) {
  std::lock_guard<std::mutex> lock(mutex_);
  return model_.TotalsOfSession(std::string(session_reference_id), direction);
}

absl::StatusOr<std::vector<std::string>> ModelRecordStore::LocationsOf(const Tenant&, absl::string_view device_id) {
  std::lock_guard<std::mutex> lock(mutex_);
  return model_.LocationsOf(std::string(device_id));
}

absl::StatusOr<std::optional<std::string>> ModelRecordStore::BatchDocument(const Tenant&, absl::string_view) {
  return std::nullopt;
}

absl::StatusOr<std::vector<RegisterReading>> ModelRecordStore::Readings(const Tenant&, const Register&, int64_t,
                                                                        int64_t) {
  return std::vector<RegisterReading>();
}

const calculator::UsageSource& ModelRecordStore::usage() const { return *usage_; }

absl::StatusOr<std::vector<std::string>> ModelRecordStore::Locations(const Tenant&, absl::string_view after,
                                                                     int limit) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> locations;
  for (std::string& id : model_.Locations()) {
    if (id > after && static_cast<int>(locations.size()) < limit) locations.push_back(std::move(id));
  }
  return locations;
}

absl::Status ModelRecordStore::Barrier() {
  std::lock_guard<std::mutex> lock(mutex_);
  return absl::OkStatus();
}

absl::Status ModelRecordStore::MarkStale(const Tenant&, absl::Span<const StaleRecords> stale,
                                         std::optional<uint64_t> marked_version) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const StaleRecords& records : stale) model_.MarkStale(records);
  if (marked_version) marked_version_ = *marked_version;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StaleRecords>> ModelRecordStore::Stale(const Tenant&, int limit) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<StaleRecords> stale = model_.Stale();
  stale.resize(std::min(stale.size(), static_cast<size_t>(limit)));
  return stale;
}

absl::StatusOr<StaleCount> ModelRecordStore::CountStale(const Tenant&) {
  std::lock_guard<std::mutex> lock(mutex_);
  return StaleCount{static_cast<int64_t>(model_.Stale().size()), marked_version_};
}

absl::Status ModelRecordStore::ClearStale(const Tenant&, const StaleRecords& stale) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const StaleRecords& records : model_.Stale()) {
    if (records.location_id == stale.location_id && records.ticket == stale.ticket) {
      model_.ClearStale(stale.location_id);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredRecord>> ModelRecordStore::ListToReprice(const Tenant&, absl::string_view location_id,
                                                                          engine::Interval interval,
                                                                          const std::optional<RecordPosition>& after,
                                                                          int limit) {
  std::lock_guard<std::mutex> lock(mutex_);
  return PageOf(model_.ListToReprice(std::string(location_id), interval), after, false, limit);
}

absl::Status ModelRecordStore::Reprice(const Tenant&, absl::Span<const StoredRecord> records) {
  std::lock_guard<std::mutex> lock(mutex_);
  model_.Reprice({records.begin(), records.end()}, catalog_version_());
  return absl::OkStatus();
}

absl::StatusOr<bool> ModelRecordStore::MayReprice(const Tenant&) { return true; }

RecordStore::Counters ModelRecordStore::counters() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return counters_;
}

}  // namespace costs::records::testing
