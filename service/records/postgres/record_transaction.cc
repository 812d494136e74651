#include "service/records/postgres/record_transaction.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "service/postgres/wire.h"
#include "service/records/postgres/id_range.h"
#include "service/records/postgres/locks.h"
#include "service/records/postgres/record_row.h"
#include "service/records/postgres/stale_statements.h"
#include "service/records/postgres/things_query.h"
#include "service/records/postgres/total_changes.h"
#include "service/records/store_refusal.h"

namespace costs::records::pg {
namespace {

using postgres::ArrayWriter;
using postgres::Params;
using postgres::Result;
using postgres::Statement;
using postgres::Type;

constexpr absl::string_view kWriterLock = "SELECT pg_advisory_xact_lock_shared($1::bigint)";
constexpr absl::string_view kUsageLocks = "SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k";
constexpr absl::string_view kCatalogVersion =
    "SELECT revision FROM catalog_revisions WHERE account_id = $1 AND live_mode = $2";
constexpr absl::string_view kMarkedVersion =
    "SELECT version FROM record_marked_versions WHERE account_id = $1 AND live_mode = $2";
constexpr absl::string_view kDeleteRecords =
    "DELETE FROM records WHERE account_id = $1 AND live_mode = $2 AND id = ANY ($3::bytea[])";
constexpr absl::string_view kDeleteRevisions =
    "DELETE FROM record_revisions WHERE account_id = $1 AND live_mode = $2 AND id = ANY ($3::bytea[])";
constexpr absl::string_view kAddThings = R"sql(
INSERT INTO record_things (account_id, live_mode, location_id, device_id, id_prefix, longest_ns)
SELECT $1::text, $2::boolean, * FROM unnest($3::text[], $4::text[], $5::bytea[], $6::bigint[])
ON CONFLICT (account_id, live_mode, location_id, device_id)
DO UPDATE SET longest_ns = GREATEST(record_things.longest_ns, excluded.longest_ns))sql";
constexpr absl::string_view kAddReadings = R"sql(
INSERT INTO register_readings (account_id, live_mode, location_id, device_id, direction, tariff_rate, time_s, value_mwh,
  session_reference_id, record_reference_id)
SELECT $1::text, $2::boolean, * FROM unnest($3::text[], $4::text[], $5::smallint[], $6::smallint[], $7::bigint[],
  $8::bigint[], $9::text[], $10::text[])
ON CONFLICT (account_id, live_mode, location_id, device_id, direction, tariff_rate, time_s)
DO UPDATE SET value_mwh = excluded.value_mwh, session_reference_id = excluded.session_reference_id,
  record_reference_id = excluded.record_reference_id)sql";
constexpr absl::string_view kAddBatches = R"sql(
INSERT INTO record_batches (account_id, live_mode, batch_id, document)
SELECT $1::text, $2::boolean, * FROM unnest($3::text[], $4::bytea[])
ON CONFLICT (account_id, live_mode, batch_id) DO UPDATE SET document = excluded.document)sql";
// Of each thing at the location the first few that start in between.
constexpr absl::string_view kLater = R"sql(
SELECT r.id
FROM record_things t
CROSS JOIN LATERAL (SELECT id FROM records
  WHERE account_id = $1 AND live_mode = $2 AND id >= t.id_prefix || $4::bytea AND id <= t.id_prefix || $5::bytea
    AND location_id = t.location_id AND device_id = t.device_id
    AND tariff_rate = $6 AND start_ns > $7 AND start_ns < $8
  ORDER BY id LIMIT $9) r
WHERE t.account_id = $1 AND t.live_mode = $2 AND t.location_id = $3 LIMIT $9)sql";

// The rows are locked in the order of ids, as by everyone.
const std::string& KnownStatement() {
  static const std::string* const sql =
      new std::string(absl::StrCat("SELECT ", kRecordColumns, " FROM records WHERE account_id = $1 AND live_mode = $2 ",
                                   "AND id = ANY ($3::bytea[]) ORDER BY id FOR UPDATE"));
  return *sql;
}

