#include "service/upstream/breaker_api.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "service/upstream/sliding_counts.h"
#include "service/upstream/spared.h"

namespace costs::upstream {
namespace {

enum class Verdict { kGood, kBad, kNone };

Verdict Judge(const CostResult& result, bool had_fair_time) {
  const UpstreamError* const error = std::get_if<UpstreamError>(&result);
  if (error == nullptr) return Verdict::kGood;
  if (error->spared) return Verdict::kNone;
  switch (error->kind) {
    case UpstreamError::Kind::kRefused:
    case UpstreamError::Kind::kBadCredentials:
    case UpstreamError::Kind::kRateLimited:
      return Verdict::kGood;
    case UpstreamError::Kind::kUnavailable:
      return IsPushBack(*error) ? Verdict::kGood : Verdict::kBad;
    case UpstreamError::Kind::kBadAnswer:
      return Verdict::kBad;
    case UpstreamError::Kind::kTimedOut:
      return had_fair_time ? Verdict::kBad : Verdict::kNone;
    case UpstreamError::Kind::kCancelled:
      return Verdict::kNone;
  }
  return Verdict::kNone;
}

}  // namespace

class BreakerApi::Circuit {
 public:
  // A call that goes through. What is said of calls from before the state changed last
  // counts no longer.
  struct Pass {
    int64_t epoch = 0;
    absl::Time began;
  };

  Circuit(const Options& options, const Timers* timers)
      : options_(options), timers_(timers), counts_(options.window), open_for_(options.open_for) {}

  // Nothing: the call is spared; `retry_after` is set.
  std::optional<Pass> Enter(absl::Duration* retry_after) {
    const absl::Time now = timers_->Now();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (counters_.state == State::kOpen && now >= open_until_) {
      SetState(State::kHalfOpen);
      good_probes_ = 0;
      probing_ = false;
    }
    if (counters_.state == State::kOpen || (counters_.state == State::kHalfOpen && probing_)) {
      ++counters_.spared;
      *retry_after = counters_.state == State::kOpen ? open_until_ - now : options_.open_for;
      return std::nullopt;
    }
    probing_ = counters_.state == State::kHalfOpen;
    return Pass{epoch_, now};
  }

  bool SpareAll(int64_t calls) {
    const absl::Time now = timers_->Now();
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool open = counters_.state == State::kOpen && now < open_until_;
    if (!open && !(counters_.state == State::kHalfOpen && probing_)) return false;
    counters_.spared += calls;
    return true;
  }

  void Leave(const Pass& pass, const CostCall& call, const CostResult& result) {
    const absl::Time now = timers_->Now();
    const Verdict verdict = Judge(result, std::min(call.deadline, now) - pass.began >= options_.fair_time);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (pass.epoch != epoch_) return;
    if (counters_.state == State::kClosed) {
      Count(verdict, now);
    } else {
      Probed(verdict, now);
    }
  }

  Counters counters() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return counters_;
  }

 private:
  // All of these: under mutex_.
  void SetState(State state) {
    counters_.state = state;
    ++epoch_;
  }

  void Count(Verdict verdict, absl::Time now) {
    if (verdict == Verdict::kNone) return;
    counts_.Add(now, 1, verdict == Verdict::kBad ? 1 : 0);
    const SlidingCounts::Counts sum = counts_.Sum(now);
    if (sum.first < options_.least_calls) return;
    if (static_cast<double>(sum.second) < options_.failure_ratio * static_cast<double>(sum.first)) return;
    ++counters_.opened;
    open_for_ = options_.open_for;
    Open(now);
  }

  void Probed(Verdict verdict, absl::Time now) {
    probing_ = false;
    if (verdict == Verdict::kBad) {
      open_for_ = std::min(open_for_ * 2, options_.open_at_most);
      Open(now);
    } else if (verdict == Verdict::kGood && ++good_probes_ >= options_.probes) {
      counts_.Clear();
      SetState(State::kClosed);
    }
  }

  void Open(absl::Time now) {
    SetState(State::kOpen);
    open_until_ = now + open_for_;
  }

  const Options options_;
  const Timers* const timers_;

  mutable std::mutex mutex_;
  Counters counters_;
  int64_t epoch_ = 0;
  SlidingCounts counts_;  // calls, and those that failed
  absl::Duration open_for_;
  absl::Time open_until_;
  bool probing_ = false;
  int good_probes_ = 0;
};

BreakerApi::BreakerApi(const Options& options, const Timers* timers, std::shared_ptr<CostsApi> child)
    : child_(std::move(child)), circuit_(std::make_shared<Circuit>(options, timers)) {}

void BreakerApi::CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) {
  absl::Duration retry_after;
  const std::optional<Circuit::Pass> pass = circuit_->Enter(&retry_after);
  if (!pass) return done(SparedAsDown("fails, and is left alone for a while", retry_after));
  child_->CalculateInstantCost(call,
                               [circuit = circuit_, pass = *pass, call, done = std::move(done)](CostResult result) {
                                 circuit->Leave(pass, *call, result);
                                 done(std::move(result));
                               });
}

bool BreakerApi::SpareAll(int64_t calls) { return circuit_->SpareAll(calls); }

BreakerApi::Counters BreakerApi::counters() const { return circuit_->counters(); }

}  // namespace costs::upstream
