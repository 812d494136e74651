// Where accounts and API keys are kept: the connections to the store, and its tables.
//
// On SQLite a file of its own, which one process has at a time; on PostgreSQL tables
// of the database that several servers share. Tables have a version, and older ones
// are brought up to date when the store is opened.
#ifndef SERVICE_AUTH_ACCOUNTS_STORE_H_
#define SERVICE_AUTH_ACCOUNTS_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/sql/database.h"
#include "service/sqlite/database.h"
#include "service/sqlite/store_file.h"

namespace costs::auth {

struct AccountsStore {
  std::unique_ptr<sqlite::FileLock> lock;  // of a file
  std::unique_ptr<sql::Database> writer;
  // For following what other servers change, from another thread; null: there are none.
  std::unique_ptr<sql::Database> follower;
};

// `place` as the flag --store: the path of the catalog's SQLite file, beside which the
// accounts have PATH.accounts; a URL of PostgreSQL's; or empty, for in memory. An
// error names the place, without a password.
absl::StatusOr<AccountsStore> OpenAccountsStore(const std::string& place);

// Brings the tables up to the latest schema; makes them where there are none.
absl::Status MigrateAccountsInSqlite(sqlite::Database* database);
absl::Status MigrateAccountsInPostgres(sql::Database* database);

}  // namespace costs::auth

#endif  // SERVICE_AUTH_ACCOUNTS_STORE_H_
