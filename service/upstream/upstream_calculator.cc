#include "service/upstream/upstream_calculator.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/calculator/record_id.h"
#include "service/calculator/validation.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

using calculator::Batch;
using calculator::Failure;
using calculator::Outcome;
using calculator::PricedRecord;
using calculator::Submission;
using calculator::ValidRecord;
using calculator::Violation;

std::unique_ptr<const Failure> Fail(absl::StatusCode code, std::string reason, std::string message) {
  auto failure = std::make_unique<Failure>();
  failure->code = code;
  failure->reason = std::move(reason);
  failure->message = std::move(message);
  return failure;
}

// In the words of LocalCalculator.
std::unique_ptr<const Failure> Invalid(std::vector<Violation> violations) {
  auto failure = std::make_unique<Failure>();
  failure->code = absl::StatusCode::kInvalidArgument;
  failure->reason = "INVALID_FIELD";
  failure->message = "the request is invalid";
  for (size_t i = 0; i < violations.size(); ++i) {
    absl::StrAppend(&failure->message, i == 0 ? ": " : "; ", violations[i].field, " ", violations[i].description);
  }
  failure->violations = std::move(violations);
  return failure;
}

// Null while the answer is still wanted.
std::unique_ptr<const Failure> WhyUnwanted(const calculator::Caller& caller, absl::Time now) {
  if (caller.cancelled && caller.cancelled()) {
    return Fail(absl::StatusCode::kCancelled, "CANCELLED", "the caller cancelled the call");
  }
  if (now >= caller.deadline) {
    return Fail(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                "the call's deadline passed before this record was priced; allow more time or send fewer records");
  }
  return nullptr;
}

// What the upstream has no word for.
void CheckAskable(const Batch& batch, const Submission& submission, std::vector<Violation>* violations) {
  constexpr char kRemedy[] =
      "cannot be had from the upstream costs API; leave it out, or ask for a location that this server computes";
  if (batch.options.include_breakdown) violations->push_back({"include_breakdown", kRemedy, /*of_call=*/true});
  if (submission.usage_before_wh) violations->push_back({"usage_before_wh", kRemedy});
}

bool Stores(const Batch& batch, const Submission& submission) {
  return !batch.options.non_persistent && !submission.non_persistent;
}

calculator::RecordId IdOf(const std::string& text) {
  calculator::RecordId id;
  const std::string bytes = absl::HexStringToBytes(absl::string_view(text).substr(4));
  std::copy_n(bytes.begin(), std::min(bytes.size(), id.bytes.size()), id.bytes.begin());
  return id;
}

}  // namespace

// The valid records of a batch, on their way; gone when the batch is done.
class UpstreamCalculator::BatchCalls final : public CallTurns::Calls, public std::enable_shared_from_this<BatchCalls> {
 public:
  BatchCalls(const Options& options, Batch* batch, std::function<void()> done)
      : options_(options), batch_(batch), done_(std::move(done)) {}

  // How many records there are to ask for; the others have their outcomes.
  size_t Validate() {
    std::vector<Violation> violations;
    for (size_t i = 0; i < batch_->submissions.size(); ++i) {
      const Submission& submission = batch_->submissions[i];
      Outcome& outcome = batch_->outcomes[i];
      outcome.failure.reset();
      ValidRecord record;
      violations.clear();
      calculator::Validate(submission, &record, &violations);
      CheckAskable(*batch_, submission, &violations);
      if (!violations.empty()) {
        outcome.failure = Invalid(std::move(violations));
      } else if (options_.live_mode && *options_.live_mode != batch_->caller.live_mode) {
        outcome.failure = WrongMode();
      } else {
        records_.push_back({i, record});
      }
    }
    left_ = records_.size();
    return left_;
  }

  void FinishWithoutCalls() {
    batch_->time_created = options_.now();
    done_();
  }

  // ---- CallTurns::Calls -------------------------------------------------------
  size_t count() const override { return records_.size(); }

  std::optional<CallTurns::Key> KeyOf(size_t i) const override {
    const Submission& submission = SubmissionOf(i);
    if (!Stores(*batch_, submission)) return std::nullopt;
    const ValidRecord& record = records_[i].valid;
    return calculator::IdOf({batch_->caller.account_id, batch_->caller.live_mode, submission.location_id,
                             submission.device_id, record.direction, record.tariff_rate, record.usage.interval})
        .bytes;
  }

  bool Unwanted(absl::Time now) const override { return WhyUnwanted(batch_->caller, now) != nullptr; }

  void Start(size_t i, std::function<void()> over) override {
    if (std::unique_ptr<const Failure> unwanted = WhyUnwanted(batch_->caller, options_.now())) {
      OutcomeOf(i).failure = std::move(unwanted);
      OneDone();
      return over();
    }
    options_.api->CalculateInstantCost(MakeCall(i),
                                       [self = shared_from_this(), i, over = std::move(over)](CostResult result) {
                                         self->Answered(i, std::move(result));
                                         over();
                                       });
  }

