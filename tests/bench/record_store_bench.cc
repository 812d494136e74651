// How fast a store of meter records is.
//
//   bazel run --config=opt //tests/bench:record_store_bench
//   bazel run --config=opt //tests/bench:record_store_bench -- --measure=sizes --sizes=10000,10000000
//
//   ingest   durable writes of 1,000 and of 10,000 records, as a stream has them under
//            way, against the database's own bulk insert of the same rows
//   unary    durable writes of one record: by 64 callers that each wait, against one;
//            with --sync_delay=1ms as on a disk whose syncs take so much longer
//   sizes    writes and look-ups in a small store against a large one; look-ups also
//            as callers have them, by GetMeterRecord of a costsd on the first core
//   reports  the totals by day, and of a session, over many records of one device
//
// Each ratio is of figures of the same run, and where it says so the median of
// rounds in turn. Files are made in TMPDIR, which should be on a real disk.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/calculator/record_id.h"
#include "service/records/record_store.h"
#include "service/records/testing/record_builder.h"
#include "tests/bench/bench_store.h"
#include "tests/bench/child_process.h"
#include "tests/bench/look_up_client.h"
#include "tests/bench/slow_sync.h"
#include "tools/cpp/runfiles/runfiles.h"

ABSL_FLAG(std::string, store, "sqlite", "which store: sqlite or postgres");
ABSL_FLAG(std::string, measure, "ingest,unary,sizes,reports", "what to measure");
ABSL_FLAG(int, records, 200'000, "how many records are ingested");
ABSL_FLAG(int, meters, 1'000, "how many meters they are of");
ABSL_FLAG(int, rounds, 3, "how often ingest and sizes are measured");
ABSL_FLAG(std::string, sizes, "10000,1000000", "records of the two stores of `sizes`");
ABSL_FLAG(int, report_records, 1'000'000, "records of the device of `reports`");
ABSL_FLAG(absl::Duration, sync_delay, absl::ZeroDuration(), "what `unary` adds to each sync of the database");
ABSL_FLAG(int, seconds, 3, "how long each part of `unary` and `sizes` is measured");

ABSL_FLAG(std::string, slow_sync, "", "preloaded_slow_sync.so; the one beside this where it is not said");
ABSL_FLAG(std::string, costsd, "", "the server of `sizes`; the one beside this where it is not said");
ABSL_FLAG(std::string, catalog, "", "its catalog; the demo's where it is not said");

namespace costs::bench {
namespace {

using records::PendingRecord;
using records::RecordStore;
using records::StoredRecord;
using records::Write;
using records::testing::kNewYear;
using records::testing::RecordBuilder;
using records::testing::TestTenant;

constexpr int64_t kHalfHour = 1'800;
constexpr int kCallers = 64;
// What a stream has under way at a time.
constexpr int kWritesUnderWay = 8;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

double PerSecond(int64_t number, absl::Duration time) {
  return static_cast<double>(number) / absl::ToDoubleSeconds(time);
}

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::unique_ptr<BenchStore> MakeStore() {
  if (absl::GetFlag(FLAGS_store) == "sqlite") return MakeSqliteBenchStore();
  if (absl::GetFlag(FLAGS_store) == "postgres") return MakePostgresBenchStore();
  fprintf(stderr, "there is no store %s\n", absl::GetFlag(FLAGS_store).c_str());
  std::exit(1);
}

std::unique_ptr<RecordStore> Open(BenchStore* place) {
  absl::StatusOr<std::unique_ptr<RecordStore>> store = place->Open();
  Require(store.status());
  return *std::move(store);
}

// Half an hour of a meter, with its prices.
StoredRecord RecordOf(int64_t meter, int64_t half_hour) {
  return RecordBuilder(absl::StrCat("loc_7f3a90c1d2e4b5_", meter), absl::StrCat("dev_0c9b8a7f6e5d4c_", meter),
                       kNewYear + half_hour * kHalfHour, kHalfHour)
      .Energy(1'000'000'007 * (half_hour % 700 + 1) + meter)
      .Reference(absl::StrCat("reading-", half_hour))
      .Build();
}

// Writes that are under way, of which there are only so many.
class Window {
 public:
  explicit Window(RecordStore* store, int most = kWritesUnderWay) : store_(store), most_(most) {}

  void Submit(std::unique_ptr<Write> write) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [&] { return under_way_ < most_; });
      ++under_way_;
    }
    write->done = [this](const absl::Status& status) {
      Require(status);
      std::lock_guard<std::mutex> lock(mutex_);
      --under_way_;
      changed_.notify_one();
    };
    store_->Submit(std::move(write));
  }

  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return under_way_ == 0; });
  }

 private:
  RecordStore* const store_;
  const int most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int under_way_ = 0;
};

