// The file of a store of records: its lock, the connection that writes, and those
// that read. In memory they are one.
//
// Thread-safe.
#ifndef SERVICE_RECORDS_SQLITE_CONNECTIONS_H_
#define SERVICE_RECORDS_SQLITE_CONNECTIONS_H_

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/sqlite/database.h"
#include "service/sqlite/store_file.h"

namespace costs::records {

// How a connection that writes is set up: what it keeps in memory, and when the log
// is copied into the file.
absl::Status SetUpWriter(sqlite::Database* database);

class Connections {
 public:
  // Empty: in memory. Messages of errors name the path.
  static absl::StatusOr<std::unique_ptr<Connections>> Open(const std::string& path);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // Runs `work` with the connection that writes. After an error that may be the
  // connection's (any but a full disk) it is opened anew the next time.
  absl::Status Write(absl::FunctionRef<absl::Status(sqlite::Database*)> work);
  // Within a transaction that only reads, by a connection that is free or will be.
  absl::Status Read(absl::FunctionRef<absl::Status(sqlite::Database*)> work);

 private:
  struct Connection {
    std::mutex mutex;
    std::unique_ptr<sqlite::Database> database;  // guarded by mutex; null: to be opened
  };

  explicit Connections(const std::string& path) : path_(path) {}
  absl::Status OpenWriter();
  absl::Status OpenReader(Connection* reader);
  absl::Status ReadBy(Connection* reader, absl::FunctionRef<absl::Status(sqlite::Database*)> work);

  const std::string path_;
  std::unique_ptr<sqlite::FileLock> lock_;  // the last to go
  Connection writer_;
  std::array<Connection, 2> readers_;  // unused in memory
  std::atomic<unsigned> next_reader_{0};
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_CONNECTIONS_H_
