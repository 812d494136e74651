// What a kWh costs at a place and what carbon it causes, entry by entry over a
// period: the timelines made readable.
//
// Entries run from change to change, or have a fixed length; the figures are
// then averages over time. All sums are of whole numbers; an average is rounded
// once, half-even at 9 digits after the point (or at the rates' own, where they
// have more). Pure functions.
#ifndef SERVICE_ENGINE_RATES_H_
#define SERVICE_ENGINE_RATES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "service/engine/carbon_timeline.h"
#include "service/engine/meter_record.h"
#include "service/engine/price_timeline.h"
#include "service/engine/tier_steps.h"
#include "service/engine/time.h"

namespace costs::engine {

// An exact decimal of any size: units / 10^scale.
struct Figure {
  Int128 units = 0;
  int scale = 0;

  // Without zeros at the end of the fraction.
  static Figure Of(Int128 units, int scale);

  // The double nearest to it, or next to that where it has more than 15 digits.
  double ToDouble() const;
};

// area / nanos at `scale`, rounded half-even at 9 digits or, where that is
// more, at `scale`.
Figure AverageOf(Int128 area, int64_t nanos, int scale);

// The rate in a tier that goes up to `to_nwh` (1e-9 Wh) of its window,
// included; none: the last tier.
struct TierFigure {
  std::optional<Int128> to_nwh;
  Figure rate;
};

struct PriceFigure {
  Figure rate;  // major units per kWh; of a tiered tariff at the given usage
  Confidence confidence = kCertain;
  std::vector<TierFigure> tiers;  // the lowest first; empty where RateStretch::tiers is
};

struct IntensityFigure {
  Figure grams;         // of CO2 equivalent per kWh
  double relative = 0;  // 0 at the lowest of the list, 1 at the highest; 6 digits after the point
  Confidence confidence = kCertain;
};

struct RateEntry {
  Interval interval;
  std::optional<PriceFigure> price;          // none: not asked for
  std::optional<IntensityFigure> intensity;  // none: not asked for, or unknown in some part of the entry
};

struct RateQuery {
  Interval interval;
  const PriceTimeline* prices = nullptr;  // null: without prices
  UsageBefore usage_before;
  const CarbonTimeline* carbon = nullptr;  // null: without intensities
  int64_t nanos_per_entry = 0;             // 0: from change to change; the last entry may be shorter
  size_t most_figures = 0;                 // an entry counts as one, or as its tiers where it has some
};

struct RateList {
  std::vector<RateEntry> entries;    // in order, without gap
  std::optional<Instant> price_gap;  // set: there is no price from here on, and no entries
  bool too_many = false;             // over most_figures, and no entries
};

RateList ListRates(const RateQuery& query);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_RATES_H_
