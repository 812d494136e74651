#include "service/records/sqlite/sqlite_record_store.h"

#include <utility>

#include "service/records/sqlite/record_list.h"
#include "service/records/sqlite/usage.h"
#include "service/records/store_refusal.h"

namespace costs::records {

using calculator::RecordId;
using sqlite::Database;

absl::StatusOr<std::unique_ptr<SqliteRecordStore>> SqliteRecordStore::Open(Options options) {
  absl::StatusOr<std::unique_ptr<Connections>> connections = Connections::Open(options.path);
  if (!connections.ok()) return connections.status();
  return std::unique_ptr<SqliteRecordStore>(new SqliteRecordStore(*std::move(connections), std::move(options.writer)));
}

SqliteRecordStore::SqliteRecordStore(std::unique_ptr<Connections> connections, GroupWriter::Options options)
    : connections_(std::move(connections)),
      usage_(connections_.get()),
      writer_(connections_.get(), std::move(options)) {}

SqliteRecordStore::~SqliteRecordStore() = default;

template <typename T, typename ReadFunction>
absl::StatusOr<T> SqliteRecordStore::Read(const Tenant& tenant, ReadFunction read) {
  std::optional<T> value;
  const absl::Status status = connections_->Read([&](Database* database) -> absl::Status {
    RecordReader reader(database, tenant);
    absl::StatusOr<T> answer = read(&reader);
    if (!answer.ok()) return answer.status();
    value = *std::move(answer);
    return absl::OkStatus();
  });
  if (!status.ok()) return StoreRefusal(status);
  return *std::move(value);
}

absl::StatusOr<std::optional<StoredRecord>> SqliteRecordStore::Get(const Tenant& tenant, const RecordId& id) {
  return Read<std::optional<StoredRecord>>(tenant, [&](RecordReader* reader) { return reader->Get(id); });
}

absl::StatusOr<std::vector<StoredRecord>> SqliteRecordStore::List(const Tenant& tenant, const RecordFilter& filter,
                                                                  const std::optional<RecordPosition>& after,
                                                                  bool newest_first, int limit) {
  if (!filter.record_reference_id.empty() && filter.location_id.empty() && filter.device_id.empty() &&
      filter.session_reference_id.empty()) {
    return ReferenceAloneRefusal();
  }
  std::vector<StoredRecord> records;
  const absl::Status status = connections_->Read([&](Database* database) -> absl::Status {
    absl::StatusOr<std::vector<StoredRecord>> list = ReadList(database, tenant, filter, after, newest_first, limit);
    if (!list.ok()) return list.status();
    records = *std::move(list);
    return absl::OkStatus();
  });
  if (!status.ok()) return StoreRefusal(status);
  return records;
}

absl::StatusOr<std::vector<Revision>> SqliteRecordStore::Revisions(const Tenant& tenant, const RecordId& id,
                                                                   std::optional<int32_t> below, int limit) {
  return Read<std::vector<Revision>>(tenant, [&](RecordReader* reader) { return reader->Revisions(id, below, limit); });
}

absl::StatusOr<std::vector<DayTotal>> SqliteRecordStore::DayTotals(const Tenant& tenant, const Thing& thing,
                                                                   engine::Direction direction, int32_t first,
                                                                   int32_t last) {
  return Read<std::vector<DayTotal>>(
      tenant, [&](RecordReader* reader) { return reader->DayTotals(thing, direction, first, last); });
}

absl::StatusOr<SessionTotals> SqliteRecordStore::TotalsOfSession(const Tenant& tenant,
                                                                 absl::string_view session_reference_id,
                                                                 engine::Direction direction) {
  return Read<SessionTotals>(
      tenant, [&](RecordReader* reader) { return reader->TotalsOfSession(session_reference_id, direction); });
}

absl::StatusOr<std::vector<std::string>> SqliteRecordStore::LocationsOf(const Tenant& tenant,
                                                                        absl::string_view device_id) {
  return Read<std::vector<std::string>>(tenant, [&](RecordReader* reader) { return reader->LocationsOf(device_id); });
}

absl::StatusOr<std::optional<std::string>> SqliteRecordStore::BatchDocument(const Tenant& tenant,
                                                                            absl::string_view batch_id) {
  return Read<std::optional<std::string>>(tenant,
                                          [&](RecordReader* reader) { return reader->BatchDocument(batch_id); });
}

absl::StatusOr<std::vector<RegisterReading>> SqliteRecordStore::Readings(const Tenant& tenant, const Register& of,
                                                                         int64_t first_s, int64_t last_s) {
  return Read<std::vector<RegisterReading>>(
      tenant, [&](RecordReader* reader) { return reader->Readings(of, first_s, last_s); });
}

absl::StatusOr<std::vector<std::string>> SqliteRecordStore::Locations(const Tenant& tenant, absl::string_view after,
                                                                      int limit) {
  return Read<std::vector<std::string>>(tenant, [&](RecordReader* reader) { return reader->Locations(after, limit); });
}

absl::StatusOr<engine::Int128> SqliteRecordStore::Usage::UsageWithin(const calculator::Caller& caller,
                                                                     absl::string_view location_id,
                                                                     const absl::TimeZone& zone,
                                                                     engine::TariffRate tariff_rate,
                                                                     engine::Interval interval) const {
  const Tenant tenant = {std::string(caller.account_id), caller.live_mode};
  engine::Int128 energy = 0;
  const absl::Status status = connections_->Read([&](Database* database) -> absl::Status {
    const absl::StatusOr<engine::Int128> usage =
        ReadUsageWithin(database, tenant, location_id, zone, tariff_rate, interval);
    if (!usage.ok()) return usage.status();
    energy = *usage;
    return absl::OkStatus();
  });
  if (!status.ok()) return StoreRefusal(status);
  return energy;
}

absl::Status SqliteRecordStore::Barrier() {
  return writer_.Run([](WriteTransaction*) { return absl::OkStatus(); });
}

absl::Status SqliteRecordStore::MarkStale(const Tenant& tenant, absl::Span<const StaleRecords> stale,
                                          std::optional<uint64_t> marked_version) {
  return writer_.Run(
      [&](WriteTransaction* transaction) { return transaction->MarkStale(tenant, stale, marked_version); });
}

absl::StatusOr<std::vector<StaleRecords>> SqliteRecordStore::Stale(const Tenant& tenant, int limit) {
  return Read<std::vector<StaleRecords>>(tenant, [&](RecordReader* reader) { return reader->Stale(limit); });
}

absl::StatusOr<StaleCount> SqliteRecordStore::CountStale(const Tenant& tenant) {
  return Read<StaleCount>(tenant, [&](RecordReader* reader) { return reader->CountStale(); });
}

absl::Status SqliteRecordStore::ClearStale(const Tenant& tenant, const StaleRecords& stale) {
  return writer_.Run([&](WriteTransaction* transaction) { return transaction->ClearStale(tenant, stale); });
}

absl::StatusOr<std::vector<StoredRecord>> SqliteRecordStore::ListToReprice(const Tenant& tenant,
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

absl::Status SqliteRecordStore::Reprice(const Tenant& tenant, absl::Span<const StoredRecord> records) {
  return writer_.Run([&](WriteTransaction* transaction) { return transaction->Reprice(tenant, records); });
}

}  // namespace costs::records
