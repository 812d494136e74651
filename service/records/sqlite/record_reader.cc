#include "service/records/sqlite/record_reader.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "service/records/sqlite/encoding.h"
#include "service/records/sqlite/record_range.h"
#include "service/records/sqlite/record_row.h"
#include "service/records/sqlite/stale.h"
#include "service/records/sqlite/things.h"
#include "service/records/sqlite/totals.h"

namespace costs::records {
namespace {

using calculator::RecordId;
using engine::Direction;
using sqlite::Database;
using sqlite::Query;

absl::Status BrokenRecord() { return absl::DataLossError("a record cannot be read"); }

absl::StatusOr<std::optional<KnownThing>> FindThingByNumber(Database* database, int64_t thing) {
  Query query = database->Prepare("SELECT location_id, device_id, longest FROM things WHERE thing = ?1");
  if (query.Bind(1, thing).Next()) {
    return KnownThing{thing, std::string(query.Text(0)), std::string(query.Text(1)), query.Int(2)};
  }
  if (!query.status().ok()) return query.status();
  return std::optional<KnownThing>();
}

// Joins totals that differ in nothing but their device.
class TotalsByKind {
 public:
  void Add(Total total) {
    auto key = std::make_tuple(total.location_id, total.tariff_rate, total.currency_code, total.tariff_confidence,
                               total.carbon_confidence);
    const auto [known, is_new] = totals_.try_emplace(std::move(key), total);
    if (is_new) return;
    Sum sum = SumOf(known->second);
    sum.Add(SumOf(total));
    known->second.records = sum.records;
    known->second.energy_wh = sum.energy_wh;
    known->second.cost = sum.cost;
    known->second.carbon = sum.carbon;
  }

  std::vector<Total> All() const {
    std::vector<Total> all;
    for (const auto& [key, total] : totals_) all.push_back(total);
    return all;
  }

 private:
  static Sum SumOf(const Total& total) { return {total.records, total.energy_wh, 0, total.cost, total.carbon}; }