RecordChanges::Place PlaceOf(const StoredRecord& record) {
  return {record.request.location_id, record.request.tariff_rate};
}

template <typename Ids, typename IdOf>
std::string IdArray(const Ids& ids, const IdOf& id_of) {
  ArrayWriter array(Type::kBytea);
  for (const auto& id : ids) array.Bytes(BytesOf(id_of(id)));
  return std::move(array).Finish(static_cast<int32_t>(ids.size()));
}

}  // namespace

// What is committed, and what this transaction has done.
class RecordTransaction::Usage final : public calculator::UsageSource {
 public:
  explicit Usage(RecordTransaction* transaction) : transaction_(*transaction) {}

  absl::StatusOr<engine::Int128> UsageWithin(const calculator::Caller&, absl::string_view location_id,
                                             const absl::TimeZone& zone, engine::TariffRate tariff_rate,
                                             engine::Interval interval) const override {
    const absl::StatusOr<engine::Int128> usage =
        transaction_.UsageAt({std::string(location_id), tariff_rate}).Within(zone, interval);
    if (!usage.ok() && transaction_.failure_.ok()) transaction_.failure_ = usage.status();
    return usage;
  }

 private:
  RecordTransaction& transaction_;
};

RecordTransaction::RecordTransaction(postgres::Connection* connection, const Tenant& tenant,
                                     const TransactionOptions& options)
    : transaction_(connection), tenant_(tenant), options_(options), changes_(options.watch_usage) {}

absl::Status RecordTransaction::Begin(absl::Span<const calculator::RecordId> ids,
                                      const std::set<RecordChanges::Place>& places) {
  std::vector<Statement> statements = {{kWriterLock, Params().Int(kWritersLock)}};
  // Each statement sees what is committed when it begins: so what is read here is read
  // with the locks held.
  if (!places.empty()) statements.push_back(LockStatement(places));
  const size_t marked_at = statements.size();
  statements.push_back({kMarkedVersion, ParamsOf(tenant_)});
  const size_t version_at = statements.size();
  const bool asks_version = !options_.catalog_version && options_.has_catalog_table;
  if (asks_version) statements.push_back({kCatalogVersion, ParamsOf(tenant_)});
  const bool looks = !options_.all_new && !ids.empty();
  if (looks) {
    Params params = ParamsOf(tenant_);
    params.Binary(IdArray(ids, [](const calculator::RecordId& id) { return id; }));
    statements.push_back({KnownStatement(), std::move(params)});
  }
  const absl::StatusOr<std::vector<Result>> results = transaction_.Run(statements);
  if (!results.ok()) return results.status();
  if ((*results)[marked_at].rows() > 0) {
    versions_.marked = static_cast<uint64_t>((*results)[marked_at].Int(0, 0));
  }
  if (options_.catalog_version) versions_.catalog = options_.catalog_version(tenant_);
  if (asks_version && (*results)[version_at].rows() > 0) {
    versions_.catalog = static_cast<uint64_t>((*results)[version_at].Int(0, 0));
  }
  if (!looks) return absl::OkStatus();
  const Result& known = results->back();
  std::set<RecordChanges::Place> more;
  for (int row = 0; row < known.rows(); ++row) {
    absl::StatusOr<StoredRecord> record = ReadRecord(known, row);
    if (!record.ok()) return record.status();
    const RecordChanges::Place place = {record->request.location_id, record->request.tariff_rate};
    if (record->revision.figures.tier_windows_end.ns != 0 && places.count(place) == 0) more.insert(place);
    changes_.Load(*std::move(record));
  }
  return more.empty() ? absl::OkStatus() : transaction_.Run({LockStatement(more)}).status();
}

Statement RecordTransaction::LockStatement(const std::set<RecordChanges::Place>& places) const {
  std::set<int64_t> locks;  // in one order for everyone
  for (const auto& [location_id, rate] : places) locks.insert(UsageLock(tenant_, location_id, rate));
  ArrayWriter array(Type::kBigInt);
  for (const int64_t lock : locks) array.BigInt(lock);
  return {kUsageLocks, Params().Binary(std::move(array).Finish(static_cast<int32_t>(locks.size())))};
}

