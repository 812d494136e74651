#include "service/records/sqlite/stale.h"

#include <algorithm>

namespace costs::records {
namespace {

using engine::Interval;
using sqlite::Database;
using sqlite::Query;

Interval Hull(Interval a, Interval b) { return {std::min(a.start, b.start), std::max(a.end, b.end)}; }

}  // namespace

void StaleMarks::Mark(int64_t tenant, absl::string_view location_id, Interval interval, RevisionCause cause) {
  const auto [mark, is_new] = marks_.try_emplace({tenant, std::string(location_id)}, Known{interval, cause});
  if (is_new) return;
  mark->second.interval = Hull(mark->second.interval, interval);
  mark->second.cause = std::min(mark->second.cause, cause);
}

bool StaleMarks::Covers(int64_t tenant, absl::string_view location_id, Interval interval, RevisionCause cause) const {
  if (marks_.empty()) return false;
  const auto mark = marks_.find({tenant, std::string(location_id)});
  return mark != marks_.end() && mark->second.cause <= cause && mark->second.interval.start <= interval.start &&
         interval.end <= mark->second.interval.end;
}

absl::Status StaleMarks::Write() {
  for (const auto& [key, mark] : marks_) {
    if (absl::Status status = WriteOne(key.first, key.second, mark); !status.ok()) return status;
  }
  Clear();
  return absl::OkStatus();
}

absl::Status StaleMarks::WriteOne(int64_t tenant, const std::string& location_id, Known mark) {
  {
    Query known = database_->Prepare("SELECT starts, ends, cause FROM stale WHERE tenant = ?1 AND location_id = ?2");
    if (known.Bind(1, tenant).Bind(2, location_id).Next()) {
      mark.interval = Hull(mark.interval, {{known.Int(0)}, {known.Int(1)}});
      mark.cause = std::min(mark.cause, static_cast<RevisionCause>(known.Int(2)));
    }
    if (!known.status().ok()) return known.status();
  }
  return database_
      ->Prepare("INSERT OR REPLACE INTO stale (tenant, location_id, starts, ends, cause) VALUES (?1, ?2, ?3, ?4, ?5)")
      .Bind(1, tenant)
      .Bind(2, location_id)
      .Bind(3, mark.interval.start.ns)
      .Bind(4, mark.interval.end.ns)
      .Bind(5, static_cast<int>(mark.cause))
      .Run();
}

absl::StatusOr<std::vector<StaleRecords>> ReadStale(Database* database, int64_t tenant, int limit) {
  std::vector<StaleRecords> stale;
  Query query = database->Prepare(
      "SELECT location_id, starts, ends, cause, ticket FROM stale WHERE tenant = ?1 ORDER BY ticket LIMIT ?2");
  query.Bind(1, tenant).Bind(2, limit);
  while (query.Next()) {
    stale.push_back({std::string(query.Text(0)),
                     {{query.Int(1)}, {query.Int(2)}},
                     static_cast<RevisionCause>(query.Int(3)),
                     query.Int(4)});
  }
  if (!query.status().ok()) return query.status();
  return stale;
}

absl::StatusOr<StaleCount> ReadStaleCount(Database* database, int64_t tenant) {
  StaleCount count;
  Query locations = database->Prepare("SELECT count(*) FROM stale WHERE tenant = ?1");
  if (locations.Bind(1, tenant).Next()) count.locations = locations.Int(0);
  if (!locations.status().ok()) return locations.status();
  const absl::StatusOr<uint64_t> marked = ReadMarkedVersion(database, tenant);
  if (!marked.ok()) return marked.status();
  count.marked_version = *marked;
  return count;
}

absl::Status EraseStale(Database* database, int64_t tenant, const StaleRecords& stale) {
  return database->Prepare("DELETE FROM stale WHERE tenant = ?1 AND location_id = ?2 AND ticket = ?3")
      .Bind(1, tenant)
      .Bind(2, stale.location_id)
      .Bind(3, stale.ticket)
      .Run();
}

absl::StatusOr<uint64_t> ReadMarkedVersion(Database* database, int64_t tenant) {
  Query version = database->Prepare("SELECT marked_version FROM tenants WHERE tenant = ?1");
  if (version.Bind(1, tenant).Next()) return static_cast<uint64_t>(version.Int(0));
  if (!version.status().ok()) return version.status();
  return uint64_t{0};
}

absl::Status WriteMarkedVersion(Database* database, int64_t tenant, uint64_t version) {
  return database->Prepare("UPDATE tenants SET marked_version = ?2 WHERE tenant = ?1")
      .Bind(1, tenant)
      .Bind(2, static_cast<int64_t>(version))
      .Run();
}

}  // namespace costs::records
