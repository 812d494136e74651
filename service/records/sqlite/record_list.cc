#include "service/records/sqlite/record_list.h"

#include <algorithm>
#include <array>
#include <deque>
#include <queue>
#include <tuple>
#include <utility>

#include "service/records/sqlite/record_range.h"
#include "service/records/sqlite/record_row.h"
#include "service/records/sqlite/schema.h"
#include "service/records/sqlite/things.h"

namespace costs::records {
namespace {

using sqlite::Database;
using sqlite::Query;

// The joined table is looked up by row, never the other way round.
#define COSTS_SELECT_RECORDS \
  "SELECT " COSTS_RECORD_COLUMNS " FROM records r CROSS JOIN things t ON t.thing = r.thing WHERE "
// The position of a record, and the order by it, in the indexes that have it.
#define COSTS_POSITION "(substr(r.id, 5, 4), r.id)"
#define COSTS_WITHIN COSTS_POSITION " >= (?3, ?4) AND " COSTS_POSITION " < (?5, ?6)"
#define COSTS_ASCENDING " ORDER BY substr(r.id, 5, 4), r.id LIMIT ?7"
#define COSTS_DESCENDING " ORDER BY substr(r.id, 5, 4) DESC, r.id DESC LIMIT ?7"

// A range whose rows come in the order of their positions.
struct Source {
  enum class Kind { kThing, kLongOfThing, kSession };

  Kind kind = Kind::kThing;
  KnownThing thing;                                          // of a thing
  engine::Direction direction = engine::Direction::kImport;  // of a session
  PositionRange range;                                       // what is left to read
  std::deque<StoredRecord> read;                             // what passes the filter
  bool ended = false;
};

RecordPosition PositionOf(const StoredRecord& record) {
  return {SecondBefore(record.request.interval.start.ns), record.id};
}

class Lister {
 public:
  Lister(Database* database, const catalog::Tenant& tenant, int64_t tenant_number, const RecordFilter& filter,
         bool newest_first)
      : database_(database),
        tenant_(tenant),
        tenant_number_(tenant_number),
        filter_(filter),
        newest_first_(newest_first) {}

  absl::Status FindSources(const std::optional<RecordPosition>& after);
  absl::StatusOr<std::vector<StoredRecord>> Read(int limit);

 private:
  void AddThing(KnownThing thing, PositionRange range);
  Query Select(const Source& source) const;
  absl::Status Fill(Source* source);

  bool Before(const RecordPosition& a, const RecordPosition& b) const {
    const auto key = [](const RecordPosition& p) { return std::tie(p.start_s, p.id.bytes); };
    return newest_first_ ? key(b) < key(a) : key(a) < key(b);
  }

