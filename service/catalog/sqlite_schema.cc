// The tables of a store, and how an older one becomes the latest.
//
// Every row belongs to an account and a mode. A document is kept as its bytes,
// beside the fields by which it is looked for. Prices and intensities are in
// 10^-9 of their unit, times in seconds (`created`: nanoseconds) since
// 1970-01-01T00:00:00Z.
#include <iterator>

#include "absl/strings/string_view.h"
#include "service/catalog/sqlite_store.h"
#include "service/sqlite/store_file.h"

namespace costs::catalog {
namespace {

// "cost", so that `file` and this program know what it is.
constexpr int64_t kApplicationId = 0x636f7374;

constexpr absl::string_view kVersion1 = R"sql(
CREATE TABLE revisions (
  account_id TEXT NOT NULL, live_mode INTEGER NOT NULL,
  revision INTEGER NOT NULL, changed INTEGER NOT NULL,
  PRIMARY KEY (account_id, live_mode)) STRICT, WITHOUT ROWID;

CREATE TABLE locations (
  entry INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL, live_mode INTEGER NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL,
  reference_id TEXT NOT NULL, customer_id TEXT NOT NULL,
  document BLOB NOT NULL,
  UNIQUE (account_id, live_mode, id)) STRICT;
CREATE INDEX locations_created ON locations (account_id, live_mode, created, id);
CREATE INDEX locations_reference ON locations (account_id, live_mode, reference_id, created, id)
  WHERE reference_id <> '';
CREATE INDEX locations_customer ON locations (account_id, live_mode, customer_id, created, id)
  WHERE customer_id <> '';

CREATE TABLE devices (
  entry INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL, live_mode INTEGER NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL,
  reference_id TEXT NOT NULL,
  document BLOB NOT NULL,
  UNIQUE (account_id, live_mode, id)) STRICT;
CREATE INDEX devices_created ON devices (account_id, live_mode, created, id);
CREATE INDEX devices_reference ON devices (account_id, live_mode, reference_id, created, id) WHERE reference_id <> '';

CREATE TABLE calendars (
  entry INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL, live_mode INTEGER NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL,
  document BLOB NOT NULL,
  UNIQUE (account_id, live_mode, id)) STRICT;
CREATE INDEX calendars_created ON calendars (account_id, live_mode, created, id);

CREATE TABLE elements (
  entry INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL, live_mode INTEGER NOT NULL, id TEXT NOT NULL, created INTEGER NOT NULL,
  location_id TEXT NOT NULL, direction INTEGER NOT NULL, type INTEGER NOT NULL,
  calendar TEXT NOT NULL, supersedes TEXT NOT NULL,
  document BLOB NOT NULL,
  UNIQUE (account_id, live_mode, id)) STRICT;
CREATE INDEX elements_created ON elements (account_id, live_mode, created, id);
CREATE INDEX elements_location ON elements (account_id, live_mode, location_id) WHERE location_id <> '';
CREATE INDEX elements_calendar ON elements (account_id, live_mode, calendar) WHERE calendar <> '';
CREATE UNIQUE INDEX elements_supersedes ON elements (account_id, live_mode, supersedes) WHERE supersedes <> '';

CREATE TABLE listed (
  element INTEGER NOT NULL REFERENCES elements (entry),
  location INTEGER NOT NULL REFERENCES locations (entry) ON DELETE CASCADE,
  PRIMARY KEY (element, location)) STRICT, WITHOUT ROWID;
CREATE INDEX listed_location ON listed (location);

CREATE TABLE market_series (
  series INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL, live_mode INTEGER NOT NULL, id TEXT NOT NULL,
  currency_code TEXT NOT NULL,
  UNIQUE (account_id, live_mode, id)) STRICT;
CREATE TABLE market_prices (
  series INTEGER NOT NULL REFERENCES market_series (series) ON DELETE CASCADE,
  valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL CHECK (valid_to > valid_from),
  price INTEGER NOT NULL,
  PRIMARY KEY (series, valid_from)) STRICT, WITHOUT ROWID;

CREATE TABLE carbon_series (
  series INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL, live_mode INTEGER NOT NULL, id TEXT NOT NULL,
  UNIQUE (account_id, live_mode, id)) STRICT;
CREATE TABLE carbon_intensities (
  series INTEGER NOT NULL REFERENCES carbon_series (series) ON DELETE CASCADE,
  valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL CHECK (valid_to > valid_from),
  forecast INTEGER, actual INTEGER,
  PRIMARY KEY (series, valid_from)) STRICT, WITHOUT ROWID;
)sql";

// What makes version n + 1 of version n; never changed once it is released.
constexpr absl::string_view kMigrations[] = {kVersion1};
static_assert(std::size(kMigrations) == kSchemaVersion);

}  // namespace

absl::Status MigrateSchema(sqlite::Database* database) {
  return sqlite::Migrate(database, {kApplicationId, kMigrations, "a catalog of this service"});
}

}  // namespace costs::catalog
