// All tables begin with the account, by which the large ones are in partitions; a
// distributed engine distributes by it. Nothing counts upwards, and nothing is
// written by all writers: ids are the records' own, tickets are random. Texts are
// compared by their bytes. What may need more than 64 bits is numeric.
#include "service/records/postgres/schema.h"

#include <cstdint>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/substitute.h"

namespace costs::records::pg {
namespace {

using postgres::Params;
using postgres::Result;

constexpr int kPartitions = 16;
// Held while tables are made; the catalog's and ours, since both make the table of
// versions: "cost".
constexpr int64_t kMigrationLock = 0x636f7374;
constexpr absl::string_view kPart = "records";

constexpr absl::string_view kTenant = "account_id text COLLATE \"C\" NOT NULL, live_mode boolean NOT NULL";
// Of a record as it is and as it was.
constexpr absl::string_view kRevisionColumns = R"sql(
  revision integer NOT NULL, cause smallint NOT NULL, catalog_version bigint NOT NULL, priced_ns bigint NOT NULL,
  energy_wh bigint NOT NULL, energy_nwh numeric NOT NULL,
  cost numeric, cost_confidence smallint, carbon numeric, carbon_confidence smallint,
  currency_code text COLLATE "C" NOT NULL, first_day integer NOT NULL, days bytea,
  tier_windows_end_ns bigint NOT NULL)sql";
// What the parts of a total have in common, and their sums. A confidence of -1 says
// that there is no such figure.
constexpr absl::string_view kTotalKey =
    "tariff_rate smallint NOT NULL, currency_code text COLLATE \"C\" NOT NULL, "
    "cost_confidence smallint NOT NULL, carbon_confidence smallint NOT NULL";
constexpr absl::string_view kSums =
    "records bigint NOT NULL, energy_wh numeric NOT NULL, cost numeric NOT NULL, carbon numeric NOT NULL";

std::string Partitioned(absl::string_view table, absl::string_view columns, absl::string_view key, int fill_percent) {
  std::string sql = absl::Substitute(
      "CREATE TABLE $0 ($1, $2, PRIMARY KEY (account_id, live_mode, $3)) PARTITION BY HASH (account_id);\n", table,
      kTenant, columns, key);
  for (int i = 0; i < kPartitions; ++i) {
    absl::StrAppend(&sql, absl::Substitute("CREATE TABLE $0_$1 PARTITION OF $0 FOR VALUES WITH (MODULUS $2, REMAINDER "
                                           "$1) WITH (fillfactor = $3);\n",
                                           table, i, kPartitions, fill_percent));
  }
  return sql;
}

std::string Version1() {
  // What is updated in place gets room for it on its page.
  constexpr int kFull = 100, kRoom = 70;
  return absl::StrCat(
      Partitioned("records",
                  absl::StrCat(R"sql(
  id bytea NOT NULL, location_id text COLLATE "C" NOT NULL, device_id text COLLATE "C" NOT NULL,
  session_reference_id text COLLATE "C" NOT NULL, record_reference_id text COLLATE "C" NOT NULL,
  direction smallint NOT NULL, tariff_rate smallint NOT NULL, units smallint NOT NULL,
  value double precision NOT NULL, confidence double precision NOT NULL, usage_before_wh double precision,
  start_ns bigint NOT NULL, end_ns bigint NOT NULL, created_ns bigint NOT NULL,)sql",
                               kRevisionColumns),
                  "id", kFull),
      "CREATE INDEX records_session ON records (account_id, live_mode, session_reference_id, "
      "(start_ns / 1000000000), id) WHERE session_reference_id <> '';\n",
      Partitioned("record_revisions", absl::StrCat("id bytea NOT NULL,", kRevisionColumns), "id, revision", kFull),
      // What has, or had, records. Never deleted, so that it need not be looked up.
      Partitioned("record_things",
                  "location_id text COLLATE \"C\" NOT NULL, device_id text COLLATE \"C\" NOT NULL, "
                  "id_prefix bytea NOT NULL, longest_ns bigint NOT NULL",
                  "location_id, device_id", kFull),
      "CREATE INDEX record_things_device ON record_things (account_id, live_mode, device_id, location_id);\n",
      Partitioned("record_day_totals",
                  absl::StrCat("location_id text COLLATE \"C\" NOT NULL, device_id text COLLATE \"C\" NOT NULL, "
                               "direction smallint NOT NULL, day integer NOT NULL, ",
                               kTotalKey, ", ", kSums, ", energy_nwh numeric NOT NULL"),
                  "location_id, device_id, direction, day, tariff_rate, currency_code, cost_confidence, "
                  "carbon_confidence",
                  kRoom),
      Partitioned("record_session_totals",
                  absl::StrCat("session_reference_id text COLLATE \"C\" NOT NULL, direction smallint NOT NULL, "
                               "location_id text COLLATE \"C\" NOT NULL, ",
                               kTotalKey, ", ", kSums, ", last_end_ns bigint NOT NULL"),
                  "session_reference_id, direction, location_id, tariff_rate, currency_code, cost_confidence, "
                  "carbon_confidence",
                  kRoom),
      Partitioned("register_readings", R"sql(
  location_id text COLLATE "C" NOT NULL, device_id text COLLATE "C" NOT NULL,
  direction smallint NOT NULL, tariff_rate smallint NOT NULL, time_s bigint NOT NULL, value_mwh bigint NOT NULL,
  session_reference_id text COLLATE "C" NOT NULL, record_reference_id text COLLATE "C" NOT NULL)sql",
                  "location_id, device_id, direction, tariff_rate, time_s", kFull),
      Partitioned("record_batches", "batch_id text COLLATE \"C\" NOT NULL, document bytea NOT NULL", "batch_id", kFull),
      Partitioned("record_stale",
                  "location_id text COLLATE \"C\" NOT NULL, from_ns bigint NOT NULL, to_ns bigint NOT NULL, "
                  "cause smallint NOT NULL, ticket bigint NOT NULL",
                  "location_id", kRoom),
      "CREATE TABLE record_marked_versions (", kTenant,
      ", version bigint NOT NULL, PRIMARY KEY (account_id, live_mode));\n");
}

