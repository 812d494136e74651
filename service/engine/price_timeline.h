// The price of a kWh at a place over time: the sum of its tariff elements,
// compiled to a Timeline.
//
//   auto prices = PriceTimeline::Create(elements, zone);
//   Timeline::Integral i = (*prices)->timeline().Integrate(interval);
//
// Shared by all locations with the same elements and zone. Immutable for its
// users, thread-safe (see timeline.h).
#ifndef SERVICE_ENGINE_PRICE_TIMELINE_H_
#define SERVICE_ENGINE_PRICE_TIMELINE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/engine/tariff.h"
#include "service/engine/timeline.h"

namespace costs::engine {

class PriceTimeline {
 public:
  // `elements` are those of one tariff rate, at least one, each passing
  // CheckElement. INVALID_ARGUMENT where their sum needs more digits than a
  // timeline holds.
  static absl::StatusOr<std::shared_ptr<const PriceTimeline>> Create(
      std::vector<std::shared_ptr<const TariffElement>> elements, absl::TimeZone zone);

  // The sum of the elements, in major units per kWh. Unknown wherever any of
  // the elements has no price.
  const Timeline& timeline() const { return sum_; }

  const std::vector<std::shared_ptr<const TariffElement>>& elements() const { return elements_; }

  // One element alone, at the scale of the sum; for explanations, not for speed.
  const Timeline& timeline_of(size_t element) const { return *parts_[element]; }

  // What one element alone asks at an instant.
  struct ElementPrice {
    double rate = 0;  // major units per kWh
    Confidence confidence = kCertain;
    bool known = true;
  };
  ElementPrice PriceOf(size_t element, Instant at) const;

 private:
  PriceTimeline(std::vector<std::shared_ptr<const TariffElement>> elements, absl::TimeZone zone, int scale);

  const std::vector<std::shared_ptr<const TariffElement>> elements_;
  std::vector<std::unique_ptr<const Timeline>> parts_;  // of each element
  const Timeline sum_;
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_PRICE_TIMELINE_H_
