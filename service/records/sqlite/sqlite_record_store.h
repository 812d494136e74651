// The store of meter records in a file of its own, on SQLite: the one that needs no
// server.
//
//   absl::StatusOr<std::unique_ptr<SqliteRecordStore>> store = SqliteRecordStore::Open({"/var/lib/costs.db.records"});
//
// One process has the file open; a second that opens it is refused. Writing is group
// commit on a thread of the store's (group_writer.h), with a sync of the disk before
// anything is acknowledged; reading sees the last commit and never waits for
// writing. Thread-safe.
#ifndef SERVICE_RECORDS_SQLITE_SQLITE_RECORD_STORE_H_
#define SERVICE_RECORDS_SQLITE_SQLITE_RECORD_STORE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/records/record_store.h"
#include "service/records/sqlite/connections.h"
#include "service/records/sqlite/group_writer.h"
#include "service/records/sqlite/record_reader.h"

namespace costs::records {

class SqliteRecordStore final : public RecordStore {
 public:
  struct Options {
    std::string path;  // empty: in memory, for tests
    GroupWriter::Options writer;
  };

  // FAILED_PRECONDITION where the file is in use, another program's, or of a later
  // version of the service; DATA_LOSS where it is no database; UNAVAILABLE where it
  // cannot be opened. For the log of who starts the service: messages name the path.
  static absl::StatusOr<std::unique_ptr<SqliteRecordStore>> Open(Options options);
  // Writes what was submitted before. Nothing else may be under way.
  ~SqliteRecordStore() override;

  void Submit(std::unique_ptr<Write> write) override { writer_.Submit(std::move(write)); }

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
  const calculator::UsageSource& usage() const override { return usage_; }

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
  absl::StatusOr<bool> MayReprice(const Tenant&) override { return true; }

  Counters counters() const override { return writer_.counters(); }

 private:
  // What is committed.
  class Usage final : public calculator::UsageSource {
   public:
    explicit Usage(Connections* connections) : connections_(connections) {}
    absl::StatusOr<engine::Int128> UsageWithin(const calculator::Caller& caller, absl::string_view location_id,
                                               const absl::TimeZone& zone, engine::TariffRate tariff_rate,
                                               engine::Interval interval) const override;

   private:
    Connections* const connections_;
  };

  SqliteRecordStore(std::unique_ptr<Connections> connections, GroupWriter::Options options);

  // Runs `read` with a RecordReader; what fails is a refusal.
  template <typename T, typename ReadFunction>
  absl::StatusOr<T> Read(const Tenant& tenant, ReadFunction read);

  const std::unique_ptr<Connections> connections_;
  const Usage usage_;
  GroupWriter writer_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_SQLITE_RECORD_STORE_H_
