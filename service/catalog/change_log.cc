#include "service/catalog/change_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/engine/series.h"

namespace costs::catalog {
namespace {

constexpr int64_t kTrimEvery = 100;  // revisions

constexpr engine::Interval kAlways = {engine::kEarliest, engine::kLatest};

int64_t SecondsOf(engine::Instant instant) { return instant.ns / engine::kNanosPerSecond; }

template <typename Series>
engine::Interval Difference(const std::shared_ptr<const Series>& before, const Series& after) {
  if (before == nullptr) return kAlways;
  const std::vector<engine::Interval> changes = after.ChangesSince(*before);
  if (changes.empty()) return kAlways;
  engine::Interval hull = changes.front();
  for (const engine::Interval& change : changes) {
    hull.start = std::min(hull.start, change.start);
    hull.end = std::max(hull.end, change.end);
  }
  return hull;
}

}  // namespace

std::vector<LoggedChange> LogOf(const Snapshot& before, const CatalogChange& change) {
  std::vector<LoggedChange> log;
  for (const LocationSpec& spec : change.locations) log.push_back({Touched::kLocation, spec.id, kAlways});
  for (const std::string& id : change.removed_locations) log.push_back({Touched::kLocation, id, kAlways});
  for (const auto& element : change.elements) log.push_back({Touched::kElement, element->id, kAlways});
  for (const std::string& id : change.removed_elements) log.push_back({Touched::kRemovedElement, id, kAlways});
  for (const auto& series : change.market) {
    log.push_back({Touched::kMarketSeries, series->id(), Difference(before.FindMarket(series->id()), *series)});
  }
  for (const auto& series : change.carbon) {
    log.push_back({Touched::kCarbonSeries, series->region(), Difference(before.FindCarbon(series->region()), *series)});
  }
  return log;
}

absl::Status ChangeLog::Append(int64_t revision, int64_t token, const std::vector<LoggedChange>& entries) {
  {
    sql::Query insert = database_->Prepare(
        "INSERT INTO catalog_changes (account_id, live_mode, revision, kind, id, changed_from, changed_to, token) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    for (const LoggedChange& entry : entries) {
      insert.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, revision);
      insert.Bind(4, static_cast<int>(entry.touched)).Bind(5, entry.id);
      insert.Bind(6, SecondsOf(entry.interval.start)).Bind(7, SecondsOf(entry.interval.end)).Bind(8, token);
      if (absl::Status status = insert.Run(); !status.ok()) return status;
    }
  }
  if (revision % kTrimEvery == 0) {
    if (absl::Status status = Trim(revision); !status.ok()) return status;
  }
  return database_->Prepare("SELECT pg_notify(?1, ?2)").Bind(1, kChannel).Bind(2, MessageOf(tenant_)).Run();
}

absl::Status ChangeLog::Trim(int64_t revision) {
  return database_->Prepare("DELETE FROM catalog_changes WHERE account_id = ?1 AND live_mode = ?2 AND revision <= ?3")
      .Bind(1, tenant_.account_id)
      .Bind(2, tenant_.live_mode)
      .Bind(3, revision - kKept)
      .Run();
}

absl::StatusOr<std::optional<std::vector<LoggedChange>>> ChangeLog::Since(int64_t revision, int64_t last) {
  sql::Query rows = database_->Prepare(
      "SELECT revision, kind, id, changed_from, changed_to FROM catalog_changes "
      "WHERE account_id = ?1 AND live_mode = ?2 AND revision > ?3 AND revision <= ?4 ORDER BY revision");
  rows.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, revision).Bind(4, last);
  std::vector<LoggedChange> log;
  int64_t at = revision;
  bool whole = true;
  while (rows.Next()) {
    whole = whole && rows.Int(0) - at <= 1;
    at = rows.Int(0);
    LoggedChange entry;
    entry.touched = static_cast<Touched>(rows.Int(1));
    entry.id = std::string(rows.Text(2));
    entry.interval = {engine::Instant::FromSeconds(rows.Int(3)), engine::Instant::FromSeconds(rows.Int(4))};
    log.push_back(std::move(entry));
  }
  if (!rows.status().ok()) return rows.status();
  if (!whole || at != last) return std::optional<std::vector<LoggedChange>>();
  return std::optional<std::vector<LoggedChange>>(std::move(log));
}

absl::StatusOr<bool> ChangeLog::Has(int64_t revision, int64_t token) {
  sql::Query query = database_->Prepare(
      "SELECT 1 FROM catalog_changes WHERE account_id = ?1 AND live_mode = ?2 AND revision = ?3 AND token = ?4 LIMIT "
      "1");
  const bool has = query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, revision).Bind(4, token).Next();
  if (!query.status().ok()) return query.status();
  return has;
}

std::string ChangeLog::MessageOf(const Tenant& tenant) {
  return absl::StrCat(tenant.live_mode ? "live " : "test ", tenant.account_id);
}

}  // namespace costs::catalog
