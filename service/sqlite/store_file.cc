#include "service/sqlite/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace costs::sqlite {
namespace {

// Readable by their owner only: addresses and prices are nobody else's business.
constexpr mode_t kMode = 0600;

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Take(const std::string& path) {
  const std::string name = absl::StrCat(path, ".lock");
  const int file = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (file < 0) {
    return absl::UnavailableError(absl::StrCat("store ", path, ": ", name, " cannot be opened: ", strerror(errno),
                                               "; the service needs a directory that it may write"));
  }
  std::unique_ptr<FileLock> lock(new FileLock(file));
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
  const int error = errno;
  if (error == EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        absl::StrCat("store ", path, ": is in use by another process; stop that one, or give each its own store"));
  }
  return absl::UnavailableError(absl::StrCat("store ", path, ": cannot be locked: ", strerror(error)));
}

FileLock::~FileLock() { close(file_); }

absl::Status MakePrivateFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (file < 0) return absl::UnavailableError(absl::StrCat("cannot be opened: ", strerror(errno)));
  close(file);
  return absl::OkStatus();
}

absl::Status Migrate(Database* database, const Schema& schema) {
  const auto latest = static_cast<int64_t>(schema.migrations.size());
  Transaction transaction(database);
  if (!transaction.status().ok()) return transaction.status();
  const absl::StatusOr<int64_t> version = database->Number("PRAGMA user_version");
  const absl::StatusOr<int64_t> application = database->Number("PRAGMA application_id");
  const absl::StatusOr<int64_t> tables = database->Number("SELECT count(*) FROM sqlite_schema");
  for (const auto* number : {&version, &application, &tables}) {
    if (!number->ok()) return number->status();
  }
  if (*application != schema.application_id && (*application != 0 || *version != 0 || *tables != 0)) {
    return absl::FailedPreconditionError(absl::StrCat("is not ", schema.what, "; name another file"));
  }
  if (*version > latest) {
    return absl::FailedPreconditionError(absl::StrCat("has schema ", *version,
                                                      ", but this version of the service knows only up to ", latest,
                                                      "; start the later version that wrote it"));
  }
  if (*version == latest) return absl::OkStatus();
  for (int64_t from = *version; from < latest; ++from) {
    if (absl::Status status = database->Execute(schema.migrations[static_cast<size_t>(from)]); !status.ok()) {
      return status;
    }
  }
  absl::Status status = database->Execute(
      absl::StrCat("PRAGMA user_version = ", latest, "; PRAGMA application_id = ", schema.application_id));
  if (!status.ok()) return status;
  return transaction.Commit();
}

}  // namespace costs::sqlite
