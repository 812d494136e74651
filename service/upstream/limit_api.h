// A CostsApi with a bound on the calls that are under way.
//
// More wait in a queue, first come, first served; and when that is full, calls are
// refused at once (OVERLOADED; nothing was sent). A call whose deadline passes, or that
// is cancelled, while it waits leaves the queue, and was surely not sent; so do all when
// the timers are shut down. Thread-safe.
#ifndef SERVICE_UPSTREAM_LIMIT_API_H_
#define SERVICE_UPSTREAM_LIMIT_API_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/timers.h"

namespace costs::upstream {

class LimitApi final : public CostsApi {
 public:
  struct Options {
    size_t most_under_way = 100;
    size_t most_waiting = 2000;
    absl::Duration retry_after = absl::Seconds(1);  // what callers that are refused are told
    // How often it is looked whether a call that waits was cancelled.
    absl::Duration look_every = absl::Milliseconds(100);
  };

  struct Counters {
    size_t under_way = 0;
    size_t waiting = 0;
    int64_t refused = 0;  // since the start
  };

  // `timers` outlive this.
  LimitApi(const Options& options, Timers* timers, std::shared_ptr<CostsApi> child);

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override;

  Counters counters() const;

 private:
  class Queue;

  const std::shared_ptr<CostsApi> child_;
  const std::shared_ptr<Queue> queue_;  // shared with callbacks
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_LIMIT_API_H_
