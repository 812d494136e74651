// Many threads on one store: writers, readers and a re-pricer, under tsan.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/records/sqlite/sqlite_record_store.h"
#include "service/records/testing/record_builder.h"

namespace costs::records {
namespace {

namespace fs = std::filesystem;
using testing::kHour;
using testing::kNewYear;
using testing::RecordBuilder;
using testing::TestTenant;

StoredRecord Record(int thread, int64_t hour) {
  return RecordBuilder("home", absl::StrCat("device ", thread), kNewYear + hour * kHour, kHour)
      .Session("s")
      .TierWindowsEnd(kNewYear + 31 * 24 * kHour)
      .Build();
}

class Threads {
 public:
  explicit Threads(SqliteRecordStore* store) : store_(*store) {}

  void Write(int thread) {
    for (int64_t hour = 0; hour < kRecords; ++hour) {
      auto write = std::make_unique<records::Write>();
      write->tenant = TestTenant();
      PendingRecord pending;
      pending.record = Record(thread, hour);
      pending.price = [](const calculator::UsageSource& usage, StoredRecord* record) {
        calculator::Caller caller;
        caller.account_id = TestTenant().account_id;
        caller.live_mode = TestTenant().live_mode;
        return usage
            .UsageWithin(caller, "home", absl::UTCTimeZone(), record->request.tariff_rate,
                         {engine::Instant::FromSeconds(kNewYear), record->request.interval.end})
            .ok();
      };
      write->records.push_back(std::move(pending));
      std::mutex mutex;
      std::condition_variable answered;
      bool answer = false;
      write->done = [&](const absl::Status& status) {
        EXPECT_TRUE(status.ok()) << status;
        std::lock_guard<std::mutex> lock(mutex);
        answer = true;
        answered.notify_one();
      };
      store_.Submit(std::move(write));
      std::unique_lock<std::mutex> lock(mutex);
      answered.wait(lock, [&] { return answer; });
    }
  }

  void Read() {
    calculator::Caller caller;
    caller.account_id = TestTenant().account_id;
    caller.live_mode = TestTenant().live_mode;
    while (!over) {
      RecordFilter filter;
      filter.location_id = "home";
      EXPECT_TRUE(store_.List(TestTenant(), filter, std::nullopt, true, 50).ok());
      EXPECT_TRUE(store_.DayTotals(TestTenant(), {"home", "device 0"}, engine::Direction::kImport, 0, 100'000).ok());
      EXPECT_TRUE(store_.TotalsOfSession(TestTenant(), "s", engine::Direction::kImport).ok());
      EXPECT_TRUE(
          store_.usage()
              .UsageWithin(caller, "home", absl::UTCTimeZone(), engine::TariffRate::kImport,
                           {engine::Instant::FromSeconds(kNewYear), engine::Instant::FromSeconds(kNewYear + 99)})
              .ok());
      store_.counters();
    }
  }

  void Reprice() {
    while (!over) {
      const auto stale = store_.Stale(TestTenant(), 10);
      ASSERT_TRUE(stale.ok());
      for (const StaleRecords& records : *stale) {
        auto listed = store_.ListToReprice(TestTenant(), records.location_id, records.interval, std::nullopt, 20);
        ASSERT_TRUE(listed.ok());
        for (StoredRecord& record : *listed) record.revision.figures.tariff->micros += 1;
        EXPECT_TRUE(store_.Reprice(TestTenant(), *listed).ok());
        EXPECT_TRUE(store_.ClearStale(TestTenant(), records).ok());
      }
      EXPECT_TRUE(store_.Barrier().ok());
    }
  }

  static constexpr int64_t kRecords = 30;
  std::atomic<bool> over{false};

 private:
  SqliteRecordStore& store_;
};

TEST(SqliteRecordStoreConcurrencyTest, WritersReadersAndRepricer_DoNotDisturbEachOther) {
  constexpr int kWriters = 4;
  std::string name = (fs::path(::testing::TempDir()) / "recordsXXXXXX").string();
  const fs::path folder = mkdtemp(&name[0]);
  std::atomic<uint64_t> version{1};
  {
    SqliteRecordStore::Options options;
    options.path = (folder / "store").string();
    options.writer.catalog_version = [&](const Tenant&) { return version.load(); };
    auto store = SqliteRecordStore::Open(std::move(options));
    ASSERT_TRUE(store.ok()) << store.status();
    Threads threads(store->get());
    std::vector<std::thread> writers, others;
    for (int i = 0; i < kWriters; ++i) writers.emplace_back([&, i] { threads.Write(i); });
    for (int i = 0; i < 3; ++i) others.emplace_back([&] { threads.Read(); });
    others.emplace_back([&] { threads.Reprice(); });
    version = 2;
    for (std::thread& thread : writers) thread.join();
    threads.over = true;
    for (std::thread& thread : others) thread.join();
    const auto records = (*store)->List(TestTenant(), {}, std::nullopt, false, 10'000);
    ASSERT_TRUE(records.ok());
    EXPECT_EQ(records->size(), size_t{kWriters * Threads::kRecords});
    EXPECT_GE((*store)->counters().records_written, uint64_t{kWriters * Threads::kRecords});
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace costs::records
