#include "service/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "service/postgres/sql_state.h"

namespace costs::postgres {
namespace {

// How much longer we wait than the server may take.
constexpr absl::Duration kGrace = absl::Seconds(10);
constexpr size_t kCopyChunk = 64 << 10;

// Active, so in the middle of a statement or of several in one message, but waiting for
// its client, and with locks of rows or of the advisory kind.
// pg_terminate_backend is allowed for connections of one's own user.
constexpr absl::string_view kEndStalled =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity AS peer "
    "WHERE pid <> pg_backend_pid() AND datname = current_database() AND usename = current_user "
    "AND application_name = current_setting('application_name') AND state = 'active' "
    "AND wait_event_type = 'Client' AND state_change < clock_timestamp() - $1 * interval '1 millisecond' "
    "AND EXISTS (SELECT FROM pg_locks WHERE pid = peer.pid AND locktype IN ('advisory', 'transactionid'))";

std::string SqlStateOfResult(const PGresult* result) {
  const char* sql_state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return sql_state == nullptr ? "" : sql_state;
}

bool Succeeded(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

void IgnoreNotice(void*, const PGresult*) {}

int MillisecondsUntil(absl::Time deadline) {
  if (deadline == absl::InfiniteFuture()) return -1;
  const absl::Duration left = std::min(deadline - absl::Now(), absl::Hours(1));
  return std::max(0, static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)))));
}

}  // namespace

Params& Params::Int(int64_t value) {
  values_.push_back({absl::StrCat(value), false, false});
  return *this;
}

Params& Params::Bool(bool value) {
  values_.push_back({value ? "t" : "f", false, false});
  return *this;
}

Params& Params::Double(double value) {
  char text[32];  // 17 digits tell every double
  std::snprintf(text, sizeof(text), "%.17g", value);
  values_.push_back({text, false, false});
  return *this;
}

Params& Params::Text(absl::string_view text) {
  values_.push_back({std::string(text), false, false});
  return *this;
}

Params& Params::Binary(std::string bytes) {
  values_.push_back({std::move(bytes), true, false});
  return *this;
}

Params& Params::Null() {
  values_.push_back({"", false, true});
  return *this;
}

void Result::Clear::operator()(pg_result* result) const { PQclear(result); }

int Result::rows() const { return PQntuples(result_.get()); }
int Result::columns() const { return PQnfields(result_.get()); }

absl::string_view Result::command() const { return PQcmdStatus(result_.get()); }

int64_t Result::affected() const {
  int64_t count = 0;
  return absl::SimpleAtoi(PQcmdTuples(result_.get()), &count) ? count : 0;
}

bool Result::IsNull(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

absl::string_view Result::Bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t Result::Int(int row, int column) const { return ReadInteger(Bytes(row, column)); }
double Result::Double(int row, int column) const { return ReadDouble(Bytes(row, column)); }

absl::StatusOr<Int128> Result::Whole(int row, int column) const {
  if (PQftype(result_.get(), column) == static_cast<Oid>(Type::kNumeric)) return ReadNumeric(Bytes(row, column));
  return Int128{Int(row, column)};
}

void Connection::Clear::operator()(pg_result* result) const { PQclear(result); }

Connection::Connection(pg_conn* handle, const ConnectOptions& options)
    : handle_(handle),
      connect_timeout_(options.connect_timeout),
      patience_(options.statement_timeout > absl::ZeroDuration() ? options.statement_timeout + kGrace
                                                                 : absl::InfiniteDuration()),
      lock_timeout_(options.lock_timeout) {}

Connection::~Connection() { PQfinish(handle_); }

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectOptions& options) {
  // A later entry wins. A peer that is gone without a word is found out in seconds.
  const std::pair<const char*, const char*> settings[] = {
      {"application_name", options.application_name.c_str()},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "3"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "15000"},
      {"dbname", options.conninfo.c_str()},
      {"client_encoding", "UTF8"},
  };
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : settings) {
    if (*value == '\0') continue;
    keys.push_back(key);
    values.push_back(value);
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* handle = PQconnectStartParams(keys.data(), values.data(), /*expand_dbname=*/1);
  if (handle == nullptr) return absl::ResourceExhaustedError("no memory for a connection to the database");
  std::unique_ptr<Connection> connection(new Connection(handle, options));
  if (absl::Status status = connection->Connect(); !status.ok()) return status;
  if (absl::Status status = connection->Configure(options); !status.ok()) return status;
  return connection;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Reopen(const ConnectOptions& options) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Open(options);
  if (!connection.ok()) return absl::UnavailableError("the database cannot be reached");
  return connection;
}

