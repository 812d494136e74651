// SQLite, as this service uses it: the backend of service/sql/database.h that lives
// in a file or in memory. See there for what the calls mean.
//
//   absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(path, Access::kReadWrite);
//
// Errors are as there; DATA_LOSS also for a file that is no database.
#ifndef SERVICE_SQLITE_DATABASE_H_
#define SERVICE_SQLITE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/sql/database.h"

struct sqlite3;

namespace costs::sqlite {

enum class Access {
  kReadWrite,  // made where there is none; write-ahead log, every commit synced to the disk
  kReadOnly,   // never waits for a writer
  kMemory,     // gone with the connection; the path is not looked at
  kTemporary,  // as kMemory, but large content goes to a file without a name
};

using Query = sql::Query;
using Transaction = sql::Transaction;  // of kWrite: BEGIN IMMEDIATE

class Database final : public sql::Database {
 public:
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path, Access access);
  ~Database() override;

  absl::Status Execute(absl::string_view sql) override;
  Query Prepare(absl::string_view sql) override;
  bool in_transaction() const override;
  std::optional<int64_t> NewKey() override { return std::nullopt; }
  bool prefers_many_rows() const override { return false; }

  // Rows that the last statement changed.
  int64_t changes() const;
  // The rowid of the last insertion.
  int64_t last_rowid() const;

 private:
  class Statement;

  explicit Database(sqlite3* handle);
  absl::Status Begin(bool read_only) override;
  absl::Status Commit() override;
  void Rollback() override;

  sqlite3* handle_;
  absl::flat_hash_map<std::string, std::unique_ptr<Statement>> statements_;
};

}  // namespace costs::sqlite

#endif  // SERVICE_SQLITE_DATABASE_H_
