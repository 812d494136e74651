// A CostsApi whose calls never last longer than their callers wait.
//
// The child is asked with an earlier deadline, so that its answer can still get back to
// the caller. A child that keeps its deadline knows best whether anything was sent; one
// that does not is answered for in the middle of what is left: kTimedOut. Likewise a
// call that was cancelled, within `look_every`. The child is told to give up
// (CostCall::cancelled), and its late answer goes nowhere.
//
// When the timers are shut down, every call is answered at once. Thread-safe; when it is
// destroyed it waits for the child's late answers.
#ifndef SERVICE_UPSTREAM_DEADLINE_API_H_
#define SERVICE_UPSTREAM_DEADLINE_API_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "service/upstream/calls_under_way.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/timers.h"

namespace costs::upstream {

class DeadlineApi final : public CostsApi {
 public:
  struct Options {
    // Between the child's deadline and the caller's; a tenth of the time at most.
    absl::Duration margin = absl::Milliseconds(20);
    // For a caller without a deadline.
    absl::Duration default_timeout = absl::Seconds(30);
    // For every call, whatever its caller allows.
    absl::Duration longest = absl::InfiniteDuration();
    // How often it is looked whether a call was cancelled.
    absl::Duration look_every = absl::Milliseconds(100);
  };

  // `timers` outlive this.
  DeadlineApi(const Options& options, Timers* timers, std::shared_ptr<CostsApi> child);
  ~DeadlineApi() override;

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override;

  // Calls that this answered, because the child had not; since the start.
  int64_t answered_for() const { return *answered_for_; }

 private:
  class Call;

  const Options options_;
  Timers* const timers_;
  const std::shared_ptr<CostsApi> child_;
  const std::shared_ptr<CallsUnderWay> under_way_;
  const std::shared_ptr<std::atomic<int64_t>> answered_for_;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_DEADLINE_API_H_
