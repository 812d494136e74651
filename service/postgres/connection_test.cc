#include "service/postgres/connection.h"

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "service/postgres/sql_state.h"
#include "service/postgres/testing/postgres_server.h"

namespace costs::postgres {
namespace {

class ConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    COSTS_REQUIRE_POSTGRES();
    absl::StatusOr<std::unique_ptr<PostgresServer>> server = PostgresServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    connection_ = Open();
  }

  std::unique_ptr<Connection> Open() {
    ConnectOptions options;
    options.conninfo = server_->url();
    absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? std::move(*connection) : nullptr;
  }

  int64_t Count() {
    absl::StatusOr<Result> result = Open()->Query("SELECT count(*) FROM t");
    return result.ok() ? result->Int(0, 0) : -1;
  }

  std::unique_ptr<PostgresServer> server_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(ConnectionTest, Query_EachType_ComesBack) {
  absl::StatusOr<Result> result = connection_->Query(
      "SELECT $1::bigint, $2::text, $3::bytea, $4::boolean, $5::text, $6::double precision, "
      "100000000000000000000::numeric, $7::bigint[]",
      Params().Int(-5).Text("one 'two'").Bytes(std::string("\0\1", 2)).Bool(true).Null().Double(0.1).Binary([] {
        ArrayWriter array(Type::kBigInt);
        array.BigInt(1).BigInt(2);
        return std::move(array).Finish(2);
      }()));
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->rows(), 1);
  EXPECT_EQ(result->Int(0, 0), -5);
  EXPECT_EQ(result->Text(0, 1), "one 'two'");
  EXPECT_EQ(result->Bytes(0, 2), std::string("\0\1", 2));
  EXPECT_TRUE(result->Bool(0, 3));
  EXPECT_TRUE(result->IsNull(0, 4));
  EXPECT_EQ(result->Double(0, 5), 0.1);
  EXPECT_TRUE(result->Whole(0, 6).value() == Int128{10'000'000'000} * 10'000'000'000);
}

TEST_F(ConnectionTest, Settings_AreTheServices) {
  EXPECT_EQ(connection_->Query("SHOW timezone")->Text(0, 0), "UTC");
  EXPECT_EQ(connection_->Query("SHOW statement_timeout")->Text(0, 0), "30s");
  EXPECT_EQ(connection_->Query("SHOW application_name")->Text(0, 0), "costsd");
}

TEST_F(ConnectionTest, Error_TellsCodeButNoSqlOrData) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE t (a bigint PRIMARY KEY, b text CHECK (b <> 'bad'))").ok());
  ASSERT_TRUE(connection_->Query("INSERT INTO t VALUES ($1, $2)", Params().Int(1).Text("x")).ok());
  const absl::Status doubled =
      connection_->Query("INSERT INTO t VALUES ($1, $2)", Params().Int(1).Text("secret")).status();
  EXPECT_EQ(doubled.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(absl::StrContains(doubled.message(), "secret"));
  EXPECT_FALSE(absl::StrContains(doubled.message(), "INSERT"));
  EXPECT_EQ(connection_->Query("INSERT INTO t VALUES ($1, $2)", Params().Int(2).Text("bad")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  const absl::Status unknown = connection_->Query("SELECT * FROM nowhere").status();
  EXPECT_EQ(SqlStateOf(unknown), kUndefinedTable);
  // And again: what could not be prepared is not taken for prepared.
  EXPECT_EQ(SqlStateOf(connection_->Query("SELECT * FROM nowhere").status()), kUndefinedTable);
  EXPECT_TRUE(connection_->Query("SELECT 1").ok());
}

TEST_F(ConnectionTest, Run_AfterAnError_RunsNoLaterOne) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE t (a bigint PRIMARY KEY)").ok());
  const absl::Status status = connection_
                                  ->Run({{"INSERT INTO t VALUES ($1)", Params().Int(1)},
                                         {"INSERT INTO t VALUES ($1)", Params().Int(1)},
                                         {"INSERT INTO t VALUES (7)"}})
                                  .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Count(), 0);
  absl::StatusOr<std::vector<Result>> results =
      connection_->Run({{"INSERT INTO t VALUES (7)"}, {"SELECT a FROM t"}, {"DELETE FROM t"}});
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 3u);
  EXPECT_EQ((*results)[1].Int(0, 0), 7);
  EXPECT_EQ((*results)[2].affected(), 1);
}

TEST_F(ConnectionTest, CopyIn_Binary_StoresEveryRow) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE t (a bigint PRIMARY KEY, b text, c numeric)").ok());
  constexpr int kRows = 50'000;
  std::string rows = CopyHeader();
  for (int i = 0; i < kRows; ++i) {
    CopyRow row(&rows, 3);
    row.BigInt(i).Text(absl::StrCat("row ", i)).Numeric(i);
  }
  absl::StrAppend(&rows, kCopyTrailer);
  const absl::Status copied = connection_->CopyIn("COPY t FROM STDIN (FORMAT binary)", rows);
  ASSERT_TRUE(copied.ok()) << copied;
  EXPECT_EQ(Count(), kRows);
  EXPECT_EQ(connection_->CopyIn("COPY t FROM STDIN (FORMAT binary)", rows).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(SqlStateOf(connection_->CopyIn("COPY nowhere FROM STDIN (FORMAT binary)", rows)), kUndefinedTable);
  EXPECT_TRUE(connection_->alive());
}

