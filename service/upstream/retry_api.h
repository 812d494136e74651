// A CostsApi that asks again where that is safe and may help.
//
// Safe: a simulation, which stores nothing; and a record to be stored, because the
// upstream keeps one record for each account, mode, device or location, direction,
// tariff_rate and interval, and the same submission again overwrites it with the same
// figures under the same id. So nothing is doubled even where an attempt that failed
// had been stored.
//
// May help: not after a refusal, which would only be said again; not after a 403 (the
// token's wrapper has done what can be done); not where a wrapper spared the upstream.
//
// Between attempts are an exponential pause with full jitter, or what the upstream
// asked for and a little more; never one that the deadline does not allow, and then the
// last error is answered at once. A budget, a share of all calls, keeps attempts from
// multiplying the load when everything fails. An error says may_have_acted where any of
// the attempts may have. Thread-safe.
#ifndef SERVICE_UPSTREAM_RETRY_API_H_
#define SERVICE_UPSTREAM_RETRY_API_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/timers.h"

namespace costs::upstream {

class RetryApi final : public CostsApi {
 public:
  struct Options {
    int most_attempts = 3;                                 // of a call, the first included
    absl::Duration first_pause = absl::Milliseconds(100);  // at most; twice as long each time
    absl::Duration longest_pause = absl::Seconds(2);
    // Of the deadline, for an attempt to be worth while.
    absl::Duration least_time_left = absl::Milliseconds(20);
    // Attempts beyond the first for each call, on average; and how many of them may be
    // saved up, so that where there are few calls each can be tried again.
    double budget_ratio = 0.1;
    double most_saved = 20;
  };

  struct Counters {
    int64_t retries = 0;
    int64_t denied = 0;  // for want of budget
  };

  // `random` gives numbers of [0, 1), from any thread. `timers` outlive this.
  RetryApi(const Options& options, Timers* timers, std::function<double()> random, std::shared_ptr<CostsApi> child);

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override;

  // Since the start.
  Counters counters() const;

 private:
  struct State;
  struct Call;

  static void Ask(const std::shared_ptr<State>& state, const std::shared_ptr<Call>& call);
  static void Failed(const std::shared_ptr<State>& state, const std::shared_ptr<Call>& call, UpstreamError error);

  const std::shared_ptr<CostsApi> child_;
  const std::shared_ptr<State> state_;  // shared with callbacks
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_RETRY_API_H_
