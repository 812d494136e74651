// The tables of accounts and API keys in SQLite, and how older ones become the latest.
//
// Times are in nanoseconds since 1970-01-01T00:00:00Z; `expires` is 0 where a key
// never does. `revision`: of the change that made a row what it is; the latest is in
// accounts_revision.
#include "absl/strings/string_view.h"
#include "service/auth/accounts_store.h"
#include "service/sqlite/database.h"
#include "service/sqlite/store_file.h"

namespace costs::auth {
namespace {

// "cacc", so that `file` and this program know what it is.
constexpr int64_t kApplicationId = 0x63616363;

constexpr absl::string_view kVersion1 = R"sql(
CREATE TABLE accounts_revision (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), revision INTEGER NOT NULL) STRICT;
INSERT INTO accounts_revision (only_row, revision) VALUES (1, 0);

CREATE TABLE accounts (
  id TEXT PRIMARY KEY, display_name TEXT NOT NULL, disabled INTEGER NOT NULL,
  created INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_created ON accounts (created, id);
CREATE INDEX accounts_revisions ON accounts (revision);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL, live_mode INTEGER NOT NULL, display_name TEXT NOT NULL,
  salt BLOB NOT NULL, hash BLOB NOT NULL, last4 TEXT NOT NULL,
  created INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER NOT NULL,
  revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_account ON api_keys (account_id, created, id);
CREATE INDEX api_keys_revisions ON api_keys (revision);
)sql";

// What makes version n + 1 of version n; never changed once it is released.
constexpr absl::string_view kMigrations[] = {kVersion1};

}  // namespace

absl::Status MigrateAccountsInSqlite(sqlite::Database* database) {
  return sqlite::Migrate(database, {kApplicationId, kMigrations, "a file of this service's accounts"});
}

}  // namespace costs::auth
