// A record cut at the midnights of a place: what of it lies on each date of the
// location's clock, with figures that add up to the record's own exactly.
//
// A figure up to a midnight is the exact one, rounded once, and a day's is the
// difference of two of these; so each is within one unit of the exact figure of
// its day, whatever the record's length. Pure functions.
#ifndef SERVICE_ENGINE_DAY_SPLIT_H_
#define SERVICE_ENGINE_DAY_SPLIT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "service/engine/carbon_timeline.h"
#include "service/engine/meter_record.h"
#include "service/engine/price_timeline.h"
#include "service/engine/time.h"

namespace costs::engine {

// A date and when it is: from its first instant to that of the next date.
struct LocalDay {
  int32_t day = 0;  // days since 1970-01-01
  Interval interval;
};

// Dates that the clock skips hold nothing; where midnight comes twice, the earlier
// one counts.
LocalDay LocalDayAt(const absl::TimeZone& zone, Instant at);

struct DayShare {
  int32_t day = 0;
  Interval interval;  // the part of the record
  int64_t energy_wh = 0;
  Int128 energy_nwh = 0;
  std::optional<MoneyMicros> cost;
  std::optional<CarbonMilligrams> carbon;
};

// One share for each date that the record touches, in order. Null prices or carbon
// leave that figure out; what is given must be known over the whole record.
// `before` as CostWithTiers takes it. Where the price has tiers, each stretch of one
// price is cut at a midnight by time.
std::vector<DayShare> SplitByDay(const Usage& usage, const absl::TimeZone& zone, const PriceTimeline* prices,
                                 const CarbonTimeline* carbon, UsageBefore before = {});

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_DAY_SPLIT_H_