absl::Status Connection::Connect() {
  PQsetNoticeReceiver(handle_, IgnoreNotice, nullptr);
  const absl::Time deadline = absl::Now() + connect_timeout_;
  PostgresPollingStatusType next = PQstatus(handle_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
    if (Wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline) == Ready::kTimeout) {
      lost_ = true;
      return absl::UnavailableError("cannot connect to the database: it does not answer");
    }
    next = PQconnectPoll(handle_);
  }
  if (next == PGRES_POLLING_OK && PQsetnonblocking(handle_, 1) == 0) return absl::OkStatus();
  lost_ = true;
  const std::string reason(absl::StripAsciiWhitespace(PQerrorMessage(handle_)));
  return absl::UnavailableError(
      absl::StrCat("cannot connect to the database: ", absl::StrReplaceAll(reason, {{"\n", " "}})));
}

absl::Status Connection::Configure(const ConnectOptions& options) {
  // Numbers only, so there is nothing to quote.
  return Execute(absl::StrCat(
      "SET statement_timeout = ", absl::ToInt64Milliseconds(options.statement_timeout),
      "; SET lock_timeout = ", absl::ToInt64Milliseconds(options.lock_timeout),
      "; SET idle_in_transaction_session_timeout = ", absl::ToInt64Milliseconds(options.idle_in_transaction_timeout),
      "; SET synchronous_commit = on; SET timezone = 'UTC'; "
      "SET standard_conforming_strings = on"));
}

void Connection::EndStalledPeers() {
  Query(kEndStalled, Params().Int(absl::ToInt64Milliseconds(lock_timeout_))).IgnoreError();
}

bool Connection::alive() const { return !lost_ && PQstatus(handle_) == CONNECTION_OK; }

bool Connection::in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(handle_);
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

absl::Time Connection::Deadline() const { return absl::Now() + patience_; }

absl::Status Connection::Lost() {
  lost_ = true;
  return StatusOfSqlState("");
}

Connection::Ready Connection::Wait(int16_t events, absl::Time deadline, int other_fd) const {
  pollfd waited[] = {{PQsocket(handle_), events, 0}, {other_fd, POLLIN, 0}};
  while (true) {
    const int milliseconds = MillisecondsUntil(deadline);
    const int ready = poll(waited, 2, milliseconds);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0 && milliseconds != 0 && absl::Now() < deadline) continue;
    if (ready == 0) return Ready::kTimeout;
    if (ready > 0 && waited[1].revents != 0) return Ready::kOther;
    return Ready::kSocket;  // what is wrong with it, if anything, reading it will tell
  }
}

absl::Status Connection::Flush(absl::Time deadline) {
  while (true) {
    const int left = PQflush(handle_);
    if (left == 0) return absl::OkStatus();
    if (left < 0) return absl::OkStatus();  // what the server said before it went is still to be read
    if (Wait(POLLIN | POLLOUT, deadline) == Ready::kTimeout) return Lost();
    // The server may wait for us to read before it reads on.
    if (PQconsumeInput(handle_) == 0) return absl::OkStatus();
  }
}

absl::StatusOr<Connection::OwnedResult> Connection::NextResult(absl::Time deadline) {
  if (absl::Status status = Flush(deadline); !status.ok()) return status;
  while (PQisBusy(handle_) != 0) {
    if (Wait(POLLIN, deadline) == Ready::kTimeout) return Lost();
    if (PQconsumeInput(handle_) == 0 && PQisBusy(handle_) != 0) return Lost();
  }
  return OwnedResult(PQgetResult(handle_));
}

absl::Status Connection::FinishStatement(absl::Time deadline) {
  absl::Status status;
  while (true) {
    absl::StatusOr<OwnedResult> result = NextResult(deadline);
    if (!result.ok()) return result.status();
    if (*result == nullptr) break;
    if (!Succeeded(result->get()) && status.ok()) status = StatusOfSqlState(SqlStateOfResult(result->get()));
    if (PQstatus(handle_) == CONNECTION_BAD) break;
  }
  if (PQstatus(handle_) == CONNECTION_BAD) {
    lost_ = true;
    if (status.ok()) return Lost();
  }
  return status;
}

absl::Status Connection::Execute(absl::string_view sql) {
  if (!alive()) return Lost();
  if (PQsendQuery(handle_, std::string(sql).c_str()) == 0) return Lost();
  return FinishStatement(Deadline());
}

