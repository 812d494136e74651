// Many writers at once, and random operations against a model.
#include <gmock/gmock.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "service/records/testing/record_model.h"
#include "service/records/testing/record_store_conformance.h"

namespace costs::records::testing {
namespace {

using engine::Instant;
using engine::Interval;
using engine::TariffRate;

TEST_P(RecordStoreConformance, ManyWriters_AllThatWasAcknowledgedIsThere) {
  constexpr int kThreads = 8, kWrites = 40, kRecords = 5;
  const auto record_of = [](int thread, int number) {
    return RecordBuilder("home", absl::StrCat("device ", thread), kNewYear + number * kHour, kHour)
        .Session(absl::StrCat("s", number % 3))
        .Build();
  };
  std::atomic<bool> over{false};
  std::thread reader([&] {
    // What it sees is whole: of each write all records or none.
    while (!over) {
      RecordFilter filter;
      filter.device_id = "device 0";
      EXPECT_EQ(List(filter).size() % kRecords, 0u);
    }
  });
  std::vector<std::thread> writers;
  for (int thread = 0; thread < kThreads; ++thread) {
    writers.emplace_back([&, thread] {
      for (int write = 0; write < kWrites; ++write) {
        std::vector<StoredRecord> records;
        for (int i = 0; i < kRecords; ++i) records.push_back(record_of(thread, write * kRecords + i));
        Put(records);
        EXPECT_TRUE(Get(records.back().id).has_value()) << "seen as soon as it is acknowledged";
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  over = true;
  reader.join();
  Reopen();
  EXPECT_EQ(List({}, false, 10'000).size(), size_t{kThreads * kWrites * kRecords});
  int64_t in_sessions = 0;
  for (const char* session : {"s0", "s1", "s2"}) {
    for (const Total& total : TotalsOf(session).totals) in_sessions += total.records;
  }
  EXPECT_EQ(in_sessions, kThreads * kWrites * kRecords);
}

TEST_P(RecordStoreConformance, WritesThatWaitTogether_FailAlone) {
  const StoredRecord known = RecordBuilder("home", "", kNewYear, kHour).Build();
  Put({known});
  constexpr int kWrites = 200;
  std::mutex mutex;
  std::condition_variable answered;
  int refused = 0, done = 0;
  for (int i = 0; i < kWrites; ++i) {
    StoredRecord record = RecordBuilder("home", "", kNewYear + (i + 1) * kHour, kHour).Build();
    if (i % 50 == 7) record.id = known.id;
    auto write = std::make_unique<Write>(WriteOf({record}));
    write->done = [&](const absl::Status& status) {
      std::lock_guard<std::mutex> lock(mutex);
      if (!status.ok()) ++refused;
      ++done;
      answered.notify_one();
    };
    store().Submit(std::move(write));
  }
  EXPECT_TRUE(store().Barrier().ok());
  std::unique_lock<std::mutex> lock(mutex);
  answered.wait(lock, [&] { return done == kWrites; });
  EXPECT_EQ(refused, kWrites / 50);
  EXPECT_EQ(List({}).size(), size_t{kWrites - kWrites / 50 + 1});
}

// The random test.

constexpr int kDefaultSteps = 400;

int Steps() {
  const char* text = std::getenv("COSTS_RANDOM_STEPS");
  const int steps = text == nullptr ? 0 : std::atoi(text);
  return steps > 0 ? steps : kDefaultSteps;
}

class RandomWrites {
 public:
  RandomWrites(uint64_t seed, absl::TimeZone zone) : random_(seed), zone_(zone) {}

  int64_t Below(int64_t bound) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(bound)); }
  bool OneIn(int64_t number) { return Below(number) == 0; }

  std::string Location() { return OneIn(3) ? "work" : "home"; }
  std::string Device() { return OneIn(3) ? "" : OneIn(2) ? "car" : "heater"; }

  // Around the end of March, whose last Sunday has 23 hours.
  int64_t Second() { return kNewYear + 86 * kDay + Below(6 * 48) * 1'800; }

  StoredRecord Record() {
    const int64_t seconds = OneIn(12) ? 1'800 * (1 + Below(200)) : 1'800;
    RecordBuilder builder(Location(), Device(), Second(), seconds);
    builder.Zone(zone_).Energy(Below(4) * KWh(1) + Below(2) * Below(1'000'000));
    if (OneIn(4)) builder.Export();
    if (OneIn(4)) builder.Rate(TariffRate::kLocal);
    if (OneIn(3)) builder.Session(OneIn(2) ? "s" : "t");
    if (OneIn(3)) builder.Reference(absl::StrCat("r", Below(3)));
    if (OneIn(6)) builder.NoPrice();
    if (OneIn(6)) builder.NoCarbon();
    if (OneIn(6)) builder.Cost(Below(3) - 1, 500);
    if (OneIn(8)) builder.Currency("EUR");
    if (OneIn(3)) builder.TierWindowsEnd(kNewYear + (88 + Below(8)) * kDay);
    if (OneIn(10)) builder.Later(1 + Below(3));
    builder.CatalogVersion(static_cast<uint64_t>(3 + Below(2)));
    return builder.Build();
  }

  std::function<bool(const calculator::UsageSource&, StoredRecord*)> Price() {
    if (!OneIn(4)) return nullptr;
    const absl::TimeZone zone = zone_;
    return [zone](const calculator::UsageSource& usage, StoredRecord* record) {
      calculator::Caller caller;
      caller.account_id = TestTenant().account_id;
      caller.live_mode = TestTenant().live_mode;
      const absl::CivilMonth month(absl::ToCivilSecond(absl::FromUnixNanos(record->request.interval.start.ns), zone));
      const Instant first{absl::ToUnixNanos(absl::FromCivil(absl::CivilSecond(month), zone))};
      if (!(first < record->request.interval.start)) return false;
      const auto used = usage.UsageWithin(caller, record->request.location_id, zone, record->request.tariff_rate,
                                          {first, record->request.interval.start});
      if (!used.ok()) return false;
      record->revision.figures.tariff = calculator::TariffFigure{*used, engine::kCertain};
      for (calculator::DayPart& day : record->revision.figures.days) day.cost = 0;
      if (!record->revision.figures.days.empty()) record->revision.figures.days.back().cost = *used;
      return true;
    };
  }

 private:
  std::mt19937_64 random_;
  absl::TimeZone zone_;
};

// Does the same to a store and to a model, and compares what they tell.
class RandomOperations {
 public:
  explicit RandomOperations(RecordStoreConformance* test) : test_(*test) {}

  void Step();
  void Compare(bool everything);

 private:
  void StepOfWrite();
  void StepOfRepricing();
  // One of those there are, if any.
  std::optional<StoredRecord> Any();

  RecordStoreConformance& test_;
  const absl::TimeZone zone_ = ZoneNamed("Europe/London");
  RandomWrites random_{20'261'125, zone_};
  RecordModel model_;
};

std::optional<StoredRecord> RandomOperations::Any() {
  const auto all = model_.All();
  if (all.empty()) return std::nullopt;
  return all[static_cast<size_t>(random_.Below(static_cast<int64_t>(all.size())))];
}

void RandomOperations::StepOfWrite() {
  Write write = WriteOf({});
  for (int64_t n = random_.Below(3); n > 0; --n) {
    if (const auto record = Any()) write.deletions.push_back(record->id);
  }
  for (int64_t n = random_.Below(8); n > 0; --n) {
    PendingRecord pending;
    pending.record = random_.Record();
    // Sometimes one that is known, with or without a change.
    if (const auto known = random_.OneIn(3) ? Any() : std::nullopt) {
      pending.record = *known;
      if (random_.OneIn(2)) pending.record.revision.figures.energy_nwh += 1;
    }
    pending.price = random_.Price();
    write.records.push_back(std::move(pending));
  }
  model_.Apply(write, test_.catalog_version_);
  const absl::Status status = test_.Submit(std::move(write));
  ASSERT_TRUE(status.ok()) << status;
}

void RandomOperations::StepOfRepricing() {
  std::vector<StoredRecord> records;
  for (int64_t n = random_.Below(4); n > 0; --n) {
    const auto record = Any();
    if (!record) return;
    records.push_back(*record);
    if (random_.OneIn(4)) ++records.back().revision.number;  // as if it had changed meanwhile
    records.back().revision.figures.tariff = calculator::TariffFigure{random_.Below(3), engine::kCertain};
    for (calculator::DayPart& day : records.back().revision.figures.days) day.cost = 0;
  }
  model_.Reprice(records, test_.catalog_version_);
  ASSERT_TRUE(test_.store().Reprice(TestTenant(), records).ok());
}

void RandomOperations::Step() {
  const int64_t what = random_.Below(20);
  if (what < 15) {
    StepOfWrite();
  } else if (what < 17) {
    StepOfRepricing();
  } else if (what < 18) {
    const int64_t from = random_.Second();
    const StaleRecords stale = {random_.Location(),
                                {Instant::FromSeconds(from), Instant::FromSeconds(from + kDay)},
                                RevisionCause::kMarketPriceChanged,
                                0};
    model_.MarkStale(stale);
    ASSERT_TRUE(test_.store().MarkStale(TestTenant(), {stale}, std::nullopt).ok());
  } else if (what < 19) {
    for (const StaleRecords& stale : test_.Stale()) {
      if (!random_.OneIn(2)) continue;
      model_.ClearStale(stale.location_id);
      ASSERT_TRUE(test_.store().ClearStale(TestTenant(), stale).ok());
    }
  } else {
    test_.catalog_version_ = static_cast<uint64_t>(3 + random_.Below(2));
    test_.Reopen();
  }
}

void RandomOperations::Compare(bool everything) {
  ASSERT_EQ(Describe(test_.Stale()), Describe(model_.Stale()));
  const std::string location = random_.Location(), device = random_.Device();
  RecordFilter filter;
  if (!random_.OneIn(3)) filter.location_id = location;
  if (random_.OneIn(3)) filter.device_id = device;
  if (random_.OneIn(3)) filter.session_reference_id = "s";
  if (random_.OneIn(3)) filter.ends_after = Instant::FromSeconds(random_.Second());
  if (random_.OneIn(3)) filter.starts_before = Instant::FromSeconds(random_.Second());
  if (random_.OneIn(4)) filter.tariff_rate = TariffRate::kLocal;
  if (everything) filter = {};
  const bool newest_first = random_.OneIn(2);
  const auto expected = model_.List(filter, newest_first);
  ASSERT_EQ(Describe(test_.ListInPages(filter, newest_first, static_cast<int>(1 + random_.Below(50)))),
            Describe(expected));
  const int32_t first = DayOf(random_.Second()), last = first + static_cast<int32_t>(random_.Below(5));
  const Thing thing = {random_.OneIn(3) && !device.empty() ? "" : location, device};
  ASSERT_EQ(Describe(test_.DayTotals(thing, first, last)),
            Describe(model_.DayTotals(thing, engine::Direction::kImport, first, last)));
  const SessionTotals session = test_.TotalsOf("s"),
                      model_session = model_.TotalsOfSession("s", engine::Direction::kImport);
  ASSERT_EQ(Describe(session.totals), Describe(model_session.totals));
  if (!session.totals.empty()) {
    ASSERT_EQ(session.interval.start.ns, model_session.interval.start.ns);
    ASSERT_EQ(session.interval.end.ns, model_session.interval.end.ns);
  }
  const absl::CivilDay date = absl::CivilDay(1970, 1, 1) + first;
  const int64_t from = absl::ToUnixSeconds(absl::FromCivil(absl::CivilSecond(date), zone_));
  const int64_t to = from + 1 + random_.Below(5 * kDay);
  const auto usage = model_.UsageWithin({}, location, zone_, TariffRate::kImport,
                                        {Instant::FromSeconds(from), Instant::FromSeconds(to)});
  ASSERT_EQ(Text(test_.Usage(location, zone_, from, to)), Text(*usage)) << from << " " << to;
  if (!everything) return;
  ASSERT_EQ(*test_.store().Locations(TestTenant(), "", 100), model_.Locations());
  for (const StoredRecord& record : expected) {
    ASSERT_EQ(Describe(test_.Revisions(record.id)), Describe(model_.Revisions(record.id)));
  }
}

TEST_P(RecordStoreConformance, RandomOperations_AreThoseOfTheModel) {
  catalog_version_ = 3;
  RandomOperations operations(this);
  for (int step = 0; step < Steps(); ++step) {
    SCOPED_TRACE(absl::StrCat("step ", step, "; COSTS_RANDOM_STEPS sets how many there are"));
    operations.Step();
    if (HasFatalFailure()) return;
    operations.Compare(step % 100 == 99);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace costs::records::testing
