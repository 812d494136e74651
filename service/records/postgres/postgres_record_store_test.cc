// What is PostgreSQL's own: several processes on one database, and a server that
// stops.
#include "service/records/postgres/postgres_record_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/catalog/refusal.h"
#include "service/postgres/connection.h"
#include "service/postgres/testing/postgres_server.h"
#include "service/records/testing/record_builder.h"

namespace costs::records {
namespace {

using postgres::Connection;
using postgres::PostgresServer;
using ::testing::ElementsAre;
using testing::kDay;
using testing::kHour;
using testing::kNewYear;
using testing::KWh;
using testing::RecordBuilder;
using ::testing::SizeIs;
using testing::TestTenant;

PostgresRecordStore::Options OptionsFor(const PostgresServer& server) {
  PostgresRecordStore::Options options;
  options.connect.conninfo = server.url();
  return options;
}

std::unique_ptr<PostgresRecordStore> OpenStore(PostgresRecordStore::Options options) {
  auto store = PostgresRecordStore::Open(std::move(options));
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

absl::Status Submit(RecordStore* store, std::vector<PendingRecord> records) {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<absl::Status> answer;
  auto write = std::make_unique<Write>();
  write->tenant = TestTenant();
  write->records = std::move(records);
  write->done = [&](const absl::Status& status) {
    std::lock_guard<std::mutex> lock(mutex);
    answer = status;
    answered.notify_one();
  };
  store->Submit(std::move(write));
  std::unique_lock<std::mutex> lock(mutex);
  answered.wait(lock, [&] { return answer.has_value(); });
  return *answer;
}

absl::Status Put(RecordStore* store, const std::vector<StoredRecord>& records) {
  std::vector<PendingRecord> pending;
  for (const StoredRecord& record : records) pending.push_back({record, nullptr});
  return Submit(store, std::move(pending));
}

StoredRecord Half(const std::string& device, int64_t number) {
  return RecordBuilder("home", device, kNewYear + number * 1'800, 1'800).Session("s").Build();
}

int64_t RecordsInDays(RecordStore* store, const std::string& device) {
  const auto totals = store->DayTotals(TestTenant(), {"home", device}, engine::Direction::kImport, 0, 100'000);
  EXPECT_TRUE(totals.ok()) << totals.status();
  int64_t records = 0;
  for (const DayTotal& total : totals.value_or(std::vector<DayTotal>())) records += total.total.records;
  return records;
}

size_t CountOf(RecordStore* store, const std::string& device) {
  RecordFilter filter;
  filter.device_id = device;
  const auto records = store->List(TestTenant(), filter, std::nullopt, false, 1'000'000);
  EXPECT_TRUE(records.ok()) << records.status();
  return records.ok() ? records->size() : 0;
}

// Writers that send each chunk again and again until it is acknowledged.
class Feed {
 public:
  explicit Feed(RecordStore* store) {
    for (int writer = 0; writer < kWriters; ++writer) {
      threads_.emplace_back([this, store, writer] {
        while (!over_) Send(store, writer, acknowledged_[writer]);
      });
    }
  }
  ~Feed() { Finish(); }

  void Finish() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  bool AwaitMore(int chunks) {
    const int wanted = acknowledged_[0] + chunks;
    for (int i = 0; i < 60'000 && acknowledged_[0] < wanted; ++i) absl::SleepFor(absl::Milliseconds(2));
    return acknowledged_[0] >= wanted;
  }
  bool AwaitRefusal() {
    const int seen = refusals_;
    for (int i = 0; i < 60'000 && refusals_ == seen; ++i) absl::SleepFor(absl::Milliseconds(2));
    return refusals_ > seen;
  }

  static constexpr int kWriters = 4;
  static constexpr int kChunk = 20;
  static std::string Device(int writer) { return absl::StrCat("device ", writer); }
  int acknowledged(int writer) const { return acknowledged_[writer]; }

 private:
  void Send(RecordStore* store, int writer, int chunk) {
    std::vector<StoredRecord> records;
    for (int i = 0; i < kChunk; ++i) records.push_back(Half(Device(writer), int64_t{chunk} * kChunk + i));
    const absl::Status status = Put(store, records);
    if (status.ok()) {
      ++acknowledged_[writer];
      return;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(catalog::ReasonOf(status), "STORE_UNAVAILABLE");
    EXPECT_TRUE(catalog::RetryAfterOf(status).has_value());
    ++refusals_;
    absl::SleepFor(absl::Milliseconds(5));
  }

  std::atomic<bool> over_{false};
  std::atomic<int> acknowledged_[kWriters] = {};
  std::atomic<int> refusals_{0};
  std::vector<std::thread> threads_;
};

TEST(PostgresRecordStore, ServerStoppedAndKilledUnderLoad_LosesAndDoublesNothing) {
  COSTS_START_POSTGRES_OR_SKIP(server);
  auto store = OpenStore(OptionsFor(*server));
  ASSERT_NE(store, nullptr);
  Feed feed(store.get());
  for (int round = 0; round < 4; ++round) {
    ASSERT_TRUE(feed.AwaitMore(10));
    ASSERT_TRUE((round % 2 == 0 ? server->Stop() : server->Kill()).ok());
    EXPECT_TRUE(feed.AwaitRefusal());
    EXPECT_EQ(store->Get(TestTenant(), Half("device 0", 0).id).status().code(), absl::StatusCode::kUnavailable);
    ASSERT_TRUE(server->Restart().ok());
  }
  ASSERT_TRUE(feed.AwaitMore(10));
  feed.Finish();
  int64_t in_session = 0;
  for (int writer = 0; writer < Feed::kWriters; ++writer) {
    const std::string device = Feed::Device(writer);
    const auto least = static_cast<size_t>(feed.acknowledged(writer) * Feed::kChunk);
    // The last chunk may have been stored without its being known.
    const size_t is = CountOf(store.get(), device);
    EXPECT_TRUE(is == least || is == least + Feed::kChunk) << is << " for " << least;
    EXPECT_EQ(RecordsInDays(store.get(), device), static_cast<int64_t>(is));
    in_session += static_cast<int64_t>(is);
  }
  const auto session = store->TotalsOfSession(TestTenant(), "s", engine::Direction::kImport);
  ASSERT_TRUE(session.ok());
  ASSERT_THAT(session->totals, SizeIs(1));
  EXPECT_EQ(session->totals[0].records, in_session);
}

class SharedDatabase : public ::testing::Test {
 protected:
  void SetUp() override {
    COSTS_REQUIRE_POSTGRES();
    auto started = PostgresServer::Start({"fsync=off"});
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  std::unique_ptr<Connection> Connect() {
    postgres::ConnectOptions options;
    options.conninfo = server_->url();
    auto connection = Connection::Open(options);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? *std::move(connection) : nullptr;
  }

  std::unique_ptr<PostgresServer> server_;
};

TEST_F(SharedDatabase, OpenedBySeveralAtOnce_IsMadeOnce) {
  std::vector<std::thread> threads;
  std::vector<std::unique_ptr<PostgresRecordStore>> stores(4);
  for (auto& store : stores) threads.emplace_back([&] { store = OpenStore(OptionsFor(*server_)); });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 4; ++i) {
    ASSERT_NE(stores[i], nullptr);
    EXPECT_TRUE(Put(stores[i].get(), {Half("car", i)}).ok());
  }
  EXPECT_EQ(CountOf(stores[0].get(), "car"), 4u);
}

TEST_F(SharedDatabase, OfALaterVersion_IsRefused) {
  OpenStore(OptionsFor(*server_)).reset();
  ASSERT_TRUE(Connect()->Execute("UPDATE costs_schema_versions SET version = 99 WHERE part = 'records'").ok());
  EXPECT_EQ(PostgresRecordStore::Open(OptionsFor(*server_)).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SharedDatabase, TwoStoresWriteTheSame_ItIsThereOnce) {
  auto one = OpenStore(OptionsFor(*server_)), other = OpenStore(OptionsFor(*server_));
  constexpr int kChunks = 60, kChunk = 10;
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 6; ++thread) {
    PostgresRecordStore* store = thread % 2 == 0 ? one.get() : other.get();
    threads.emplace_back([&failed, store] {
      for (int chunk = 0; chunk < kChunks; ++chunk) {
        std::vector<StoredRecord> records;
        // Not in the order of ids, and of several things, so that they meet in any order.
        for (int i = kChunk; i-- > 0;) records.push_back(Half(absl::StrCat("d", i % 3), chunk * kChunk + i));
        if (!Put(store, records).ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  size_t all = 0;
  for (const char* device : {"d0", "d1", "d2"}) {
    const size_t is = CountOf(one.get(), device);
    EXPECT_EQ(RecordsInDays(other.get(), device), static_cast<int64_t>(is));
    all += is;
  }
  EXPECT_EQ(all, size_t{kChunks * kChunk});
}

// What was used at all at its place when a record was priced becomes its cost.
PendingRecord PricedByUsage(int64_t number) {
  PendingRecord pending;
  pending.record = RecordBuilder("home", "", kNewYear + number * 1'800, 1'800)
                       .Energy(KWh(1))
                       .TierWindowsEnd(kNewYear + 31 * kDay)
                       .Build();
  pending.price = [](const calculator::UsageSource& usage, StoredRecord* record) {
    calculator::Caller caller;
    caller.account_id = TestTenant().account_id;
    caller.live_mode = TestTenant().live_mode;
    const auto used =
        usage.UsageWithin(caller, "home", absl::UTCTimeZone(), engine::TariffRate::kImport,
                          {engine::Instant::FromSeconds(kNewYear), engine::Instant::FromSeconds(kNewYear + 31 * kDay)});
    if (!used.ok()) return false;
    record->revision.figures.tariff->micros = *used / KWh(1);
    return true;
  };
  return pending;
}

TEST_F(SharedDatabase, TwoStoresPriceByUsage_NoneMissesWhatTheOtherWrote) {
  auto one = OpenStore(OptionsFor(*server_)), other = OpenStore(OptionsFor(*server_));
  constexpr int kEach = 40;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    PostgresRecordStore* store = thread % 2 == 0 ? one.get() : other.get();
    threads.emplace_back([store, thread] {
      for (int i = 0; i < kEach; i += 2) {
        const int first = thread * kEach + i;
        EXPECT_TRUE(Submit(store, {PricedByUsage(first), PricedByUsage(first + 1)}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  RecordFilter filter;
  filter.location_id = "home";
  const auto records = one->List(TestTenant(), filter, std::nullopt, false, 1'000);
  ASSERT_TRUE(records.ok());
  ASSERT_THAT(*records, SizeIs(4 * kEach));
  std::set<int64_t> used;
  for (const StoredRecord& record : *records) {
    used.insert(static_cast<int64_t>(record.revision.figures.tariff->micros));
  }
  EXPECT_THAT(used, SizeIs(4 * kEach)) << "each saw another usage";
  EXPECT_EQ(*used.rbegin(), 4 * kEach - 1);
}

TEST_F(SharedDatabase, Barrier_WaitsForTheWritesOfTheOther) {
  auto one = OpenStore(OptionsFor(*server_)), other = OpenStore(OptionsFor(*server_));
  std::mutex mutex;
  std::condition_variable changed;
  bool pricing = false, release = false;
  PendingRecord pending = PricedByUsage(0);
  pending.price = [&](const calculator::UsageSource&, StoredRecord*) {
    std::unique_lock<std::mutex> lock(mutex);
    pricing = true;
    changed.notify_all();
    changed.wait(lock, [&] { return release; });
    return true;
  };
  std::thread writer([&] { EXPECT_TRUE(Submit(one.get(), {pending}).ok()); });
  {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return pricing; });
  }
  std::atomic<bool> over{false};
  std::thread barrier([&] {
    EXPECT_TRUE(other->Barrier().ok());
    over = true;
    EXPECT_TRUE(other->Get(TestTenant(), pending.record.id)->has_value());
  });
  absl::SleepFor(absl::Milliseconds(200));
  EXPECT_FALSE(over);
  {
    std::lock_guard<std::mutex> lock(mutex);
    release = true;
  }
  changed.notify_all();
  writer.join();
  barrier.join();
}

TEST_F(SharedDatabase, OneStore_MayReprice) {
  auto one = OpenStore(OptionsFor(*server_)), other = OpenStore(OptionsFor(*server_));
  EXPECT_TRUE(*one->MayReprice(TestTenant()));
  EXPECT_TRUE(*one->MayReprice(TestTenant())) << "still";
  EXPECT_FALSE(*other->MayReprice(TestTenant()));
  EXPECT_TRUE(*other->MayReprice({"acc_2", true})) << "another tenant";
  one.reset();
  bool may = false;
  for (int i = 0; i < 10'000 && !may; ++i) {
    may = *other->MayReprice(TestTenant());
    if (!may) absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_TRUE(may) << "the first is gone";
}

TEST_F(SharedDatabase, ThousandsOfTenants_AreRepricedUnderAFewLocks) {
  auto store = OpenStore(OptionsFor(*server_));
  for (int i = 0; i < 2'000; ++i) EXPECT_TRUE(*store->MayReprice({absl::StrCat("acc_", i), i % 2 == 0}));
  const auto connection = postgres::Connection::Open(OptionsFor(*server_).connect);
  ASSERT_TRUE(connection.ok()) << connection.status();
  const auto rows = (*connection)->Query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_GT(rows->Int(0, 0), 100);
  EXPECT_LE(rows->Int(0, 0), 256);
}

TEST_F(SharedDatabase, CatalogInTheSameDatabase_TellsItsVersion) {
  auto store = OpenStore(OptionsFor(*server_));
  const auto at = [](int64_t number, uint64_t version) {
    return RecordBuilder("home", "", kNewYear + number * kHour, kHour).CatalogVersion(version).Build();
  };
  // Before there is a catalog, nothing is older than it.
  ASSERT_TRUE(Put(store.get(), {at(0, 1)}).ok());
  EXPECT_THAT(*store->Stale(TestTenant(), 10), SizeIs(0));
  ASSERT_TRUE(Connect()
                  ->Execute(absl::StrCat(
                      "CREATE TABLE catalog_revisions (account_id text, live_mode boolean, revision bigint, changed "
                      "bigint); INSERT INTO catalog_revisions VALUES ('",
                      TestTenant().account_id, "', ", TestTenant().live_mode ? "true" : "false", ", 5, 0)"))
                  .ok());
  ASSERT_TRUE(Put(store.get(), {at(1, 5)}).ok());
  EXPECT_THAT(*store->Stale(TestTenant(), 10), SizeIs(0));
  ASSERT_TRUE(Put(store.get(), {at(2, 4)}).ok());
  EXPECT_THAT(*store->Stale(TestTenant(), 10), SizeIs(1));
}

TEST_F(SharedDatabase, WriteThatTheDatabaseCannotTake_FailsAlone) {
  PostgresRecordStore::Options options = OptionsFor(*server_);
  options.writers = 1;
  auto store = OpenStore(std::move(options));
  std::mutex mutex;
  std::condition_variable answered;
  std::map<int, absl::Status> answers;
  constexpr int kWrites = 50;
  for (int i = 0; i < kWrites; ++i) {
    auto write = std::make_unique<Write>();
    write->tenant = TestTenant();
    PendingRecord pending{Half("car", i), nullptr};
    if (i == 20) pending.record.request.record_reference_id = std::string("no \0 text", 9);
    write->records.push_back(std::move(pending));
    write->done = [&, i](const absl::Status& status) {
      std::lock_guard<std::mutex> lock(mutex);
      answers[i] = status;
      answered.notify_one();
    };
    store->Submit(std::move(write));
  }
  std::unique_lock<std::mutex> lock(mutex);
  answered.wait(lock, [&] { return answers.size() == kWrites; });
  for (const auto& [i, status] : answers) EXPECT_EQ(status.ok(), i != 20) << i << status;
  EXPECT_EQ(CountOf(store.get(), "car"), size_t{kWrites - 1});
}

TEST_F(SharedDatabase, TooMuchWaits_IsRefusedAtOnce) {
  PostgresRecordStore::Options options = OptionsFor(*server_);
  options.writers = 1;
  options.most_waiting = 10;
  auto store = OpenStore(std::move(options));
  std::mutex mutex;
  std::condition_variable answered;
  int done = 0, refused = 0;
  constexpr int kWrites = 200;
  for (int i = 0; i < kWrites; ++i) {
    auto write = std::make_unique<Write>();
    write->tenant = TestTenant();
    for (int record = 0; record < 10; ++record) write->records.push_back({Half("car", i * 10 + record), nullptr});
    write->done = [&](const absl::Status& status) {
      std::lock_guard<std::mutex> lock(mutex);
      if (catalog::ReasonOf(status) == "OVERLOADED") ++refused;
      ++done;
      answered.notify_one();
    };
    store->Submit(std::move(write));
  }
  std::unique_lock<std::mutex> lock(mutex);
  answered.wait(lock, [&] { return done == kWrites; });
  EXPECT_GT(refused, 0);
  EXPECT_EQ(CountOf(store.get(), "car"), size_t{10} * static_cast<size_t>(kWrites - refused));
}

}  // namespace
}  // namespace costs::records