// What makes version n + 1 of version n; never changed once it is released.
constexpr std::string (*kMigrations[])() = {Version1};
constexpr int64_t kLatest = std::size(kMigrations);

absl::Status Migrate(postgres::Connection* connection) {
  absl::Status status = connection->Execute(
      "CREATE TABLE IF NOT EXISTS costs_schema_versions (part text COLLATE \"C\" PRIMARY KEY, version bigint NOT "
      "NULL)");
  if (!status.ok()) return status;
  const absl::StatusOr<Result> row =
      connection->Query("SELECT version FROM costs_schema_versions WHERE part = $1", Params().Text(kPart));
  if (!row.ok()) return row.status();
  const int64_t version = row->rows() == 0 ? 0 : row->Int(0, 0);
  if (version > kLatest) {
    return absl::FailedPreconditionError(
        absl::StrCat("the database has schema ", version, " of the meter records, but this version of the service ",
                     "knows only up to ", kLatest, "; start the later version that wrote it"));
  }
  for (int64_t from = version; from < kLatest; ++from) {
    if (status = connection->Execute(kMigrations[from]()); !status.ok()) return status;
  }
  if (version == kLatest) return absl::OkStatus();
  return connection
      ->Query(
          "INSERT INTO costs_schema_versions (part, version) VALUES ($1, $2) "
          "ON CONFLICT (part) DO UPDATE SET version = excluded.version",
          Params().Text(kPart).Int(kLatest))
      .status();
}

}  // namespace

absl::Status MigrateRecordTables(postgres::Connection* connection) {
  postgres::Transaction transaction(connection);
  absl::Status status =
      transaction.Query("SELECT pg_advisory_xact_lock($1::bigint)", Params().Int(kMigrationLock)).status();
  if (status.ok()) status = Migrate(connection);
  return status.ok() ? transaction.Commit() : status;
}

}  // namespace costs::records::pg
