#include "service/postgres/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/postgres/testing/postgres_server.h"

namespace costs::postgres {
namespace {

using sql::Query;
using ::testing::HasSubstr;
using ::testing::Not;
using SqlTransaction = sql::Transaction;

// All tests share a server.
class PostgresDatabaseTest : public ::testing::Test {
 protected:
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    COSTS_REQUIRE_POSTGRES();
    if (server_ == nullptr) {
      auto server = PostgresServer::Start({"fsync=off"});
      ASSERT_TRUE(server.ok()) << server.status();
      server_ = *std::move(server);
    }
    database_ = Open();
    ASSERT_TRUE(database_
                    ->Execute("DROP TABLE IF EXISTS t; CREATE TABLE t (a bigint PRIMARY KEY, b text, c bytea, "
                              "d integer CHECK (d > 0))")
                    .ok());
  }

  std::unique_ptr<Database> Open() {
    ConnectOptions options;
    options.conninfo = server_->url();
    auto database = Database::Open(options);
    EXPECT_TRUE(database.ok()) << database.status();
    return *std::move(database);
  }

  absl::Status Insert(int64_t key) { return database_->Prepare("INSERT INTO t (a) VALUES (?1)").Bind(1, key).Run(); }
  int64_t Count() { return *database_->Number("SELECT count(*) FROM t"); }

  // Ends the connection as the server sees it.
  void Cut() {
    const int64_t pid = *database_->Number("SELECT pg_backend_pid()");
    auto other = Open();
    Query terminate = other->Prepare("SELECT pg_terminate_backend(?1::int)");
    terminate.Bind(1, pid);
    EXPECT_TRUE(terminate.Next());
    // Until it is gone.
    Query gone = other->Prepare("SELECT count(*) FROM pg_stat_activity WHERE pid = ?1::int");
    for (bool there = true; there; gone.Reset()) there = gone.Bind(1, pid).Next() && gone.Int(0) != 0;
  }

  static std::unique_ptr<PostgresServer> server_;
  std::unique_ptr<Database> database_;
};

std::unique_ptr<PostgresServer> PostgresDatabaseTest::server_;

TEST_F(PostgresDatabaseTest, Values_ComeBackAsTheyWere) {
  const std::string bytes("a\0b", 3);
  ASSERT_TRUE(database_->Prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4)")
                  .Bind(1, INT64_MIN)
                  .Bind(2, "")
                  .BindBlob(3, bytes)
                  .BindNull(4)
                  .Run()
                  .ok());
  Query rows = database_->Prepare("SELECT a, b, c, d FROM t");
  ASSERT_TRUE(rows.Next());
  EXPECT_EQ(rows.Int(0), INT64_MIN);
  EXPECT_EQ(rows.Text(1), "");
  EXPECT_FALSE(rows.IsNull(1));
  EXPECT_EQ(rows.Blob(2), bytes);
  EXPECT_TRUE(rows.IsNull(3));
  EXPECT_FALSE(rows.Next());
  EXPECT_TRUE(rows.status().ok());
}

TEST_F(PostgresDatabaseTest, Statement_CanBeUsedAgain) {
  Query insert = database_->Prepare("INSERT INTO t (a) VALUES (?1)");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(insert.Bind(1, i).Run().ok());
  Query find = database_->Prepare("SELECT a FROM t WHERE a >= ?1 ORDER BY a");
  ASSERT_TRUE(find.Bind(1, 1).Next());
  EXPECT_EQ(find.Int(0), 1);
  find.Reset();
  ASSERT_TRUE(find.Bind(1, 2).Next());
  EXPECT_EQ(find.Int(0), 2);
  EXPECT_FALSE(find.Next());
}

TEST_F(PostgresDatabaseTest, Transaction_IsThereWholeOrNotAtAll) {
  {
    SqlTransaction transaction(database_.get());
    ASSERT_TRUE(Insert(1).ok());
    EXPECT_TRUE(database_->in_transaction());
    EXPECT_EQ(Count(), 1);
  }
  EXPECT_FALSE(database_->in_transaction());
  EXPECT_EQ(Count(), 0);
  SqlTransaction transaction(database_.get());
  // More than are sent at once.
  for (int i = 0; i < 2500; ++i) ASSERT_TRUE(Insert(i).ok());
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(Count(), 2500);
  EXPECT_FALSE(transaction.Commit().ok()) << "it is over";
}

