// A CostsApi that asks less of an upstream that says it has too much to do.
//
// Adaptive throttling, as in "Site Reliability Engineering" (Beyer et al., 2016, chapter
// 21): of the calls of the last two minutes it is counted how many there were and how
// many the upstream took; a new one is spared with the probability
//
//   max(0, (calls − ratio × taken) / (calls + 1)), at most `most_spared`
//
// so that the upstream gets at most `ratio` times what it takes, and that only where it
// pushes back: 429, or a 503 that says that it sheds load. Every other answer is of a
// call that was taken; what got no answer is the circuit breaker's concern and is not
// counted. A few go through always, so that it is noticed when the upstream has
// recovered. Thread-safe.
#ifndef SERVICE_UPSTREAM_THROTTLE_API_H_
#define SERVICE_UPSTREAM_THROTTLE_API_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/timers.h"

namespace costs::upstream {

class ThrottleApi final : public CostsApi {
 public:
  struct Options {
    absl::Duration window = absl::Minutes(2);
    double ratio = 2;
    double most_spared = 0.9;
    absl::Duration retry_after = absl::Seconds(1);  // what callers that are spared are told
  };

  // `random` gives numbers of [0, 1), from any thread. `timers` tell the time, and outlive this.
  ThrottleApi(const Options& options, const Timers* timers, std::function<double()> random,
              std::shared_ptr<CostsApi> child);

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override;

  // Calls that were spared, since the start.
  int64_t spared() const;

 private:
  struct State;

  const Options options_;
  const std::function<double()> random_;
  const std::shared_ptr<CostsApi> child_;
  const std::shared_ptr<State> state_;  // shared with callbacks
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_THROTTLE_API_H_
