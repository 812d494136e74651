// What a RecordStore promises, done in memory and in the plainest way: each answer
// is worked out from all the records there are. To compare stores with.
//
// One tenant's. Not thread-safe.
#ifndef SERVICE_RECORDS_TESTING_RECORD_MODEL_H_
#define SERVICE_RECORDS_TESTING_RECORD_MODEL_H_

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/calculator/usage_source.h"
#include "service/records/record_store.h"

namespace costs::records::testing {

class RecordModel : public calculator::UsageSource {
 public:
  // A write that is refused by nobody: deletions and records.
  void Apply(const Write& write, uint64_t catalog_version);
  void Reprice(const std::vector<StoredRecord>& records, uint64_t catalog_version);
  void MarkStale(const StaleRecords& stale);
  void ClearStale(const std::string& location_id) { stale_.erase(location_id); }

  std::vector<StoredRecord> All() const;  // by position
  std::optional<StoredRecord> Get(const calculator::RecordId& id) const;
  std::vector<StoredRecord> List(const RecordFilter& filter, bool newest_first) const;
  std::vector<StoredRecord> ListToReprice(const std::string& location_id, engine::Interval interval) const;
  std::vector<Revision> Revisions(const calculator::RecordId& id) const;
  std::vector<DayTotal> DayTotals(const Thing& thing, engine::Direction direction, int32_t first, int32_t last) const;
  SessionTotals TotalsOfSession(const std::string& session, engine::Direction direction) const;
  std::vector<std::string> LocationsOf(const std::string& device_id) const;
  std::vector<std::string> Locations() const;
  std::vector<StaleRecords> Stale() const;

  absl::StatusOr<engine::Int128> UsageWithin(const calculator::Caller& caller, absl::string_view location_id,
                                             const absl::TimeZone& zone, engine::TariffRate tariff_rate,
                                             engine::Interval interval) const override;

 private:
  struct Entry {
    StoredRecord record;
    std::vector<Revision> older;  // the latest last
  };

  void Remove(const calculator::RecordId& id);
  void Store(StoredRecord record, uint64_t catalog_version);
  void NoteUsageChange(const StoredRecord& of, engine::Instant windows_end);

  std::map<std::array<uint8_t, 12>, Entry> entries_;
  std::map<std::string, StaleRecords> stale_;
  int64_t tickets_ = 0;
};

}  // namespace costs::records::testing

#endif  // SERVICE_RECORDS_TESTING_RECORD_MODEL_H_
