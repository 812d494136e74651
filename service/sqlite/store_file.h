// A database file that is one process's own: locked, private to its owner, and with
// a schema that has a number.
#ifndef SERVICE_SQLITE_STORE_FILE_H_
#define SERVICE_SQLITE_STORE_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "service/sqlite/database.h"

namespace costs::sqlite {

// Held until it is destroyed, or the process ends in whatever way: an flock on
// PATH.lock, a file which stays behind harmlessly. Messages name the path: they are
// for who starts the service.
class FileLock {
 public:
  // FAILED_PRECONDITION where another process has it, UNAVAILABLE where there can be
  // no such file.
  static absl::StatusOr<std::unique_ptr<FileLock>> Take(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;
};

// Makes an empty file that only its owner may read, where there is none.
absl::Status MakePrivateFile(const std::string& path);

struct Schema {
  int64_t application_id;  // so that `file` and the service know what the file is
  // What makes version n + 1 of version n; never changed once it is released.
  absl::Span<const absl::string_view> migrations;
  absl::string_view what;  // "a catalog of this service"
};

// Brings a database up to the latest version of its schema, in one transaction;
// makes its tables where there are none. FAILED_PRECONDITION where the file is
// another program's, or of a later version of this one.
absl::Status Migrate(Database* database, const Schema& schema);

}  // namespace costs::sqlite

#endif  // SERVICE_SQLITE_STORE_FILE_H_
