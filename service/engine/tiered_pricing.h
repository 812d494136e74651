// The cost of a record whose price depends on how much was used before it.
//
//   if (prices.tiered()) cost = CostWithTiers(usage, prices, before);
//
// The price is the sum of the elements, so each element's tiers are walked alone:
// what its higher tiers ask is added to the sum of all lowest ones. Pure.
#ifndef SERVICE_ENGINE_TIERED_PRICING_H_
#define SERVICE_ENGINE_TIERED_PRICING_H_

#include "absl/functional/function_ref.h"
#include "service/engine/meter_record.h"
#include "service/engine/price_timeline.h"
#include "service/engine/tier_steps.h"
#include "service/engine/wide_division.h"

namespace costs::engine {

struct TieredCost {
  MoneyMicros cost = 0;
  Confidence confidence = kCertain;  // the lowest
  bool known = true;
  Instant gap;  // where !known: from when a part has no price; the rest means nothing
};

// Exact, with one rounding. The record is split at every change of a rate, at the
// first instant of every window, where usage starts at 0, and where it fills a tier.
// `before` is of windows() of `prices`, or empty.
TieredCost CostWithTiers(const Usage& usage, const PriceTimeline& prices, UsageBefore before);

// Calls `visit(at, amount)` for each edge that the record crosses within a
// nanosecond that PriceTimeline::VisitElement gives to one side whole: what the
// split of the nanosecond at `at` adds to the cost, in micros of money x
// CostDivisor(usage, scale) x kCrossingUnits.
inline constexpr int64_t kCrossingUnits = 1'000'000;
void VisitCrossings(const Usage& usage, const PriceTimeline& prices, UsageBefore before,
                    absl::FunctionRef<void(Instant, const Int256&)> visit);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_TIERED_PRICING_H_
