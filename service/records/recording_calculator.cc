#include "service/records/recording_calculator.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/catalog/refusal.h"
#include "service/records/pending_record.h"
#include "service/records/stored_record.h"

namespace costs::records {
namespace {

using calculator::Batch;
using calculator::Failure;
using calculator::Outcome;
using calculator::Submission;

class Deferring final : public calculator::UsageSource {
 public:
  absl::StatusOr<engine::Int128> UsageWithin(const calculator::Caller&, absl::string_view, const absl::TimeZone&,
                                             engine::TariffRate, engine::Interval) const override {
    return absl::Status(calculator::kUsageDeferred, "the store is asked later");
  }
};

bool IsDeferred(const Outcome& outcome) {
  return !outcome.ok() && outcome.failure->code == calculator::kUsageDeferred &&
         outcome.failure->reason == "USAGE_UNKNOWN";
}

std::unique_ptr<const Failure> FailureOf(const absl::Status& status) {
  auto failure = std::make_unique<Failure>();
  failure->code = status.code();
  failure->reason = catalog::ReasonOf(status);
  // What is no refusal is not for a caller's eyes.
  failure->message = failure->reason.empty() ? "the record could not be stored" : std::string(status.message());
  if (const auto retry = catalog::RetryAfterOf(status)) failure->retry_after = *retry;
  return failure;
}

// Some of the submissions of a batch, priced apart from it.
struct SubBatch {
  // `indices` are of the submissions of `of`.
  SubBatch(const Batch& of, const std::vector<size_t>& indices, const calculator::Options& options)
      : outcomes(indices.size()) {
    for (size_t i : indices) submissions.push_back(of.submissions[i]);
    batch.caller = of.caller;
    batch.options = options;
    batch.submissions = submissions;
    batch.outcomes = absl::MakeSpan(outcomes);
  }

  std::vector<Submission> submissions;
  std::vector<Outcome> outcomes;
  Batch batch;
};

}  // namespace

const calculator::UsageSource& DeferringUsage() {
  static const Deferring* const deferring = new Deferring();
  return *deferring;
}

// One batch under way; gone when it is answered.
class RecordingCalculator::Recording : public std::enable_shared_from_this<Recording> {
 public:
  Recording(const Options& options, Batch* batch, std::function<void()> done)
      : options_(options), batch_(batch), asked_(batch->options), done_(std::move(done)) {}

  void Start() {
    for (size_t i = 0; i < batch_->submissions.size() && !stores_; ++i) stores_ = IsStored(i);
    batch_->options.for_storage = stores_;
    options_.child->Calculate(batch_, [self = shared_from_this()] { self->Priced(); });
  }

 private:
  bool IsStored(size_t i) const { return !asked_.non_persistent && !batch_->submissions[i].non_persistent; }
  // Whether the answer says all that is to be stored.
  bool AsksForAll() const { return asked_.include_tariff && asked_.include_carbon; }
  calculator::Options StorageOptions() const {
    calculator::Options options;
    options.for_storage = true;
    options.keep_unpriced = true;
    return options;
  }

  // What is stored is submitted before this returns, so that batches are stored in the
  // order in which they came; simulations go on beside it.
  void Priced() {
    std::vector<size_t> stored, simulations;
    for (size_t i = 0; i < batch_->outcomes.size(); ++i) {
      const bool deferred = IsDeferred(batch_->outcomes[i]);
      if (!deferred && !batch_->outcomes[i].ok()) continue;
      if (!IsStored(i)) {
        if (deferred) simulations.push_back(i);
        continue;
      }
      if (deferred) deferred_.insert(i);
      stored.push_back(i);
    }
    if (!AsksForAll() && !stored.empty()) PriceForStorage(stored);
    parts_ = (stored.empty() ? 0 : 1) + (simulations.empty() ? 0 : 1);
    if (parts_ == 0) return Finish();
    const std::shared_ptr<Recording> self = shared_from_this();
    if (!stored.empty()) Submit(std::move(stored));
    if (!simulations.empty()) StartSimulations(std::move(simulations));
  }

  void StartSimulations(std::vector<size_t> simulations) {
    const bool taken = options_.blocking->TryRun([self = shared_from_this(), simulations] {
      self->Simulate(simulations);
      self->PartDone();
    });
    if (taken) return;
    const absl::Status overloaded = catalog::Overloaded(
        "too many simulations with tiered tariffs are under way; try again in a second", absl::Seconds(1));
    for (size_t i : simulations) batch_->outcomes[i].failure = FailureOf(overloaded);
    PartDone();
  }

  void Simulate(const std::vector<size_t>& simulations) {
    SubBatch sub(*batch_, simulations, asked_);
    options_.price(&sub.batch, options_.store->usage());
    Keep(sub.batch.keep_alive);
    for (size_t k = 0; k < simulations.size(); ++k) {
      batch_->outcomes[simulations[k]] = std::move(sub.outcomes[k]);
    }
  }

