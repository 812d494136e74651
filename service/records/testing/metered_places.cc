#include "service/records/testing/metered_places.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/records/pending_record.h"
#include "service/records/testing/record_builder.h"

namespace costs::records::testing {
namespace {

using calculator::Batch;
using calculator::LocalCalculator;
using calculator::Outcome;

void Abort(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

// Prices one record for storage, without a failure where there is no price.
calculator::Outcome PriceOne(LocalCalculator* calculator, const RecordRequest& request, uint64_t* version,
                             std::string* currency) {
  const calculator::Submission submission = SubmissionOf(request);
  Outcome outcome;
  Batch batch;
  batch.caller.account_id = TestTenant().account_id;
  batch.caller.live_mode = TestTenant().live_mode;
  batch.options.for_storage = true;
  batch.options.keep_unpriced = true;
  batch.submissions = absl::MakeConstSpan(&submission, 1);
  batch.outcomes = absl::MakeSpan(&outcome, 1);
  calculator->Calculate(&batch, [] {});
  *version = batch.catalog_version;
  *currency = std::string(outcome.record.currency_code);
  outcome.record.currency_code = *currency;
  return outcome;
}

}  // namespace

RecordRequest Request(absl::string_view location_id, absl::string_view device_id, int64_t start_s, int64_t seconds,
                      double kwh) {
  RecordRequest request;
  request.location_id = std::string(location_id);
  request.device_id = std::string(device_id);
  request.units = engine::Units::kKwh;
  request.value = kwh;
  request.interval = {engine::Instant::FromSeconds(start_s), engine::Instant::FromSeconds(start_s + seconds)};
  return request;
}

MeteredPlaces::MeteredPlaces(StoreMaker make_store, catalog::CatalogContent content)
    : make_store_(std::move(make_store)),
      blocking_({/*threads=*/1, /*most_waiting=*/16}),
      pricing_(&catalog_, absl::Now, {}, &DeferringUsage()) {
  auto snapshot = catalog::Snapshot::Create(1, std::move(content));
  if (!snapshot.ok()) Abort(absl::StrCat("a test's own catalog is wrong: ", snapshot.status().ToString()));
  catalog_.Set(*std::move(snapshot));
  repricer_options.poll = absl::Milliseconds(20);
  repricer_options.first_wait = absl::Milliseconds(1);
  ReopenStore();
}

MeteredPlaces::~MeteredPlaces() { StopRepricer(); }

void MeteredPlaces::ReopenStore() {
  recording_ = nullptr;
  store_ = nullptr;
  store_ = std::make_unique<WatchedStore>(make_store_([this] { return catalog_.Get()->version(); }));
  RecordingCalculator::Options options;
  options.child = &pricing_;
  options.store = store_.get();
  options.price = [this](Batch* batch, const calculator::UsageSource& usage) {
    LocalCalculator(&catalog_, absl::Now, {}, &usage).Calculate(batch, [] {});
  };
  options.blocking = &blocking_;
  recording_ = std::make_unique<RecordingCalculator>(std::move(options));
}

void MeteredPlaces::Change(const catalog::CatalogChange& change) {
  if (!TryChange(change)) Abort("a test's own change of the catalog is wrong");
}

bool MeteredPlaces::TryChange(const catalog::CatalogChange& change) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto before = catalog_.Get();
    auto after = before->With(before->version() + 1, change);
    if (!after.ok()) return false;
    catalog_.Set(*std::move(after));
  }
  std::lock_guard<std::mutex> lock(repricer_mutex_);
  if (repricer_ != nullptr) repricer_->Changed(TestTenant());
  return true;
}

void MeteredPlaces::StopRepricer() {
  std::unique_ptr<Repricer> repricer;
  {
    std::lock_guard<std::mutex> lock(repricer_mutex_);
    repricer = std::move(repricer_);
  }
}

void MeteredPlaces::Put(const std::vector<RecordRequest>& requests) {
  std::vector<calculator::Submission> submissions;
  for (const RecordRequest& request : requests) submissions.push_back(SubmissionOf(request));
  std::vector<Outcome> outcomes(requests.size());
  Batch batch;
  batch.caller.account_id = TestTenant().account_id;
  batch.caller.live_mode = TestTenant().live_mode;
  batch.submissions = submissions;
  batch.outcomes = absl::MakeSpan(outcomes);
  std::promise<void> done;
  recording_->Calculate(&batch, [&done] { done.set_value(); });
  done.get_future().wait();
  for (const Outcome& outcome : outcomes) {
    EXPECT_TRUE(outcome.ok() || outcome.failure->code == absl::StatusCode::kFailedPrecondition)
        << outcome.failure->message;
  }
}

