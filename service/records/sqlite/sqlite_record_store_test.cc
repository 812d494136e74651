// The store of records on its disk: whose the file is, what is done when the disk is
// full or fails, and what waits. What every store does is in sqlite_conformance_test.
#include "service/records/sqlite/sqlite_record_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"
#include "service/records/sqlite/schema.h"
#include "service/records/testing/record_builder.h"
#include "service/sqlite/database.h"

namespace costs::records {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::kHour;
using testing::kNewYear;
using ::testing::Not;
using testing::RecordBuilder;
using testing::TestTenant;

// A limit on the size of files stands for a disk that is full or fails.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

// What a write is answered with, once it is.
class Answer {
 public:
  std::function<void(const absl::Status&)> Taker() {
    return [this](const absl::Status& status) {
      std::lock_guard<std::mutex> lock(mutex_);
      status_ = status;
      changed_.notify_one();
    };
  }

  absl::Status Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return status_.has_value(); });
    return *status_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<absl::Status> status_;
};

StoredRecord Record(int64_t hour) { return RecordBuilder("home", "car", kNewYear + hour * kHour, kHour).Build(); }

std::unique_ptr<Write> WriteOf(int64_t first_hour, int records, Answer* answer) {
  auto write = std::make_unique<Write>();
  write->tenant = TestTenant();
  for (int i = 0; i < records; ++i) {
    PendingRecord pending;
    pending.record = Record(first_hour + i);
    write->records.push_back(std::move(pending));
  }
  write->done = answer->Taker();
  return write;
}

