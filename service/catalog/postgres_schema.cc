// The tables of a catalog in PostgreSQL, and how older ones become the latest.
//
// As in sqlite_schema.cc, but: what can be large is in partitions, documents by
// their account and prices by their series; rows are found by (account, mode, id),
// and `entry` and `series` are random keys, since a sequence would be one more thing
// that all replicas wait for; texts are compared by their bytes, as the service
// itself does; and others read of changes in catalog_changes (change_log.h).
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/substitute.h"
#include "service/catalog/postgres_store.h"

namespace costs::catalog {
namespace {

constexpr int kPartitions = 8;
// Of the lock that a process holds while it brings the tables up to date: "cost".
constexpr int64_t kMigrationLock = 0x636f7374;
// The catalog's row in costs_schema_versions; other parts of the service have their own.
constexpr absl::string_view kPart = "catalog";

std::string Partitions(absl::string_view table) {
  std::string sql;
  for (int i = 0; i < kPartitions; ++i) {
    absl::StrAppend(&sql, "CREATE TABLE ", table, "_", i, " PARTITION OF ", table, " FOR VALUES WITH (MODULUS ",
                    kPartitions, ", REMAINDER ", i, ");\n");
  }
  return sql;
}

// A table of documents with further columns, each with a comma before it.
std::string Documents(absl::string_view table, absl::string_view columns) {
  return absl::StrCat(absl::Substitute(R"sql(
CREATE TABLE $0 (
  account_id text COLLATE "C" NOT NULL, live_mode boolean NOT NULL, id text COLLATE "C" NOT NULL,
  entry bigint NOT NULL, created bigint NOT NULL,
  document bytea NOT NULL$1,
  PRIMARY KEY (account_id, live_mode, id),
  UNIQUE (account_id, live_mode, entry)) PARTITION BY HASH (account_id);
CREATE INDEX $0_created ON $0 (account_id, live_mode, created, id);
)sql",
                                       table, columns),
                      Partitions(table));
}

// An index for finding documents by a text that most do not have.
std::string Index(absl::string_view table, absl::string_view column) {
  return absl::Substitute("CREATE INDEX $0_$1 ON $0 (account_id, live_mode, $1, created, id) WHERE $1 <> '';\n", table,
                          column);
}

std::string Version1() {
  std::string sql = absl::StrCat(R"sql(
CREATE TABLE catalog_revisions (
  account_id text COLLATE "C" NOT NULL, live_mode boolean NOT NULL,
  revision bigint NOT NULL, changed bigint NOT NULL,
  PRIMARY KEY (account_id, live_mode));

CREATE TABLE catalog_changes (
  account_id text COLLATE "C" NOT NULL, live_mode boolean NOT NULL, revision bigint NOT NULL,
  kind smallint NOT NULL, id text COLLATE "C" NOT NULL,
  changed_from bigint NOT NULL, changed_to bigint NOT NULL, token bigint NOT NULL,
  PRIMARY KEY (account_id, live_mode, revision, kind, id)) PARTITION BY HASH (account_id);
)sql",
                                 Partitions("catalog_changes"));
  absl::StrAppend(
      &sql,
      Documents("locations", ", reference_id text COLLATE \"C\" NOT NULL, customer_id text COLLATE \"C\" NOT NULL"),
      Index("locations", "reference_id"), Index("locations", "customer_id"));
  absl::StrAppend(&sql, Documents("devices", ", reference_id text COLLATE \"C\" NOT NULL"),
                  Index("devices", "reference_id"));
  absl::StrAppend(&sql, Documents("calendars", ""));
  absl::StrAppend(&sql,
                  Documents("elements",
                            ", location_id text COLLATE \"C\" NOT NULL, direction integer NOT NULL, "
                            "type integer NOT NULL, calendar text COLLATE \"C\" NOT NULL, "
                            "supersedes text COLLATE \"C\" NOT NULL"),
                  Index("elements", "location_id"), Index("elements", "calendar"));
  absl::StrAppend(&sql, R"sql(
CREATE UNIQUE INDEX elements_supersedes ON elements (account_id, live_mode, supersedes) WHERE supersedes <> '';

CREATE TABLE listed (element bigint NOT NULL, location bigint NOT NULL, PRIMARY KEY (element, location));
CREATE INDEX listed_location ON listed (location);

CREATE TABLE market_series (
  series bigint PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL, live_mode boolean NOT NULL, id text COLLATE "C" NOT NULL,
  currency_code text COLLATE "C" NOT NULL,
  UNIQUE (account_id, live_mode, id));
CREATE TABLE market_prices (
  series bigint NOT NULL,
  valid_from bigint NOT NULL, valid_to bigint NOT NULL CHECK (valid_to > valid_from),
  price bigint NOT NULL,
  PRIMARY KEY (series, valid_from)) PARTITION BY HASH (series);
CREATE TABLE carbon_series (
  series bigint PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL, live_mode boolean NOT NULL, id text COLLATE "C" NOT NULL,
  UNIQUE (account_id, live_mode, id));
CREATE TABLE carbon_intensities (
  series bigint NOT NULL,
  valid_from bigint NOT NULL, valid_to bigint NOT NULL CHECK (valid_to > valid_from),
  forecast bigint, actual bigint,
  PRIMARY KEY (series, valid_from)) PARTITION BY HASH (series);
)sql",
                  Partitions("market_prices"), Partitions("carbon_intensities"));
  return sql;
}

// What makes version n + 1 of version n; never changed once it is released.
constexpr std::string (*kMigrations[])() = {Version1};
static_assert(std::size(kMigrations) == kPostgresSchemaVersion);

absl::StatusOr<int64_t> VersionOf(sql::Database* database) {
  sql::Query query = database->Prepare("SELECT version FROM costs_schema_versions WHERE part = ?1");
  const int64_t version = query.Bind(1, kPart).Next() ? query.Int(0) : 0;
  if (!query.status().ok()) return query.status();
  return version;
}

}  // namespace

absl::Status MigratePostgresSchema(sql::Database* database) {
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
  if (*version > kPostgresSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat("has schema ", *version, " of the catalog, but this version of ",
                                                      "the service knows only up to ", kPostgresSchemaVersion,
                                                      "; start the later version that wrote it"));
  }
  if (*version == kPostgresSchemaVersion) return absl::OkStatus();
  for (int64_t from = *version; from < kPostgresSchemaVersion; ++from) {
    if (status = database->Execute(kMigrations[from]()); !status.ok()) return status;
  }
  status = database
               ->Prepare(
                   "INSERT INTO costs_schema_versions (part, version) VALUES (?1, ?2) "
                   "ON CONFLICT (part) DO UPDATE SET version = excluded.version")
               .Bind(1, kPart)
               .Bind(2, kPostgresSchemaVersion)
               .Run();
  return status.ok() ? transaction.Commit() : status;
}

}  // namespace costs::catalog
