// A RecordStore in memory, made of the RecordModel: slow and plain, to test what
// uses a store.
//
// Writes are done on the thread that submits them. Thread-safe.
#ifndef SERVICE_RECORDS_TESTING_MODEL_RECORD_STORE_H_
#define SERVICE_RECORDS_TESTING_MODEL_RECORD_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/records/record_store.h"
#include "service/records/testing/record_model.h"

namespace costs::records::testing {

class ModelRecordStore final : public RecordStore {
 public:
  explicit ModelRecordStore(std::function<uint64_t()> catalog_version);

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
  absl::Status Barrier() override;
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
  absl::StatusOr<bool> MayReprice(const Tenant& tenant) override;
  Counters counters() const override;

 private:
  class CommittedUsage;

  const std::function<uint64_t()> catalog_version_;
  mutable std::mutex mutex_;
  RecordModel model_;            // guarded by mutex_
  uint64_t marked_version_ = 0;  // guarded by mutex_
  Counters counters_;            // guarded by mutex_
  std::unique_ptr<const calculator::UsageSource> usage_;
};

}  // namespace costs::records::testing

#endif  // SERVICE_RECORDS_TESTING_MODEL_RECORD_STORE_H_