class SqliteRecordStoreTest : public ::testing::Test {
 protected:
  SqliteRecordStoreTest() {
    std::string name = (fs::path(::testing::TempDir()) / "recordsXXXXXX").string();
    folder_ = mkdtemp(&name[0]);
    options_.path = (folder_ / "store.records").string();
  }
  ~SqliteRecordStoreTest() override {
    store_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void Open() {
    store_.reset();
    auto store = SqliteRecordStore::Open(options_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  absl::Status OpenError() { return SqliteRecordStore::Open(options_).status(); }

  absl::Status Put(int64_t first_hour, int records = 1) {
    Answer answer;
    store_->Submit(WriteOf(first_hour, records, &answer));
    return answer.Wait();
  }
  int64_t Count() {
    auto records = store_->List(TestTenant(), {}, std::nullopt, false, 1'000'000);
    EXPECT_TRUE(records.ok()) << records.status();
    return records.ok() ? static_cast<int64_t>(records->size()) : -1;
  }

  SqliteRecordStore::Options options_;
  fs::path folder_;
  std::unique_ptr<SqliteRecordStore> store_;
};

TEST_F(SqliteRecordStoreTest, NewFile_IsItsOwners) {
  Open();
  ASSERT_TRUE(Put(0).ok());
  for (const char* end : {"", "-wal", "-shm", ".lock"}) {
    struct stat info;
    ASSERT_EQ(stat((options_.path + end).c_str(), &info), 0) << end;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << end;
  }
}

TEST_F(SqliteRecordStoreTest, SecondProcess_IsRefused) {
  Open();
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is in use by another process"));
  store_.reset();
  EXPECT_TRUE(OpenError().ok()) << "the lock goes with the store";
}

TEST_F(SqliteRecordStoreTest, LaterSchema_IsRefused) {
  Open();
  store_.reset();
  {
    auto database = *sqlite::Database::Open(options_.path, sqlite::Access::kReadWrite);
    ASSERT_TRUE(database->Execute(absl::StrCat("PRAGMA user_version = ", kSchemaVersion + 1)).ok());
  }
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("this version of the service knows only up to"));
}

// Version 1 had the totals of a thing together, not those of a week.
TEST_F(SqliteRecordStoreTest, EarlierSchema_IsBroughtUpToDate) {
  const auto totals = [this] {
    std::vector<std::pair<int32_t, int64_t>> all;
    const auto read =
        store_->DayTotals(TestTenant(), {"home", "car"}, engine::Direction::kImport, -1'000'000, 1'000'000);
    EXPECT_TRUE(read.ok()) << read.status();
    for (const DayTotal& total : *read) all.emplace_back(total.day, total.total.records);
    return all;
  };
  Open();
  ASSERT_TRUE(Put(0, 200).ok());
  const auto before = totals();
  ASSERT_GT(before.size(), 1u);
  store_.reset();
  {
    auto database = *sqlite::Database::Open(options_.path, sqlite::Access::kReadWrite);
    const absl::Status status = database->Execute(
        "ALTER TABLE day_totals RENAME TO later; CREATE TABLE day_totals (thing INTEGER NOT NULL, day INTEGER NOT NULL,"
        "kind INTEGER NOT NULL, currency TEXT NOT NULL, sum BLOB NOT NULL, PRIMARY KEY (thing, day, kind, currency)) "
        "STRICT, WITHOUT ROWID; INSERT INTO day_totals SELECT thing, day, kind, currency, sum FROM later; "
        "DROP TABLE later; PRAGMA user_version = 1");
    ASSERT_TRUE(status.ok()) << status;
  }
  Open();
  EXPECT_EQ(totals(), before);
  ASSERT_TRUE(Put(200, 10).ok());
  EXPECT_EQ(Count(), 210);
  auto database = *sqlite::Database::Open(options_.path, sqlite::Access::kReadOnly);
  EXPECT_EQ(*database->Number("PRAGMA user_version"), kSchemaVersion);
}

TEST_F(SqliteRecordStoreTest, FileOfSomebodyElse_IsRefused) {
  std::ofstream(options_.path) << std::string(8'192, 'x');
  EXPECT_EQ(OpenError().code(), absl::StatusCode::kDataLoss);
  fs::remove(options_.path);
  {
    auto database = *sqlite::Database::Open(options_.path, sqlite::Access::kReadWrite);
    ASSERT_TRUE(database->Execute("CREATE TABLE photos (a INTEGER)").ok());
  }
  EXPECT_THAT(std::string(OpenError().message()), HasSubstr("is not a store of meter records"));
  options_.path = (folder_ / "none/store").string();
  EXPECT_EQ(OpenError().code(), absl::StatusCode::kUnavailable);
}

TEST_F(SqliteRecordStoreTest, Memory_MakesNoFileAndServes) {
  options_.path.clear();
  Open();
  ASSERT_TRUE(Put(0, 10).ok());
  EXPECT_EQ(Count(), 10);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(SqliteRecordStoreTest, FullDisk_IsARefusalAndTheStoreGoesOnWhenThereIsRoom) {
  Open();
  ASSERT_TRUE(Put(0, 10).ok());
  {
    FileSizeLimit limit(64 << 10);
    for (int i = 0; i < 2; ++i) {
      const absl::Status status = Put(100, 5'000);
      const std::string reason = catalog::ReasonOf(status);
      EXPECT_TRUE(reason == "STORE_FULL" || reason == "STORE_UNAVAILABLE") << status;
      EXPECT_TRUE(catalog::RetryAfterOf(status).has_value());
      EXPECT_THAT(std::string(status.message()), Not(HasSubstr(options_.path)));
      EXPECT_EQ(Count(), 10) << "reading goes on, and nothing is there by half";
    }
    EXPECT_EQ(store_->counters().failed_transactions, 2u);
  }
  ASSERT_TRUE(Put(100, 5'000).ok());
  EXPECT_EQ(Count(), 5'010);
  Open();
  EXPECT_EQ(Count(), 5'010);
  const auto totals = store_->DayTotals(TestTenant(), {"home", "car"}, engine::Direction::kImport, 0, 100'000);
  int64_t counted = 0;
  for (const DayTotal& total : *totals) counted += total.total.records;
  EXPECT_EQ(counted, 5'010);
}

TEST_F(SqliteRecordStoreTest, BrokenRow_IsDataLossToReadersAlone) {
  Open();
  ASSERT_TRUE(Put(0, 3).ok());
  store_.reset();
  {
    auto database = *sqlite::Database::Open(options_.path, sqlite::Access::kReadWrite);
    ASSERT_TRUE(database->Execute("UPDATE records SET revision = x'ff'").ok());
  }
  Open();
  const absl::Status status = store_->Get(TestTenant(), Record(0).id).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(catalog::ReasonOf(status), "STORE_BROKEN");
  EXPECT_TRUE(Put(10).ok());
  EXPECT_EQ(Put(0).code(), absl::StatusCode::kDataLoss) << "cannot be compared with what is there";
  EXPECT_TRUE(Put(11).ok());
}

TEST_F(SqliteRecordStoreTest, TooMuchWaiting_IsOverloadedAtOnce) {
  options_.writer.most_writes_waiting = 4;
  options_.writer.most_records_waiting = 100;
  Open();
  // A write whose price takes its time holds the writer.
  std::mutex mutex;
  std::condition_variable changed;
  bool begun = false, go_on = false;
  Answer held, too_large, last, fifth;
  Answer taken[3];
  auto write = WriteOf(0, 1, &held);
  write->records[0].price = [&](const calculator::UsageSource&, StoredRecord*) {
    std::unique_lock<std::mutex> lock(mutex);
    begun = true;
    changed.notify_all();
    changed.wait(lock, [&] { return go_on; });
    return true;
  };
  store_->Submit(std::move(write));
  {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return begun; });
  }
  for (int i = 0; i < 3; ++i) store_->Submit(WriteOf(10 + i, 10, &taken[i]));
  store_->Submit(WriteOf(100, 71, &too_large));
  EXPECT_EQ(catalog::ReasonOf(too_large.Wait()), "OVERLOADED");
  EXPECT_EQ(store_->counters().records_waiting, 30u);
  store_->Submit(WriteOf(100, 70, &last));
  store_->Submit(WriteOf(300, 0, &fifth));
  EXPECT_EQ(catalog::ReasonOf(fifth.Wait()), "OVERLOADED") << "four writes wait";
  {
    std::lock_guard<std::mutex> lock(mutex);
    go_on = true;
  }
  changed.notify_all();
  EXPECT_TRUE(held.Wait().ok());
  EXPECT_TRUE(last.Wait().ok());
  EXPECT_EQ(Count(), 83);
}

TEST_F(SqliteRecordStoreTest, WritesThatWait_AreOneTransaction) {
  Open();
  std::mutex mutex;
  mutex.lock();
  Answer held;
  Answer waiting[50];
  auto write = WriteOf(0, 1, &held);
  write->records[0].price = [&](const calculator::UsageSource&, StoredRecord*) {
    std::lock_guard<std::mutex> lock(mutex);
    return true;
  };
  store_->Submit(std::move(write));
  for (int i = 0; i < 50; ++i) store_->Submit(WriteOf(1 + i, 1, &waiting[i]));
  mutex.unlock();
  for (Answer& answer : waiting) EXPECT_TRUE(answer.Wait().ok());
  EXPECT_LE(store_->counters().transactions, 2u);
}

TEST_F(SqliteRecordStoreTest, Closed_WritesWhatWaits) {
  Open();
  Answer answers[100];
  for (int i = 0; i < 100; ++i) store_->Submit(WriteOf(i, 1, &answers[i]));
  store_.reset();
  for (Answer& answer : answers) EXPECT_TRUE(answer.Wait().ok());
  Open();
  EXPECT_EQ(Count(), 100);
}

TEST_F(SqliteRecordStoreTest, OneLongRecord_DoesNotMakeLooksIntoOneDayLong) {
  // Not a matter of time but of the index: the plan of a list by time must not begin
  // a year before.
  Open();
  ASSERT_TRUE(Put(0, 24 * 40).ok());
  Answer answer;
  auto write = std::make_unique<Write>();
  write->tenant = TestTenant();
  PendingRecord year;
  year.record = RecordBuilder("home", "car", kNewYear - 300 * 24 * kHour, 366 * 24 * kHour).Build();
  write->records.push_back(std::move(year));
  write->done = answer.Taker();
  store_->Submit(std::move(write));
  ASSERT_TRUE(answer.Wait().ok());
  RecordFilter filter;
  filter.device_id = "car";
  filter.ends_after = engine::Instant::FromSeconds(kNewYear + 100 * kHour);
  filter.starts_before = engine::Instant::FromSeconds(kNewYear + 101 * kHour);
  const auto records = store_->List(TestTenant(), filter, std::nullopt, false, 10);
  ASSERT_TRUE(records.ok());
  EXPECT_EQ(records->size(), 2u);
  store_.reset();
  auto database = *sqlite::Database::Open(options_.path, sqlite::Access::kReadOnly);
  auto plan = database->Prepare(
      "EXPLAIN QUERY PLAN SELECT id FROM records r WHERE r.thing = 1 AND r.ends - r.starts > " COSTS_LONG_RECORD_NANOS
      " AND (substr(r.id, 5, 4), r.id) >= (x'00000000', x'00') ORDER BY substr(r.id, 5, 4), r.id");
  ASSERT_TRUE(plan.Next());
  EXPECT_THAT(std::string(plan.Text(3)), HasSubstr("records_long"));
  EXPECT_FALSE(plan.Next()) << "no sorting";
}

}  // namespace
}  // namespace costs::records
