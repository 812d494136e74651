#include "service/catalog/catalog_lists.h"

namespace costs::catalog {

using sql::Database;
using sql::Query;

absl::Status WriteList(Database* database, const Tenant& tenant, int64_t location,
                       const energy::costs::v1::Location& document) {
  absl::Status status = RemoveList(database, location);
  if (!status.ok()) return status;
  Query insert = database->Prepare(
      "INSERT INTO listed (element, location) SELECT entry, ?1 FROM elements "
      "WHERE account_id = ?2 AND live_mode = ?3 AND id = ?4");
  for (const std::string& id : document.tariff_elements()) {
    insert.Bind(1, location).Bind(2, tenant.account_id).Bind(3, tenant.live_mode).Bind(4, id);
    if (status = insert.Run(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> LocationsThatList(Database* database, int64_t element) {
  Query query = database->Prepare("SELECT location FROM listed WHERE element = ?1");
  query.Bind(1, element);
  std::vector<int64_t> locations;
  while (query.Next()) locations.push_back(query.Int(0));
  if (!query.status().ok()) return query.status();
  return locations;
}

absl::Status Unlist(Database* database, int64_t element) {
  return database->Prepare("DELETE FROM listed WHERE element = ?1").Bind(1, element).Run();
}

absl::Status RemoveList(Database* database, int64_t location) {
  return database->Prepare("DELETE FROM listed WHERE location = ?1").Bind(1, location).Run();
}

absl::Status RemoveLists(Database* database, const Tenant& tenant) {
  return database
      ->Prepare(
          "DELETE FROM listed WHERE location IN (SELECT entry FROM locations WHERE account_id = ?1 AND live_mode = ?2)")
      .Bind(1, tenant.account_id)
      .Bind(2, tenant.live_mode)
      .Run();
}

}  // namespace costs::catalog