absl::StatusOr<Result> Connection::Query(absl::string_view sql, const Params& params) {
  absl::StatusOr<std::vector<Result>> results = Run({{sql, params}});
  if (!results.ok()) return results.status();
  return std::move(results->front());
}

absl::Status Connection::SendPrepared(const Statement& statement, std::vector<std::string>* prepares) {
  auto known = prepared_.find(statement.sql);
  if (known == prepared_.end()) {
    // Known from here on to the statements after it; forgotten should it fail.
    known = prepared_.emplace(std::string(statement.sql), absl::StrCat("s", ++names_)).first;
    if (PQsendPrepare(handle_, known->second.c_str(), known->first.c_str(), 0, nullptr) == 0) return Lost();
    prepares->push_back(known->first);
  } else {
    prepares->emplace_back();
  }
  const size_t count = statement.params.values_.size();
  std::vector<const char*> values(count);
  std::vector<int> lengths(count);
  std::vector<int> formats(count);
  for (size_t i = 0; i < count; ++i) {
    const Params::Value& value = statement.params.values_[i];
    values[i] = value.null ? nullptr : value.bytes.c_str();
    lengths[i] = static_cast<int>(value.bytes.size());
    formats[i] = value.binary ? 1 : 0;
  }
  const int sent = PQsendQueryPrepared(handle_, known->second.c_str(), static_cast<int>(count), values.data(),
                                       lengths.data(), formats.data(), /*resultFormat=*/1);
  return sent == 0 ? Lost() : absl::OkStatus();
}

absl::StatusOr<std::vector<Result>> Connection::Run(absl::Span<const Statement> statements) {
  if (!alive()) return Lost();
  if (PQenterPipelineMode(handle_) == 0) return Lost();
  // For each statement the text that was prepared for it; empty where it was known.
  std::vector<std::string> prepares;
  for (const Statement& statement : statements) {
    if (absl::Status status = SendPrepared(statement, &prepares); !status.ok()) return status;
  }
  if (PQpipelineSync(handle_) == 0) return Lost();
  absl::StatusOr<std::vector<Result>> results = ReadPipeline(statements.size(), prepares);
  if (lost_) return results;
  if (PQexitPipelineMode(handle_) == 0) return Lost();
  return results;
}

absl::StatusOr<std::vector<Result>> Connection::ReadPipeline(size_t statements,
                                                             const std::vector<std::string>& prepares) {
  const absl::Time deadline = Deadline();
  std::vector<Result> results;
  results.reserve(statements);
  absl::Status failure;
  // One result of each command, then a null.
  const auto read_command = [&]() -> absl::StatusOr<OwnedResult> {
    absl::StatusOr<OwnedResult> result = NextResult(deadline);
    if (!result.ok()) return result;
    if (*result == nullptr || PQstatus(handle_) == CONNECTION_BAD) {
      lost_ = true;
      return StatusOfSqlState(*result == nullptr ? "" : SqlStateOfResult(result->get()));
    }
    absl::StatusOr<OwnedResult> end = NextResult(deadline);
    if (!end.ok()) return end;
    if (!Succeeded(result->get()) && PQresultStatus(result->get()) != PGRES_PIPELINE_ABORTED && failure.ok()) {
      failure = StatusOfSqlState(SqlStateOfResult(result->get()));
    }
    return result;
  };
  for (const std::string& prepare : prepares) {
    if (!prepare.empty()) {
      absl::StatusOr<OwnedResult> prepared = read_command();
      if (!prepared.ok()) return prepared.status();
      if (!failure.ok()) prepared_.erase(prepare);
    }
    absl::StatusOr<OwnedResult> result = read_command();
    if (!result.ok()) return result.status();
    results.emplace_back(result->release());
  }
  // The synchronization point has no null after it.
  absl::StatusOr<OwnedResult> sync = NextResult(deadline);
  if (!sync.ok()) return sync.status();
  if (PQresultStatus(sync->get()) != PGRES_PIPELINE_SYNC) {
    lost_ = true;
    return failure.ok() ? StatusOfSqlState(SqlStateOfResult(sync->get())) : failure;
  }
  if (!failure.ok()) return failure;
  return results;
}

