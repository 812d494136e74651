// A RecordStore before another one: counts what re-pricing asks of it, calls a hook
// before it does so, and fails when the hook says so.
//
// Thread-safe; the hook is called by any thread that calls the store.
#ifndef SERVICE_RECORDS_TESTING_WATCHED_STORE_H_
#define SERVICE_RECORDS_TESTING_WATCHED_STORE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/records/record_store.h"

namespace costs::records::testing {

class WatchedStore final : public RecordStore {
 public:
  enum class Call { kBarrier, kLocations, kMarkStale, kStale, kListToReprice, kReprice, kClearStale };

  explicit WatchedStore(std::unique_ptr<RecordStore> store) : store_(std::move(store)) {}

  // To be set while nobody calls.
  std::function<absl::Status(Call)> before = [](Call) { return absl::OkStatus(); };
  // The same, but for kBarrier, which is nobody's.
  std::function<absl::Status(Call, const Tenant&)> before_of = [](Call, const Tenant&) { return absl::OkStatus(); };

  // Before stale records are counted, as each look for work begins.
  std::function<void(const Tenant&)> before_counting = [](const Tenant&) {};

  std::atomic<int64_t> marked{0};    // locations
  std::atomic<int64_t> lists{0};     // calls of ListToReprice
  std::atomic<int64_t> listed{0};    // records
  std::atomic<int64_t> reprices{0};  // calls of Reprice
  std::atomic<int64_t> repriced{0};  // records

  RecordStore& inner() { return *store_; }

  // ---- What is watched.
  absl::StatusOr<std::vector<std::string>> Locations(const Tenant& tenant, absl::string_view after,
                                                     int limit) override {
    if (absl::Status status = Before(Call::kLocations, tenant); !status.ok()) return status;
    return store_->Locations(tenant, after, limit);
  }
  absl::Status Barrier() override {
    if (absl::Status status = before(Call::kBarrier); !status.ok()) return status;
    return store_->Barrier();
  }
  absl::Status MarkStale(const Tenant& tenant, absl::Span<const StaleRecords> stale,
                         std::optional<uint64_t> marked_version) override {
    if (absl::Status status = Before(Call::kMarkStale, tenant); !status.ok()) return status;
    marked += static_cast<int64_t>(stale.size());
    return store_->MarkStale(tenant, stale, marked_version);
  }
  absl::StatusOr<std::vector<StaleRecords>> Stale(const Tenant& tenant, int limit) override {
    if (absl::Status status = Before(Call::kStale, tenant); !status.ok()) return status;
    return store_->Stale(tenant, limit);
  }
  absl::Status ClearStale(const Tenant& tenant, const StaleRecords& stale) override {
    if (absl::Status status = Before(Call::kClearStale, tenant); !status.ok()) return status;
    return store_->ClearStale(tenant, stale);
  }
  absl::StatusOr<std::vector<StoredRecord>> ListToReprice(const Tenant& tenant, absl::string_view location_id,
                                                          engine::Interval interval,
                                                          const std::optional<RecordPosition>& after,
                                                          int limit) override {
    if (absl::Status status = Before(Call::kListToReprice, tenant); !status.ok()) return status;
    auto records = store_->ListToReprice(tenant, location_id, interval, after, limit);
    ++lists;
    if (records.ok()) listed += static_cast<int64_t>(records->size());
    return records;
  }
  absl::Status Reprice(const Tenant& tenant, absl::Span<const StoredRecord> records) override {
    if (absl::Status status = Before(Call::kReprice, tenant); !status.ok()) return status;
    ++reprices;
    repriced += static_cast<int64_t>(records.size());
    return store_->Reprice(tenant, records);
  }

  // ---- What is not.
  void Submit(std::unique_ptr<Write> write) override { store_->Submit(std::move(write)); }
  absl::StatusOr<std::optional<StoredRecord>> Get(const Tenant& tenant, const calculator::RecordId& id) override {
    return store_->Get(tenant, id);
  }
  absl::StatusOr<std::vector<StoredRecord>> List(const Tenant& tenant, const RecordFilter& filter,
                                                 const std::optional<RecordPosition>& after, bool newest_first,
                                                 int limit) override {
    return store_->List(tenant, filter, after, newest_first, limit);
  }
  absl::StatusOr<std::vector<Revision>> Revisions(const Tenant& tenant, const calculator::RecordId& id,
                                                  std::optional<int32_t> below, int limit) override {
    return store_->Revisions(tenant, id, below, limit);
  }
  absl::StatusOr<std::vector<DayTotal>> DayTotals(const Tenant& tenant, const Thing& thing, engine::Direction direction,
                                                  int32_t first, int32_t last) override {
    return store_->DayTotals(tenant, thing, direction, first, last);
  }
  absl::StatusOr<SessionTotals> TotalsOfSession(const Tenant& tenant, absl::string_view session_reference_id,
                                                engine::Direction direction) override {
    return store_->TotalsOfSession(tenant, session_reference_id, direction);
  }
  absl::StatusOr<std::vector<std::string>> LocationsOf(const Tenant& tenant, absl::string_view device_id) override {
    return store_->LocationsOf(tenant, device_id);
  }
  absl::StatusOr<std::optional<std::string>> BatchDocument(const Tenant& tenant, absl::string_view batch_id) override {
    return store_->BatchDocument(tenant, batch_id);
  }
  absl::StatusOr<std::vector<RegisterReading>> Readings(const Tenant& tenant, const Register& of, int64_t first_s,
                                                        int64_t last_s) override {
    return store_->Readings(tenant, of, first_s, last_s);
  }
  const calculator::UsageSource& usage() const override { return store_->usage(); }
  absl::StatusOr<StaleCount> CountStale(const Tenant& tenant) override {
    before_counting(tenant);
    return store_->CountStale(tenant);
  }
  absl::StatusOr<bool> MayReprice(const Tenant& tenant) override { return store_->MayReprice(tenant); }
  Counters counters() const override { return store_->counters(); }

 private:
  absl::Status Before(Call call, const Tenant& tenant) {
    absl::Status status = before(call);
    return status.ok() ? before_of(call, tenant) : status;
  }

  const std::unique_ptr<RecordStore> store_;
};

}  // namespace costs::records::testing

#endif  // SERVICE_RECORDS_TESTING_WATCHED_STORE_H_