std::unique_ptr<Write> NewWrite(size_t records) {
  auto write = std::make_unique<Write>();
  write->tenant = TestTenant();
  write->records.reserve(records);
  return write;
}

void Add(StoredRecord record, Write* write) {
  PendingRecord pending;
  pending.record = std::move(record);
  write->records.push_back(std::move(pending));
}

// ---- ingest

std::vector<std::unique_ptr<Write>> WritesOf(const std::vector<StoredRecord>& records, size_t of_a_write) {
  std::vector<std::unique_ptr<Write>> writes;
  for (size_t i = 0; i < records.size(); ++i) {
    if (i % of_a_write == 0) writes.push_back(NewWrite(of_a_write));
    Add(records[i], writes.back().get());
  }
  return writes;
}

double Ingest(const std::vector<StoredRecord>& records, size_t of_a_write) {
  std::unique_ptr<BenchStore> place = MakeStore();
  std::unique_ptr<RecordStore> store = Open(place.get());
  std::vector<std::unique_ptr<Write>> writes = WritesOf(records, of_a_write);
  Window window(store.get());
  const absl::Time begin = absl::Now();
  for (std::unique_ptr<Write>& write : writes) window.Submit(std::move(write));
  window.Wait();
  return PerSecond(static_cast<int64_t>(records.size()), absl::Now() - begin);
}

