#include "service/records/sqlite/connections.h"

#include "absl/strings/str_cat.h"
#include "service/records/sqlite/schema.h"

namespace costs::records {
namespace {

using sqlite::Access;
using sqlite::Database;

// The pages that writes come back to, those of the meters that report, stay in
// memory. The log is copied into the file when it has kLogPages: a page that was
// written many times is copied once.
constexpr int kWriterCacheKib = 64 << 10;
constexpr int kReaderCacheKib = 16 << 10;
constexpr int kLogPages = 32'000;  // of 4 KiB

// Whether a connection may be the worse for an error.
bool IsOfConnection(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

// BEGIN and COMMIT: what is read in between is of one moment.
class ReadTransaction {
 public:
  explicit ReadTransaction(Database* database) : database_(database), status_(database->Execute("BEGIN")) {}
  ~ReadTransaction() {
    if (database_->in_transaction()) database_->Execute("COMMIT").IgnoreError();
  }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

  const absl::Status& status() const { return status_; }

 private:
  Database* const database_;
  const absl::Status status_;
};

}  // namespace

absl::Status SetUpWriter(Database* database) {
  return database->Execute(
      absl::StrCat("PRAGMA cache_size = -", kWriterCacheKib, "; PRAGMA wal_autocheckpoint = ", kLogPages));
}

absl::StatusOr<std::unique_ptr<Connections>> Connections::Open(const std::string& path) {
  std::unique_ptr<Connections> connections(new Connections(path));
  if (path.empty()) {
    if (absl::Status status = connections->OpenWriter(); !status.ok()) return status;
    return connections;
  }
  absl::StatusOr<std::unique_ptr<sqlite::FileLock>> lock = sqlite::FileLock::Take(path);
  if (!lock.ok()) return lock.status();
  connections->lock_ = *std::move(lock);
  // Made here, so that it is never readable by others.
  absl::Status status = sqlite::MakePrivateFile(path);
  if (status.ok()) status = connections->OpenWriter();
  for (Connection& reader : connections->readers_) {
    if (status.ok()) status = connections->OpenReader(&reader);
  }
  if (status.ok()) return connections;
  return absl::Status(status.code(), absl::StrCat("store ", path, ": ", status.message()));
}

absl::Status Connections::OpenWriter() {
  absl::StatusOr<std::unique_ptr<Database>> database =
      Database::Open(path_, path_.empty() ? Access::kMemory : Access::kReadWrite);
  if (!database.ok()) return database.status();
  if (absl::Status status = MigrateSchema(database->get()); !status.ok()) return status;
  absl::Status status = SetUpWriter(database->get());
  if (status.ok()) writer_.database = *std::move(database);
  return status;
}

absl::Status Connections::OpenReader(Connection* reader) {
  absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(path_, Access::kReadOnly);
  if (!database.ok()) return database.status();
  absl::Status status = (*database)->Execute(absl::StrCat("PRAGMA cache_size = -", kReaderCacheKib));
  if (status.ok()) reader->database = *std::move(database);
  return status;
}

absl::Status Connections::Write(absl::FunctionRef<absl::Status(Database*)> work) {
  std::lock_guard<std::mutex> lock(writer_.mutex);
  if (writer_.database == nullptr) {
    if (absl::Status status = OpenWriter(); !status.ok()) return status;
  }
  absl::Status status = work(writer_.database.get());
  // What is in memory has nowhere else to be.
  if (!path_.empty() && IsOfConnection(status)) writer_.database.reset();
  return status;
}

absl::Status Connections::Read(absl::FunctionRef<absl::Status(Database*)> work) {
  if (path_.empty()) {
    std::lock_guard<std::mutex> lock(writer_.mutex);
    return work(writer_.database.get());
  }
  const unsigned first = next_reader_++;
  for (unsigned i = 0; i < readers_.size(); ++i) {
    Connection& reader = readers_[(first + i) % readers_.size()];
    std::unique_lock<std::mutex> lock(reader.mutex, std::try_to_lock);
    if (lock.owns_lock()) return ReadBy(&reader, work);
  }
  Connection& reader = readers_[first % readers_.size()];
  std::lock_guard<std::mutex> lock(reader.mutex);
  return ReadBy(&reader, work);
}

absl::Status Connections::ReadBy(Connection* reader, absl::FunctionRef<absl::Status(Database*)> work) {
  if (reader->database == nullptr) {
    if (absl::Status status = OpenReader(reader); !status.ok()) return status;
  }
  absl::Status status;
  {
    ReadTransaction transaction(reader->database.get());
    status = transaction.status().ok() ? work(reader->database.get()) : transaction.status();
  }
  if (IsOfConnection(status)) reader->database.reset();
  return status;
}

}  // namespace costs::records
