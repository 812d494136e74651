#include "service/catalog/store.h"

#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"

namespace costs::catalog {

absl::StatusOr<Revision> RevisionTable::Read(absl::string_view clause, bool* found) {
  sql::Query query = database_->Prepare(
      absl::StrCat("SELECT revision, changed FROM ", table_, " WHERE account_id = ?1 AND live_mode = ?2", clause));
  Revision revision;
  const bool is_there = query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Next();
  if (is_there) revision = {query.Int(0), query.Int(1)};
  if (!query.status().ok()) return query.status();
  if (found != nullptr) *found = is_there;
  return revision;
}

absl::StatusOr<Revision> RevisionTable::Lock() {
  bool found = false;
  absl::StatusOr<Revision> revision = Read(" FOR UPDATE", &found);
  if (!revision.ok() || found) return revision;
  const absl::Status made =
      database_
          ->Prepare(absl::StrCat("INSERT INTO ", table_,
                                 " (account_id, live_mode, revision, changed) VALUES (?1, ?2, 0, 0) "
                                 "ON CONFLICT (account_id, live_mode) DO NOTHING"))
          .Bind(1, tenant_.account_id)
          .Bind(2, tenant_.live_mode)
          .Run();
  if (!made.ok()) return made;
  return Read(" FOR UPDATE");
}

absl::Status RevisionTable::Write(const Revision& revision) {
  return database_
      ->Prepare(absl::StrCat("INSERT INTO ", table_,
                             " (account_id, live_mode, revision, changed) VALUES (?1, ?2, ?3, ?4) "
                             "ON CONFLICT (account_id, live_mode) DO UPDATE "
                             "SET revision = excluded.revision, changed = excluded.changed"))
      .Bind(1, tenant_.account_id)
      .Bind(2, tenant_.live_mode)
      .Bind(3, revision.number)
      .Bind(4, revision.changed_ns)
      .Run();
}

absl::StatusOr<std::vector<Tenant>> KnownTenants(sql::Database* database, const Store& store) {
  sql::Query query = database->Prepare(absl::StrCat("SELECT account_id, live_mode FROM ", store.revision_table(),
                                                    " WHERE revision > 0 ORDER BY account_id, live_mode"));
  std::vector<Tenant> tenants;
  while (query.Next()) tenants.push_back({std::string(query.Text(0)), query.Int(1) != 0});
  if (!query.status().ok()) return query.status();
  return tenants;
}

absl::Status StoreRefusal(const absl::Status& error) {
  if (!ReasonOf(error).empty()) return error;
  switch (error.code()) {
    case absl::StatusCode::kResourceExhausted:
      return Refuse(error.code(), "STORE_FULL",
                    absl::StrCat("the catalog's disk has no room: ", error.message(),
                                 "; nothing has changed, so make room and try again"));
    case absl::StatusCode::kDataLoss:
      return Refuse(error.code(), "STORE_BROKEN",
                    absl::StrCat("the catalog's store is broken: ", error.message(), "; restore it from a copy"));
    case absl::StatusCode::kInvalidArgument:
      return Refuse(error.code(), "INVALID_FIELD", absl::StrCat(error.message(), "; leave it out"));
    case absl::StatusCode::kUnknown:
      return Refuse(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                    absl::StrCat("the catalog's store went away while it took the change: ", error.message(),
                                 "; get the entry to see whether it has changed before trying again"));
    default:
      return Refuse(
          absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
          absl::StrCat("the catalog's store cannot be used: ", error.message(), "; nothing has changed, so try again"));
  }
}

}  // namespace costs::catalog