  std::map<std::tuple<std::string, engine::TariffRate, std::string, std::optional<engine::Confidence>,
                      std::optional<engine::Confidence>>,
           Total>
      totals_;
};

}  // namespace

absl::StatusOr<int64_t> RecordReader::Number() const {
  return FindTenant(database_, tenant_.account_id, tenant_.live_mode);
}

absl::StatusOr<std::optional<StoredRecord>> RecordReader::Get(const RecordId& id) {
  const absl::StatusOr<int64_t> tenant = Number();
  if (!tenant.ok()) return tenant.status();
  Query query = database_->Prepare("SELECT " COSTS_RECORD_COLUMNS
                                   " FROM records r CROSS JOIN things t ON t.thing = r.thing "
                                   "WHERE r.tenant = ?1 AND r.id = ?2");
  if (query.Bind(1, *tenant).BindBlob(2, BytesOf(id)).Next()) {
    StoredRecord record;
    if (absl::Status status = ReadRecordRow(query, &record); !status.ok()) return status;
    return std::optional<StoredRecord>(std::move(record));
  }
  if (!query.status().ok()) return query.status();
  return std::optional<StoredRecord>();
}

absl::StatusOr<std::vector<Revision>> RecordReader::Revisions(const RecordId& id, std::optional<int32_t> below,
                                                              int limit) {
  std::vector<Revision> revisions;
  const int32_t end = below.value_or(std::numeric_limits<int32_t>::max());
  absl::StatusOr<std::optional<StoredRecord>> record = Get(id);
  if (!record.ok()) return record.status();
  if (!*record) return revisions;
  if ((*record)->revision.number < end && limit > 0) revisions.push_back(std::move((*record)->revision));
  const absl::StatusOr<int64_t> tenant = Number();
  if (!tenant.ok()) return tenant.status();
  Query query = database_->Prepare(
      "SELECT revision FROM revisions WHERE tenant = ?1 AND id = ?2 AND number < ?3 ORDER BY number DESC LIMIT ?4");
  query.Bind(1, *tenant).BindBlob(2, BytesOf(id)).Bind(3, end);
  query.Bind(4, std::max(0, limit - static_cast<int>(revisions.size())));
  while (query.Next()) {
    if (!DecodeRevision(query.Blob(0), &revisions.emplace_back())) return BrokenRecord();
  }
  if (!query.status().ok()) return query.status();
  return revisions;
}

absl::StatusOr<std::vector<DayTotal>> RecordReader::DayTotals(const Thing& thing, Direction direction, int32_t first,
                                                              int32_t last) {
  const absl::StatusOr<int64_t> tenant = Number();
  if (!tenant.ok()) return tenant.status();
  std::vector<KnownThing> things;
  if (thing.location_id.empty()) {
    absl::StatusOr<std::vector<KnownThing>> everywhere = ThingsOf(database_, *tenant, thing.device_id);
    if (!everywhere.ok()) return everywhere.status();
    things = *std::move(everywhere);
  } else {
    absl::StatusOr<std::optional<KnownThing>> there = FindThing(database_, *tenant, thing.location_id, thing.device_id);
    if (!there.ok()) return there.status();
    if (*there) things.push_back(**std::move(there));
  }
  std::vector<DayTotal> totals;
  for (const KnownThing& one : things) {
    const size_t before = totals.size();
    absl::Status status = ReadDayTotals(database_, one.thing, direction, first, last, &totals);
    if (!status.ok()) return status;
    for (size_t i = before; i < totals.size(); ++i) totals[i].total.location_id = one.location_id;
  }
  if (things.size() > 1) {
    std::stable_sort(totals.begin(), totals.end(), [](const DayTotal& a, const DayTotal& b) { return a.day < b.day; });
  }
  return totals;
}

absl::StatusOr<SessionTotals> RecordReader::TotalsOfSession(absl::string_view session, Direction direction) {
  SessionTotals result;
  const absl::StatusOr<int64_t> tenant = Number();
  if (!tenant.ok()) return tenant.status();
  absl::StatusOr<std::vector<SessionTotal>> totals = ReadSessionTotals(database_, *tenant, session, direction);
  if (!totals.ok()) return totals.status();
  if (totals->empty()) return result;
  TotalsByKind by_kind;
  int64_t longest = 0;
  for (SessionTotal& total : *totals) {
    const absl::StatusOr<std::optional<KnownThing>> thing = FindThingByNumber(database_, total.thing);
    if (!thing.ok()) return thing.status();
    if (!*thing) return BrokenRecord();
    longest = std::max(longest, (*thing)->longest_ns);
    total.total.location_id = (*thing)->location_id;
    by_kind.Add(std::move(total.total));
  }
  result.totals = by_kind.All();
  absl::Status status = ReadSessionInterval(*tenant, session, direction, longest, &result);
  if (!status.ok()) return status;
  return result;
}

absl::Status RecordReader::ReadSessionInterval(int64_t tenant, absl::string_view session, Direction direction,
                                               int64_t longest_ns, SessionTotals* totals) {
  int64_t first = std::numeric_limits<int64_t>::max();
  Query ascending = database_->Prepare(
      "SELECT starts FROM records WHERE tenant = ?1 AND session = ?2 AND session <> '' AND direction = ?3 "
      "ORDER BY substr(id, 5, 4), id");
  ascending.Bind(1, tenant).Bind(2, session).Bind(3, static_cast<int>(direction));
  // The order is by second: of those in the first one the earliest.
  while (ascending.Next() &&
         (first == std::numeric_limits<int64_t>::max() || SecondBefore(ascending.Int(0)) == SecondBefore(first))) {
    first = std::min(first, ascending.Int(0));
  }
  if (!ascending.status().ok()) return ascending.status();
  Query descending = database_->Prepare(
      "SELECT starts, ends, thing FROM records "
      "WHERE tenant = ?1 AND session = ?2 AND session <> '' AND direction = ?3 "
      "ORDER BY substr(id, 5, 4) DESC, id DESC");
  descending.Bind(1, tenant).Bind(2, session).Bind(3, static_cast<int>(direction));
  int64_t last = std::numeric_limits<int64_t>::min();
  int64_t thing = 0;
  while (descending.Next()) {
    if (thing == 0) thing = descending.Int(2);
    last = std::max(last, descending.Int(1));
    // What follows starts in this one's second or before it.
    if ((SecondBefore(descending.Int(0)) + 1) * engine::kNanosPerSecond + longest_ns <= last) break;
  }
  if (!descending.status().ok()) return descending.status();
  const absl::StatusOr<std::optional<KnownThing>> known = FindThingByNumber(database_, thing);
  if (!known.ok()) return known.status();
  if (!*known) return BrokenRecord();
  totals->interval = {{first}, {last}};
  totals->thing = {(*known)->location_id, (*known)->device_id};
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> RecordReader::LocationsOf(absl::string_view device_id) {
  const absl::StatusOr<int64_t> tenant = Number();
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<std::vector<KnownThing>> things = ThingsOf(database_, *tenant, device_id);
  if (!things.ok()) return things.status();
  std::vector<std::pair<RecordId, std::string>> last_records;
  for (const KnownThing& thing : *things) {
    // Nothing of it starts after its last day has ended, in whatever zone.
    const absl::StatusOr<std::optional<int32_t>> last_day = LastDayOf(database_, thing.thing);
    if (!last_day.ok()) return last_day.status();
    if (!*last_day) continue;
    PositionRange range;
    range.EndAt((int64_t{**last_day} + 2) * (engine::kNanosPerDay / engine::kNanosPerSecond));
    const IdRange ids = IdsWithin(tenant_, thing.location_id, thing.device_id, range);
    Query last = database_->Prepare(
        "SELECT id FROM records WHERE tenant = ?1 AND id >= ?2 AND id < ?3 AND thing = ?4 ORDER BY id DESC LIMIT 1");
    last.Bind(1, *tenant).BindBlob(2, BytesOf(ids.low)).BindBlob(3, BytesOf(ids.high)).Bind(4, thing.thing);
    if (last.Next()) last_records.emplace_back(IdOfBytes(last.Blob(0)), thing.location_id);
    if (!last.status().ok()) return last.status();
  }
  std::sort(last_records.begin(), last_records.end(),
            [](const auto& a, const auto& b) { return b.first.bytes < a.first.bytes; });
  std::vector<std::string> locations;
  for (auto& [id, location] : last_records) locations.push_back(std::move(location));
  return locations;
}

absl::StatusOr<std::vector<std::string>> RecordReader::Locations(absl::string_view after, int limit) {
  const absl::StatusOr<int64_t> tenant = Number();
  if (!tenant.ok()) return tenant.status();
  std::vector<std::string> locations;
  Query query = database_->Prepare(
      "SELECT location_id, thing FROM things WHERE tenant = ?1 AND location_id > ?2 ORDER BY location_id");
  query.Bind(1, *tenant).Bind(2, after);
  while (static_cast<int>(locations.size()) < limit && query.Next()) {
    if (!locations.empty() && locations.back() == query.Text(0)) continue;
    const absl::StatusOr<std::optional<int32_t>> last_day = LastDayOf(database_, query.Int(1));
    if (!last_day.ok()) return last_day.status();
    if (*last_day) locations.emplace_back(query.Text(0));
  }
  if (!query.status().ok()) return query.status();
  return locations;
}

absl::StatusOr<std::optional<std::string>> RecordReader::BatchDocument(absl::string_view batch_id) {
  const absl::StatusOr<int64_t> tenant = Number();
  if (!tenant.ok()) return tenant.status();
  Query query = database_->Prepare("SELECT document FROM batches WHERE tenant = ?1 AND id = ?2");
  if (query.Bind(1, *tenant).Bind(2, batch_id).Next()) return std::string(query.Blob(0));
  if (!query.status().ok()) return query.status();
  return std::optional<std::string>();
}

absl::StatusOr<std::vector<RegisterReading>> RecordReader::Readings(const Register& of, int64_t first_s,
                                                                    int64_t last_s) {
  const absl::StatusOr<int64_t> tenant = Number();
  if (!tenant.ok()) return tenant.status();
  const absl::StatusOr<std::optional<KnownThing>> thing =
      FindThing(database_, *tenant, of.thing.location_id, of.thing.device_id);
  if (!thing.ok()) return thing.status();
  std::vector<RegisterReading> readings;
  if (!*thing) return readings;
  Query query = database_->Prepare(
      "SELECT time, value, session, reference FROM register_readings "
      "WHERE thing = ?1 AND direction = ?2 AND tariff_rate = ?3 "
      "AND time >= ifnull((SELECT max(time) FROM register_readings "
      "WHERE thing = ?1 AND direction = ?2 AND tariff_rate = ?3 AND time < ?4), ?4) "
      "AND time <= ifnull((SELECT min(time) FROM register_readings "
      "WHERE thing = ?1 AND direction = ?2 AND tariff_rate = ?3 AND time > ?5), ?5) ORDER BY time");
  query.Bind(1, (*thing)->thing)
      .Bind(2, static_cast<int>(of.direction))
      .Bind(3, static_cast<int>(of.tariff_rate))
      .Bind(4, first_s)
      .Bind(5, last_s);
  while (query.Next()) {
    readings.push_back({query.Int(0), query.Int(1), std::string(query.Text(2)), std::string(query.Text(3))});
  }
  if (!query.status().ok()) return query.status();
  return readings;
}

absl::StatusOr<std::vector<StaleRecords>> RecordReader::Stale(int limit) {
  const absl::StatusOr<int64_t> tenant = Number();
  if (!tenant.ok()) return tenant.status();
  return ReadStale(database_, *tenant, std::max(0, limit));
}

absl::StatusOr<StaleCount> RecordReader::CountStale() {
  const absl::StatusOr<int64_t> tenant = Number();
  if (!tenant.ok()) return tenant.status();
  return ReadStaleCount(database_, *tenant);
}

}  // namespace costs::records
