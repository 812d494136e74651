// The tiers of one element along time: which edges hold in which window.
//
// A step is a stretch in which neither the window nor the edges change: a month of
// a plain tariff, an hour of one whose tiers differ by time of use. Like the rates,
// steps are compiled a year at a time when first asked for. Thread-safe.
#ifndef SERVICE_ENGINE_TIER_STEPS_H_
#define SERVICE_ENGINE_TIER_STEPS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/engine/tariff.h"
#include "service/engine/timeline.h"

namespace costs::engine {

// Energy is counted in nano-watt-hours, 10^-9 Wh, in which every to_kwh is whole.
inline constexpr int64_t kNanoWhPerKwh = 1'000'000'000'000;

// What was used before a record: one figure in nano-Wh for each window of
// PriceTimeline::windows(), in that order, counted from the start of the window
// that holds the record's start up to that start. Empty: nothing.
using UsageBefore = absl::Span<const Int128>;

class TierSteps {
 public:
  // `element` has a schedule with more than one tier.
  TierSteps(std::shared_ptr<const TariffElement> element, absl::TimeZone zone);

  struct Step {
    Interval interval;
    int64_t window = 0;              // its number; see tier_window.h
    int64_t factor = 1;              // the days of the window, where edges count kWh a day
    absl::Span<const Int128> edges;  // ascending, in nano-Wh / factor; tier k ends at edges[k]

    size_t tiers() const { return edges.size() + 1; }
    // The usage of the window at which a tier ends; not of the last one.
    Int128 EdgeOf(size_t tier) const { return edges[tier] * factor; }
    // The tier in which the next energy falls after that usage.
    size_t TierAt(Int128 usage) const;
  };

  // The steps of the interval in order, cut at its ends. Returning false ends the
  // visit.
  void Visit(Interval interval, absl::FunctionRef<bool(const Step&)> visitor) const;

  const TierWindow& window() const { return element_->tier_window; }

  // From the first to the last instant at which two have other windows or edges;
  // all of time where they differ in more than when; nothing where they are the same.
  static std::optional<Interval> Difference(const TierSteps& a, const TierSteps& b);

 private:
  const std::shared_ptr<const TariffElement> element_;
  std::vector<std::vector<Int128>> edges_;  // the different ones
  // Its rate is the window's number and which edges, in one; see Encode().
  std::unique_ptr<const Timeline> steps_;
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_TIER_STEPS_H_