TEST_F(PostgresDatabaseTest, ErrorOfAGatheredStatement_ComesWithTheCommitOrTheNextRow) {
  ASSERT_TRUE(Insert(1).ok());
  {
    SqlTransaction transaction(database_.get());
    EXPECT_TRUE(Insert(2).ok());
    EXPECT_TRUE(Insert(1).ok()) << "not sent yet";
    EXPECT_EQ(transaction.Commit().code(), absl::StatusCode::kAlreadyExists);
  }
  EXPECT_EQ(Count(), 1);
  {
    SqlTransaction transaction(database_.get());
    EXPECT_TRUE(Insert(2).ok());
    EXPECT_TRUE(Insert(1).ok());
    EXPECT_EQ(database_->Number("SELECT 1").status().code(), absl::StatusCode::kAlreadyExists);
    EXPECT_FALSE(Insert(3).ok()) << "the transaction is lost";
    EXPECT_EQ(transaction.Commit().code(), absl::StatusCode::kAlreadyExists);
  }
  EXPECT_EQ(Count(), 1) << "the connection is as good as ever";
}

TEST_F(PostgresDatabaseTest, Errors_TellCodesNeitherSqlNorData) {
  ASSERT_TRUE(Insert(1).ok());
  EXPECT_EQ(Insert(1).code(), absl::StatusCode::kAlreadyExists);
  const absl::Status broken = database_->Execute("INSERT INTO t (a, b, d) VALUES (2, 'secret', -1)");
  EXPECT_EQ(broken.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(broken.message()), Not(HasSubstr("secret")));
  const absl::Status nonsense = database_->Prepare("SELECT nonsense").Run();
  EXPECT_EQ(nonsense.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(nonsense.message()), Not(HasSubstr("nonsense")));
  const std::string null("a\0b", 3);
  EXPECT_EQ(database_->Prepare("SELECT a FROM t WHERE b = ?1").Bind(1, null).Run().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Count(), 1);
}

TEST_F(PostgresDatabaseTest, ReadTransaction_SeesOneState) {
  SqlTransaction transaction(database_.get(), SqlTransaction::Kind::kRead);
  EXPECT_EQ(Count(), 0);
  ASSERT_TRUE(Open()->Execute("INSERT INTO t (a) VALUES (1)").ok());
  EXPECT_EQ(Count(), 0);
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(Count(), 1);
}

TEST_F(PostgresDatabaseTest, LostConnection_IsMadeAnewWhereNothingWasUnderWay) {
  Cut();
  EXPECT_EQ(Count(), 0);
  Cut();
  {
    SqlTransaction transaction(database_.get());
    ASSERT_TRUE(Insert(1).ok());
    EXPECT_EQ(Count(), 1);
    ASSERT_TRUE(transaction.Commit().ok());
  }
  SqlTransaction transaction(database_.get());
  ASSERT_TRUE(Insert(2).ok());
  EXPECT_EQ(Count(), 2);
  Cut();
  EXPECT_EQ(database_->Number("SELECT count(*) FROM t").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Insert(3).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(transaction.Commit().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Count(), 1);
}

TEST_F(PostgresDatabaseTest, ServerThatIsAway_IsUnavailable) {
  ASSERT_TRUE(server_->Stop().ok());
  EXPECT_EQ(Insert(1).code(), absl::StatusCode::kUnavailable);
  SqlTransaction transaction(database_.get());
  EXPECT_EQ(transaction.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(transaction.Commit().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(server_->Restart().ok());
  while (!Insert(1).ok()) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_EQ(Count(), 1);
}

TEST_F(PostgresDatabaseTest, Keys_AreNeverTheSame) {
  std::set<int64_t> keys;
  for (int i = 0; i < 1000; ++i) keys.insert(*database_->NewKey());
  EXPECT_EQ(keys.size(), 1000u);
  EXPECT_GT(*keys.begin(), 0);
}

}  // namespace
}  // namespace costs::postgres