absl::Status RecordTransaction::Apply(const Write& write) {
  if (!changes_.Allows(write)) return IdTakenRefusal();
  for (const calculator::RecordId& id : write.deletions) Delete(id);
  for (const PendingRecord& pending : write.records) {
    if (pending.price == nullptr) {
      Store(pending.record);
      continue;
    }
    own_.push_back(pending.record);
    const bool priced = pending.price(Usage(this), &own_.back());
    if (!failure_.ok()) return failure_;
    if (priced) Store(own_.back());
  }
  for (const RegisterReading& reading : write.readings) {
    if (!write.reading_register) break;
    const Register& of = *write.reading_register;
    readings_[{of.thing.location_id, of.thing.device_id, static_cast<int>(of.direction),
               static_cast<int>(of.tariff_rate), reading.time_s}] = reading;
  }
  if (!write.batch_id.empty()) batches_[write.batch_id] = write.batch_document;
  return absl::OkStatus();
}

absl::Status RecordTransaction::Reprice(absl::Span<const StoredRecord> records) {
  for (const StoredRecord& record : records) {
    const StoredRecord* known = changes_.Find(record.id);
    if (known == nullptr || changes_.NumberOf(record.id) != record.revision.number) continue;
    own_.push_back(record);
    own_.back().request = known->request;
    Store(own_.back());
  }
  return absl::OkStatus();
}

void RecordTransaction::Delete(const calculator::RecordId& id) {
  const StoredRecord* before = changes_.Find(id);
  changes_.Delete(id);
  if (before != nullptr && changes_.watches_usage()) UsageAt(PlaceOf(*before)).Remove(*before);
}

void RecordTransaction::Store(const StoredRecord& record) {
  const StoredRecord* before = changes_.Find(record.id);
  changes_.Store(record, versions_);
  const StoredRecord* after = changes_.Find(record.id);
  if (before == after || !changes_.watches_usage()) return;
  if (before != nullptr) UsageAt(PlaceOf(*before)).Remove(*before);
  UsageAt(PlaceOf(*after)).Add(*after);
}

PlaceUsage& RecordTransaction::UsageAt(const RecordChanges::Place& place) {
  const auto known = usages_.find(place);
  if (known != usages_.end()) return known->second;
  const RunStatements run = [this](absl::Span<const Statement> statements) { return transaction_.Run(statements); };
  return usages_.emplace(place, PlaceUsage(run, tenant_, place.first, place.second)).first->second;
}

absl::Status RecordTransaction::Commit() {
  // Before the database knows of what has changed.
  if (absl::Status status = ResolveUsageChanges(); !status.ok()) return status;
  const RecordChanges::Output output = changes_.Pending();
  std::vector<Statement> statements;
  AppendDeletions(output, &statements);
  if (!statements.empty() && !output.rows.empty()) {
    if (absl::Status status = transaction_.Run(statements).status(); !status.ok()) return status;
    statements.clear();
  }
  if (absl::Status status = CopyRows(output); !status.ok()) return status;
  AppendThings(output, &statements);
  TotalChanges totals;
  for (const StoredRecord* removed : output.removed) totals.Remove(*removed);
  for (const RecordChanges::Row& row : output.rows) {
    if (row.before != nullptr) totals.Remove(*row.before);
    totals.Add(*row.record);
  }
  if (absl::Status status = totals.AppendTo(tenant_, &statements); !status.ok()) return status;
  AppendStale(&statements);
  AppendReadings(&statements);
  AppendBatches(&statements);
  if (absl::Status status = transaction_.Commit(statements); !status.ok()) return status;
  for (const auto& [thing, longest] : longest_) options_.things->Learn(tenant_, {thing.first, thing.second}, longest);
  return absl::OkStatus();
}