  Database* const database_;
  const catalog::Tenant& tenant_;
  const int64_t tenant_number_;
  const RecordFilter& filter_;
  const bool newest_first_;
  std::vector<Source> sources_;
  int rows_at_once_ = 0;
};

absl::Status Lister::FindSources(const std::optional<RecordPosition>& after) {
  PositionRange range;
  if (after) newest_first_ ? range.EndBefore(*after) : range.StartAfter(*after);
  if (filter_.starts_before) range.EndAt(SecondAfter(filter_.starts_before->ns));
  if (!filter_.session_reference_id.empty()) {
    for (engine::Direction direction : {engine::Direction::kImport, engine::Direction::kExport}) {
      if (filter_.direction && *filter_.direction != direction) continue;
      Source& source = sources_.emplace_back();
      source.kind = Source::Kind::kSession;
      source.direction = direction;
      source.range = range;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<KnownThing>> things =
      !filter_.device_id.empty()     ? ThingsOf(database_, tenant_number_, filter_.device_id)
      : !filter_.location_id.empty() ? ThingsAt(database_, tenant_number_, filter_.location_id)
                                     : AllThings(database_, tenant_number_);
  if (!things.ok()) return things.status();
  for (KnownThing& thing : *things) {
    if (filter_.location_id.empty() || thing.location_id == filter_.location_id) AddThing(std::move(thing), range);
  }
  return absl::OkStatus();
}

void Lister::AddThing(KnownThing thing, PositionRange range) {
  Source source;
  source.thing = std::move(thing);
  if (filter_.ends_after) {
    const bool has_long = source.thing.longest_ns > kLongRecordNanos;
    const int64_t before = has_long ? kLongRecordNanos : source.thing.longest_ns;
    const int64_t from = SecondBefore(filter_.ends_after->ns - before);
    if (has_long) {
      source.kind = Source::Kind::kLongOfThing;
      source.range = range;
      source.range.EndAt(from);
      sources_.push_back(source);
      source.kind = Source::Kind::kThing;
    }
    range.StartFrom(from);
  }
  source.range = range;
  sources_.push_back(std::move(source));
}

Query Lister::Select(const Source& source) const {
  if (source.kind == Source::Kind::kThing) {
    const IdRange ids = IdsWithin(tenant_, source.thing.location_id, source.thing.device_id, source.range);
    Query query =
        database_->Prepare(newest_first_ ? COSTS_SELECT_RECORDS
                               "r.tenant = ?1 AND r.id >= ?2 AND r.id < ?3 AND r.thing = ?4 ORDER BY r.id DESC LIMIT ?5"
                                         : COSTS_SELECT_RECORDS
                               "r.tenant = ?1 AND r.id >= ?2 AND r.id < ?3 AND r.thing = ?4 ORDER BY r.id LIMIT ?5");
    query.Bind(1, tenant_number_).BindBlob(2, BytesOf(ids.low)).BindBlob(3, BytesOf(ids.high));
    query.Bind(4, source.thing.thing).Bind(5, rows_at_once_);
    return query;
  }
  const bool of_session = source.kind == Source::Kind::kSession;
#define COSTS_OF_SESSION "r.tenant = ?1 AND r.session = ?2 AND r.session <> '' AND r.direction = ?8 AND "
#define COSTS_LONG_OF_THING \
  "r.thing = ?1 AND ?2 = '' AND ?8 = 0 AND r.ends - r.starts > " COSTS_LONG_RECORD_NANOS " AND "
  Query query = database_->Prepare(
      of_session      ? newest_first_ ? COSTS_SELECT_RECORDS COSTS_OF_SESSION COSTS_WITHIN COSTS_DESCENDING
                                      : COSTS_SELECT_RECORDS COSTS_OF_SESSION COSTS_WITHIN COSTS_ASCENDING
      : newest_first_ ? COSTS_SELECT_RECORDS COSTS_LONG_OF_THING COSTS_WITHIN COSTS_DESCENDING
                      : COSTS_SELECT_RECORDS COSTS_LONG_OF_THING COSTS_WITHIN COSTS_ASCENDING);
  const auto second = [](const RecordPosition& position) {
    std::array<char, 4> bytes;
    for (int i = 0; i < 4; ++i) bytes[static_cast<size_t>(i)] = static_cast<char>(position.start_s >> (8 * (3 - i)));
    return bytes;
  };
  const std::array<char, 4> low = second(source.range.low), high = second(source.range.high);
  query.Bind(1, of_session ? tenant_number_ : source.thing.thing);
  query.Bind(2, of_session ? filter_.session_reference_id : std::string());
  query.BindBlob(3, {low.data(), low.size()}).BindBlob(4, BytesOf(source.range.low.id));
  query.BindBlob(5, {high.data(), high.size()}).BindBlob(6, BytesOf(source.range.high.id));
  query.Bind(7, rows_at_once_).Bind(8, of_session ? static_cast<int>(source.direction) : 0);
  return query;
}

absl::Status Lister::Fill(Source* source) {
  while (source->read.empty() && !source->ended) {
    if (source->range.empty()) {
      source->ended = true;
      break;
    }
    Query query = Select(*source);
    int rows = 0;
    RecordPosition last;
    for (; query.Next(); ++rows) {
      last = {SecondBefore(query.Int(7)), IdOfBytes(query.Blob(0))};
      if (!PassesFilter(query, filter_)) continue;
      if (absl::Status status = ReadRecordRow(query, &source->read.emplace_back()); !status.ok()) return status;
    }
    if (!query.status().ok()) return query.status();
    source->ended = rows < rows_at_once_;
    if (!source->ended) newest_first_ ? source->range.EndBefore(last) : source->range.StartAfter(last);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredRecord>> Lister::Read(int limit) {
  constexpr int kFewest = 4, kMost = 1'000;
  rows_at_once_ = std::clamp(limit / std::max(1, static_cast<int>(sources_.size())) + 1, kFewest, kMost);
  const auto later = [this](const Source* a, const Source* b) {
    return Before(PositionOf(b->read.front()), PositionOf(a->read.front()));
  };
  std::priority_queue<Source*, std::vector<Source*>, decltype(later)> next(later);
  for (Source& source : sources_) {
    if (absl::Status status = Fill(&source); !status.ok()) return status;
    if (!source.read.empty()) next.push(&source);
  }
  std::vector<StoredRecord> records;
  while (!next.empty() && records.size() < static_cast<size_t>(std::max(0, limit))) {
    Source* source = next.top();
    next.pop();
    records.push_back(std::move(source->read.front()));
    source->read.pop_front();
    if (absl::Status status = Fill(source); !status.ok()) return status;
    if (!source->read.empty()) next.push(source);
  }
  return records;
}

}  // namespace

absl::StatusOr<std::vector<StoredRecord>> ReadList(Database* database, const catalog::Tenant& tenant,
                                                   const RecordFilter& filter,
                                                   const std::optional<RecordPosition>& after, bool newest_first,
                                                   int limit) {
  const absl::StatusOr<int64_t> number = FindTenant(database, tenant.account_id, tenant.live_mode);
  if (!number.ok()) return number.status();
  Lister lister(database, tenant, *number, filter, newest_first);
  if (absl::Status status = lister.FindSources(after); !status.ok()) return status;
  return lister.Read(limit);
}

}  // namespace costs::records
