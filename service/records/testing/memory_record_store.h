// A RecordStore in memory, as simple as can be, for the tests of what reads and
// writes records. Writes are done within Submit. Re-pricing is not kept. Thread-safe.
#ifndef SERVICE_RECORDS_TESTING_MEMORY_RECORD_STORE_H_
#define SERVICE_RECORDS_TESTING_MEMORY_RECORD_STORE_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "service/records/record_store.h"

namespace costs::records::testing {

class MemoryRecordStore final : public RecordStore {
 public:
  MemoryRecordStore();
  ~MemoryRecordStore() override;

  // While it is not OK, every call fails with it.
  void Fail(absl::Status status);

  void Submit(std::unique_ptr<Write> write) override;
  absl::StatusOr<std::optional<StoredRecord>> Get(const Tenant& tenant, const calculator::RecordId& id) override;
  absl::StatusOr<std::vector<StoredRecord>> List(const Tenant& tenant, const RecordFilter& filter,
                                                 const std::optional<RecordPosition>& after, bool newest_first,
                                                 int limit) override;
  absl::StatusOr<std::vector<Revision>> Revisions(const Tenant& tenant, const calculator::RecordId& id,
                                                  std::optional<int32_t> below, int limit) override;
  absl::StatusOr<std::vector<DayTotal>> DayTotals(const Tenant& tenant, const Thing& thing, engine::Direction direction,
                                                  int32_t first, int32_t last) override;
  absl::StatusOr<SessionTotals> TotalsOfSession(const Tenant& tenant, absl::string_view session_reference_id,
                                                engine::Direction direction) override;
  absl::StatusOr<std::vector<std::string>> LocationsOf(const Tenant& tenant, absl::string_view device_id) override;
  absl::StatusOr<std::optional<std::string>> BatchDocument(const Tenant& tenant, absl::string_view batch_id) override;
  absl::StatusOr<std::vector<RegisterReading>> Readings(const Tenant& tenant, const Register& of, int64_t first_s,
                                                        int64_t last_s) override;
  const calculator::UsageSource& usage() const override;

  absl::StatusOr<std::vector<std::string>> Locations(const Tenant& tenant, absl::string_view after, int limit) override;
  absl::Status Barrier() override { return absl::OkStatus(); }
  absl::Status MarkStale(const Tenant& tenant, absl::Span<const StaleRecords> stale,
                         std::optional<uint64_t> marked_version) override;
  absl::StatusOr<std::vector<StaleRecords>> Stale(const Tenant& tenant, int limit) override;
  absl::StatusOr<StaleCount> CountStale(const Tenant& tenant) override;
  absl::Status ClearStale(const Tenant& tenant, const StaleRecords& stale) override;
  absl::StatusOr<std::vector<StoredRecord>> ListToReprice(const Tenant& tenant, absl::string_view location_id,
                                                          engine::Interval interval,
                                                          const std::optional<RecordPosition>& after,
                                                          int limit) override;
  absl::Status Reprice(const Tenant& tenant, absl::Span<const StoredRecord> records) override;
  absl::StatusOr<bool> MayReprice(const Tenant&) override { return true; }
  Counters counters() const override;

 private:
  class Usage;
  struct Kept {
    StoredRecord record;
    std::vector<Revision> older;  // the oldest first
  };
  using TenantKey = std::pair<std::string, bool>;
  // Account, mode, location, device, direction, tariff_rate.
  using RegisterKey = std::tuple<TenantKey, std::string, std::string, int, int>;

  static TenantKey KeyOf(const Tenant& tenant) { return {tenant.account_id, tenant.live_mode}; }
  static RegisterKey KeyOf(const Tenant& tenant, const Register& of);
  void Put(const Tenant& tenant, PendingRecord pending);

  const std::unique_ptr<Usage> usage_;
  mutable std::recursive_mutex mutex_;  // a price asks for the usage within a write
  absl::Status failure_;
  std::map<std::pair<TenantKey, std::array<uint8_t, 12>>, Kept> records_;
  std::map<RegisterKey, std::map<int64_t, RegisterReading>> readings_;
  std::map<std::pair<TenantKey, std::string>, std::string> batches_;
  Counters counters_;
};

}  // namespace costs::records::testing

#endif  // SERVICE_RECORDS_TESTING_MEMORY_RECORD_STORE_H_