  void Drop(size_t i) override {
    std::unique_ptr<const Failure> unwanted = WhyUnwanted(batch_->caller, options_.now());
    OutcomeOf(i).failure = unwanted != nullptr
                               ? std::move(unwanted)
                               : Fail(absl::StatusCode::kCancelled, "CANCELLED", "the caller cancelled the call");
    OneDone();
  }

 private:
  struct Record {
    size_t index;  // in the batch
    ValidRecord valid;
  };

  const Submission& SubmissionOf(size_t i) const { return batch_->submissions[records_[i].index]; }
  Outcome& OutcomeOf(size_t i) const { return batch_->outcomes[records_[i].index]; }

  std::unique_ptr<const Failure> WrongMode() const {
    auto failure = std::make_unique<Failure>();
    failure->code = absl::StatusCode::kFailedPrecondition;
    failure->reason = "UPSTREAM_WRONG_MODE";
    failure->message = absl::StrCat("this server's key for the upstream costs API is of ",
                                    *options_.live_mode ? "live" : "test", " mode; call it in that mode");
    failure->upstream_may_have_acted = false;
    return failure;
  }

  std::shared_ptr<const CostCall> MakeCall(size_t i) const {
    const Submission& submission = SubmissionOf(i);
    const ValidRecord& record = records_[i].valid;
    auto call = std::make_shared<CostCall>();
    call->account_id = std::string(batch_->caller.account_id);
    call->live_mode = batch_->caller.live_mode;
    call->location_id = std::string(submission.location_id);
    call->device_id = std::string(submission.device_id);
    call->session_reference_id = std::string(submission.session_reference_id);
    call->record_reference_id = std::string(submission.record_reference_id);
    call->direction = record.direction;
    call->tariff_rate = record.tariff_rate;
    call->units = record.usage.units;
    call->value = *submission.value;
    call->interval = record.usage.interval;
    call->confidence = record.confidence;
    call->include_tariff = batch_->options.include_tariff;
    call->include_carbon = batch_->options.include_carbon;
    call->non_persistent = !Stores(*batch_, submission);
    if (options_.pass_authorization) call->authorization = std::string(batch_->caller.authorization);
    call->traceparent = std::string(batch_->caller.traceparent);
    call->deadline = batch_->caller.deadline;
    call->cancelled = batch_->caller.cancelled;
    return call;
  }

  void Answered(size_t i, CostResult result) {
    if (auto* error = std::get_if<UpstreamError>(&result)) {
      OutcomeOf(i).failure =
          std::make_unique<const Failure>(FailureOf(std::move(*error), !options_.pass_authorization));
    } else {
      Keep(i, std::get<UpstreamCost>(result));
    }
    OneDone();
  }

  void Keep(size_t i, const UpstreamCost& cost) {
    const ValidRecord& valid = records_[i].valid;
    PricedRecord& record = OutcomeOf(i).record;
    record.id = IdOf(cost.id);
    record.direction = valid.direction;
    record.tariff_rate = valid.tariff_rate;
    record.confidence = valid.confidence;
    record.non_persistent = !Stores(*batch_, SubmissionOf(i));
    record.interval = valid.usage.interval;
    record.energy_wh = cost.energy_wh;
    record.tariff = cost.tariff;
    record.carbon = cost.carbon;
    record.breakdown.clear();
    record.source = calculator::Source::kNotSaid;
    const std::lock_guard<std::mutex> lock(mutex_);
    record.currency_code = *texts_->insert(cost.currency_code).first;
    // A batch has one time: that of its last answer.
    time_created_ = std::max(time_created_, cost.time_created);
  }

  void OneDone() {
    if (--left_ > 0) return;
    batch_->time_created = time_created_ == absl::InfinitePast() ? options_.now() : time_created_;
    batch_->catalog_version = 0;
    batch_->keep_alive = texts_;
    done_();
  }

  const Options& options_;
  Batch* const batch_;
  const std::function<void()> done_;
  std::vector<Record> records_;
  std::atomic<size_t> left_{0};
  std::mutex mutex_;
  absl::Time time_created_ = absl::InfinitePast();  // guarded by mutex_ until all are done
  // Currency codes; guarded by mutex_ until all are done.
  const std::shared_ptr<std::set<std::string>> texts_ = std::make_shared<std::set<std::string>>();
};

UpstreamCalculator::UpstreamCalculator(Options options)
    : options_(std::move(options)), turns_(options_.under_way, options_.now) {}

void UpstreamCalculator::Calculate(Batch* batch, std::function<void()> done) {
  auto calls = std::make_shared<BatchCalls>(options_, batch, std::move(done));
  if (calls->Validate() == 0) return calls->FinishWithoutCalls();
  turns_.Add(std::move(calls));
}

}  // namespace costs::upstream
