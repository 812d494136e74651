// The file that a served catalog lives in: its lock, its schema, and the two
// connections to it.
//
// One process writes a store; a second that opens it is refused (an flock on
// PATH.lock, which a killed process leaves behind harmlessly). The schema has a
// number, and an older one is brought up to date when the store is opened, in one
// transaction. Changes go through `writer`, one at a time; reading goes through
// `reader`, which sees the last commit and never waits for a change that is being
// written. In memory the two are one. See sqlite_schema.cc for the tables.
//
// Thread-safe: hold a connection's mutex while it is in use.
#ifndef SERVICE_CATALOG_SQLITE_STORE_H_
#define SERVICE_CATALOG_SQLITE_STORE_H_

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/sqlite/database.h"
#include "service/sqlite/store_file.h"

namespace costs::catalog {

struct StoreConnection {
  std::mutex mutex;
  std::unique_ptr<sqlite::Database> database;
};

class SqliteStore {
 public:
  // Empty: in memory. Errors as Catalog::Open's.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path);
  ~SqliteStore();
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  StoreConnection& writer() { return *writer_; }
  StoreConnection& reader() { return *reader_; }

 private:
  SqliteStore() = default;
  absl::Status OpenFile(const std::string& path);

  std::unique_ptr<sqlite::FileLock> lock_;
  std::shared_ptr<StoreConnection> writer_ = std::make_shared<StoreConnection>();
  std::shared_ptr<StoreConnection> reader_;
};

// Brings a store's tables up to the latest schema; makes them where there are
// none. FAILED_PRECONDITION where the file is another program's, or of a later
// version of this one.
absl::Status MigrateSchema(sqlite::Database* database);

// Of the schema that this version writes.
inline constexpr int kSchemaVersion = 1;

// What a caller may be told about an error of the database: a refusal. What is one
// already stays as it is.
absl::Status StoreRefusal(const absl::Status& error);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_SQLITE_STORE_H_
