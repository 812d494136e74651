#include "service/catalog/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace costs::catalog {
namespace {

using sqlite::Access;
using sqlite::Database;

// Readable by their owner only: addresses and prices are nobody else's business.
constexpr mode_t kMode = 0600;

absl::Status InStore(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("store ", path, ": ", status.message()));
}

// A descriptor that holds the lock of the store.
absl::StatusOr<int> Lock(const std::string& path) {
  const std::string name = absl::StrCat(path, ".lock");
  const int file = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (file < 0) {
    return absl::UnavailableError(absl::StrCat("store ", path, ": ", name, " cannot be opened: ", strerror(errno),
                                               "; the service needs a directory that it may write"));
  }
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  const int error = errno;
  close(file);
  if (error == EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        absl::StrCat("store ", path, ": is in use by another process; stop that one, or give each its own store"));
  }
  return absl::UnavailableError(absl::StrCat("store ", path, ": cannot be locked: ", strerror(error)));
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path) : name_(absl::StrCat("store ", path)) {}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path) {
  std::unique_ptr<SqliteStore> store(new SqliteStore(path));
  if (!path.empty()) {
    absl::StatusOr<int> lock = Lock(path);
    if (!lock.ok()) return lock.status();
    store->lock_ = *lock;
    if (absl::Status status = store->OpenFile(path); !status.ok()) return InStore(path, status);
    return store;
  }
  absl::StatusOr<std::unique_ptr<Database>> memory = Database::Open("", Access::kMemory);
  if (!memory.ok()) return memory.status();
  if (absl::Status status = MigrateSchema(memory->get()); !status.ok()) return status;
  store->writer_->database = *std::move(memory);
  store->reader_ = store->writer_;
  return store;
}

absl::Status SqliteStore::OpenFile(const std::string& path) {
  // Made here, so that it is never readable by others.
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (file < 0) return absl::UnavailableError(absl::StrCat("cannot be opened: ", strerror(errno)));
  close(file);
  absl::StatusOr<std::unique_ptr<Database>> writer = Database::Open(path, Access::kReadWrite);
  if (!writer.ok()) return writer.status();
  if (absl::Status status = MigrateSchema(writer->get()); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Database>> reader = Database::Open(path, Access::kReadOnly);
  if (!reader.ok()) return reader.status();
  writer_->database = *std::move(writer);
  reader_ = std::make_shared<StoreConnection>();
  reader_->database = *std::move(reader);
  return absl::OkStatus();
}

SqliteStore::~SqliteStore() {
  // The connections first: the lock says that nobody has the file open.
  reader_.reset();
  writer_.reset();
  if (lock_ >= 0) close(lock_);
}

}  // namespace costs::catalog