  // Where the caller asks for less than is stored.
  void PriceForStorage(const std::vector<size_t>& stored) {
    std::vector<size_t> priced;
    for (size_t i : stored) {
      if (!deferred_.contains(i)) priced.push_back(i);
    }
    if (priced.empty()) return;
    SubBatch sub(*batch_, priced, StorageOptions());
    options_.price(&sub.batch, DeferringUsage());
    Keep(sub.batch.keep_alive);
    full_.resize(batch_->outcomes.size());
    for (size_t k = 0; k < priced.size(); ++k) full_[priced[k]] = std::move(sub.outcomes[k]);
    full_version_ = sub.batch.catalog_version;
  }

  // One write of these records.
  void Submit(std::vector<size_t> indices) {
    auto write = std::make_unique<Write>();
    write->tenant = {std::string(batch_->caller.account_id), batch_->caller.live_mode};
    write->deadline = batch_->caller.deadline;
    write->cancelled = batch_->caller.cancelled;
    write->records.reserve(indices.size());
    std::vector<size_t> written;
    written.reserve(indices.size());
    for (size_t i : indices) {
      if (std::optional<PendingRecord> record = MakeRecord(write->tenant, i)) {
        write->records.push_back(*std::move(record));
        written.push_back(i);
      }
    }
    if (written.empty()) return WriteDone({}, absl::OkStatus());
    write->done = [self = shared_from_this(), written = std::move(written)](const absl::Status& status) {
      self->WriteDone(written, status);
    };
    options_.store->Submit(std::move(write));
  }

  std::optional<PendingRecord> MakeRecord(const Tenant& tenant, size_t i) {
    const Submission& submission = batch_->submissions[i];
    const bool apart = !AsksForAll() && !deferred_.contains(i);
    const Outcome& outcome = apart ? full_[i] : batch_->outcomes[i];
    if (outcome.ok() && !deferred_.contains(i)) {
      return MakePending(batch_->time_created, submission, outcome.record,
                         apart ? full_version_ : batch_->catalog_version);
    }
    // Its price depends on what the store knows: that of the answer, or that which is
    // stored though it was not asked for.
    std::optional<PendingRecord> record = MakeUnpriced(tenant, batch_->time_created, submission);
    if (record) {
      record->price = [this, i](const calculator::UsageSource& usage, StoredRecord* stored) {
        return PriceInTransaction(i, usage, stored);
      };
    }
    return record;
  }

  // The answer to record i, and what is stored of it. On the store's thread, while
  // the write, and so this, lives.
  bool PriceInTransaction(size_t i, const calculator::UsageSource& usage, StoredRecord* stored) {
    calculator::Options options = asked_;
    options.for_storage = true;
    SubBatch answer(*batch_, {i}, options);
    options_.price(&answer.batch, usage);
    Keep(answer.batch.keep_alive);
    batch_->outcomes[i] = std::move(answer.outcomes[0]);
    if (!batch_->outcomes[i].ok()) return false;
    stored->revision.catalog_version = answer.batch.catalog_version;
    if (AsksForAll()) {
      stored->revision.figures = FiguresOf(batch_->outcomes[i].record);
      return true;
    }
    SubBatch full(*batch_, {i}, StorageOptions());
    options_.price(&full.batch, usage);
    if (!full.outcomes[0].ok()) return false;
    stored->revision.catalog_version = full.batch.catalog_version;
    stored->revision.figures = FiguresOf(full.outcomes[0].record);
    return true;
  }

  void WriteDone(const std::vector<size_t>& written, const absl::Status& status) {
    // One record whose id another one has must not fail its neighbours.
    if (status.code() == absl::StatusCode::kAlreadyExists && written.size() > 1) {
      const auto middle = written.begin() + static_cast<std::ptrdiff_t>(written.size() / 2);
      ++parts_;
      Submit({written.begin(), middle});
      Submit({middle, written.end()});
      return;
    }
    if (!status.ok()) {
      // One that had no price when the write failed keeps that failure.
      for (size_t i : written) {
        Outcome& outcome = batch_->outcomes[i];
        if (outcome.ok() || IsDeferred(outcome)) outcome.failure = FailureOf(status);
      }
    }
    PartDone();
  }

  void PartDone() {
    if (--parts_ == 0) Finish();
  }

  // What outcomes borrow from.
  void Keep(std::shared_ptr<const void> owner) {
    std::lock_guard<std::mutex> lock(mutex_);
    kept_.push_back(std::move(owner));
  }

  void Finish() {
    batch_->options = asked_;
    if (!kept_.empty()) {
      kept_.push_back(std::move(batch_->keep_alive));
      batch_->keep_alive = std::make_shared<const std::vector<std::shared_ptr<const void>>>(std::move(kept_));
    }
    done_();
  }

  const Options& options_;
  Batch* const batch_;
  const calculator::Options asked_;
  const std::function<void()> done_;
  bool stores_ = false;
  std::vector<Outcome> full_;  // of records whose answer says less; by index
  uint64_t full_version_ = 0;
  absl::flat_hash_set<size_t> deferred_;  // whose price depends on what is stored
  std::mutex mutex_;
  std::vector<std::shared_ptr<const void>> kept_;  // guarded by mutex_
  std::atomic<int> parts_{0};                      // writes and simulations under way
};

RecordingCalculator::RecordingCalculator(Options options) : options_(std::move(options)) {}

void RecordingCalculator::Calculate(Batch* batch, std::function<void()> done) {
  std::make_shared<Recording>(options_, batch, std::move(done))->Start();
}

}  // namespace costs::records
