#include "service/records/testing/recorded_meters.h"

#include <cstdlib>
#include <future>
#include <iostream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/record_id.h"
#include "service/calculator/testing/calculations.h"
#include "service/records/sqlite/sqlite_record_store.h"

namespace costs::records::testing {
namespace {

absl::Time Now() { return absl::FromUnixSeconds(1'688'169'600); }

std::unique_ptr<RecordStore> OpenStore() {
  absl::StatusOr<std::unique_ptr<SqliteRecordStore>> store = SqliteRecordStore::Open({});
  if (!store.ok()) {
    std::cerr << "no store of records in memory: " << store.status() << "\n";
    std::abort();
  }
  return *std::move(store);
}

}  // namespace

RecordedMeters::RecordedMeters(catalog::CatalogContent content)
    : tenant_{std::string(calculator::testing::kAccount), true},
      store_(OpenStore()),
      blocking_({/*threads=*/1, /*most_waiting=*/16}),
      child_(std::make_unique<calculator::LocalCalculator>(&snapshots_, Now, calculator::LocalCalculator::Limits(),
                                                           &DeferringUsage())),
      recording_(std::make_unique<RecordingCalculator>(RecordingCalculator::Options{
          child_.get(), store_.get(),
          [this](calculator::Batch* batch, const calculator::UsageSource& usage) { Price(batch, usage); },
          &blocking_})) {
  SetCatalog(std::move(content));
}

RecordedMeters::~RecordedMeters() = default;

void RecordedMeters::SetCatalog(catalog::CatalogContent content) {
  snapshots_.Set(calculator::testing::MakeSnapshot(std::move(content), ++version_));
}

std::vector<std::string> RecordedMeters::Store(const std::vector<calculator::Submission>& submissions) {
  std::vector<calculator::Outcome> outcomes(submissions.size());
  calculator::Batch batch;
  batch.caller.account_id = tenant_.account_id;
  batch.caller.live_mode = tenant_.live_mode;
  batch.options.keep_unpriced = true;
  batch.submissions = submissions;
  batch.outcomes = absl::MakeSpan(outcomes);
  std::promise<void> done;
  recording_->Calculate(&batch, [&done] { done.set_value(); });
  done.get_future().wait();
  std::vector<std::string> ids;
  for (const calculator::Outcome& outcome : outcomes) {
    if (!outcome.ok()) {
      std::cerr << "a record of a test cannot be stored: " << outcome.failure->message << "\n";
      std::abort();
    }
    ids.push_back(calculator::FormatRecordId(outcome.record.id));
  }
  return ids;
}

CallContext RecordedMeters::context() {
  CallContext context;
  context.store = store_.get();
  context.snapshots = &snapshots_;
  context.now = Now;
  context.new_id = [this](absl::string_view prefix) { return absl::StrCat(prefix, absl::StrFormat("%024x", ++ids_)); };
  return context;
}

void RecordedMeters::Price(calculator::Batch* batch, const calculator::UsageSource& usage) const {
  calculator::LocalCalculator(&snapshots_, Now, {}, &usage).Calculate(batch, [] {});
}

}  // namespace costs::records::testing
