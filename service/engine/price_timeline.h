// The price of a kWh at a place over time: the sum of its tariff elements,
// compiled to a Timeline.
//
//   auto prices = PriceTimeline::Create(elements, zone);
//   Timeline::Integral i = (*prices)->timeline().Integrate(interval);
//
// Where the price depends on how much was used, see tiered_pricing.h.
//
// Shared by all locations with the same elements and zone. Immutable for its
// users, thread-safe (see timeline.h).
#ifndef SERVICE_ENGINE_PRICE_TIMELINE_H_
#define SERVICE_ENGINE_PRICE_TIMELINE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/engine/element_pieces.h"
#include "service/engine/tariff.h"
#include "service/engine/tier_steps.h"
#include "service/engine/tier_window.h"
#include "service/engine/timeline.h"

namespace costs::engine {

// What a kWh costs in one tier of the sum of all elements.
struct TierRate {
  std::optional<Int128> to_nwh;  // nano-Wh of the whole window up to which it goes; none: without end
  int64_t rate = 0;              // at the scale of the sum

  friend bool operator==(const TierRate& a, const TierRate& b) { return a.to_nwh == b.to_nwh && a.rate == b.rate; }
};

// A stretch in which neither the price nor the tiers change.
struct RateStretch {
  Interval interval;
  int64_t rate = 0;  // in the tier that the usage reaches, at the scale of the sum
  Confidence confidence = kCertain;
  bool known = true;
  // Of a stretch with tiers, the lowest first. Empty where there are none, where
  // the price is not known, and where elements count over different windows, so
  // that no one figure says where a tier ends.
  std::vector<TierRate> tiers;
};

class PriceTimeline {
 public:
  // `elements` are those of one tariff rate, at least one, each passing
  // CheckElement. INVALID_ARGUMENT where their sum needs more digits than a
  // timeline holds.
  //
  // Where one supersedes another and both are given, the older one prices up to
  // the newer one's contract_start, whatever its own end, and the newer one from
  // then on: neither is missed where the other reigns. INVALID_ARGUMENT where the
  // newer does not start later, or where two supersede the same. Where the older
  // one is not given the newer stands alone.
  //
  // `before` (may be null) has the same zone and elements of the same ids: what it
  // has compiled is taken over for the years (UTC) that `changed` does not touch,
  // since elsewhere the elements' prices are the same.
  static absl::StatusOr<std::shared_ptr<const PriceTimeline>> Create(
      std::vector<std::shared_ptr<const TariffElement>> elements, absl::TimeZone zone,
      const PriceTimeline* before = nullptr, absl::Span<const Interval> changed = {});

  // The sum of the elements, in major units per kWh, each in its lowest tier; so
  // where tiered(), only what is known of it and the confidence say all. Unknown
  // wherever any of the elements has no price.
  const Timeline& timeline() const { return sum_; }

  const std::vector<std::shared_ptr<const TariffElement>>& elements() const { return elements_; }
  absl::TimeZone zone() const { return zone_; }

  // Whether the price of a kWh depends on how much was used before, anywhere.
  bool tiered() const { return !windows_.empty(); }
  // Over what usage is counted, by the elements with tiers; without repeats.
  const std::vector<TierWindow>& windows() const { return windows_; }

  // One element alone, at the scale of the sum, in one of its tiers.
  const Timeline& timeline_of(size_t element, size_t tier = 0) const {
    const Part& part = parts_[element];
    return part.tiers.empty() ? sum_ : *part.tiers[std::min(tier, part.tiers.size() - 1)];
  }
  // Null where the element has no tiers.
  const TierSteps* steps_of(size_t element) const { return parts_[element].steps.get(); }
  // What of `before` is of the element's window.
  Int128 UsageOf(size_t element, UsageBefore before) const {
    return before.empty() ? 0 : before[parts_[element].window];
  }
  // Whether another element prices in its place at that instant.
  bool Reigns(size_t element, Instant at) const;

  // What one element alone asks along a record, cut at the nearest nanosecond
  // where the record fills a tier. Neighbours differ. Returning false ends the
  // visit.
  struct ElementStretch {
    Interval interval;
    int64_t rate = 0;  // at the scale of the sum
    Confidence confidence = kCertain;
    bool known = true;
    bool reigns = true;  // false: another one prices in its place; the rate is 0
  };
  void VisitElement(size_t element, const Usage& usage, UsageBefore before,
                    absl::FunctionRef<bool(const ElementStretch&)> visitor) const;

  // What a kWh costs along an interval, given what was used in each window before
  // it. Time alone uses nothing, so tiers stay as they are, except that usage
  // starts at 0 in each new window. Neighbours differ. Returning false ends the
  // visit.
  void VisitRates(Interval interval, UsageBefore before, absl::FunctionRef<bool(const RateStretch&)> visitor) const;

 private:
  struct Part {
    Reign reign;
    std::vector<std::unique_ptr<const Timeline>> tiers;  // of the element alone; none: as sum_
    std::unique_ptr<const TierSteps> steps;              // null without tiers
    size_t window = 0;                                   // in windows_
  };

  PriceTimeline(std::vector<std::shared_ptr<const TariffElement>> elements, const std::vector<Reign>& reigns,
                absl::TimeZone zone, int scale, const PriceTimeline* before, absl::Span<const Interval> changed);

  std::vector<TierRate> LadderAt(Instant at) const;

  const std::vector<std::shared_ptr<const TariffElement>> elements_;
  const absl::TimeZone zone_;
  std::vector<Part> parts_;  // of each element
  std::vector<TierWindow> windows_;
  const Timeline sum_;
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_PRICE_TIMELINE_H_
