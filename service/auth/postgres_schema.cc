// The tables of accounts and API keys in PostgreSQL, and how older ones become the
// latest. As in sqlite_schema.cc; texts are compared by their bytes. A change begins by
// locking the row of accounts_revision, which orders the changes of all servers.
#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/auth/accounts_store.h"

namespace costs::auth {
namespace {

// Of the lock that a process holds while it brings the tables up to date: "cacc".
constexpr int64_t kMigrationLock = 0x63616363;
// The accounts' row in costs_schema_versions; other parts of the service have their own.
constexpr absl::string_view kPart = "accounts";

constexpr absl::string_view kVersion1 = R"sql(
CREATE TABLE accounts_revision (only_row smallint PRIMARY KEY CHECK (only_row = 1), revision bigint NOT NULL);
INSERT INTO accounts_revision (only_row, revision) VALUES (1, 0);

CREATE TABLE accounts (
  id text COLLATE "C" PRIMARY KEY, display_name text COLLATE "C" NOT NULL, disabled boolean NOT NULL,
  created bigint NOT NULL, revision bigint NOT NULL);
CREATE INDEX accounts_created ON accounts (created, id);
CREATE INDEX accounts_revisions ON accounts (revision);

CREATE TABLE api_keys (
  id text COLLATE "C" PRIMARY KEY, account_id text COLLATE "C" NOT NULL, live_mode boolean NOT NULL,
  display_name text COLLATE "C" NOT NULL,
  salt bytea NOT NULL, hash bytea NOT NULL, last4 text COLLATE "C" NOT NULL,
  created bigint NOT NULL, expires bigint NOT NULL, revoked boolean NOT NULL,
  revision bigint NOT NULL);
CREATE INDEX api_keys_account ON api_keys (account_id, created, id);
CREATE INDEX api_keys_revisions ON api_keys (revision);
)sql";

// What makes version n + 1 of version n; never changed once it is released.
constexpr absl::string_view kMigrations[] = {kVersion1};
constexpr int64_t kVersion = std::size(kMigrations);

absl::StatusOr<int64_t> VersionOf(sql::Database* database) {
  sql::Query query = database->Prepare("SELECT version FROM costs_schema_versions WHERE part = ?1");
  const int64_t version = query.Bind(1, kPart).Next() ? query.Int(0) : 0;
  if (!query.status().ok()) return query.status();
  return version;
}

}  // namespace

absl::Status MigrateAccountsInPostgres(sql::Database* database) {
  sql::Transaction transaction(database);
  if (!transaction.status().ok()) return transaction.status();
  // Of several processes that start together one does it.
  absl::Status status = database->Prepare("SELECT pg_advisory_xact_lock(?1)").Bind(1, kMigrationLock).Run();
  if (!status.ok()) return status;
  status = database->Execute(
      "CREATE TABLE IF NOT EXISTS costs_schema_versions (part text COLLATE \"C\" PRIMARY KEY, version bigint NOT "
      "NULL)");
  if (!status.ok()) return status;
  const absl::StatusOr<int64_t> version = VersionOf(database);
  if (!version.ok()) return version.status();
  if (*version > kVersion) {
    return absl::FailedPreconditionError(absl::StrCat("has schema ", *version,
                                                      " of the accounts, but this version of the service knows only up "
                                                      "to ",
                                                      kVersion, "; start the later version that wrote it"));
  }
  if (*version == kVersion) return absl::OkStatus();
  for (int64_t from = *version; from < kVersion; ++from) {
    if (status = database->Execute(kMigrations[from]); !status.ok()) return status;
  }
  status = database
               ->Prepare(
                   "INSERT INTO costs_schema_versions (part, version) VALUES (?1, ?2) "
                   "ON CONFLICT (part) DO UPDATE SET version = excluded.version")
               .Bind(1, kPart)
               .Bind(2, kVersion)
               .Run();
  return status.ok() ? transaction.Commit() : status;
}

}  // namespace costs::auth
