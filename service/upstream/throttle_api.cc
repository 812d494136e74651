#include "service/upstream/throttle_api.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <variant>

#include "service/upstream/sliding_counts.h"
#include "service/upstream/spared.h"

namespace costs::upstream {

struct ThrottleApi::State {
  State(absl::Duration window, const Timers* its_timers) : timers(its_timers), counts(window) {}

  double SparedShare(double ratio) {
    const absl::Time now = timers->Now();
    const std::lock_guard<std::mutex> lock(mutex);
    const SlidingCounts::Counts sum = counts.Sum(now);
    const double calls = static_cast<double>(sum.first);
    return (calls - ratio * static_cast<double>(sum.second)) / (calls + 1);
  }

  void Spared() {
    const absl::Time now = timers->Now();
    const std::lock_guard<std::mutex> lock(mutex);
    counts.Add(now, 1, 0);
    ++spared;
  }

  void Answered(const CostResult& result) {
    const UpstreamError* const error = std::get_if<UpstreamError>(&result);
    const bool taken = error == nullptr || !IsPushBack(*error);
    if (taken && error != nullptr && error->http_status == 0) return;  // there was no answer
    const absl::Time now = timers->Now();
    const std::lock_guard<std::mutex> lock(mutex);
    counts.Add(now, 1, taken ? 1 : 0);
  }

  const Timers* const timers;
  std::mutex mutex;
  SlidingCounts counts;  // guarded by mutex: calls, and those that were taken
  int64_t spared = 0;    // guarded by mutex
};

ThrottleApi::ThrottleApi(const Options& options, const Timers* timers, std::function<double()> random,
                         std::shared_ptr<CostsApi> child)
    : options_(options),
      random_(std::move(random)),
      child_(std::move(child)),
      state_(std::make_shared<State>(options.window, timers)) {}

void ThrottleApi::CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) {
  if (random_() < std::min(state_->SparedShare(options_.ratio), options_.most_spared)) {
    state_->Spared();
    return done(SparedAsOverloaded("has too much to do, and is asked less for a while", options_.retry_after));
  }
  child_->CalculateInstantCost(std::move(call), [state = state_, done = std::move(done)](CostResult result) {
    state->Answered(result);
    done(std::move(result));
  });
}

int64_t ThrottleApi::spared() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->spared;
}

}  // namespace costs::upstream
