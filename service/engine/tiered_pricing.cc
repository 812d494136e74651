#include "service/engine/tiered_pricing.h"

#include "service/engine/pricing.h"
#include "service/engine/tier_walk.h"

namespace costs::engine {
namespace {

// What the walk's rounding to a nanosecond left out at the end of a stretch.
Int256 CorrectionOf(const PriceTimeline& prices, size_t element, const TierStretch& stretch) {
  const Instant at = stretch.CrossingAt();
  const Interval nanosecond{at, {at.ns + 1}};
  const Int128 full = prices.timeline_of(element, stretch.tier).Integrate(nanosecond).area;
  const Int128 next = prices.timeline_of(element, stretch.tier + 1).Integrate(nanosecond).area;
  return Int256(stretch.late) * Int256(full - next);
}

}  // namespace

TieredCost CostWithTiers(const Usage& usage, const PriceTimeline& prices, UsageBefore before) {
  const Timeline::Integral lowest = prices.timeline().Integrate(usage.interval);
  if (!lowest.known) return {0, lowest.confidence, false, lowest.gap};
  Int128 area = lowest.area;
  Int256 correction = 0;
  for (size_t e = 0; e < prices.elements().size(); ++e) {
    const TierSteps* steps = prices.steps_of(e);
    if (steps == nullptr) continue;
    WalkTiers(usage, *steps, prices.UsageOf(e, before), [&](const TierStretch& stretch) {
      if (stretch.tier > 0 && stretch.interval.nanos() > 0) {
        area += prices.timeline_of(e, stretch.tier).Integrate(stretch.interval).area -
                prices.timeline_of(e).Integrate(stretch.interval).area;
      }
      if (stretch.late != 0) correction += CorrectionOf(prices, e, stretch);
    });
  }
  const int scale = prices.timeline().scale();
  if (correction == 0) return {Cost(usage, area, scale), lowest.confidence, true, {}};
  const Int256 numerator = Int256(usage.value_micros) * Int256(area) * kCrossingUnits + correction;
  const Int256 denominator = Int256(CostDivisor(usage, scale)) * kCrossingUnits;
  return {DivideHalfEven(numerator, denominator), lowest.confidence, true, {}};
}

void VisitCrossings(const Usage& usage, const PriceTimeline& prices, UsageBefore before,
                    absl::FunctionRef<void(Instant, const Int256&)> visit) {
  for (size_t e = 0; e < prices.elements().size(); ++e) {
    const TierSteps* steps = prices.steps_of(e);
    if (steps == nullptr) continue;
    WalkTiers(usage, *steps, prices.UsageOf(e, before), [&](const TierStretch& stretch) {
      if (stretch.late != 0) visit(stretch.CrossingAt(), CorrectionOf(prices, e, stretch));
    });
  }
}

}  // namespace costs::engine
