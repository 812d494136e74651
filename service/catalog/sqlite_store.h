// The file that a served catalog lives in: its lock, its schema, and the
// connections to it.
//
// One process writes a store; a second that opens it is refused (an flock on
// PATH.lock, which a killed process leaves behind harmlessly). The schema has a
// number, and an older one is brought up to date when the store is opened, in one
// transaction. See sqlite_schema.cc for the tables.
//
// Thread-safe, as store.h.
#ifndef SERVICE_CATALOG_SQLITE_STORE_H_
#define SERVICE_CATALOG_SQLITE_STORE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/catalog/store.h"
#include "service/sqlite/database.h"
#include "service/sqlite/store_file.h"

namespace costs::catalog {

class SqliteStore final : public Store {
 public:
  // Empty: in memory. Errors as Catalog::Open's.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path);
  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  StoreConnection& writer() override { return *writer_; }
  StoreConnection& reader() override { return *reader_; }
  StoreConnection& loader() override { return *loader_; }
  const std::string& name() const override { return name_; }
  bool shared() const override { return false; }
  absl::string_view revision_table() const override { return "revisions"; }
  absl::Status OnReplaced() override { return absl::OkStatus(); }
  std::unique_ptr<Following> Follow(const Tenant&, std::function<absl::Status(int64_t)>) override { return nullptr; }
  void OnFound(std::function<absl::Status(const Tenant&)>) override {}

 private:
  explicit SqliteStore(const std::string& path);
  absl::Status OpenFile(const std::string& path);

  std::string name_;
  std::unique_ptr<sqlite::FileLock> lock_;
  std::shared_ptr<StoreConnection> writer_ = std::make_shared<StoreConnection>();
  std::shared_ptr<StoreConnection> reader_;
  std::shared_ptr<StoreConnection> loader_;
};

// Brings a store's tables up to the latest schema; makes them where there are
// none. FAILED_PRECONDITION where the file is another program's, or of a later
// version of this one.
absl::Status MigrateSchema(sqlite::Database* database);

// Of the schema that this version writes.
inline constexpr int kSchemaVersion = 1;

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_SQLITE_STORE_H_
