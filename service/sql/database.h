// A database that speaks SQL, whichever it is: a connection, its prepared
// statements, and transactions that roll back unless they are committed. Backends:
// service/sqlite/database.h and service/postgres/database.h, which open one.
//
//   Transaction transaction(database);
//   Query insert = database->Prepare("INSERT INTO t (a, b) VALUES (?1, ?2)");
//   absl::Status status = insert.Bind(1, 7).Bind(2, "text").Run();
//   status = transaction.Commit();
//
// Errors tell what the database tells in general ("database or disk is full"),
// never a path, SQL or data: RESOURCE_EXHAUSTED for a full disk; UNAVAILABLE where
// it cannot be read, written or reached, or is locked; DATA_LOSS for one that is
// broken; ALREADY_EXISTS for a broken uniqueness, FAILED_PRECONDITION for another
// constraint; INTERNAL for the rest. The first error of a Query or Transaction
// stays, so a chain of calls needs one look at its end.
//
// A connection and what it makes belong to one thread at a time.
#ifndef SERVICE_SQL_DATABASE_H_
#define SERVICE_SQL_DATABASE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::sql {

// A prepared statement, as a backend has it. For Query, which says what the calls
// mean.
class Statement {
 public:
  virtual ~Statement() = default;
  virtual absl::Status Bind(int parameter, int64_t value) = 0;
  virtual absl::Status BindText(int parameter, absl::string_view text) = 0;
  virtual absl::Status BindBlob(int parameter, absl::string_view bytes) = 0;
  virtual absl::Status BindNull(int parameter) = 0;
  // Sets *error where there is one.
  virtual bool Next(absl::Status* error) = 0;
  virtual absl::Status Run() = 0;
  virtual int64_t Int(int column) const = 0;
  virtual absl::string_view Text(int column) const = 0;
  virtual absl::string_view Blob(int column) const = 0;
  virtual bool IsNull(int column) const = 0;
  virtual void Reset() = 0;
};

// A prepared statement in use. Parameters are numbered from 1, columns from 0.
class Query {
 public:
  // `statement` is its database's; null with an error.
  Query(Statement* statement, absl::Status status) : statement_(statement), status_(std::move(status)) {}
  ~Query() { Reset(); }
  Query(Query&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), status_(std::move(other.status_)) {}
  Query& operator=(Query&&) = delete;

  Query& Bind(int parameter, int64_t value) {
    if (statement_ != nullptr) Note(statement_->Bind(parameter, value));
    return *this;
  }
  Query& Bind(int parameter, int value) { return Bind(parameter, static_cast<int64_t>(value)); }
  Query& Bind(int parameter, bool value) { return Bind(parameter, static_cast<int64_t>(value ? 1 : 0)); }
  // The text is copied.
  Query& Bind(int parameter, absl::string_view text) {
    if (statement_ != nullptr) Note(statement_->BindText(parameter, text));
    return *this;
  }
  Query& Bind(int parameter, const char* text) { return Bind(parameter, absl::string_view(text)); }
  Query& Bind(int parameter, const std::string& text) { return Bind(parameter, absl::string_view(text)); }
  Query& BindBlob(int parameter, absl::string_view bytes) {
    if (statement_ != nullptr) Note(statement_->BindBlob(parameter, bytes));
    return *this;
  }
  Query& BindNull(int parameter) {
    if (statement_ != nullptr) Note(statement_->BindNull(parameter));
    return *this;
  }

  // Goes to the next row; false at the end or with an error.
  bool Next() { return status_.ok() && statement_->Next(&status_); }
  // Of the row; valid until the next call of Next(), Run() or Reset().
  int64_t Int(int column) const { return statement_->Int(column); }
  absl::string_view Text(int column) const { return statement_->Text(column); }
  absl::string_view Blob(int column) const { return statement_->Blob(column); }
  bool IsNull(int column) const { return statement_->IsNull(column); }

  // The first error so far.
  const absl::Status& status() const { return status_; }

  // To the end, which gives no rows; ready for other parameters. In a transaction a
  // backend may put it off: an error then comes with a later statement that gives
  // rows, or with the commit.
  absl::Status Run() {
    if (status_.ok()) Note(statement_->Run());
    Reset();
    return status_;
  }
  // Ready for other parameters.
  void Reset() {
    if (statement_ != nullptr) statement_->Reset();
  }

 private:
  void Note(absl::Status status) {
    if (!status.ok() && status_.ok()) status_ = std::move(status);
  }

  Statement* statement_;
  absl::Status status_;
};

class Database {
 public:
  virtual ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One or several statements without parameters or results.
  virtual absl::Status Execute(absl::string_view sql) = 0;

  // Compiled once and kept by its text, so there should be few texts. Parameters
  // are written ?1, ?2, ... One Query of the same text at a time; not to outlive
  // the database.
  virtual Query Prepare(absl::string_view sql) = 0;

  // The first column of the first row; 0 where there is none.
  absl::StatusOr<int64_t> Number(absl::string_view sql);

  // True between the beginning of a transaction and its end.
  virtual bool in_transaction() const = 0;

  // The key of a new row, from which no two are equal but by a chance that nobody
  // need reckon with; null: the database makes keys itself, ask for them with
  // RETURNING.
  virtual std::optional<int64_t> NewKey() = 0;

  // Whether a statement with several rows of VALUES is better than several with one.
  virtual bool prefers_many_rows() const = 0;

 protected:
  Database() = default;

 private:
  friend class Transaction;
  virtual absl::Status Begin(bool read_only) = 0;
  virtual absl::Status Commit() = 0;
  virtual void Rollback() = 0;
};

// Rolled back unless it was committed.
class Transaction {
 public:
  enum class Kind {
    kWrite,  // statements see what is committed when they begin; SQLite: one writer at a time
    kRead,   // all statements see the same state
  };

  explicit Transaction(Database* database, Kind kind = Kind::kWrite);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Whether it began.
  const absl::Status& status() const { return status_; }
  // Durable with OK. UNKNOWN: the connection was lost, and whether it is durable is
  // not known. With another error nothing has changed.
  absl::Status Commit();

 private:
  Database* database_;
  absl::Status status_;
  bool over_ = false;
};

}  // namespace costs::sql

#endif  // SERVICE_SQL_DATABASE_H_
