#include "service/records/sqlite/write_transaction.h"

#include <algorithm>
#include <vector>

#include "service/records/sqlite/encoding.h"
#include "service/records/sqlite/record_range.h"
#include "service/records/sqlite/record_row.h"
#include "service/records/sqlite/usage.h"
#include "service/records/store_refusal.h"

namespace costs::records {
namespace {

using calculator::RecordId;
using engine::Instant;
using engine::Interval;
using sqlite::Database;
using sqlite::Query;

// Whether two requests are of one record: what its id is made of.
bool SameKey(const RecordRequest& a, const RecordRequest& b) {
  return a.interval == b.interval && a.direction == b.direction && a.tariff_rate == b.tariff_rate &&
         a.device_id == b.device_id && (!a.device_id.empty() || a.location_id == b.location_id);
}

}  // namespace

// What is known within the transaction.
class WriteTransaction::Usage final : public calculator::UsageSource {
 public:
  explicit Usage(WriteTransaction* transaction) : transaction_(*transaction) {}

  absl::StatusOr<engine::Int128> UsageWithin(const calculator::Caller& caller, absl::string_view location_id,
                                             const absl::TimeZone& zone, engine::TariffRate tariff_rate,
                                             Interval interval) const override {
    if (error_.ok()) error_ = transaction_.totals_.Write();
    if (!error_.ok()) return StoreRefusal(error_);
    const Tenant tenant = {std::string(caller.account_id), caller.live_mode};
    absl::StatusOr<engine::Int128> usage =
        ReadUsageWithin(transaction_.database_, tenant, location_id, zone, tariff_rate, interval);
    if (usage.ok()) return usage;
    error_ = usage.status();
    return StoreRefusal(error_);
  }

  // Of the store.
  const absl::Status& error() const { return error_; }