absl::Status Connection::CopyIn(absl::string_view sql, absl::string_view data) {
  if (!alive()) return Lost();
  if (PQsendQuery(handle_, std::string(sql).c_str()) == 0) return Lost();
  const absl::Time deadline = Deadline();
  absl::StatusOr<OwnedResult> ready = NextResult(deadline);
  if (!ready.ok()) return ready.status();
  if (PQresultStatus(ready->get()) != PGRES_COPY_IN) {
    const absl::Status refused = StatusOfSqlState(SqlStateOfResult(ready->get()));
    const absl::Status finished = FinishStatement(deadline);
    return finished.ok() || !lost_ ? refused : finished;
  }
  while (!data.empty()) {
    const absl::string_view chunk = data.substr(0, kCopyChunk);
    const int put = PQputCopyData(handle_, chunk.data(), static_cast<int>(chunk.size()));
    if (put < 0) break;  // the server's error, if it gave one, comes with the result
    if (put == 1) data.remove_prefix(chunk.size());
    if (absl::Status status = Flush(deadline); !status.ok()) return status;
  }
  while (PQputCopyEnd(handle_, nullptr) == 0) {
    if (absl::Status status = Flush(deadline); !status.ok()) return status;
  }
  return FinishStatement(deadline);
}

absl::StatusOr<std::optional<Notification>> Connection::WaitForNotification(absl::Duration timeout, int wake_fd) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    if (!alive() || PQconsumeInput(handle_) == 0) return Lost();
    if (PGnotify* notify = PQnotifies(handle_); notify != nullptr) {
      Notification notification{notify->relname, notify->extra};
      PQfreemem(notify);
      return notification;
    }
    if (Wait(POLLIN, deadline, wake_fd) != Ready::kSocket) return std::nullopt;
  }
}

Transaction::~Transaction() {
  if (begun_ && !over_ && connection_->alive() && connection_->in_transaction()) {
    connection_->Execute("ROLLBACK").IgnoreError();
  }
  if (lock_refused_ && connection_->alive()) connection_->EndStalledPeers();
}

absl::Status Transaction::Note(absl::Status status) {
  if (SqlStateOf(status) == kLockNotAvailable) lock_refused_ = true;
  return status;
}

absl::StatusOr<std::vector<Result>> Transaction::Run(absl::Span<const Statement> statements) {
  if (over_) return absl::FailedPreconditionError("the transaction is over");
  if (begun_) {
    absl::StatusOr<std::vector<Result>> results = connection_->Run(statements);
    Note(results.status()).IgnoreError();
    return results;
  }
  begun_ = true;
  std::vector<Statement> all;
  all.reserve(statements.size() + 1);
  all.push_back({kind_ == Kind::kWrite ? "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"
                                       : "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
                 {}});
  all.insert(all.end(), statements.begin(), statements.end());
  absl::StatusOr<std::vector<Result>> results = connection_->Run(all);
  Note(results.status()).IgnoreError();
  if (results.ok()) results->erase(results->begin());
  return results;
}

absl::StatusOr<Result> Transaction::Query(absl::string_view sql, const Params& params) {
  absl::StatusOr<std::vector<Result>> results = Run({{sql, params}});
  if (!results.ok()) return results.status();
  return std::move(results->front());
}

absl::Status Transaction::CopyIn(absl::string_view sql, absl::string_view data) {
  if (!begun_) {
    if (absl::Status status = Run({}).status(); !status.ok()) return status;
  }
  if (over_) return absl::FailedPreconditionError("the transaction is over");
  return Note(connection_->CopyIn(sql, data));
}

absl::Status Transaction::Commit(absl::Span<const Statement> statements) {
  if (over_) return absl::FailedPreconditionError("the transaction is over");
  if (!begun_ && statements.empty()) {
    over_ = true;
    return absl::OkStatus();
  }
  if (!connection_->alive()) {
    over_ = true;
    return absl::UnavailableError("the connection to the database was lost");
  }
  std::vector<Statement> all(statements.begin(), statements.end());
  all.push_back({"COMMIT", {}});
  const absl::StatusOr<std::vector<Result>> results = Run(all);
  if (results.ok()) {
    over_ = true;
    // The commit of a transaction that has failed is a rollback.
    if (results->back().command() == "COMMIT") return absl::OkStatus();
    return absl::FailedPreconditionError("the transaction has failed before its commit");
  }
  // Which of the statements it was that had no answer is not looked into: the commit
  // was sent with them.
  if (!connection_->alive() || LeavesCommitUnknown(SqlStateOf(results.status()))) {
    over_ = !connection_->alive();
    return absl::UnknownError("the connection to the database was lost during a commit");
  }
  return results.status();
}

}  // namespace costs::postgres
