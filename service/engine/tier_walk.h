// A record walked along the tiers of one element: where its energy crosses which
// edge, exactly.
//
// Energy is spread evenly over a record, so an edge is crossed at an instant that
// need not be a whole nanosecond. The walk gives the nearest nanosecond, for those
// who cut there, and by how much the crossing is later than it, for those who price.
// Pure.
#ifndef SERVICE_ENGINE_TIER_WALK_H_
#define SERVICE_ENGINE_TIER_WALK_H_

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "service/engine/meter_record.h"
#include "service/engine/tier_steps.h"

namespace costs::engine {

// A part of a record in which one tier holds. `interval` may be empty.
struct TierStretch {
  Interval interval;
  size_t tier = 0;

  // Where it ends because its tier is full: the next tier truly begins
  // late / TierDenominator(usage) ns after interval.end, by at most half a
  // nanosecond, perhaps negative. 0 also where it ends for another reason.
  Int128 late = 0;

  // The nanosecond in which the crossing lies.
  Instant CrossingAt() const { return late < 0 ? Instant{interval.end.ns - 1} : interval.end; }
};

// What `late` is a fraction of: a million times the record's value.
Int128 TierDenominator(const Usage& usage);

// The stretches of usage.interval in order, without a gap. `before`: nano-Wh used in
// the window that holds the record's start, up to it; usage starts at 0 in each
// later window. A tier includes its edge: what is used above it is in the next.
void WalkTiers(const Usage& usage, const TierSteps& steps, Int128 before,
               absl::FunctionRef<void(const TierStretch&)> visitor);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_TIER_WALK_H_
