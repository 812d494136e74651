#include "service/sqlite/database.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace costs::sqlite {
namespace {

constexpr int kBusyMilliseconds = 5'000;
// What a large change leaves behind of the write-ahead log.
constexpr int64_t kKeptLogBytes = int64_t{64} << 20;
// Of a temporary database, in KiB; the rest goes to its file.
constexpr int kTemporaryCacheKib = 8 << 10;

absl::StatusCode CodeOf(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_CONSTRAINT:
      return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY
                 ? absl::StatusCode::kAlreadyExists
                 : absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status ErrorOf(int code) {
  return absl::Status(CodeOf(code), absl::StrCat(sqlite3_errstr(code), " (SQLite code ", code, ")"));
}

int FlagsOf(Access access) {
  // One thread at a time uses a connection, so it needs no mutex of its own.
  constexpr int kAlways = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (access == Access::kReadOnly) return kAlways | SQLITE_OPEN_READONLY;
  if (access == Access::kMemory) return kAlways | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
  return kAlways | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

std::string SettingsOf(Access access) {
  switch (access) {
    case Access::kReadWrite:
      // The log must be synced before a commit returns (FULL), or the last ones
      // are lost when the machine stops.
      return absl::StrCat("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; ",
                          "PRAGMA journal_size_limit = ", kKeptLogBytes);
    case Access::kReadOnly:
      return "PRAGMA query_only = ON";
    case Access::kMemory:
      return "PRAGMA foreign_keys = ON";
    case Access::kTemporary:
      return absl::StrCat("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -",
                          kTemporaryCacheKib);
  }
  return "";
}

absl::Status StatusOf(int code) { return code == SQLITE_OK ? absl::OkStatus() : ErrorOf(code); }

}  // namespace

class Database::Statement final : public sql::Statement {
 public:
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  ~Statement() override { sqlite3_finalize(handle_); }

  absl::Status Bind(int parameter, int64_t value) override {
    return StatusOf(sqlite3_bind_int64(handle_, parameter, value));
  }

  absl::Status BindText(int parameter, absl::string_view text) override {
    // A null pointer would bind NULL.
    const char* data = text.data() == nullptr ? "" : text.data();
    return StatusOf(sqlite3_bind_text64(handle_, parameter, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }

  absl::Status BindBlob(int parameter, absl::string_view bytes) override {
    const char* data = bytes.data() == nullptr ? "" : bytes.data();
    return StatusOf(sqlite3_bind_blob64(handle_, parameter, data, bytes.size(), SQLITE_TRANSIENT));
  }

  absl::Status BindNull(int parameter) override { return StatusOf(sqlite3_bind_null(handle_, parameter)); }

  bool Next(absl::Status* error) override {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) *error = ErrorOf(code);
    return false;
  }

  absl::Status Run() override {
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(handle_);
    return code == SQLITE_DONE ? absl::OkStatus() : ErrorOf(code);
  }

  int64_t Int(int column) const override { return sqlite3_column_int64(handle_, column); }

  absl::string_view Text(int column) const override {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return {data == nullptr ? "" : data, static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
  }

  absl::string_view Blob(int column) const override {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    return {data == nullptr ? "" : data, static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
  }

  bool IsNull(int column) const override { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

  void Reset() override {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
  }

 private:
  sqlite3_stmt* const handle_;
};

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path, Access access) {
  std::string name = path;
  if (access == Access::kMemory) name = ":memory:";
  if (access == Access::kTemporary) name = "";
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, FlagsOf(access), nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return ErrorOf(code);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  // A file cannot make us run what it says.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (absl::Status status = database->Execute(SettingsOf(access)); !status.ok()) return status;
  return database;
}

Database::Database(sqlite3* handle) : handle_(handle) {}

Database::~Database() {
  statements_.clear();
  sqlite3_close(handle_);
}

absl::Status Database::Execute(absl::string_view sql) {
  return StatusOf(sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr));
}

Query Database::Prepare(absl::string_view sql) {
  auto known = statements_.find(sql);
  if (known != statements_.end()) return Query(known->second.get(), absl::OkStatus());
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &handle, nullptr);
  if (code != SQLITE_OK) return Query(nullptr, ErrorOf(code));
  auto statement = std::make_unique<Statement>(handle);
  Query query(statement.get(), absl::OkStatus());
  statements_.emplace(sql, std::move(statement));
  return query;
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
int64_t Database::changes() const { return sqlite3_changes64(handle_); }
int64_t Database::last_rowid() const { return sqlite3_last_insert_rowid(handle_); }

absl::Status Database::Begin(bool read_only) { return Execute(read_only ? "BEGIN" : "BEGIN IMMEDIATE"); }
absl::Status Database::Commit() { return Execute("COMMIT"); }
void Database::Rollback() { Execute("ROLLBACK").IgnoreError(); }

}  // namespace costs::sqlite
