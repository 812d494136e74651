#include "service/sqlite/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace costs::sqlite {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() {
    std::string name = (fs::path(::testing::TempDir()) / "sqliteXXXXXX").string();
    folder_ = mkdtemp(&name[0]);
    path_ = (folder_ / "db").string();
  }
  ~DatabaseTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  std::unique_ptr<Database> Open(Access access = Access::kReadWrite) {
    absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(path_, access);
    EXPECT_TRUE(database.ok()) << database.status();
    return *std::move(database);
  }

  fs::path folder_;
  std::string path_;
};

TEST_F(DatabaseTest, Values_ComeBackAsTheyWere) {
  auto database = Open();
  ASSERT_TRUE(database->Execute("CREATE TABLE t (a INTEGER, b TEXT, c BLOB, d INTEGER) STRICT").ok());
  const std::string bytes("a\0b", 3);
  ASSERT_TRUE(database->Prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4)")
                  .Bind(1, INT64_MIN)
                  .Bind(2, "")
                  .BindBlob(3, bytes)
                  .BindNull(4)
                  .Run()
                  .ok());
  Query rows = database->Prepare("SELECT a, b, c, d FROM t");
  ASSERT_TRUE(rows.Next());
  EXPECT_EQ(rows.Int(0), INT64_MIN);
  EXPECT_EQ(rows.Text(1), "");
  EXPECT_FALSE(rows.IsNull(1));
  EXPECT_EQ(rows.Blob(2), bytes);
  EXPECT_TRUE(rows.IsNull(3));
  EXPECT_FALSE(rows.Next());
  EXPECT_TRUE(rows.status().ok());
}

TEST_F(DatabaseTest, Settings_AreDurable) {
  auto database = Open();
  EXPECT_EQ(*database->Number("PRAGMA synchronous"), 2) << "FULL";
  EXPECT_EQ(*database->Number("PRAGMA foreign_keys"), 1);
  Query mode = database->Prepare("PRAGMA journal_mode");
  ASSERT_TRUE(mode.Next());
  EXPECT_EQ(mode.Text(0), "wal");
}

TEST_F(DatabaseTest, TransactionWithoutCommit_LeavesNothing) {
  auto database = Open();
  ASSERT_TRUE(database->Execute("CREATE TABLE t (a INTEGER PRIMARY KEY)").ok());
  {
    Transaction transaction(database.get());
    ASSERT_TRUE(database->Execute("INSERT INTO t VALUES (1)").ok());
  }
  EXPECT_EQ(*database->Number("SELECT count(*) FROM t"), 0);
  Transaction transaction(database.get());
  ASSERT_TRUE(database->Execute("INSERT INTO t VALUES (1)").ok());
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_FALSE(transaction.Commit().ok());
  EXPECT_EQ(*Open()->Number("SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, Reader_DoesNotWaitForAWriterAndSeesNothingHalf) {
  auto writer = Open();
  ASSERT_TRUE(writer->Execute("CREATE TABLE t (a INTEGER PRIMARY KEY)").ok());
  auto reader = Open(Access::kReadOnly);
  Transaction transaction(writer.get());
  ASSERT_TRUE(writer->Execute("INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(*reader->Number("SELECT count(*) FROM t"), 0);
  ASSERT_TRUE(transaction.Commit().ok());
  EXPECT_EQ(*reader->Number("SELECT count(*) FROM t"), 1);
  EXPECT_EQ(reader->Execute("INSERT INTO t VALUES (2)").code(), absl::StatusCode::kUnavailable);
}

TEST_F(DatabaseTest, Errors_AreOfTheirKindAndTellNoSecrets) {
  auto database = Open();
  ASSERT_TRUE(database->Execute("CREATE TABLE secret (a INTEGER PRIMARY KEY CHECK (a > 0))").ok());
  ASSERT_TRUE(database->Execute("INSERT INTO secret VALUES (1)").ok());
  const struct {
    absl::Status status;
    absl::StatusCode code;
  } cases[] = {
      {database->Execute("INSERT INTO secret VALUES (1)"), absl::StatusCode::kAlreadyExists},
      {database->Execute("INSERT INTO secret VALUES (-1)"), absl::StatusCode::kFailedPrecondition},
      {database->Execute("SELECT * FROM secrets"), absl::StatusCode::kInternal},
      {database->Prepare("SELECT x FROM secret").Bind(1, "secret").Run(), absl::StatusCode::kInternal},
      {Database::Open((folder_ / "secret/db").string(), Access::kReadWrite).status(), absl::StatusCode::kUnavailable},
      {Database::Open((folder_ / "secret").string(), Access::kReadOnly).status(), absl::StatusCode::kUnavailable},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.status.code(), c.code) << c.status;
    EXPECT_THAT(std::string(c.status.message()), Not(HasSubstr("secret")));
  }
}

TEST_F(DatabaseTest, FileThatIsNoDatabase_IsDataLoss) {
  std::ofstream(path_) << std::string(10'000, 'x');
  EXPECT_EQ(Database::Open(path_, Access::kReadWrite).status().code(), absl::StatusCode::kDataLoss);
}

// A limit on the size of files stands for a disk that is full or fails.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST_F(DatabaseTest, CommitThatCannotBeWritten_ChangesNothing) {
  auto database = Open();
  ASSERT_TRUE(database->Execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)").ok());
  ASSERT_TRUE(database->Execute("INSERT INTO t VALUES (1, NULL)").ok());
  {
    FileSizeLimit limit(64 << 10);
    Transaction transaction(database.get());
    ASSERT_TRUE(transaction.status().ok());
    ASSERT_TRUE(database->Prepare("INSERT INTO t VALUES (2, ?1)").BindBlob(1, std::string(200'000, 'x')).Run().ok());
    const absl::Status status = transaction.Commit();
    EXPECT_TRUE(status.code() == absl::StatusCode::kUnavailable ||
                status.code() == absl::StatusCode::kResourceExhausted)
        << status;
  }
  EXPECT_EQ(*database->Number("SELECT count(*) FROM t"), 1);
  ASSERT_TRUE(database->Execute("INSERT INTO t VALUES (3, NULL)").ok()) << "the connection still works";
  EXPECT_EQ(*Open()->Number("SELECT count(*) FROM t"), 2);
}

TEST_F(DatabaseTest, MemoryAndTemporary_MakeNoFile) {
  for (Access access : {Access::kMemory, Access::kTemporary}) {
    auto database = Open(access);
    ASSERT_TRUE(database->Execute("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (7)").ok());
    EXPECT_EQ(*database->Number("SELECT a FROM t"), 7);
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace costs::sqlite
