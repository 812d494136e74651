// PostgreSQL as the backend of service/sql/database.h. See there for what the calls
// mean.
//
//   absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(options);
//   sql::Transaction transaction(database->get());
//
// In a transaction, statements that are Run() are gathered and sent together, with
// the next one that gives rows or with the commit: their errors come with that, and
// then the transaction has done nothing. All rows of a statement are in memory once
// it gives the first.
//
// A connection that was lost is made anew by the next transaction, or by the next
// statement outside of one; what was under way is UNAVAILABLE, a commit UNKNOWN. A
// statement with a text that has the character U+0000 is INVALID_ARGUMENT.
#ifndef SERVICE_POSTGRES_DATABASE_H_
#define SERVICE_POSTGRES_DATABASE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/postgres/connection.h"
#include "service/sql/database.h"

namespace costs::postgres {

class Database final : public sql::Database {
 public:
  // Errors as Connection::Open's: for the log alone.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const ConnectOptions& options);
  ~Database() override;

  absl::Status Execute(absl::string_view sql) override;
  sql::Query Prepare(absl::string_view sql) override;
  bool in_transaction() const override { return transaction_.has_value(); }
  // Of 63 random bits.
  std::optional<int64_t> NewKey() override;
  bool prefers_many_rows() const override { return true; }

 private:
  class Prepared;

  Database(const ConnectOptions& options, std::unique_ptr<Connection> connection);

  absl::Status Begin(bool read_only) override;
  absl::Status Commit() override;
  void Rollback() override;

  // So that there is a connection, as far as is known.
  absl::Status Connect();
  // Runs what was gathered and this, and gives this one's result. Where the
  // connection turns out to be lost before anything was done, it is made anew first.
  absl::StatusOr<Result> Run(Statement statement);
  absl::StatusOr<Result> RunInTransaction(Statement statement);
  absl::Status Gather(Statement statement);
  absl::StatusOr<std::vector<Result>> Send();
  absl::Status Fail(const absl::Status& error);

  const ConnectOptions options_;
  std::unique_ptr<Connection> connection_;
  absl::Time next_attempt_ = absl::InfinitePast();
  absl::flat_hash_map<std::string, std::unique_ptr<Prepared>> prepared_;

  // Of the transaction under way.
  std::optional<Transaction> transaction_;
  Transaction::Kind kind_ = Transaction::Kind::kWrite;
  bool answered_ = false;  // by the server, at least once
  absl::Status error_;     // the first one
  std::vector<Statement> gathered_;
};

}  // namespace costs::postgres

#endif  // SERVICE_POSTGRES_DATABASE_H_
