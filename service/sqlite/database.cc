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

}  // namespace

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

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

absl::Status Database::Error(int code) const { return ErrorOf(code); }

absl::Status Database::Execute(absl::string_view sql) {
  const int code = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : ErrorOf(code);
}

Query Database::Prepare(absl::string_view sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
    if (code != SQLITE_OK) return Query(this, nullptr, ErrorOf(code));
  }
  return Query(this, statement, absl::OkStatus());
}

absl::StatusOr<int64_t> Database::Number(absl::string_view sql) {
  Query query = Prepare(sql);
  const int64_t number = query.Next() ? query.Int(0) : 0;
  if (!query.status().ok()) return query.status();
  return number;
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
int64_t Database::changes() const { return sqlite3_changes64(handle_); }
int64_t Database::last_rowid() const { return sqlite3_last_insert_rowid(handle_); }

Query::~Query() {
  if (statement_ != nullptr) Reset();
}

Query::Query(Query&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      status_(std::move(other.status_)) {}

void Query::Note(int code) {
  if (code != SQLITE_OK && status_.ok()) status_ = database_->Error(code);
}

Query& Query::Bind(int parameter, int64_t value) {
  if (statement_ != nullptr) Note(sqlite3_bind_int64(statement_, parameter, value));
  return *this;
}

Query& Query::Bind(int parameter, absl::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (statement_ != nullptr) {
    Note(sqlite3_bind_text64(statement_, parameter, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  return *this;
}

Query& Query::BindBlob(int parameter, absl::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  if (statement_ != nullptr) {
    Note(sqlite3_bind_blob64(statement_, parameter, data, bytes.size(), SQLITE_TRANSIENT));
  }
  return *this;
}

Query& Query::BindNull(int parameter) {
  if (statement_ != nullptr) Note(sqlite3_bind_null(statement_, parameter));
  return *this;
}

bool Query::Next() {
  if (!status_.ok()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) Note(code);
  return false;
}

int64_t Query::Int(int column) const { return sqlite3_column_int64(statement_, column); }

absl::string_view Query::Text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {data == nullptr ? "" : data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

absl::string_view Query::Blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {data == nullptr ? "" : data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Query::IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

absl::Status Query::Run() {
  while (Next()) {
  }
  if (statement_ != nullptr) Reset();
  return status_;
}

void Query::Reset() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Transaction::Transaction(Database* database) : database_(database), status_(database->Execute("BEGIN IMMEDIATE")) {
  over_ = !status_.ok();
}

Transaction::~Transaction() {
  // Some errors have rolled back already.
  if (!over_ && database_->in_transaction()) database_->Execute("ROLLBACK").IgnoreError();
}

absl::Status Transaction::Commit() {
  if (over_) return status_.ok() ? absl::FailedPreconditionError("the transaction is over") : status_;
  status_ = database_->Execute("COMMIT");
  if (!status_.ok() && database_->in_transaction()) database_->Execute("ROLLBACK").IgnoreError();
  over_ = true;
  return status_;
}

}  // namespace costs::sqlite
