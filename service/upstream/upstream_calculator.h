// The Calculator that asks another costs API: a call of a CostsApi for each record.
//
// Records are validated here first, by the rules of all calculators, and none that is
// not valid goes out. What the upstream cannot give, include_breakdown and
// usage_before_wh, is refused. Record ids, currency and figures are the upstream's.
//
// Each record has its own outcome. A failure of the upstream's says whether the record
// may have been stored (Failure::upstream_may_have_acted). Thread-safe.
#ifndef SERVICE_UPSTREAM_UPSTREAM_CALCULATOR_H_
#define SERVICE_UPSTREAM_UPSTREAM_CALCULATOR_H_

#include <cstddef>
#include <functional>
#include <optional>

#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/upstream/call_turns.h"
#include "service/upstream/costs_api.h"

namespace costs::upstream {

class UpstreamCalculator final : public calculator::Calculator {
 public:
  struct Options {
    CostsApi* api = nullptr;  // outlives this
    std::function<absl::Time()> now;
    size_t under_way = 256;  // calls of the API at once; more wait their turn
    // Whether calls bear the caller's own `Authorization`. Otherwise it is this
    // service's, which the API itself sees to.
    bool pass_authorization = false;
    // The one mode that this service's own credentials are of: calls of the other are
    // refused. None: not known, or the caller's.
    std::optional<bool> live_mode;
  };

  explicit UpstreamCalculator(Options options);
  // No batch is under way.
  ~UpstreamCalculator() override = default;

  void Calculate(calculator::Batch* batch, std::function<void()> done) override;

 private:
  class BatchCalls;

  const Options options_;
  CallTurns turns_;  // the last: its calls use all of this
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_UPSTREAM_CALCULATOR_H_
