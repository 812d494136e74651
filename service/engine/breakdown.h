// An answer explained: the record cut at every change of an element's rate or of
// the intensity, with figures that add up to the record's own exactly.
#ifndef SERVICE_ENGINE_BREAKDOWN_H_
#define SERVICE_ENGINE_BREAKDOWN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "service/engine/carbon_timeline.h"
#include "service/engine/meter_record.h"
#include "service/engine/price_timeline.h"

namespace costs::engine {

struct BreakdownSegment {
  Interval interval;
  int64_t energy_wh = 0;
  std::optional<MoneyMicros> cost;
  std::optional<double> intensity;  // gCO2eq per kWh
  std::optional<CarbonMilligrams> carbon;
};

// Cuts `usage` along `prices` and `carbon`; null leaves that figure out. Rates
// must be known over the whole interval for a figure to be split; where the
// carbon is not, only `intensity` is given, where it is known. Every figure is
// split by largest remainder, the earlier segment first among equals. Empty
// where there would be more than `most` segments.
std::vector<BreakdownSegment> BreakDown(const Usage& usage, const PriceTimeline* prices, const CarbonTimeline* carbon,
                                        size_t most);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_BREAKDOWN_H_
