// SQLite, as this service uses it: a connection, its prepared statements, and
// transactions that roll back unless they are committed.
//
//   absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(path, Access::kReadWrite);
//   Transaction transaction(database->get());
//   Query insert = (*database)->Prepare("INSERT INTO t (a, b) VALUES (?1, ?2)");
//   absl::Status status = insert.Bind(1, 7).Bind(2, "text").Run();
//   status = transaction.Commit();
//
// Errors tell what SQLite tells in general ("database or disk is full"), never a
// path, SQL or data: RESOURCE_EXHAUSTED for a full disk; UNAVAILABLE where it
// cannot be read or written, or is locked; DATA_LOSS for a file that is broken or
// no database; ALREADY_EXISTS for a broken uniqueness, FAILED_PRECONDITION for
// another constraint; INTERNAL for the rest. The first error of a Query or
// Transaction stays, so a chain of calls needs one look at its end.
//
// A connection and what it makes belong to one thread at a time.
#ifndef SERVICE_SQLITE_DATABASE_H_
#define SERVICE_SQLITE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace costs::sqlite {

enum class Access {
  kReadWrite,  // made where there is none; write-ahead log, every commit synced to the disk
  kReadOnly,   // never waits for a writer
  kMemory,     // gone with the connection; the path is not looked at
  kTemporary,  // as kMemory, but large content goes to a file without a name
};

class Query;

class Database {
 public:
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One or several statements without parameters or results.
  absl::Status Execute(absl::string_view sql);

  // `sql` is a literal: it is compiled once and kept by its text. One Query of
  // the same text at a time.
  Query Prepare(absl::string_view sql);

  // The first column of the first row; 0 where there is none.
  absl::StatusOr<int64_t> Number(absl::string_view sql);

  // True between BEGIN and COMMIT.
  bool in_transaction() const;

  // Rows that the last statement changed.
  int64_t changes() const;
  // The rowid of the last insertion.
  int64_t last_rowid() const;

 private:
  friend class Query;
  explicit Database(sqlite3* handle) : handle_(handle) {}
  absl::Status Error(int code) const;

  sqlite3* handle_;
  absl::flat_hash_map<std::string, sqlite3_stmt*> statements_;
};

// A prepared statement in use. Parameters are numbered from 1, columns from 0.
class Query {
 public:
  ~Query();
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;

  Query& Bind(int parameter, int64_t value);
  Query& Bind(int parameter, int value) { return Bind(parameter, static_cast<int64_t>(value)); }
  Query& Bind(int parameter, bool value) { return Bind(parameter, static_cast<int64_t>(value ? 1 : 0)); }
  // The text is copied.
  Query& Bind(int parameter, absl::string_view text);
  Query& Bind(int parameter, const char* text) { return Bind(parameter, absl::string_view(text)); }
  Query& Bind(int parameter, const std::string& text) { return Bind(parameter, absl::string_view(text)); }
  Query& BindBlob(int parameter, absl::string_view bytes);
  Query& BindNull(int parameter);

  // Goes to the next row; false at the end or with an error.
  bool Next();
  // Of the row; valid until the next call of Next(), Run() or Reset().
  int64_t Int(int column) const;
  absl::string_view Text(int column) const;
  absl::string_view Blob(int column) const;
  bool IsNull(int column) const;

  // The first error so far.
  const absl::Status& status() const { return status_; }

  // To the end, which gives no rows; ready for other parameters.
  absl::Status Run();
  // Ready for other parameters.
  void Reset();

 private:
  friend class Database;
  Query(Database* database, sqlite3_stmt* statement, absl::Status status)
      : database_(database), statement_(statement), status_(std::move(status)) {}
  void Note(int code);

  Database* database_;
  sqlite3_stmt* statement_;  // the database's; null with an error
  absl::Status status_;
};

// BEGIN IMMEDIATE, and ROLLBACK unless it was committed.
class Transaction {
 public:
  explicit Transaction(Database* database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Whether it began.
  const absl::Status& status() const { return status_; }
  // Durable with OK; otherwise nothing has changed.
  absl::Status Commit();

 private:
  Database* database_;
  absl::Status status_;
  bool over_ = false;
};

}  // namespace costs::sqlite

#endif  // SERVICE_SQLITE_DATABASE_H_
