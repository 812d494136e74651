#include "service/upstream/testing/calculating_api.h"

#include <future>
#include <string>
#include <utility>

#include "absl/types/span.h"
#include "service/calculator/record_id.h"
#include "service/engine/time.h"

namespace costs::upstream::testing {
namespace {

calculator::WireTime ToWire(engine::Instant at) {
  return {at.ns / engine::kNanosPerSecond, static_cast<int32_t>(at.ns % engine::kNanosPerSecond)};
}

}  // namespace

void CalculatingApi::CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    calls_.push_back(call);
    if (holding_) {
      held_.push_back({std::move(call), std::move(done)});
      return;
    }
  }
  Answer(call, done);
}

void CalculatingApi::Answer(const std::shared_ptr<const CostCall>& call, const Done& done) {
  if (instead) {
    if (std::optional<UpstreamError> error = instead(*call)) return done(*std::move(error));
  }
  calculator::Submission submission;
  submission.location_id = call->location_id;
  submission.device_id = call->device_id;
  submission.direction = call->direction;
  submission.tariff_rate = call->tariff_rate;
  submission.units = call->units;
  submission.value = call->value;
  submission.start_time = ToWire(call->interval.start);
  submission.end_time = ToWire(call->interval.end);
  submission.confidence = call->confidence;
  submission.non_persistent = call->non_persistent;
  calculator::Outcome outcome;
  calculator::Batch batch;
  batch.caller.account_id = call->account_id;
  batch.caller.live_mode = call->live_mode;
  batch.options.include_tariff = call->include_tariff;
  batch.options.include_carbon = call->include_carbon;
  batch.submissions = absl::MakeConstSpan(&submission, 1);
  batch.outcomes = absl::MakeSpan(&outcome, 1);
  std::promise<void> calculated;
  calculator_->Calculate(&batch, [&calculated] { calculated.set_value(); });
  calculated.get_future().wait();
  done(ResultOf(outcome, batch.time_created));
}

CostResult ResultOf(const calculator::Outcome& outcome, absl::Time time_created) {
  if (!outcome.ok()) {
    UpstreamError error;
    error.kind = UpstreamError::Kind::kRefused;
    error.failure = *outcome.failure;
    return error;
  }
  UpstreamCost cost;
  cost.id = calculator::FormatRecordId(outcome.record.id);
  cost.currency_code = std::string(outcome.record.currency_code);
  cost.energy_wh = outcome.record.energy_wh;
  cost.tariff = outcome.record.tariff;
  cost.carbon = outcome.record.carbon;
  cost.time_created = time_created;
  return cost;
}

void CalculatingApi::Hold() {
  const std::lock_guard<std::mutex> lock(mutex_);
  holding_ = true;
}

void CalculatingApi::Release() {
  std::vector<Held> held;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    held.swap(held_);
    holding_ = false;
  }
  for (const Held& call : held) Answer(call.call, call.done);
}

std::vector<std::shared_ptr<const CostCall>> CalculatingApi::calls() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return calls_;
}

}  // namespace costs::upstream::testing
