// A CostsApi that asks once for identical calls that are under way at the same time.
//
// Identical: every field, flag, account, mode and authorization is the same; what
// differs between two callers is only how long they wait. For a simulation that is
// plain. For a record to be stored it is right because the same submission again would
// overwrite it with itself; and a call joins one under way only if that is the last that
// began for its record (account, mode, authorization, device or location, direction,
// tariff_rate, interval): otherwise A, B, A would end as B. So an answer is at most as
// old as the call that was joined.
//
// The shared call is given up when all who wait have cancelled. One that ended because
// its first caller's time was over is asked again for those who still wait.
// Stands under DeadlineApi, which answers in time for each caller. Thread-safe.
#ifndef SERVICE_UPSTREAM_COALESCING_API_H_
#define SERVICE_UPSTREAM_COALESCING_API_H_

#include <cstdint>
#include <memory>

#include "service/upstream/costs_api.h"
#include "service/upstream/timers.h"

namespace costs::upstream {

class CoalescingApi final : public CostsApi {
 public:
  // `timers` tell the time, and outlive this.
  CoalescingApi(const Timers* timers, std::shared_ptr<CostsApi> child);

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override;

  // Calls that joined another, since the start.
  int64_t joined() const;

 private:
  class Groups;

  const std::shared_ptr<CostsApi> child_;
  const std::shared_ptr<Groups> groups_;  // shared with callbacks
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_COALESCING_API_H_