void MeteredPlaces::PutPricedOn(const std::shared_ptr<const catalog::Snapshot>& snapshot,
                                const RecordRequest& request) {
  catalog::SnapshotHolder old;
  old.Set(snapshot);
  auto write = std::make_unique<Write>();
  write->tenant = TestTenant();
  const calculator::Submission submission = SubmissionOf(request);
  write->records.push_back(*MakeUnpriced(TestTenant(), absl::Now(), submission));
  write->records[0].price = [&](const calculator::UsageSource& usage, StoredRecord* record) {
    LocalCalculator calculator(&old, absl::Now, {}, &usage);
    std::string currency;
    const Outcome outcome = PriceOne(&calculator, request, &record->revision.catalog_version, &currency);
    if (outcome.ok()) record->revision.figures = FiguresOf(outcome.record);
    return outcome.ok();
  };
  std::promise<absl::Status> done;
  write->done = [&done](const absl::Status& status) { done.set_value(status); };
  store_->Submit(std::move(write));
  EXPECT_EQ(done.get_future().get(), absl::OkStatus());
}

void MeteredPlaces::Delete(const std::vector<calculator::RecordId>& ids) {
  auto write = std::make_unique<Write>();
  write->tenant = TestTenant();
  write->deletions = ids;
  std::promise<absl::Status> done;
  write->done = [&done](const absl::Status& status) { done.set_value(status); };
  store_->Submit(std::move(write));
  EXPECT_EQ(done.get_future().get(), absl::OkStatus());
}

void MeteredPlaces::StartRepricer() {
  Repricer::Options options = repricer_options;
  options.tenants = {TestTenant()};
  options.store = store_.get();
  options.catalogs = &catalog_;
  options.log = [this](absl::string_view text) {
    std::lock_guard<std::mutex> lock(mutex_);
    logs_.emplace_back(text);
  };
  std::lock_guard<std::mutex> lock(repricer_mutex_);
  repricer_ = std::make_unique<Repricer>(std::move(options));
}

void MeteredPlaces::WaitUntilIdle() {
  absl::Time latest;
  for (int64_t stale = -1; stale < 0 || absl::Now() < latest;) {
    const auto count = store_->inner().CountStale(TestTenant());
    if (count.ok() && count->locations == 0 && count->marked_version == catalog_.Get()->version()) return;
    if (stale < 0 || (count.ok() && count->locations != stale)) {
      stale = count.ok() ? count->locations : 0;
      latest = absl::Now() + absl::Minutes(2);
    }
    absl::SleepFor(absl::Milliseconds(1));
  }
  ADD_FAILURE() << "the re-pricer does not get on";
}

std::vector<StoredRecord> MeteredPlaces::All(absl::string_view location_id) {
  RecordFilter filter;
  filter.location_id = std::string(location_id);
  std::vector<StoredRecord> all;
  std::optional<RecordPosition> after;
  while (true) {
    const auto page = store_->List(TestTenant(), filter, after, false, 1'000);
    if (!page.ok()) Abort(page.status().ToString());
    if (page->empty()) return all;
    after = PositionOf(page->back());
    all.insert(all.end(), page->begin(), page->end());
  }
}

StoredRecord MeteredPlaces::Get(const RecordRequest& request) {
  const auto record = store_->Get(TestTenant(), IdOf(TestTenant(), request));
  if (!record.ok() || !*record) Abort("a record that the test stored is not there");
  return **record;
}

std::vector<Revision> MeteredPlaces::Revisions(const RecordRequest& request) {
  auto revisions = store_->Revisions(TestTenant(), IdOf(TestTenant(), request), std::nullopt, 1'000);
  if (!revisions.ok()) Abort(revisions.status().ToString());
  return *std::move(revisions);
}

void MeteredPlaces::ExpectPricedAfresh() {
  LocalCalculator calculator(&catalog_, absl::Now, {}, &store_->usage());
  int faults = 0;
  std::optional<RecordPosition> after;
  while (true) {
    const auto page = store_->List(TestTenant(), {}, after, false, 1'000);
    ASSERT_EQ(page.status(), absl::OkStatus());
    if (page->empty()) return;
    after = PositionOf(page->back());
    for (const StoredRecord& record : *page) {
      uint64_t version = 0;
      std::string currency;
      const Outcome outcome = PriceOne(&calculator, record.request, &version, &currency);
      if (!outcome.ok() && outcome.failure->code == absl::StatusCode::kNotFound) continue;
      ASSERT_TRUE(outcome.ok()) << outcome.failure->message;
      const Figures fresh = FiguresOf(outcome.record);
      if (SameFigures(record.revision.figures, fresh)) continue;
      ADD_FAILURE() << "stored " << Describe(record) << "\nafresh " << Describe(fresh);
      if (++faults == 3) return;
    }
  }
}

std::vector<std::string> MeteredPlaces::logs() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return logs_;
}

}  // namespace costs::records::testing
