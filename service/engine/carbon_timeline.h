// The carbon intensity of a grid region over time, compiled to a Timeline of
// gCO2eq per kWh. An actual beats a forecast; where there is neither, the
// intensity is unknown, which is not zero. Thread-safe (see timeline.h).
#ifndef SERVICE_ENGINE_CARBON_TIMELINE_H_
#define SERVICE_ENGINE_CARBON_TIMELINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "service/engine/series.h"
#include "service/engine/timeline.h"

namespace costs::engine {

// The confidence of a forecast intensity; an actual is certain.
inline constexpr Confidence kForecastConfidence = 800;

class CarbonTimeline {
 public:
  static std::shared_ptr<const CarbonTimeline> Create(std::shared_ptr<const CarbonSeries> series);

  const Timeline& timeline() const { return timeline_; }

 private:
  CarbonTimeline(std::shared_ptr<const CarbonSeries> series, int scale);

  const Timeline timeline_;
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_CARBON_TIMELINE_H_
