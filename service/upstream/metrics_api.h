// A CostsApi that counts: what calls came to, how long they took, how many are under way.
//
// Thread-safe, and never waits.
#ifndef SERVICE_UPSTREAM_METRICS_API_H_
#define SERVICE_UPSTREAM_METRICS_API_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/telemetry/figure.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/timers.h"

namespace costs::upstream {

class MetricsApi final : public CostsApi {
 public:
  // `timers` tell the time, and outlive this.
  MetricsApi(const Timers* timers, std::shared_ptr<CostsApi> child);

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override;

  // Names begin with `prefix` and "_"; their descriptions with `what`, such as "Calls of
  // the upstream costs API".
  //
  //   …_costs_total, …_refused_total, …                  by what they came to
  //   …_within_5ms_total, …, …_within_10s_total           all that took at most so long
  //   …_seconds_total, …_under_way
  std::vector<telemetry::Figure> Figures(absl::string_view prefix, absl::string_view what) const;

 private:
  struct Counts;

  const Timers* const timers_;
  const std::shared_ptr<CostsApi> child_;
  const std::shared_ptr<Counts> counts_;  // shared with callbacks
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_METRICS_API_H_
