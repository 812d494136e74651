#include "service/records/sqlite/things.h"

#include <algorithm>
#include <utility>

namespace costs::records {
namespace {

using sqlite::Database;
using sqlite::Query;

// About 30 MB.
constexpr size_t kMostRemembered = 200'000;

KnownThing ThingOfRow(const Query& row) {
  return {row.Int(0), std::string(row.Text(1)), std::string(row.Text(2)), row.Int(3)};
}

absl::StatusOr<std::vector<KnownThing>> AllOf(Query* query) {
  std::vector<KnownThing> things;
  while (query->Next()) things.push_back(ThingOfRow(*query));
  if (!query->status().ok()) return query->status();
  return things;
}

}  // namespace

absl::StatusOr<int64_t> FindTenant(Database* database, absl::string_view account_id, bool live_mode) {
  Query query = database->Prepare("SELECT tenant FROM tenants WHERE account_id = ?1 AND live_mode = ?2");
  query.Bind(1, account_id).Bind(2, live_mode);
  const int64_t tenant = query.Next() ? query.Int(0) : 0;
  if (!query.status().ok()) return query.status();
  return tenant;
}

absl::StatusOr<std::optional<KnownThing>> FindThing(Database* database, int64_t tenant, absl::string_view location_id,
                                                    absl::string_view device_id) {
  Query query = database->Prepare(
      "SELECT thing, location_id, device_id, longest FROM things "
      "WHERE tenant = ?1 AND location_id = ?2 AND device_id = ?3");
  query.Bind(1, tenant).Bind(2, location_id).Bind(3, device_id);
  if (query.Next()) return ThingOfRow(query);
  if (!query.status().ok()) return query.status();
  return std::optional<KnownThing>();
}

absl::StatusOr<std::vector<KnownThing>> ThingsAt(Database* database, int64_t tenant, absl::string_view location_id) {
  Query query = database->Prepare(
      "SELECT thing, location_id, device_id, longest FROM things WHERE tenant = ?1 AND location_id = ?2");
  query.Bind(1, tenant).Bind(2, location_id);
  return AllOf(&query);
}

absl::StatusOr<std::vector<KnownThing>> ThingsOf(Database* database, int64_t tenant, absl::string_view device_id) {
  Query query = database->Prepare(
      "SELECT thing, location_id, device_id, longest FROM things "
      "WHERE tenant = ?1 AND device_id = ?2 AND device_id <> ''");
  query.Bind(1, tenant).Bind(2, device_id);
  return AllOf(&query);
}

absl::StatusOr<std::vector<KnownThing>> AllThings(Database* database, int64_t tenant) {
  Query query = database->Prepare("SELECT thing, location_id, device_id, longest FROM things WHERE tenant = ?1");
  query.Bind(1, tenant);
  return AllOf(&query);
}

absl::StatusOr<int64_t> ThingTable::NumberOf(const catalog::Tenant& tenant) {
  int64_t& number = tenants_[{tenant.account_id, tenant.live_mode}];
  if (number != 0) return number;
  absl::StatusOr<int64_t> known = FindTenant(database_, tenant.account_id, tenant.live_mode);
  if (!known.ok()) return known.status();
  if (*known == 0) {
    absl::Status status = database_->Prepare("INSERT INTO tenants (account_id, live_mode) VALUES (?1, ?2)")
                              .Bind(1, tenant.account_id)
                              .Bind(2, tenant.live_mode)
                              .Run();
    if (!status.ok()) return status;
    *known = database_->last_rowid();
  }
  return number = *known;
}

absl::StatusOr<int64_t> ThingTable::NumberOf(int64_t tenant, absl::string_view location_id, absl::string_view device_id,
                                             int64_t length_ns) {
  const View view = {tenant, location_id, device_id};
  auto known = things_.find(view);
  if (known == things_.end()) {
    absl::StatusOr<Entry> entry = FindOrMake(tenant, location_id, device_id);
    if (!entry.ok()) return entry.status();
    known = things_.emplace(Key{tenant, std::string(location_id), std::string(device_id)}, *entry).first;
  }
  Entry& entry = known->second;
  if (length_ns > entry.longest_ns) {
    absl::Status status = database_->Prepare("UPDATE things SET longest = ?2 WHERE thing = ?1")
                              .Bind(1, entry.thing)
                              .Bind(2, length_ns)
                              .Run();
    if (!status.ok()) return status;
    entry.longest_ns = length_ns;
  }
  return entry.thing;
}

absl::StatusOr<ThingTable::Entry> ThingTable::FindOrMake(int64_t tenant, absl::string_view location_id,
                                                         absl::string_view device_id) {
  absl::StatusOr<std::optional<KnownThing>> known = FindThing(database_, tenant, location_id, device_id);
  if (!known.ok()) return known.status();
  if (*known) return Entry{(*known)->thing, (*known)->longest_ns};
  absl::Status status =
      database_->Prepare("INSERT INTO things (tenant, location_id, device_id, longest) VALUES (?1, ?2, ?3, 0)")
          .Bind(1, tenant)
          .Bind(2, location_id)
          .Bind(3, device_id)
          .Run();
  if (!status.ok()) return status;
  return Entry{database_->last_rowid(), 0};
}

void ThingTable::Forget() {
  tenants_.clear();
  things_.clear();
}

void ThingTable::Trim() {
  if (things_.size() > kMostRemembered) things_.clear();
}

}  // namespace costs::records
