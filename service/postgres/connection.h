// PostgreSQL, as this service uses it: a connection, its prepared statements,
// several statements in one round trip, COPY, notifications, and transactions that
// roll back unless they are committed.
//
//   ConnectOptions options;
//   options.conninfo = "postgresql://costs@db.example/costs";
//   absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
//   absl::StatusOr<Result> rows = (*connection)->Query("SELECT a FROM t WHERE b = $1", Params().Text("x"));
//   Transaction transaction(connection->get());
//   absl::StatusOr<std::vector<Result>> results = transaction.Run({{"UPDATE ..."}, {"SELECT ..."}});
//   absl::Status status = transaction.Commit({{"UPDATE ...", Params().Int(7)}});
//
// A password comes from the conninfo, from PGPASSWORD or from the file that
// PGPASSFILE names, as with every program of PostgreSQL's. It is never in an error.
//
// Errors are those of sql_state.h, and UNAVAILABLE where the server cannot be
// reached or does not answer; a connection that was lost stays lost. They tell no
// SQL and no data. An error of Open is for the log alone: it may tell an address.
//
// Every wait has an end: statement_timeout on the server, and a little more here.
//
// A connection, and what was made with it, belongs to one thread at a time. A Result
// stands alone.
#ifndef SERVICE_POSTGRES_CONNECTION_H_
#define SERVICE_POSTGRES_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/postgres/wire.h"

struct pg_conn;
struct pg_result;

namespace costs::postgres {

struct ConnectOptions {
  // A URL (postgresql://...) or `key=value ...`, as libpq reads it; empty: its defaults.
  std::string conninfo;
  std::string application_name = "costsd";
  absl::Duration connect_timeout = absl::Seconds(5);
  // How long a statement may take, and wait for a lock; zero: for ever.
  absl::Duration statement_timeout = absl::Seconds(30);
  absl::Duration lock_timeout = absl::Seconds(10);
  // How long a transaction may wait for us between statements, with its locks held: of
  // a process that is frozen, the others need not wait for longer. In the middle of a
  // statement, as of a COPY, the server has no such limit: see Transaction.
  absl::Duration idle_in_transaction_timeout = absl::Seconds(5);
};

// The parameters of a statement, $1 and on, in order. They hold what they are given.
class Params {
 public:
  Params& Int(int64_t value);
  Params& Bool(bool value);
  Params& Double(double value);
  Params& Text(absl::string_view text);  // UTF-8 without NUL; read as the type that the statement expects
  Params& Bytes(absl::string_view bytes) { return Binary(std::string(bytes)); }  // a bytea
  Params& Binary(std::string bytes);  // in the binary format of the type that the statement expects
  Params& Null();

 private:
  friend class Connection;
  struct Value {
    std::string bytes;
    bool binary;
    bool null;
  };
  std::vector<Value> values_;
};

// `sql` is one statement, of which there should be few texts: each is prepared once
// and kept by its text.
struct Statement {
  absl::string_view sql;
  Params params = {};
};

// What a statement gave. Rows and columns are numbered from 0. Values are valid as
// long as the result.
class Result {
 public:
  explicit Result(pg_result* result) : result_(result) {}

