#include "service/sqlite/store_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

namespace costs::sqlite {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr absl::string_view kTwoVersions[] = {"CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x INTEGER)"};

Schema SchemaOf(size_t versions) {
  return {0x74657374, absl::MakeConstSpan(kTwoVersions, versions), "a test of this service"};
}

class StoreFileTest : public ::testing::Test {
 protected:
  StoreFileTest() {
    std::string name = (fs::path(::testing::TempDir()) / "storefileXXXXXX").string();
    folder_ = mkdtemp(&name[0]);
    path_ = (folder_ / "db").string();
  }
  ~StoreFileTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  std::unique_ptr<Database> Open() { return *Database::Open(path_, Access::kReadWrite); }

  fs::path folder_;
  std::string path_;
};

TEST_F(StoreFileTest, Lock_IsHeldByOne) {
  auto lock = FileLock::Take(path_);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(FileLock::Take(path_).status().code(), absl::StatusCode::kFailedPrecondition);
  lock->reset();
  EXPECT_TRUE(FileLock::Take(path_).ok());
  EXPECT_EQ(FileLock::Take((folder_ / "none/db").string()).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(StoreFileTest, PrivateFile_IsItsOwners) {
  ASSERT_TRUE(MakePrivateFile(path_).ok());
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_TRUE(MakePrivateFile(path_).ok()) << "once more";
  EXPECT_EQ(MakePrivateFile((folder_ / "none/db").string()).code(), absl::StatusCode::kUnavailable);
}

TEST_F(StoreFileTest, OlderSchema_IsBroughtUpToDate) {
  ASSERT_TRUE(Migrate(Open().get(), SchemaOf(1)).ok());
  ASSERT_TRUE(Open()->Execute("INSERT INTO a VALUES (7)").ok());
  ASSERT_TRUE(Migrate(Open().get(), SchemaOf(2)).ok());
  ASSERT_TRUE(Migrate(Open().get(), SchemaOf(2)).ok());
  EXPECT_EQ(*Open()->Number("SELECT x FROM a"), 7);
  EXPECT_EQ(*Open()->Number("SELECT count(*) FROM b"), 0);
}

TEST_F(StoreFileTest, LaterSchemaOrOtherProgram_IsRefused) {
  ASSERT_TRUE(Migrate(Open().get(), SchemaOf(2)).ok());
  absl::Status status = Migrate(Open().get(), SchemaOf(1));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has schema 2, but this version"));
  Schema other = SchemaOf(2);
  other.application_id += 1;
  status = Migrate(Open().get(), other);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not a test of this service"));
}

}  // namespace
}  // namespace costs::sqlite
