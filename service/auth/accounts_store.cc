#include "service/auth/accounts_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/postgres/address.h"
#include "service/postgres/connection.h"
#include "service/postgres/database.h"

namespace costs::auth {
namespace {

absl::Status At(absl::string_view place, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(place, ": ", status.message()));
}

absl::StatusOr<AccountsStore> OpenFile(const std::string& path) {
  AccountsStore store;
  if (!path.empty()) {
    absl::StatusOr<std::unique_ptr<sqlite::FileLock>> lock = sqlite::FileLock::Take(path);
    if (!lock.ok()) return lock.status();
    store.lock = *std::move(lock);
    if (absl::Status made = sqlite::MakePrivateFile(path); !made.ok()) return At(path, made);
  }
  absl::StatusOr<std::unique_ptr<sqlite::Database>> database =
      sqlite::Database::Open(path, path.empty() ? sqlite::Access::kMemory : sqlite::Access::kReadWrite);
  if (!database.ok()) return At(path, database.status());
  if (absl::Status status = MigrateAccountsInSqlite(database->get()); !status.ok()) return At(path, status);
  store.writer = *std::move(database);
  return store;
}

absl::StatusOr<AccountsStore> OpenPostgres(const std::string& url) {
  const absl::StatusOr<std::string> address = postgres::AddressOf(url);
  if (!address.ok()) return At("the store", address.status());
  const std::string name = absl::StrCat("database ", *address);
  postgres::ConnectOptions options;
  options.conninfo = url;
  options.application_name = "costsd accounts";
  AccountsStore store;
  for (std::unique_ptr<sql::Database>* connection : {&store.writer, &store.follower}) {
    absl::StatusOr<std::unique_ptr<postgres::Database>> database = postgres::Database::Open(options);
    if (!database.ok()) return At(name, database.status());
    *connection = *std::move(database);
  }
  if (absl::Status status = MigrateAccountsInPostgres(store.writer.get()); !status.ok()) return At(name, status);
  return store;
}

}  // namespace

absl::StatusOr<AccountsStore> OpenAccountsStore(const std::string& place) {
  if (postgres::IsUrl(place)) return OpenPostgres(place);
  return OpenFile(place.empty() ? "" : absl::StrCat(place, ".accounts"));
}

}  // namespace costs::auth