absl::Status RecordTransaction::ResolveUsageChanges() {
  std::map<RecordChanges::Place, std::vector<const RecordChanges::UsageChange*>> by_place;
  for (const RecordChanges::UsageChange& change : changes_.usage_changes()) by_place[change.place].push_back(&change);
  for (const auto& [place, changes] : by_place) {
    if (absl::Status status = ResolvePlace(changes); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status RecordTransaction::ResolvePlace(const std::vector<const RecordChanges::UsageChange*>& changes) {
  // Meters mostly report in order, so mostly nothing at all is later.
  RecordChanges::UsageChange hull = *changes.front();
  hull.gone = 0;
  for (const RecordChanges::UsageChange* change : changes) {
    hull.start = std::min(hull.start, change->start);
    hull.windows_end = std::max(hull.windows_end, change->windows_end);
  }
  const absl::StatusOr<bool> any = HasLater(hull);
  if (!any.ok()) return any.status();
  if (!*any) return absl::OkStatus();
  for (const RecordChanges::UsageChange* change : changes) {
    const absl::StatusOr<bool> later = HasLater(*change);
    if (!later.ok()) return later.status();
    if (!*later) continue;
    changes_.MarkStale({change->place.first, {change->start, change->windows_end}, RevisionCause::kUsageChanged, 0});
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> RecordTransaction::HasLater(const RecordChanges::UsageChange& change) {
  std::set<absl::string_view> gone;
  for (size_t i = 0; i < change.gone; ++i) {
    const RecordChanges::Gone& record = changes_.gone()[i];
    if (record.place == change.place) {
      gone.insert({reinterpret_cast<const char*>(record.id.data()), record.id.size()});
    }
  }
  const absl::StatusOr<Result> rows =
      transaction_.Query(kLater, ParamsOf(tenant_)
                                     .Text(change.place.first)
                                     .Bytes(FirstOfSecond(change.start.ns / engine::kNanosPerSecond))
                                     .Bytes(LastOfSecond(change.windows_end.ns / engine::kNanosPerSecond))
                                     .Int(static_cast<int>(change.place.second))
                                     .Int(change.start.ns)
                                     .Int(change.windows_end.ns)
                                     // One more than may be of no account.
                                     .Int(static_cast<int64_t>(gone.size()) + 1));
  if (!rows.ok()) return rows.status();
  for (int row = 0; row < rows->rows(); ++row) {
    if (gone.count(rows->Bytes(row, 0)) == 0) return true;
  }
  return false;
}

void RecordTransaction::AppendDeletions(const RecordChanges::Output& output, std::vector<Statement>* statements) const {
  std::vector<calculator::RecordId> ids;
  for (const StoredRecord* removed : output.removed) ids.push_back(removed->id);
  // A changed record is another row: pages are full, so it could not stay where it is.
  for (const RecordChanges::Row& row : output.rows) {
    if (row.before != nullptr) ids.push_back(row.record->id);
  }
  const auto same = [](const calculator::RecordId& id) { return id; };
  if (!ids.empty()) {
    Params params = ParamsOf(tenant_);
    params.Binary(IdArray(ids, same));
    statements->push_back({kDeleteRecords, std::move(params)});
  }
  if (!output.wiped.empty()) {
    Params params = ParamsOf(tenant_);
    params.Binary(IdArray(output.wiped, same));
    statements->push_back({kDeleteRevisions, std::move(params)});
  }
}

absl::Status RecordTransaction::CopyRows(const RecordChanges::Output& output) {
  if (!output.rows.empty()) {
    std::string rows = postgres::CopyHeader();
    for (const RecordChanges::Row& row : output.rows) {
      AppendRecordRow(tenant_, *row.record, row.number, row.created_ns, &rows);
    }
    absl::StrAppend(&rows, postgres::kCopyTrailer);
    if (absl::Status status = transaction_.CopyIn(kCopyRecords, rows); !status.ok()) return status;
  }
  if (output.revisions.empty()) return absl::OkStatus();
  std::string rows = postgres::CopyHeader();
  for (const RecordChanges::OldRevision& old : output.revisions)
    AppendRevisionRow(tenant_, old.id, old.revision, &rows);
  absl::StrAppend(&rows, postgres::kCopyTrailer);
  return transaction_.CopyIn(kCopyRevisions, rows);
}

void RecordTransaction::AppendThings(const RecordChanges::Output& output, std::vector<Statement>* statements) {
  std::map<std::pair<std::string, std::string>, int64_t> longest;
  const StoredRecord* last = nullptr;  // ids are sorted, so records of one thing follow one another
  for (const RecordChanges::Row& row : output.rows) {
    const RecordRequest& request = row.record->request;
    const int64_t nanos = request.interval.nanos();
    if (last != nullptr && last->request.location_id == request.location_id &&
        last->request.device_id == request.device_id && last->request.interval.nanos() >= nanos) {
      continue;
    }
    last = row.record;
    if (options_.things->Knows(tenant_, {request.location_id, request.device_id}, nanos)) continue;
    int64_t& known = longest[{request.location_id, request.device_id}];
    known = std::max(known, nanos);
  }
  if (longest.empty()) return;
  ArrayWriter locations(Type::kText), devices(Type::kText), prefixes(Type::kBytea), lengths(Type::kBigInt);
  for (const auto& [thing, nanos] : longest) {
    locations.Text(thing.first);
    devices.Text(thing.second);
    prefixes.Bytes(IdPrefix(tenant_, {thing.first, thing.second}));
    lengths.BigInt(nanos);
    int64_t& known = longest_[thing];
    known = std::max(known, nanos);
  }
  const auto count = static_cast<int32_t>(longest.size());
  Params params = ParamsOf(tenant_);
  params.Binary(std::move(locations).Finish(count))
      .Binary(std::move(devices).Finish(count))
      .Binary(std::move(prefixes).Finish(count))
      .Binary(std::move(lengths).Finish(count));
  statements->push_back({kAddThings, std::move(params)});
}

void RecordTransaction::AppendStale(std::vector<Statement>* statements) const {
  if (!changes_.stale().empty()) statements->push_back(MarkStaleStatement(tenant_, changes_.stale()));
}

void RecordTransaction::AppendReadings(std::vector<Statement>* statements) const {
  if (readings_.empty()) return;
  ArrayWriter locations(Type::kText), devices(Type::kText), directions(Type::kSmallInt), rates(Type::kSmallInt),
      times(Type::kBigInt), values(Type::kBigInt), sessions(Type::kText), references(Type::kText);
  for (const auto& [key, reading] : readings_) {
    const auto& [location_id, device_id, direction, rate, time_s] = key;
    locations.Text(location_id);
    devices.Text(device_id);
    directions.SmallInt(static_cast<int16_t>(direction));
    rates.SmallInt(static_cast<int16_t>(rate));
    times.BigInt(time_s);
    values.BigInt(reading.value_mwh);
    sessions.Text(reading.session_reference_id);
    references.Text(reading.record_reference_id);
  }
  const auto count = static_cast<int32_t>(readings_.size());
  Params params = ParamsOf(tenant_);
  for (ArrayWriter* column : {&locations, &devices, &directions, &rates, &times, &values, &sessions, &references}) {
    params.Binary(std::move(*column).Finish(count));
  }
  statements->push_back({kAddReadings, std::move(params)});
}

void RecordTransaction::AppendBatches(std::vector<Statement>* statements) const {
  if (batches_.empty()) return;
  ArrayWriter ids(Type::kText), documents(Type::kBytea);
  for (const auto& [id, document] : batches_) {
    ids.Text(id);
    documents.Bytes(document);
  }
  const auto count = static_cast<int32_t>(batches_.size());
  Params params = ParamsOf(tenant_);
  params.Binary(std::move(ids).Finish(count)).Binary(std::move(documents).Finish(count));
  statements->push_back({kAddBatches, std::move(params)});
}

}  // namespace costs::records::pg
