// The carbon intensity of a grid region over time, compiled to a Timeline of
// gCO2eq per kWh. An actual beats a forecast; where there is neither, the
// intensity is unknown, which is not zero. Thread-safe (see timeline.h).
#ifndef SERVICE_ENGINE_CARBON_TIMELINE_H_
#define SERVICE_ENGINE_CARBON_TIMELINE_H_

#include <memory>

#include "service/engine/series.h"
#include "service/engine/timeline.h"

namespace costs::engine {

// The confidence of a forecast intensity; an actual is certain.
inline constexpr Confidence kForecastConfidence = 800;

class CarbonTimeline {
 public:
  // Takes over what `before` (may be null) has compiled of the years in which the
  // two series are the same.
  static std::shared_ptr<const CarbonTimeline> Create(std::shared_ptr<const CarbonSeries> series,
                                                      const CarbonTimeline* before = nullptr);

  const Timeline& timeline() const { return timeline_; }

 private:
  CarbonTimeline(std::shared_ptr<const CarbonSeries> series, const CarbonTimeline* before);

  const std::shared_ptr<const CarbonSeries> series_;
  const Timeline timeline_;
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_CARBON_TIMELINE_H_
