// The store of meter records in PostgreSQL 15 or newer, which many processes may
// share: the one for many replicas.
//
//   PostgresRecordStore::Options options;
//   options.connect.conninfo = "postgresql://costs@db.example/costs";
//   absl::StatusOr<std::unique_ptr<PostgresRecordStore>> store = PostgresRecordStore::Open(options);
//
// Its tables are made, and brought up to date, when it is opened (schema.h). Writing is
// group commit on a few connections (writer_pool.h); a commit is acknowledged when the
// server has it on its disk. Where the server is gone, calls and writes are refused
// with STORE_UNAVAILABLE, to be tried again, until it is back; what was acknowledged
// is there then. A write whose commit had no answer is refused likewise, and the same
// records once more change nothing.
//
// Thread-safe.
#ifndef SERVICE_RECORDS_POSTGRES_POSTGRES_RECORD_STORE_H_
#define SERVICE_RECORDS_POSTGRES_POSTGRES_RECORD_STORE_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/postgres/connection.h"
#include "service/postgres/connection_pool.h"
#include "service/records/postgres/writer_pool.h"
#include "service/records/record_store.h"

namespace costs::records {

class PostgresRecordStore final : public RecordStore {
 public:
  struct Options {
    postgres::ConnectOptions connect;
    int writers = 2;  // more than 4 wait for each other rather than for the disk
    int readers = 4;
    size_t most_waiting = 200'000;  // records that wait to be written
    // The catalog's version now; from any thread. Null: it is read of the catalog's
    // tables in the same database, where they are.
    std::function<uint64_t(const Tenant&)> catalog_version;
  };

  // UNAVAILABLE where the server cannot be reached; FAILED_PRECONDITION where its
  // tables are those of a later version of the service. For the log of who starts the
  // service: messages may tell an address.
  static absl::StatusOr<std::unique_ptr<PostgresRecordStore>> Open(Options options);
  // Writes what was submitted before. Nothing else may be under way.
  ~PostgresRecordStore() override;

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
  const calculator::UsageSource& usage() const override { return usage_; }

  absl::StatusOr<std::vector<std::string>> Locations(const Tenant& tenant, absl::string_view after, int limit) override;
  // Waits for the writes of every process.
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
  // Held while this process lives and its connection lasts.
  absl::StatusOr<bool> MayReprice(const Tenant& tenant) override;

  Counters counters() const override { return writers_.counters(); }

 private:
  // What is committed.
  class Usage final : public calculator::UsageSource {
   public:
    explicit Usage(postgres::ConnectionPool* readers) : readers_(*readers) {}
    absl::StatusOr<engine::Int128> UsageWithin(const calculator::Caller& caller, absl::string_view location_id,
                                               const absl::TimeZone& zone, engine::TariffRate tariff_rate,
                                               engine::Interval interval) const override;

   private:
    postgres::ConnectionPool& readers_;
  };

  explicit PostgresRecordStore(Options options);

  const Options options_;
  postgres::ConnectionPool readers_;
  const Usage usage_;
  pg::WriterPool writers_;

  // What this process may re-price; the locks are the connection's.
  std::mutex reprice_mutex_;
  std::unique_ptr<postgres::Connection> reprice_connection_;
  std::set<int64_t> may_reprice_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_POSTGRES_POSTGRES_RECORD_STORE_H_
