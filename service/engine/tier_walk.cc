#include "service/engine/tier_walk.h"

#include "service/engine/pricing.h"

namespace costs::engine {
namespace {

// Usage after n ns is before + n x denominator / divisor nano-Wh. Both are divided by
// 1000, which leaves them whole for every unit.
constexpr int64_t kReduced = 1'000;
constexpr int64_t kNanoPerWh = 1'000'000'000;

}  // namespace

Int128 TierDenominator(const Usage& usage) { return Int128{usage.value_micros} * (kNanoPerWh / kReduced); }

void WalkTiers(const Usage& usage, const TierSteps& steps, Int128 before,
               absl::FunctionRef<void(const TierStretch&)> visitor) {
  const Int128 denominator = TierDenominator(usage);
  const Int128 divisor = EnergyDivisor(usage) / kReduced;
  Instant base = usage.interval.start;  // where `used` was counted
  Int128 used = before;
  bool first = true;
  int64_t window = 0;
  steps.Visit(usage.interval, [&](const TierSteps::Step& step) {
    if (!first && step.window != window) {
      base = step.interval.start;
      used = 0;
    }
    first = false;
    window = step.window;
    // How long after `base` an edge is reached, in ns x denominator; false where
    // that is beyond 128 bits, and so beyond any record (366 days of the largest
    // value are 2^125).
    auto reached_after = [&](Int128 edge, Int128* numerator) {
      return !__builtin_mul_overflow(edge - used, divisor, numerator);
    };
    Instant at = step.interval.start;
    size_t tier = 0;
    for (Int128 after; tier < step.edges.size(); ++tier) {
      if (!reached_after(step.EdgeOf(tier), &after)) {
        if (step.EdgeOf(tier) > used) break;
        continue;
      }
      if (after > denominator * (at.ns - base.ns)) break;
    }
    const Int128 end_after = denominator * (step.interval.end.ns - base.ns);
    Int128 after;
    for (; tier < step.edges.size() && reached_after(step.EdgeOf(tier), &after) && after < end_after; ++tier) {
      const Int128 whole = after / denominator;
      const Int128 rest = after % denominator;
      const bool up = rest >= denominator - rest;
      const Instant nearest{base.ns + static_cast<int64_t>(whole) + (up ? 1 : 0)};
      visitor({{at, nearest}, tier, up ? rest - denominator : rest});
      at = nearest;
    }
    visitor({{at, step.interval.end}, tier, 0});
    return true;
  });
}

}  // namespace costs::engine