void MeasureIngest() {
  const int meters = absl::GetFlag(FLAGS_meters);
  std::vector<StoredRecord> records;
  for (int i = 0; i < absl::GetFlag(FLAGS_records); ++i) records.push_back(RecordOf(i % meters, i / meters));
  std::string description;
  std::vector<double> bulk, small, large;
  for (int round = 0; round < absl::GetFlag(FLAGS_rounds); ++round) {
    const absl::StatusOr<absl::Duration> time = MakeStore()->BulkInsert(records, &description);
    Require(time.status());
    bulk.push_back(PerSecond(static_cast<int64_t>(records.size()), *time));
    small.push_back(Ingest(records, 1'000));
    large.push_back(Ingest(records, 10'000));
    printf("ingest  round %d: bulk insert %.0f records/s, writes of 1,000 %.0f, writes of 10,000 %.0f\n", round + 1,
           bulk.back(), small.back(), large.back());
  }
  printf("ingest  bulk insert (%s): %.0f records/s\n", description.c_str(), MedianOf(bulk));
  printf("ingest  writes of 1,000: %.0f records/s, ratio %.2f; of 10,000: %.0f records/s, ratio %.2f\n",
         MedianOf(small), MedianOf(small) / MedianOf(bulk), MedianOf(large), MedianOf(large) / MedianOf(bulk));
}

// ---- unary

// A caller that writes one record after the other, each when the one before it is
// answered; as the service's callers, without a thread of its own.
class Caller {
 public:
  Caller(RecordStore* store, int64_t meter) : store_(store), meter_(meter) {}

  void Start() { Next(); }
  void Stop() { over_ = true; }
  // After Stop(): the records that were answered.
  int64_t Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    ended_.wait(lock, [&] { return has_ended_; });
    return done_;
  }

 private:
  void Next() {
    auto write = NewWrite(1);
    Add(RecordOf(meter_, done_), write.get());
    write->done = [this](const absl::Status& status) {
      Require(status);
      ++done_;
      if (!over_) return Next();
      std::lock_guard<std::mutex> lock(mutex_);
      has_ended_ = true;
      ended_.notify_one();
    };
    store_->Submit(std::move(write));
  }

  RecordStore* const store_;
  const int64_t meter_;
  std::atomic<bool> over_{false};
  int64_t done_ = 0;  // of whichever thread answers
  std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;
};

// How many writes of one record callers that wait for each get done in a second.
double Unary(RecordStore* store, int callers, int64_t first_meter) {
  std::deque<Caller> all;
  for (int caller = 0; caller < callers; ++caller) all.emplace_back(store, first_meter + caller);
  const absl::Time begin = absl::Now();
  for (Caller& caller : all) caller.Start();
  absl::SleepFor(absl::Seconds(absl::GetFlag(FLAGS_seconds)));
  for (Caller& caller : all) caller.Stop();
  int64_t done = 0;
  for (Caller& caller : all) done += caller.Wait();
  return PerSecond(done, absl::Now() - begin);
}

// While it lives, programs that are started sync slowly. The library is copied to where
// the users of a database's server can read it.
class SlowlySyncingPrograms {
 public:
  explicit SlowlySyncingPrograms(absl::Duration delay) {
    if (delay == absl::ZeroDuration()) return;
    namespace fs = std::filesystem;
    library_ = fs::temp_directory_path() / absl::StrCat("slow_sync-", getpid(), ".so");
    fs::copy_file(absl::GetFlag(FLAGS_slow_sync), library_, fs::copy_options::overwrite_existing);
    fs::permissions(library_, fs::perms::others_read | fs::perms::owner_all);
    setenv("LD_PRELOAD", library_.c_str(), 1);
    setenv(kSyncDelayNanos, absl::StrCat(absl::ToInt64Nanoseconds(delay)).c_str(), 1);
  }
  ~SlowlySyncingPrograms() {
    if (library_.empty()) return;
    unsetenv("LD_PRELOAD");
    unsetenv(kSyncDelayNanos);
    std::error_code ignored;
    std::filesystem::remove(library_, ignored);
  }

 private:
  std::filesystem::path library_;
};

void MeasureUnary() {
  std::unique_ptr<BenchStore> place = MakeStore();
  const SlowlySyncingPrograms slow(absl::GetFlag(FLAGS_sync_delay));
  std::unique_ptr<RecordStore> store = Open(place.get());
  SetSyncDelayNanos(absl::ToInt64Nanoseconds(absl::GetFlag(FLAGS_sync_delay)));
  const double alone = Unary(store.get(), 1, 0);
  const double together = Unary(store.get(), kCallers, 1);
  SetSyncDelayNanos(0);
  printf("unary   one caller %.0f records/s, %d callers %.0f records/s, ratio %.1f\n", alone, kCallers, together,
         together / alone);
}

// ---- sizes

struct Rates {
  double bulk = 0;    // records/s, a day of each meter in turn
  double rounds = 0;  // records/s, half an hour of each meter in turn
  double unary = 0;
  double get = 0;     // in this process
  double served = 0;  // by costsd
};

void Fill(RecordStore* store, int64_t records, int64_t meters) {
  constexpr size_t kOfAWrite = 10'000;
  Window window(store);
  std::unique_ptr<Write> write = NewWrite(kOfAWrite);
  for (int64_t i = 0; i < records; ++i) {
    Add(RecordOf(i / (records / meters), i % (records / meters)), write.get());
    if (write->records.size() < kOfAWrite && i + 1 < records) continue;
    window.Submit(std::exchange(write, NewWrite(kOfAWrite)));
  }
  window.Wait();
  Require(store->Barrier());
}

// Writes of 1,000 records for some seconds, `next` after `next`.
double WriteFor(RecordStore* store, const std::function<StoredRecord(int64_t number)>& next) {
  Window window(store);
  const absl::Time begin = absl::Now(), end = begin + absl::Seconds(absl::GetFlag(FLAGS_seconds));
  int64_t records = 0;
  while (absl::Now() < end) {
    auto write = NewWrite(1'000);
    for (int i = 0; i < 1'000; ++i) Add(next(records++), write.get());
    window.Submit(std::move(write));
  }
  window.Wait();
  return PerSecond(records, absl::Now() - begin);
}

// Of records at random.
std::vector<calculator::RecordId> SomeIds(int64_t meters, int64_t of_a_meter) {
  std::mt19937_64 random(5);
  std::vector<calculator::RecordId> ids;
  for (int i = 0; i < 100'000; ++i) {
    ids.push_back(RecordOf(static_cast<int64_t>(random() % static_cast<uint64_t>(meters)),
                           static_cast<int64_t>(random() % static_cast<uint64_t>(of_a_meter)))
                      .id);
  }
  return ids;
}

double GetFor(RecordStore* store, const std::vector<calculator::RecordId>& ids) {
  const absl::Time begin = absl::Now(), end = begin + absl::Seconds(absl::GetFlag(FLAGS_seconds));
  int64_t found = 0;
  while (absl::Now() < end) {
    const auto record = store->Get(TestTenant(), ids[static_cast<size_t>(found) % ids.size()]);
    Require(record.status());
    if (!record->has_value()) Require(absl::NotFoundError("a record that was written"));
    ++found;
  }
  return PerSecond(found, absl::Now() - begin);
}

// Where a costsd of the store listens, once it does.
absl::StatusOr<std::string> GrpcAddress(ChildProcess* costsd) {
  while (true) {
    absl::StatusOr<std::string> line = costsd->ReadLine(absl::Seconds(60));
    if (!line.ok()) return line.status();
    absl::string_view address = *line;
    if (absl::ConsumePrefix(&address, "grpc ")) return std::string(address);
  }
}

double GetServedFor(const std::string& store, const std::vector<calculator::RecordId>& ids) {
  const std::vector<int> cores = AllowedCores();
  auto costsd = ChildProcess::Start(
      {absl::GetFlag(FLAGS_costsd), "--grpc_listen=127.0.0.1:0", "--rest_listen=", "--authentication=none",
       absl::StrCat("--catalog=", absl::GetFlag(FLAGS_catalog)), absl::StrCat("--store=", store),
       absl::StrCat("--account_id=", TestTenant().account_id)},
      cores.front());
  Require(costsd.status());
  const absl::StatusOr<std::string> address = GrpcAddress(costsd->get());
  Require(address.status());
  LookUpOptions options;
  options.address = *address;
  options.duration = absl::Seconds(absl::GetFlag(FLAGS_seconds));
  for (const calculator::RecordId& id : ids) options.ids.push_back(calculator::FormatRecordId(id));
  absl::StatusOr<double> rate;
  std::thread([&] {  // which alone is pinned
    PinToCore(cores.back());
    rate = LookUpsPerSecond(options);
  })
      .join();
  Require(rate.status());
  return *rate;
}

// A store with so many records in it.
class SizedStore {
 public:
  explicit SizedStore(int64_t size)
      : size_(size),
        meters_(std::min<int64_t>(absl::GetFlag(FLAGS_meters), size / 10)),
        of_a_meter_(size / meters_),
        place_(MakeStore()) {
    Fill(Open(place_.get()).get(), size, meters_);
  }

  // In each round other records are written.
  Rates Measure(int round) {
    Require(place_->Settle());
    const std::vector<calculator::RecordId> ids = SomeIds(meters_, of_a_meter_);
    Rates rates;
    rates.served = GetServedFor(place_->address(), ids);
    const std::unique_ptr<RecordStore> store = Open(place_.get());
    rates.get = GetFor(store.get(), ids);
    rates.unary = Unary(store.get(), kCallers, meters_ + int64_t{kCallers} * round);
    const int64_t later = of_a_meter_ + 1'000'000 * int64_t{round};
    rates.bulk = WriteFor(store.get(), [&](int64_t number) {
      const int64_t day = number / 48;
      return RecordOf(day % meters_, later + day / meters_ * 48 + number % 48);
    });
    rates.rounds = WriteFor(
        store.get(), [&](int64_t number) { return RecordOf(number % meters_, later + 500'000 + number / meters_); });
    printf(
        "sizes   round %d: %lld records of %lld meters: look-ups %.0f/s, by costsd %.0f/s; 64 callers %.0f records/s; "
        "writes of 1,000: a day of each meter %.0f records/s, half an hour of each %.0f records/s\n",
        round + 1, static_cast<long long>(size_), static_cast<long long>(meters_), rates.get, rates.served, rates.unary,
        rates.bulk, rates.rounds);
    fflush(stdout);
    return rates;
  }

 private:
  const int64_t size_, meters_, of_a_meter_;
  const std::unique_ptr<BenchStore> place_;
};

// The first and the last of --sizes in turn, the small one new in each round: it would
// not be small after one.
void MeasureSizes() {
  std::vector<int64_t> sizes;
  for (absl::string_view text : absl::StrSplit(absl::GetFlag(FLAGS_sizes), ',')) {
    int64_t size = 0;
    if (!absl::SimpleAtoi(text, &size) || size < 1'000) Require(absl::InvalidArgumentError("--sizes: from 1,000 on"));
    sizes.push_back(size);
  }
  SizedStore large(sizes.back());
  std::vector<Rates> small_rates, large_rates;
  for (int round = 0; round < absl::GetFlag(FLAGS_rounds); ++round) {
    small_rates.push_back(SizedStore(sizes.front()).Measure(round));
    large_rates.push_back(large.Measure(round));
  }
  const auto ratio = [&](double Rates::*rate) {
    const auto median = [&](const std::vector<Rates>& rounds) {
      std::vector<double> values;
      for (const Rates& rates : rounds) values.push_back(rates.*rate);
      return MedianOf(std::move(values));
    };
    return median(large_rates) / median(small_rates);
  };
  printf(
      "sizes   last to first, of the medians: look-ups %.2f, by costsd %.2f, 64 callers %.2f, a day of each meter "
      "%.2f, half an hour of each %.2f\n",
      ratio(&Rates::get), ratio(&Rates::served), ratio(&Rates::unary), ratio(&Rates::bulk), ratio(&Rates::rounds));
}

// ---- reports

void MeasureReports() {
  const int64_t records = absl::GetFlag(FLAGS_report_records);
  std::unique_ptr<BenchStore> place = MakeStore();
  std::unique_ptr<RecordStore> store = Open(place.get());
  constexpr int64_t kFiveMinutes = 300;
  const int64_t begin_s = kNewYear - records * kFiveMinutes;
  {
    Window window(store.get());
    std::unique_ptr<Write> write = NewWrite(10'000);
    for (int64_t i = 0; i < records; ++i) {
      Add(RecordBuilder("home", "charger", begin_s + i * kFiveMinutes, kFiveMinutes).Session("session").Build(),
          write.get());
      if (write->records.size() == 10'000 || i + 1 == records) window.Submit(std::exchange(write, NewWrite(10'000)));
    }
    window.Wait();
  }
  const auto measure = [](const std::function<void()>& report) {
    std::vector<double> times;
    for (int i = 0; i < 20; ++i) {
      const absl::Time begin = absl::Now();
      report();
      times.push_back(absl::ToDoubleMilliseconds(absl::Now() - begin));
    }
    return std::make_pair(MedianOf(times), *std::max_element(times.begin(), times.end()));
  };
  size_t days = 0;
  int64_t counted = 0;
  const auto by_day = measure([&] {
    const auto totals = store->DayTotals(TestTenant(), {"home", "charger"}, engine::Direction::kImport, 0, 100'000);
    Require(totals.status());
    days = totals->size();
    counted = 0;
    for (const records::DayTotal& total : *totals) counted += total.total.records;
  });
  const auto of_session =
      measure([&] { Require(store->TotalsOfSession(TestTenant(), "session", engine::Direction::kImport).status()); });
  if (counted != records) Require(absl::InternalError("the totals are not of all records"));
  printf(
      "reports %lld records of one device: %zu day totals in %.2f ms (at most %.2f ms); of their session in %.2f ms "
      "(at "
      "most %.2f ms)\n",
      static_cast<long long>(records), days, by_day.first, by_day.second, of_session.first, of_session.second);
}

int Run() {
  for (absl::string_view measure : absl::StrSplit(absl::GetFlag(FLAGS_measure), ',')) {
    if (measure == "ingest") {
      MeasureIngest();
    } else if (measure == "unary") {
      MeasureUnary();
    } else if (measure == "sizes") {
      MeasureSizes();
    } else if (measure == "reports") {
      MeasureReports();
    } else {
      fprintf(stderr, "--measure: ingest, unary, sizes or reports\n");
      return 1;
    }
    fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace costs::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Measures a store of meter records.");
  absl::ParseCommandLine(argc, argv);
  std::string error;
  const std::unique_ptr<bazel::tools::cpp::runfiles::Runfiles> runfiles(
      bazel::tools::cpp::runfiles::Runfiles::Create(argv[0], &error));
  if (runfiles == nullptr) {
    fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  if (absl::GetFlag(FLAGS_costsd).empty()) {
    absl::SetFlag(&FLAGS_costsd, runfiles->Rlocation("instant_costs/service/server/costsd"));
  }
  if (absl::GetFlag(FLAGS_slow_sync).empty()) {
    absl::SetFlag(&FLAGS_slow_sync, runfiles->Rlocation("instant_costs/tests/bench/preloaded_slow_sync.so"));
  }
  if (absl::GetFlag(FLAGS_catalog).empty()) {
    absl::SetFlag(&FLAGS_catalog, runfiles->Rlocation("instant_costs/service/catalog/demo"));
  }
  return costs::bench::Run();
}
