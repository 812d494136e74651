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
#include "service/engine/tier_steps.h"

namespace costs::engine {

// What one element asks for a kWh in a segment.
struct ElementShare {
  size_t element = 0;  // in PriceTimeline::elements()
  double rate = 0;     // major units per kWh
  Confidence confidence = kCertain;
};

struct BreakdownSegment {
  Interval interval;
  // Of every element that prices here: not of one that another has taken over from.
  std::vector<ElementShare> shares;
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
//
// `before` is what was used before, as CostWithTiers takes it. Where the record
// fills a tier it is cut at the nearest nanosecond; the figures are those of the
// exact instant.
std::vector<BreakdownSegment> BreakDown(const Usage& usage, const PriceTimeline* prices, const CarbonTimeline* carbon,
                                        size_t most, UsageBefore before = {});

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_BREAKDOWN_H_
