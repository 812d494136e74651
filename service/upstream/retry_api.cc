#include "service/upstream/retry_api.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <variant>

#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

bool MayHelp(const UpstreamError& error) {
  if (error.spared) return false;
  switch (error.kind) {
    case UpstreamError::Kind::kRateLimited:
    case UpstreamError::Kind::kUnavailable:
    case UpstreamError::Kind::kTimedOut:  // of this attempt, if the call has time left
    case UpstreamError::Kind::kBadAnswer:
      return true;
    case UpstreamError::Kind::kRefused:
    case UpstreamError::Kind::kBadCredentials:
    case UpstreamError::Kind::kCancelled:
      return false;
  }
  return false;
}

}  // namespace

struct RetryApi::State {
  State(const Options& given, Timers* its_timers, std::function<double()> its_random, CostsApi* its_child)
      : options(given), timers(its_timers), random(std::move(its_random)), child(its_child), saved(given.most_saved) {}

  void Deposit() {
    const std::lock_guard<std::mutex> lock(mutex);
    saved = std::min(saved + options.budget_ratio, options.most_saved);
  }

  bool Withdraw() {
    const std::lock_guard<std::mutex> lock(mutex);
    if (saved < 1) {
      ++counters.denied;
      return false;
    }
    saved -= 1;
    ++counters.retries;
    return true;
  }

  // Before attempt `attempts` + 1.
  absl::Duration Pause(int attempts, const UpstreamError& error) {
    absl::Duration most = options.first_pause;
    for (int i = 1; i < attempts && most < options.longest_pause; ++i) most *= 2;
    const absl::Duration jitter = random() * std::min(most, options.longest_pause);
    return error.retry_after.value_or(absl::ZeroDuration()) + jitter;
  }

  const Options options;
  Timers* const timers;
  const std::function<double()> random;
  CostsApi* const child;

  std::mutex mutex;
  double saved;       // guarded by mutex
  Counters counters;  // guarded by mutex
};

struct RetryApi::Call {
  bool IsCancelled() const { return call->cancelled != nullptr && call->cancelled(); }

  std::shared_ptr<const CostCall> call;
  Done done;
  int attempts = 0;
  bool may_have_acted = false;  // in any of them
};

RetryApi::RetryApi(const Options& options, Timers* timers, std::function<double()> random,
                   std::shared_ptr<CostsApi> child)
    : child_(std::move(child)), state_(std::make_shared<State>(options, timers, std::move(random), child_.get())) {}

void RetryApi::CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) {
  state_->Deposit();
  auto mine = std::make_shared<Call>();
  mine->call = std::move(call);
  mine->done = std::move(done);
  Ask(state_, mine);
}

void RetryApi::Ask(const std::shared_ptr<State>& state, const std::shared_ptr<Call>& call) {
  ++call->attempts;
  state->child->CalculateInstantCost(call->call, [state, call](CostResult result) {
    if (UpstreamError* const error = std::get_if<UpstreamError>(&result)) {
      Failed(state, call, std::move(*error));
    } else {
      call->done(std::move(result));
    }
  });
}

void RetryApi::Failed(const std::shared_ptr<State>& state, const std::shared_ptr<Call>& call, UpstreamError error) {
  call->may_have_acted |= error.may_have_acted;
  error.may_have_acted = call->may_have_acted;
  if (!MayHelp(error) || call->attempts >= state->options.most_attempts) return call->done(std::move(error));
  const absl::Time at = state->timers->Now() + state->Pause(call->attempts, error);
  if (at + state->options.least_time_left > call->call->deadline) return call->done(std::move(error));
  if (call->IsCancelled()) return call->done(Cancelled(call->may_have_acted));
  if (!state->Withdraw()) return call->done(std::move(error));

  state->timers->At(at, [state, call, error = std::move(error)](Timers::Why why) {
    if (why == Timers::Why::kOver) return call->done(error);
    if (call->IsCancelled()) return call->done(Cancelled(call->may_have_acted));
    Ask(state, call);
  });
}

RetryApi::Counters RetryApi::counters() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->counters;
}

}  // namespace costs::upstream
