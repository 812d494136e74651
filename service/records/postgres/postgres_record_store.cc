#include "service/records/postgres/postgres_record_store.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <utility>

#include "service/records/postgres/locks.h"
#include "service/records/postgres/place_usage.h"
#include "service/records/postgres/record_list.h"
#include "service/records/postgres/record_reader.h"
#include "service/records/postgres/schema.h"
#include "service/records/postgres/stale_statements.h"
#include "service/records/postgres/things_query.h"
#include "service/records/store_refusal.h"

namespace costs::records {
namespace {

using postgres::Connection;
using postgres::Params;
using postgres::Statement;

// Making tables, or changing large ones.
constexpr absl::Duration kLongestMigration = absl::Minutes(30);

pg::WriterPool::Options WriterOptions(const PostgresRecordStore::Options& options) {
  pg::WriterPool::Options writer;
  writer.connect = options.connect;
  writer.catalog_version = options.catalog_version;
  writer.writers = options.writers;
  writer.most_waiting = options.most_waiting;
  return writer;
}

template <typename T>
absl::StatusOr<T> OrRefusal(absl::StatusOr<T> result) {
  if (!result.ok()) return StoreRefusal(result.status());
  return result;
}

// The largest of any later version are for newer processes; versions are far below.
int64_t SignedVersion(uint64_t version) { return static_cast<int64_t>(version); }

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresRecordStore>> PostgresRecordStore::Open(Options options) {
  postgres::ConnectOptions connect = options.connect;
  connect.statement_timeout = connect.lock_timeout = connect.idle_in_transaction_timeout = kLongestMigration;
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(connect);
  if (!connection.ok()) return connection.status();
  if (absl::Status status = pg::MigrateRecordTables(connection->get()); !status.ok()) return status;
  return std::unique_ptr<PostgresRecordStore>(new PostgresRecordStore(std::move(options)));
}

PostgresRecordStore::PostgresRecordStore(Options options)
    : options_(std::move(options)),
      readers_(options_.connect, std::max(1, options_.readers)),
      usage_(&readers_),
      writers_(WriterOptions(options_)) {}

PostgresRecordStore::~PostgresRecordStore() = default;

void PostgresRecordStore::Submit(std::unique_ptr<Write> write) {
  auto job = std::make_unique<pg::WriteJob>();
  job->write = std::move(write);
  writers_.Submit(std::move(job));
}

absl::StatusOr<std::optional<StoredRecord>> PostgresRecordStore::Get(const Tenant& tenant,
                                                                     const calculator::RecordId& id) {
  return OrRefusal(readers_.Run([&](Connection* connection) { return pg::RecordReader(connection, tenant).Get(id); }));
}

absl::StatusOr<std::vector<StoredRecord>> PostgresRecordStore::List(const Tenant& tenant, const RecordFilter& filter,
                                                                    const std::optional<RecordPosition>& after,
                                                                    bool newest_first, int limit) {
  if (!filter.record_reference_id.empty() && filter.location_id.empty() && filter.device_id.empty() &&
      filter.session_reference_id.empty()) {
    return ReferenceAloneRefusal();
  }
  return OrRefusal(readers_.Run(
      [&](Connection* connection) { return pg::ListRecords(connection, tenant, filter, after, newest_first, limit); }));
}

absl::StatusOr<std::vector<Revision>> PostgresRecordStore::Revisions(const Tenant& tenant,
                                                                     const calculator::RecordId& id,
                                                                     std::optional<int32_t> below, int limit) {
  return OrRefusal(readers_.Run(
      [&](Connection* connection) { return pg::RecordReader(connection, tenant).Revisions(id, below, limit); }));
}

absl::StatusOr<std::vector<DayTotal>> PostgresRecordStore::DayTotals(const Tenant& tenant, const Thing& thing,
                                                                     engine::Direction direction, int32_t first,
                                                                     int32_t last) {
  return OrRefusal(readers_.Run([&](Connection* connection) {
    return pg::RecordReader(connection, tenant).DayTotals(thing, direction, first, last);
  }));
}

absl::StatusOr<SessionTotals> PostgresRecordStore::TotalsOfSession(const Tenant& tenant,
                                                                   absl::string_view session_reference_id,
                                                                   engine::Direction direction) {
  return OrRefusal(readers_.Run([&](Connection* connection) {
    return pg::RecordReader(connection, tenant).TotalsOfSession(session_reference_id, direction);
  }));
}

absl::StatusOr<std::vector<std::string>> PostgresRecordStore::LocationsOf(const Tenant& tenant,
                                                                          absl::string_view device_id) {
  return OrRefusal(readers_.Run(
      [&](Connection* connection) { return pg::RecordReader(connection, tenant).LocationsOf(device_id); }));
}

absl::StatusOr<std::optional<std::string>> PostgresRecordStore::BatchDocument(const Tenant& tenant,
                                                                              absl::string_view batch_id) {
  return OrRefusal(readers_.Run(
      [&](Connection* connection) { return pg::RecordReader(connection, tenant).BatchDocument(batch_id); }));
}

absl::StatusOr<std::vector<RegisterReading>> PostgresRecordStore::Readings(const Tenant& tenant, const Register& of,
                                                                           int64_t first_s, int64_t last_s) {
  return OrRefusal(readers_.Run(
      [&](Connection* connection) { return pg::RecordReader(connection, tenant).Readings(of, first_s, last_s); }));
}

absl::StatusOr<engine::Int128> PostgresRecordStore::Usage::UsageWithin(const calculator::Caller& caller,
                                                                       absl::string_view location_id,
                                                                       const absl::TimeZone& zone,
                                                                       engine::TariffRate tariff_rate,
                                                                       engine::Interval interval) const {
  const Tenant tenant = {std::string(caller.account_id), caller.live_mode};
  return OrRefusal(readers_.Run([&](Connection* connection) {
    const pg::RunStatements run = [&](absl::Span<const Statement> statements) { return connection->Run(statements); };
    return pg::PlaceUsage(run, tenant, location_id, tariff_rate).Within(zone, interval);
  }));
}

absl::StatusOr<std::vector<std::string>> PostgresRecordStore::Locations(const Tenant& tenant, absl::string_view after,
                                                                        int limit) {
  return OrRefusal(readers_.Run(
      [&](Connection* connection) { return pg::RecordReader(connection, tenant).Locations(after, limit); }));
}

absl::Status PostgresRecordStore::Barrier() {
  // Each write holds the lock shared until it is over.
  return StoreRefusal(readers_.Run([&](Connection* connection) {
    postgres::Transaction transaction(connection);
    const absl::Status status =
        transaction.Query("SELECT pg_advisory_xact_lock($1::bigint)", Params().Int(pg::kWritersLock)).status();
    return status.ok() ? transaction.Commit() : status;
  }));
}

absl::Status PostgresRecordStore::MarkStale(const Tenant& tenant, absl::Span<const StaleRecords> stale,
                                            std::optional<uint64_t> marked_version) {
  std::map<std::string, StaleRecords> by_location;
  for (const StaleRecords& records : stale) {
    const auto [known, is_new] = by_location.emplace(records.location_id, records);
    if (is_new) continue;
    engine::Interval& interval = known->second.interval;
    interval = {std::min(interval.start, records.interval.start), std::max(interval.end, records.interval.end)};
    known->second.cause = std::min(known->second.cause, records.cause);
  }
  std::vector<Statement> statements;
  if (!by_location.empty()) statements.push_back(pg::MarkStaleStatement(tenant, by_location));
  if (marked_version) {
    statements.push_back(
        {"INSERT INTO record_marked_versions AS m (account_id, live_mode, version) VALUES ($1, $2, $3) "
         "ON CONFLICT (account_id, live_mode) DO UPDATE SET version = GREATEST(m.version, excluded.version)",
         pg::ParamsOf(tenant).Int(SignedVersion(*marked_version))});
  }
  if (statements.empty()) return absl::OkStatus();
  // Outside of a transaction several statements of one round trip are one, too.
  return StoreRefusal(readers_.Run([&](Connection* connection) { return connection->Run(statements).status(); }));
}

absl::StatusOr<std::vector<StaleRecords>> PostgresRecordStore::Stale(const Tenant& tenant, int limit) {
  return OrRefusal(
      readers_.Run([&](Connection* connection) { return pg::RecordReader(connection, tenant).Stale(limit); }));
}

absl::StatusOr<StaleCount> PostgresRecordStore::CountStale(const Tenant& tenant) {
  return OrRefusal(
      readers_.Run([&](Connection* connection) { return pg::RecordReader(connection, tenant).CountStale(); }));
}

absl::Status PostgresRecordStore::ClearStale(const Tenant& tenant, const StaleRecords& stale) {
  return StoreRefusal(readers_.Run([&](Connection* connection) {
    return connection
        ->Query(
            "DELETE FROM record_stale WHERE account_id = $1 AND live_mode = $2 AND location_id = $3 AND ticket = $4",
            pg::ParamsOf(tenant).Text(stale.location_id).Int(stale.ticket))
        .status();
  }));
}

absl::StatusOr<std::vector<StoredRecord>> PostgresRecordStore::ListToReprice(const Tenant& tenant,
                                                                             absl::string_view location_id,
                                                                             engine::Interval interval,
                                                                             const std::optional<RecordPosition>& after,
                                                                             int limit) {
  RecordFilter filter;
  filter.location_id = std::string(location_id);
  filter.ends_after = interval.start;
  filter.starts_before = interval.end;
  return List(tenant, filter, after, /*newest_first=*/false, limit);
}

absl::Status PostgresRecordStore::Reprice(const Tenant& tenant, absl::Span<const StoredRecord> records) {
  if (records.empty()) return absl::OkStatus();
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<absl::Status> answer;
  auto job = std::make_unique<pg::WriteJob>();
  job->write = std::make_unique<Write>();
  job->write->tenant = tenant;
  job->reprice.assign(records.begin(), records.end());
  job->write->done = [&](const absl::Status& status) {
    std::lock_guard<std::mutex> lock(mutex);
    answer = status;
    answered.notify_one();
  };
  writers_.Submit(std::move(job));
  std::unique_lock<std::mutex> lock(mutex);
  answered.wait(lock, [&] { return answer.has_value(); });
  return *answer;
}

absl::StatusOr<bool> PostgresRecordStore::MayReprice(const Tenant& tenant) {
  std::lock_guard<std::mutex> lock(reprice_mutex_);
  const int64_t key = pg::RepriceLock(tenant);
  if (reprice_connection_ != nullptr && may_reprice_.count(key) > 0) {
    // Whether the lock is still held is whether the connection still lives.
    if (reprice_connection_->Query("SELECT 1").ok()) return true;
  }
  if (reprice_connection_ != nullptr && !reprice_connection_->alive()) reprice_connection_.reset();
  if (reprice_connection_ == nullptr) {
    may_reprice_.clear();
    absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Reopen(options_.connect);
    if (!opened.ok()) return StoreRefusal(opened.status());
    reprice_connection_ = *std::move(opened);
  }
  const absl::StatusOr<postgres::Result> row =
      reprice_connection_->Query("SELECT pg_try_advisory_lock($1::bigint)", Params().Int(key));
  if (!row.ok()) return StoreRefusal(row.status());
  if (row->Bool(0, 0)) may_reprice_.insert(key);
  return row->Bool(0, 0);
}

}  // namespace costs::records