  int rows() const;
  int columns() const;
  absl::string_view command() const;  // what was done, such as "INSERT 0 1"
  int64_t affected() const;           // rows inserted, updated, deleted or copied
  bool IsNull(int row, int column) const;
  // As it is on the wire: the bytes of a bytea, the characters of a text.
  absl::string_view Bytes(int row, int column) const;
  absl::string_view Text(int row, int column) const { return Bytes(row, column); }
  // Of boolean, smallint, integer, bigint; 0 for null and for another type.
  int64_t Int(int row, int column) const;
  bool Bool(int row, int column) const { return Int(row, column) != 0; }
  double Double(int row, int column) const;  // of double precision
  // Also of numeric, such as sum() of bigint gives.
  absl::StatusOr<Int128> Whole(int row, int column) const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

struct Notification {
  std::string channel;
  std::string payload;
};

class Connection {
 public:
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectOptions& options);
  // Likewise while the service runs, with an error that a caller may see: UNAVAILABLE,
  // "the database cannot be reached".
  static absl::StatusOr<std::unique_ptr<Connection>> Reopen(const ConnectOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // False once it was lost, and for good.
  bool alive() const;

  // One or several statements without parameters; their rows are thrown away. Where
  // they do not begin a transaction they are one.
  absl::Status Execute(absl::string_view sql);
  absl::StatusOr<Result> Query(absl::string_view sql, const Params& params = Params());
  // One after the other, in one round trip. After an error the later ones are not
  // run; outside of a transaction the whole is one.
  absl::StatusOr<std::vector<Result>> Run(absl::Span<const Statement> statements);

  // COPY ... FROM STDIN; `data` is all of what is copied, in the format that `sql` says.
  absl::Status CopyIn(absl::string_view sql, absl::string_view data);

  // True between the beginning of a transaction and its end, also where it failed.
  bool in_transaction() const;

  // Waits for a notification of a channel that was listened to (LISTEN); none when
  // the time is over or `wake_fd`, unless it is -1, can be read from.
  absl::StatusOr<std::optional<Notification>> WaitForNotification(absl::Duration timeout, int wake_fd = -1);

 private:
  friend class Transaction;
  enum class Ready { kSocket, kOther, kTimeout };
  struct Clear {
    void operator()(pg_result* result) const;
  };
  using OwnedResult = std::unique_ptr<pg_result, Clear>;

  Connection(pg_conn* handle, const ConnectOptions& options);
  absl::Status Connect();
  absl::Status Configure(const ConnectOptions& options);
  void EndStalledPeers();
  Ready Wait(int16_t events, absl::Time deadline, int other_fd = -1) const;
  absl::Status Flush(absl::Time deadline);
  // The next result; null at the end of a statement's. An error only where the
  // connection was lost.
  absl::StatusOr<OwnedResult> NextResult(absl::Time deadline);
  absl::Status FinishStatement(absl::Time deadline);
  absl::Status SendPrepared(const Statement& statement, std::vector<std::string>* prepares);
  absl::StatusOr<std::vector<Result>> ReadPipeline(size_t statements, const std::vector<std::string>& prepares);
  absl::Status Lost();
  absl::Time Deadline() const;

  pg_conn* handle_;
  absl::Duration connect_timeout_;
  absl::Duration patience_;  // of one wait
  absl::Duration lock_timeout_;
  bool lost_ = false;
  absl::flat_hash_map<std::string, std::string> prepared_;  // text -> name
  int64_t names_ = 0;
};

// Begun with its first statements, and rolled back unless it was committed.
//
// One that waits in vain for a lock ends, after its rollback, the connections of the
// same user and application that hold a transaction and have kept the server waiting for
// the rest of a statement for longer than lock_timeout: no time limit of the server's
// ends those, and the process behind them may be frozen for good.
class Transaction {
 public:
  enum class Kind {
    kWrite,  // READ COMMITTED: each statement sees what is committed when it begins
    kRead,   // read only; all statements see the same state
  };

  explicit Transaction(Connection* connection, Kind kind = Kind::kWrite) : connection_(connection), kind_(kind) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // As Connection::Run, with the beginning before them in the same round trip.
  absl::StatusOr<std::vector<Result>> Run(absl::Span<const Statement> statements);
  absl::StatusOr<Result> Query(absl::string_view sql, const Params& params = Params());
  absl::Status CopyIn(absl::string_view sql, absl::string_view data);

  // Runs the statements and commits, in one round trip. Durable with OK. UNKNOWN:
  // the connection was lost, and whether it is durable is not known. With another
  // error nothing has changed.
  absl::Status Commit(absl::Span<const Statement> statements = {});

 private:
  Connection* connection_;
  const Kind kind_;
  absl::Status Note(absl::Status status);

  bool begun_ = false;
  bool over_ = false;
  bool lock_refused_ = false;
};

}  // namespace costs::postgres

#endif  // SERVICE_POSTGRES_CONNECTION_H_