TEST_F(ConnectionTest, Transaction_NotCommitted_IsRolledBack) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE t (a bigint PRIMARY KEY)").ok());
  {
    Transaction transaction(connection_.get());
    ASSERT_TRUE(transaction.Query("INSERT INTO t VALUES (1)").ok());
  }
  EXPECT_EQ(Count(), 0);
  Transaction transaction(connection_.get());
  ASSERT_TRUE(transaction.Query("INSERT INTO t VALUES (1)").ok());
  ASSERT_TRUE(transaction.Commit({{"INSERT INTO t VALUES (2)"}}).ok());
  EXPECT_EQ(Count(), 2);
}

TEST_F(ConnectionTest, Transaction_CommitAfterFailure_IsAnError) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE t (a bigint PRIMARY KEY)").ok());
  Transaction transaction(connection_.get());
  ASSERT_TRUE(transaction.Query("INSERT INTO t VALUES (1)").ok());
  ASSERT_FALSE(transaction.Query("INSERT INTO t VALUES (1)").ok());
  EXPECT_FALSE(transaction.Commit().ok());
  EXPECT_EQ(Count(), 0);
  EXPECT_TRUE(connection_->Query("SELECT 1").ok());
}

TEST_F(ConnectionTest, Notification_OfAnotherConnection_Arrives) {
  ASSERT_TRUE(connection_->Execute("LISTEN changes").ok());
  absl::StatusOr<std::optional<Notification>> none = connection_->WaitForNotification(absl::Milliseconds(1));
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
  ASSERT_TRUE(Open()->Execute("NOTIFY changes, 'seven'").ok());
  absl::StatusOr<std::optional<Notification>> notification = connection_->WaitForNotification(absl::Minutes(1));
  ASSERT_TRUE(notification.ok());
  ASSERT_TRUE(notification->has_value());
  EXPECT_EQ((*notification)->channel, "changes");
  EXPECT_EQ((*notification)->payload, "seven");
}

// As of a replica that is frozen while it sends: nothing that the server limits.
TEST_F(ConnectionTest, PeerStalledInACopy_IsEndedByTheFirstThatWaitsForItsLocks) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE t (a bigint PRIMARY KEY, b bigint)").ok());
  ASSERT_TRUE(connection_->Query("INSERT INTO t VALUES (1, 0)").ok());
  ConnectOptions options;
  options.conninfo = server_->url();
  options.lock_timeout = absl::Milliseconds(300);
  const std::unique_ptr<Connection> waiting = *Connection::Open(options);
  for (const char* lock : {"UPDATE t SET b = b + 10 WHERE a = 1", "SELECT pg_advisory_xact_lock(7)"}) {
    SCOPED_TRACE(lock);
    const auto stall = [&](const char* application) {
      PGconn* peer = PQconnectdb(server_->url().c_str());
      EXPECT_EQ(PQstatus(peer), CONNECTION_OK);
      PQclear(PQexec(peer, absl::StrCat("SET application_name = '", application, "'; BEGIN; ", lock).c_str()));
      PGresult* copying = PQexec(peer, "COPY t FROM STDIN");
      EXPECT_EQ(PQresultStatus(copying), PGRES_COPY_IN);
      PQclear(copying);
      return peer;
    };
    const auto try_lock = [&] {
      Transaction transaction(waiting.get());
      absl::Status status = transaction.Query(lock).status();
      return status.ok() ? transaction.Commit() : status;
    };
    PGconn* other_program = stall("psql");
    EXPECT_EQ(try_lock().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(try_lock().code(), absl::StatusCode::kUnavailable) << "another program's transaction is its own affair";
    PQfinish(other_program);

    PGconn* peer = stall("costsd");
    absl::Status status = try_lock();
    for (int i = 0; i < 20 && !status.ok(); ++i) status = try_lock();
    EXPECT_TRUE(status.ok()) << status;
    PQfinish(peer);
  }
  EXPECT_EQ(connection_->Query("SELECT b FROM t")->Int(0, 0), 10) << "what the peer had not committed is undone";
}

TEST_F(ConnectionTest, ServerStopped_IsUnavailableAndConnectionLost) {
  ASSERT_TRUE(connection_->Query("SELECT 1").ok());
  ASSERT_TRUE(server_->Stop().ok());
  EXPECT_EQ(connection_->Query("SELECT 1").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(connection_->Query("SELECT 1").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(connection_->alive());
  ConnectOptions options;
  options.conninfo = server_->url();
  EXPECT_EQ(Connection::Open(options).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_TRUE(Open()->Query("SELECT 1").ok());
}

TEST_F(ConnectionTest, ServerKilled_CommitIsUnknownAndCommittedDataStay) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE t (a bigint PRIMARY KEY)").ok());
  ASSERT_TRUE(connection_->Query("INSERT INTO t VALUES (1)").ok());
  Transaction transaction(connection_.get());
  ASSERT_TRUE(transaction.Query("INSERT INTO t VALUES (2)").ok());
  ASSERT_TRUE(server_->Kill().ok());
  EXPECT_EQ(transaction.Commit().code(), absl::StatusCode::kUnknown);
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_EQ(Count(), 1);
}

}  // namespace
}  // namespace costs::postgres
