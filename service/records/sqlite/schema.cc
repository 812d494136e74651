#include "service/records/sqlite/schema.h"

#include <iterator>

#include "absl/strings/string_view.h"
#include "service/sqlite/store_file.h"

namespace costs::records {
namespace {

// "mrec", so that `file` and this program know what it is.
constexpr int64_t kApplicationId = 0x6d726563;

// `tenant` and `thing` stand for their texts. Ids of records are 12 bytes, of which 5
// to 8 are the second of the start (record_id.h); times are nanoseconds since
// 1970-01-01T00:00:00Z. For `request`, `revision` and `sum` see encoding.h, for
// `kind` total_kind.h.
//
// Most records are in no index but the primary key. A day total says whether a thing
// has records; things stay.
constexpr absl::string_view kVersion1 = R"sql(
CREATE TABLE tenants (
  tenant INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL, live_mode INTEGER NOT NULL,
  marked_version INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account_id, live_mode)) STRICT;

CREATE TABLE things (
  thing INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL, location_id TEXT NOT NULL, device_id TEXT NOT NULL,
  longest INTEGER NOT NULL,
  UNIQUE (tenant, location_id, device_id)) STRICT;
CREATE INDEX things_device ON things (tenant, device_id, location_id) WHERE device_id <> '';

CREATE TABLE records (
  tenant INTEGER NOT NULL, id BLOB NOT NULL,
  thing INTEGER NOT NULL, direction INTEGER NOT NULL, tariff_rate INTEGER NOT NULL,
  starts INTEGER NOT NULL, ends INTEGER NOT NULL,
  session TEXT NOT NULL, reference TEXT NOT NULL,
  created INTEGER NOT NULL,
  request BLOB NOT NULL, revision BLOB NOT NULL,
  PRIMARY KEY (tenant, id)) STRICT, WITHOUT ROWID;
CREATE INDEX records_session ON records (tenant, session, direction, substr(id, 5, 4), id) WHERE session <> '';
CREATE INDEX records_long ON records (thing, substr(id, 5, 4), id)
  WHERE ends - starts > )sql" COSTS_LONG_RECORD_NANOS R"sql(;

CREATE TABLE revisions (
  tenant INTEGER NOT NULL, id BLOB NOT NULL, number INTEGER NOT NULL,
  revision BLOB NOT NULL,
  PRIMARY KEY (tenant, id, number)) STRICT, WITHOUT ROWID;

CREATE TABLE day_totals (
  thing INTEGER NOT NULL, day INTEGER NOT NULL, kind INTEGER NOT NULL, currency TEXT NOT NULL,
  sum BLOB NOT NULL,
  PRIMARY KEY (thing, day, kind, currency)) STRICT, WITHOUT ROWID;

CREATE TABLE session_totals (
  tenant INTEGER NOT NULL, session TEXT NOT NULL, thing INTEGER NOT NULL, kind INTEGER NOT NULL,
  currency TEXT NOT NULL,
  sum BLOB NOT NULL,
  PRIMARY KEY (tenant, session, thing, kind, currency)) STRICT, WITHOUT ROWID;

CREATE TABLE stale (
  ticket INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant INTEGER NOT NULL, location_id TEXT NOT NULL,
  starts INTEGER NOT NULL, ends INTEGER NOT NULL, cause INTEGER NOT NULL,
  UNIQUE (tenant, location_id)) STRICT;

CREATE TABLE register_readings (
  thing INTEGER NOT NULL, direction INTEGER NOT NULL, tariff_rate INTEGER NOT NULL, time INTEGER NOT NULL,
  value INTEGER NOT NULL, session TEXT NOT NULL, reference TEXT NOT NULL,
  PRIMARY KEY (thing, direction, tariff_rate, time)) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
  tenant INTEGER NOT NULL, id TEXT NOT NULL, document BLOB NOT NULL,
  PRIMARY KEY (tenant, id)) STRICT, WITHOUT ROWID;
)sql";

// A day's totals were by thing before: each round of half hours of a thousand meters
// touched a thousand pages of them, and now touches a hundred. `week` is day / 7, rounded
// down (WeekOf), so that a year of a thing is in 53 places.
constexpr absl::string_view kVersion2 = R"sql(
CREATE TABLE day_totals_by_week (
  week INTEGER NOT NULL, thing INTEGER NOT NULL, day INTEGER NOT NULL, kind INTEGER NOT NULL,
  currency TEXT NOT NULL,
  sum BLOB NOT NULL,
  PRIMARY KEY (week, thing, day, kind, currency)) STRICT, WITHOUT ROWID;
INSERT INTO day_totals_by_week (week, thing, day, kind, currency, sum)
  SELECT (day + 7000000) / 7 - 1000000 AS week, thing, day, kind, currency, sum FROM day_totals ORDER BY 1, 2, 3, 4, 5;
DROP TABLE day_totals;
ALTER TABLE day_totals_by_week RENAME TO day_totals;
)sql";

// What makes version n + 1 of version n; never changed once it is released.
constexpr absl::string_view kMigrations[] = {kVersion1, kVersion2};
static_assert(std::size(kMigrations) == kSchemaVersion);

}  // namespace

absl::Status MigrateSchema(sqlite::Database* database) {
  return sqlite::Migrate(database, {kApplicationId, kMigrations, "a store of meter records of this service"});
}

}  // namespace costs::records
