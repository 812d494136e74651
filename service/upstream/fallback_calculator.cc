#include "service/upstream/fallback_calculator.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/upstream/partial_batch.h"

namespace costs::upstream {
namespace {

using calculator::Batch;
using calculator::Failure;
using calculator::Outcome;
using calculator::Source;

constexpr absl::string_view kNotAvailable = "the upstream was not available";

// Why it was computed, by the upstream's failure.
absl::string_view WhyComputed(absl::string_view reason) {
  if (reason == "UPSTREAM_TIMEOUT") return "the upstream was too slow";
  if (reason == "UPSTREAM_BAD_ANSWER") return "the upstream's answer was not the contract's";
  if (reason == "UPSTREAM_BAD_CREDENTIALS" || reason == "BAD_CREDENTIALS") {
    return "the upstream did not take the credentials";
  }
  if (reason == "UPSTREAM_WRONG_MODE") return "the upstream's key is of the other mode";
  if (reason == "RATE_LIMITED") return "the upstream took no more calls";
  return kNotAvailable;
}

// Whether the upstream could be asked for all of it; what it cannot be asked for is
// refused whether it lives or not.
bool Askable(const Batch& batch) {
  return !batch.options.include_breakdown &&
         std::none_of(batch.submissions.begin(), batch.submissions.end(),
                      [](const calculator::Submission& one) { return one.usage_before_wh.has_value(); });
}

// Null: it is passed on as it is. Otherwise what the caller is told of a record that
// the upstream may have stored.
std::unique_ptr<const Failure> Retryable(const Failure& failure) {
  if (failure.code == absl::StatusCode::kUnavailable && failure.retry_after) return nullptr;
  auto retryable = std::make_unique<Failure>(failure);
  retryable->code = absl::StatusCode::kUnavailable;
  if (!retryable->retry_after) retryable->retry_after = absl::Seconds(1);
  return retryable;
}

}  // namespace

void FallbackCalculator::Calculate(Batch* batch, std::function<void()> done) {
  if (!batch->submissions.empty() && Askable(*batch) && left_alone_(batch->submissions.size())) {
    return local_->Calculate(batch, [batch, done = std::move(done)] {
      for (Outcome& outcome : batch->outcomes) {
        if (!outcome.ok()) continue;
        outcome.record.source = Source::kComputed;
        outcome.record.source_reason = kNotAvailable;
      }
      done();
    });
  }
  upstream_->Calculate(batch, [this, batch, done = std::move(done)]() mutable { Answered(batch, std::move(done)); });
}

void FallbackCalculator::Answered(Batch* batch, std::function<void()> done) {
  std::vector<size_t> computed;
  std::vector<absl::string_view> why;
  for (size_t i = 0; i < batch->outcomes.size(); ++i) {
    Outcome& outcome = batch->outcomes[i];
    if (outcome.ok()) {
      outcome.record.source = Source::kUpstream;
      outcome.record.source_reason = "";
      continue;
    }
    if (!outcome.failure->upstream_may_have_acted) continue;
    const bool simulation = batch->options.non_persistent || batch->submissions[i].non_persistent;
    if (simulation || !*outcome.failure->upstream_may_have_acted) {
      computed.push_back(i);
      why.push_back(WhyComputed(outcome.failure->reason));
    } else if (std::unique_ptr<const Failure> retryable = Retryable(*outcome.failure)) {
      outcome.failure = std::move(retryable);
    }
  }
  if (computed.empty()) return done();
  auto part = std::make_shared<PartialBatch>(batch, computed);
  local_->Calculate(
      part->batch(), [batch, part, computed = std::move(computed), why = std::move(why), done = std::move(done)] {
        part->PutBack();
        for (size_t k = 0; k < computed.size(); ++k) {
          Outcome& outcome = batch->outcomes[computed[k]];
          if (!outcome.ok()) continue;
          outcome.record.source = Source::kComputed;
          outcome.record.source_reason = why[k];
        }
        const bool all = computed.size() == batch->outcomes.size();
        batch->time_created =
            all ? part->batch()->time_created : std::max(batch->time_created, part->batch()->time_created);
        batch->catalog_version = all ? part->batch()->catalog_version : 0;
        using Owners = std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>;
        batch->keep_alive = std::make_shared<const Owners>(std::move(batch->keep_alive), part->batch()->keep_alive);
        done();
      });
}

}  // namespace costs::upstream