 private:
  WriteTransaction& transaction_;
  mutable absl::Status error_;
};

WriteTransaction::WriteTransaction(Database* database, ThingTable* things, const CatalogVersion& catalog_version)
    : database_(database),
      things_(things),
      catalog_version_(catalog_version),
      transaction_(database),
      insert_(database->Prepare(
          "INSERT INTO records (tenant, id, thing, direction, tariff_rate, starts, ends, session, reference, created, "
          "request, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING")),
      totals_(database),
      stale_(database) {}

WriteTransaction::~WriteTransaction() {
  if (!committed_) things_->Forget();
}

absl::StatusOr<WriteTransaction::KnownTenant> WriteTransaction::Find(const Tenant& tenant) {
  if (!transaction_.status().ok()) return transaction_.status();
  const absl::StatusOr<int64_t> number = things_->NumberOf(tenant);
  if (!number.ok()) return number.status();
  return KnownTenant{tenant, *number};
}

absl::Status WriteTransaction::Apply(Write* write) {
  const absl::StatusOr<KnownTenant> tenant = Find(write->tenant);
  if (!tenant.ok()) return tenant.status();
  for (const RecordId& id : write->deletions) {
    if (absl::Status status = Delete(*tenant, id); !status.ok()) return status;
  }
  for (PendingRecord& pending : write->records) {
    bool stored = true;
    if (pending.price != nullptr) {
      if (absl::Status status = Price(*tenant, &pending, &stored); !status.ok()) return status;
    }
    if (!stored) continue;
    if (absl::Status status = Store(*tenant, &pending.record); !status.ok()) return status;
  }
  if (absl::Status status = StoreReadings(*tenant, *write); !status.ok()) return status;
  return StoreBatch(*tenant, *write);
}

absl::Status WriteTransaction::Price(const KnownTenant&, PendingRecord* pending, bool* stored) {
  const Usage usage(this);
  *stored = pending->price(usage, &pending->record);
  return usage.error();
}

absl::Status WriteTransaction::Store(const KnownTenant& tenant, StoredRecord* record) {
  const RecordRequest& request = record->request;
  const absl::StatusOr<int64_t> thing =
      things_->NumberOf(tenant.number, request.location_id, request.device_id, request.interval.nanos());
  if (!thing.ok()) return thing.status();
  bool is_new = false;
  if (absl::Status status = Insert(tenant, *thing, record, &is_new); !status.ok()) return status;
  if (is_new) {
    totals_.Count(tenant.number, *thing, request, record->revision.figures, true);
    NotePricing(tenant, *record);
    return NoteUsageChange(tenant, request, record->revision.figures.tier_windows_end);
  }
  const absl::StatusOr<std::optional<KnownRecord>> old = FindRecord(tenant.number, record->id);
  if (!old.ok()) return old.status();
  if (!*old) return absl::InternalError("a record that is there cannot be found");
  if (!SameKey((*old)->record.request, request)) return IdTakenRefusal();
  return Overwrite(tenant, *thing, **old, record);
}

absl::Status WriteTransaction::Insert(const KnownTenant& tenant, int64_t thing, StoredRecord* record, bool* is_new) {
  const RecordRequest& request = record->request;
  record->revision.number = 1;
  EncodeRequest(request, &request_);
  EncodeRevision(record->revision, &revision_);
  insert_.Bind(1, tenant.number)
      .BindBlob(2, BytesOf(record->id))
      .Bind(3, thing)
      .Bind(4, static_cast<int>(request.direction))
      .Bind(5, static_cast<int>(request.tariff_rate))
      .Bind(6, request.interval.start.ns)
      .Bind(7, request.interval.end.ns)
      .Bind(8, request.session_reference_id)
      .Bind(9, request.record_reference_id)
      .Bind(10, record->created_ns)
      .BindBlob(11, request_)
      .BindBlob(12, revision_);
  if (absl::Status status = insert_.Run(); !status.ok()) return status;
  *is_new = database_->changes() == 1;
  return absl::OkStatus();
}

absl::Status WriteTransaction::Overwrite(const KnownTenant& tenant, int64_t thing, const KnownRecord& old,
                                         StoredRecord* record) {
  const RecordRequest& was = old.record.request;
  const RecordRequest& is = record->request;
  const Figures& old_figures = old.record.revision.figures;
  const Figures& figures = record->revision.figures;
  if (SameRequest(was, is) && SameFigures(old_figures, figures)) return absl::OkStatus();
  EncodeRevision(old.record.revision, &revision_);
  absl::Status status =
      database_->Prepare("INSERT INTO revisions (tenant, id, number, revision) VALUES (?1, ?2, ?3, ?4)")
          .Bind(1, tenant.number)
          .BindBlob(2, BytesOf(record->id))
          .Bind(3, old.record.revision.number)
          .BindBlob(4, revision_)
          .Run();
  if (!status.ok()) return status;
  record->created_ns = old.record.created_ns;
  record->revision.number = old.record.revision.number + 1;
  EncodeRequest(is, &request_);
  EncodeRevision(record->revision, &revision_);
  status = database_
               ->Prepare(
                   "UPDATE records SET thing = ?3, session = ?4, reference = ?5, request = ?6, revision = ?7 "
                   "WHERE tenant = ?1 AND id = ?2")
               .Bind(1, tenant.number)
               .BindBlob(2, BytesOf(record->id))
               .Bind(3, thing)
               .Bind(4, is.session_reference_id)
               .Bind(5, is.record_reference_id)
               .BindBlob(6, request_)
               .BindBlob(7, revision_)
               .Run();
  if (!status.ok()) return status;
  totals_.Count(tenant.number, old.thing, was, old_figures, false);
  totals_.Count(tenant.number, thing, is, figures, true);
  NotePricing(tenant, *record);
  if (was.location_id != is.location_id) {
    status = NoteUsageChange(tenant, was, old_figures.tier_windows_end);
    return status.ok() ? NoteUsageChange(tenant, is, figures.tier_windows_end) : status;
  }
  if (old_figures.energy_nwh == figures.energy_nwh) return absl::OkStatus();
  return NoteUsageChange(tenant, is, std::max(old_figures.tier_windows_end, figures.tier_windows_end));
}

absl::StatusOr<std::optional<WriteTransaction::KnownRecord>> WriteTransaction::FindRecord(int64_t tenant,
                                                                                          const RecordId& id) {
  Query query = database_->Prepare("SELECT " COSTS_RECORD_COLUMNS
                                   " FROM records r CROSS JOIN things t ON t.thing = r.thing "
                                   "WHERE r.tenant = ?1 AND r.id = ?2");
  query.Bind(1, tenant).BindBlob(2, BytesOf(id));
  if (!query.Next()) {
    if (!query.status().ok()) return query.status();
    return std::optional<KnownRecord>();
  }
  KnownRecord known;
  known.thing = query.Int(kThingColumn);
  if (absl::Status status = ReadRecordRow(query, &known.record); !status.ok()) return status;
  return std::optional<KnownRecord>(std::move(known));
}

absl::Status WriteTransaction::Delete(const KnownTenant& tenant, const RecordId& id) {
  const absl::StatusOr<std::optional<KnownRecord>> known = FindRecord(tenant.number, id);
  if (!known.ok()) return known.status();
  if (!*known) return absl::OkStatus();
  for (const char* sql :
       {"DELETE FROM records WHERE tenant = ?1 AND id = ?2", "DELETE FROM revisions WHERE tenant = ?1 AND id = ?2"}) {
    absl::Status status = database_->Prepare(sql).Bind(1, tenant.number).BindBlob(2, BytesOf(id)).Run();
    if (!status.ok()) return status;
  }
  const StoredRecord& record = (*known)->record;
  totals_.Count(tenant.number, (*known)->thing, record.request, record.revision.figures, false);
  return NoteUsageChange(tenant, record.request, record.revision.figures.tier_windows_end);
}

absl::Status WriteTransaction::StoreReadings(const KnownTenant& tenant, const Write& write) {
  if (!write.reading_register || write.readings.empty()) return absl::OkStatus();
  const Register& of = *write.reading_register;
  const absl::StatusOr<int64_t> thing = things_->NumberOf(tenant.number, of.thing.location_id, of.thing.device_id, 0);
  if (!thing.ok()) return thing.status();
  Query query = database_->Prepare(
      "INSERT OR REPLACE INTO register_readings (thing, direction, tariff_rate, time, value, session, reference) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  for (const RegisterReading& reading : write.readings) {
    absl::Status status = query.Bind(1, *thing)
                              .Bind(2, static_cast<int>(of.direction))
                              .Bind(3, static_cast<int>(of.tariff_rate))
                              .Bind(4, reading.time_s)
                              .Bind(5, reading.value_mwh)
                              .Bind(6, reading.session_reference_id)
                              .Bind(7, reading.record_reference_id)
                              .Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status WriteTransaction::StoreBatch(const KnownTenant& tenant, const Write& write) {
  if (write.batch_id.empty()) return absl::OkStatus();
  return database_->Prepare("INSERT OR REPLACE INTO batches (tenant, id, document) VALUES (?1, ?2, ?3)")
      .Bind(1, tenant.number)
      .Bind(2, write.batch_id)
      .BindBlob(3, write.batch_document)
      .Run();
}

absl::Status WriteTransaction::Reprice(const Tenant& tenant, absl::Span<const StoredRecord> records) {
  const absl::StatusOr<KnownTenant> known_tenant = Find(tenant);
  if (!known_tenant.ok()) return known_tenant.status();
  for (const StoredRecord& record : records) {
    const absl::StatusOr<std::optional<KnownRecord>> known = FindRecord(known_tenant->number, record.id);
    if (!known.ok()) return known.status();
    if (!*known || (*known)->record.revision.number != record.revision.number) continue;
    StoredRecord repriced = record;
    repriced.request = (*known)->record.request;
    absl::Status status = Overwrite(*known_tenant, (*known)->thing, **known, &repriced);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status WriteTransaction::MarkStale(const Tenant& tenant, absl::Span<const StaleRecords> stale,
                                         std::optional<uint64_t> marked_version) {
  const absl::StatusOr<KnownTenant> known = Find(tenant);
  if (!known.ok()) return known.status();
  for (const StaleRecords& records : stale) {
    stale_.Mark(known->number, records.location_id, records.interval, records.cause);
  }
  return marked_version ? WriteMarkedVersion(database_, known->number, *marked_version) : absl::OkStatus();
}

absl::Status WriteTransaction::ClearStale(const Tenant& tenant, const StaleRecords& stale) {
  const absl::StatusOr<KnownTenant> known = Find(tenant);
  return known.ok() ? EraseStale(database_, known->number, stale) : known.status();
}

absl::Status WriteTransaction::NoteUsageChange(const KnownTenant& tenant, const RecordRequest& request,
                                               Instant windows_end) {
  const Interval interval = {request.interval.start, windows_end};
  if (interval.end <= interval.start) return absl::OkStatus();
  if (stale_.Covers(tenant.number, request.location_id, interval, RevisionCause::kUsageChanged)) {
    return absl::OkStatus();
  }
  const absl::StatusOr<bool> later =
      HasLaterRecord(database_, tenant.number, tenant.tenant, request.location_id, request.tariff_rate, interval);
  if (!later.ok()) return later.status();
  if (*later) stale_.Mark(tenant.number, request.location_id, interval, RevisionCause::kUsageChanged);
  return absl::OkStatus();
}

void WriteTransaction::NotePricing(const KnownTenant& tenant, const StoredRecord& record) {
  if (catalog_version_ == nullptr) return;
  const Interval interval = record.request.interval;
  const uint64_t version = record.revision.catalog_version;
  // Those of a location mostly follow each other.
  if (last_priced_ == nullptr || last_priced_->first.tenant != tenant.number ||
      last_priced_->first.version != version || last_priced_->first.location_id != record.request.location_id) {
    tenants_.try_emplace(tenant.number, tenant.tenant);
    last_priced_ = &*priced_.try_emplace({tenant.number, record.request.location_id, version}, interval).first;
  }
  Interval& hull = last_priced_->second;
  hull = {std::min(hull.start, interval.start), std::max(hull.end, interval.end)};
}

// The last thing that is done: a change of the catalog that is not seen here waits
// for this transaction before it marks (RecordStore::Barrier).
absl::Status WriteTransaction::MarkPricedWithOtherCatalogs() {
  for (const auto& [number, tenant] : tenants_) {
    const uint64_t current = catalog_version_(tenant);
    const absl::StatusOr<uint64_t> marked = ReadMarkedVersion(database_, number);
    if (!marked.ok()) return marked.status();
    for (const auto& [key, interval] : priced_) {
      if (key.tenant != number || (key.version >= current && (*marked == 0 || key.version <= *marked))) continue;
      stale_.Mark(number, key.location_id, interval, RevisionCause::kTariffChanged);
    }
  }
  return absl::OkStatus();
}

absl::Status WriteTransaction::Commit() {
  if (!transaction_.status().ok()) return transaction_.status();
  if (absl::Status status = totals_.Write(); !status.ok()) return status;
  if (absl::Status status = MarkPricedWithOtherCatalogs(); !status.ok()) return status;
  if (absl::Status status = stale_.Write(); !status.ok()) return status;
  absl::Status status = transaction_.Commit();
  committed_ = status.ok();
  return status;
}

}  // namespace costs::records
