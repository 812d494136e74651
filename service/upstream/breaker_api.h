// A CostsApi that leaves an upstream alone that fails: a circuit breaker.
//
// Closed, calls go through. When enough of the calls of the last `window` failed, it
// opens: calls are answered at once (UPSTREAM_UNAVAILABLE; nothing was sent), for
// `open_for`. Then it is half open: one call at a time goes through, as a probe; after
// `probes` good ones in a row it closes, after a bad one it opens again, for twice as
// long.
//
// An answer of the contract is a good one, refusals, a 403 and a wish for fewer calls
// included: the upstream is alive. Cancelled calls, those that a wrapper below spared,
// and those that timed out without having been given much time say nothing.
// Thread-safe.
#ifndef SERVICE_UPSTREAM_BREAKER_API_H_
#define SERVICE_UPSTREAM_BREAKER_API_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/timers.h"

namespace costs::upstream {

class BreakerApi final : public CostsApi {
 public:
  struct Options {
    absl::Duration window = absl::Seconds(10);
    int64_t least_calls = 20;    // in the window, before it opens
    double failure_ratio = 0.5;  // at which it opens
    absl::Duration open_for = absl::Seconds(1);
    absl::Duration open_at_most = absl::Seconds(30);
    int probes = 2;
    // A call that was given less says nothing by timing out.
    absl::Duration fair_time = absl::Milliseconds(500);
  };

  enum class State { kClosed, kHalfOpen, kOpen };

  struct Counters {
    State state = State::kClosed;
    int64_t opened = 0;  // from closed; since the start, as all of these
    int64_t spared = 0;  // calls that were not asked
  };

  // `timers` tell the time, and outlive this.
  BreakerApi(const Options& options, const Timers* timers, std::shared_ptr<CostsApi> child);

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override;

  // Whether `calls` that come now would all be spared; then they count as that, and need
  // not be made. False also where one of them would be a probe.
  bool SpareAll(int64_t calls);

  Counters counters() const;

 private:
  class Circuit;

  const std::shared_ptr<CostsApi> child_;
  const std::shared_ptr<Circuit> circuit_;  // shared with callbacks
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_BREAKER_API_H_
