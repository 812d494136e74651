#include "service/catalog/sqlite_store.h"

#include "absl/strings/str_cat.h"

namespace costs::catalog {
namespace {

using sqlite::Access;
using sqlite::Database;

absl::Status InStore(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("store ", path, ": ", status.message()));
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path) : name_(absl::StrCat("store ", path)) {}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path) {
  std::unique_ptr<SqliteStore> store(new SqliteStore(path));
  if (!path.empty()) {
    absl::StatusOr<std::unique_ptr<sqlite::FileLock>> lock = sqlite::FileLock::Take(path);
    if (!lock.ok()) return lock.status();
    store->lock_ = *std::move(lock);
    if (absl::Status status = store->OpenFile(path); !status.ok()) return InStore(path, status);
    return store;
  }
  absl::StatusOr<std::unique_ptr<Database>> memory = Database::Open("", Access::kMemory);
  if (!memory.ok()) return memory.status();
  if (absl::Status status = MigrateSchema(memory->get()); !status.ok()) return status;
  store->writer_->database = *std::move(memory);
  store->reader_ = store->writer_;
  store->loader_ = store->writer_;
  return store;
}

absl::Status SqliteStore::OpenFile(const std::string& path) {
  // Made here, so that it is never readable by others.
  if (absl::Status status = sqlite::MakePrivateFile(path); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Database>> writer = Database::Open(path, Access::kReadWrite);
  if (!writer.ok()) return writer.status();
  if (absl::Status status = MigrateSchema(writer->get()); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Database>> reader = Database::Open(path, Access::kReadOnly);
  if (!reader.ok()) return reader.status();
  writer_->database = *std::move(writer);
  reader_ = std::make_shared<StoreConnection>();
  reader_->database = *std::move(reader);
  absl::StatusOr<std::unique_ptr<Database>> loader = Database::Open(path, Access::kReadOnly);
  if (!loader.ok()) return loader.status();
  loader_ = std::make_shared<StoreConnection>();
  loader_->database = *std::move(loader);
  return absl::OkStatus();
}

SqliteStore::~SqliteStore() {
  // The connections first: the lock says that nobody has the file open.
  loader_.reset();
  reader_.reset();
  writer_.reset();
  lock_.reset();
}

}  // namespace costs::catalog
