#include "service/engine/breakdown.h"

#include <algorithm>
#include <numeric>

#include "service/engine/decimal.h"
#include "service/engine/pricing.h"
#include "service/engine/tiered_pricing.h"
#include "service/engine/wide_division.h"

namespace costs::engine {
namespace {

// Splits `total` into parts in the proportion of the exact `numerators` over
// `divisor`: each part is its floor, and what is left goes by largest remainder.
std::vector<Int128> Apportion(const std::vector<Int256>& numerators, const Int256& divisor, Int128 total) {
  std::vector<Int128> parts;
  std::vector<Int256> remainders;
  Int128 left = total;
  for (const Int256& n : numerators) {
    Int256 floor = n / divisor;
    if (n < 0 && floor * divisor != n) floor -= 1;
    remainders.push_back(n - floor * divisor);
    parts.push_back(static_cast<Int128>(floor));
    left -= parts.back();
  }
  std::vector<size_t> order(numerators.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return remainders[a] > remainders[b]; });
  // The total is the rounded sum, so 0 <= left <= the number of parts.
  for (size_t i = 0; left > 0 && i < order.size(); ++i, --left) ++parts[order[i]];
  return parts;
}

using ElementStretch = PriceTimeline::ElementStretch;

// What each element asks along the record. Where one has more than `most`
// stretches, no more than one beyond that is looked for.
std::vector<std::vector<ElementStretch>> StretchesOf(const Usage& usage, const PriceTimeline& prices,
                                                     UsageBefore before, size_t most) {
  std::vector<std::vector<ElementStretch>> all(prices.elements().size());
  for (size_t e = 0; e < all.size(); ++e) {
    prices.VisitElement(e, usage, before, [&](const ElementStretch& stretch) {
      all[e].push_back(stretch);
      return all[e].size() <= most;
    });
  }
  return all;
}

// Where any element's rate or the intensity changes, and the two ends. More than
// `most` cuts after the start are not looked for.
std::vector<Instant> Cuts(const Interval& interval, const std::vector<std::vector<ElementStretch>>& elements,
                          const Timeline* carbon, size_t most) {
  std::vector<Instant> cuts = {interval.start, interval.end};
  // Not the sum: what two elements ask may change while their sum does not.
  for (const std::vector<ElementStretch>& stretches : elements) {
    for (const ElementStretch& stretch : stretches) cuts.push_back(stretch.interval.end);
  }
  if (carbon != nullptr) {
    size_t left = most + 1;
    carbon->Visit(interval, [&](const Timeline::Stretch& stretch) {
      cuts.push_back(stretch.interval.end);
      return --left > 0;
    });
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

// The exact cost of each segment, in micros of money x CostDivisor x
// kCrossingUnits, and what each element asks in it.
std::vector<Int256> PriceSegments(const Usage& usage, const PriceTimeline& prices, UsageBefore before,
                                  const std::vector<std::vector<ElementStretch>>& elements,
                                  std::vector<BreakdownSegment>* segments) {
  const double scale = static_cast<double>(PowerOfTen(prices.timeline().scale()));
  std::vector<Int256> cost(segments->size());
  for (size_t e = 0; e < elements.size(); ++e) {
    auto stretch = elements[e].begin();
    for (size_t i = 0; i < segments->size(); ++i) {
      BreakdownSegment& segment = (*segments)[i];
      while (stretch->interval.end <= segment.interval.start) ++stretch;
      if (!stretch->reigns) continue;
      segment.shares.push_back({e, static_cast<double>(stretch->rate) / scale, stretch->confidence});
      cost[i] += Int256(stretch->rate) * segment.interval.nanos() * usage.value_micros * kCrossingUnits;
    }
  }
  VisitCrossings(usage, prices, before, [&](Instant at, const Int256& amount) {
    const auto after = std::upper_bound(segments->begin(), segments->end(), at,
                                        [](Instant a, const BreakdownSegment& s) { return a < s.interval.start; });
    cost[static_cast<size_t>(after - segments->begin()) - 1] += amount;
  });
  return cost;
}

}  // namespace

std::vector<BreakdownSegment> BreakDown(const Usage& usage, const PriceTimeline* prices, const CarbonTimeline* carbon,
                                        size_t most, UsageBefore before) {
  const Timeline* carbon_line = carbon != nullptr ? &carbon->timeline() : nullptr;
  std::vector<std::vector<ElementStretch>> elements;
  if (prices != nullptr) elements = StretchesOf(usage, *prices, before, most);
  const std::vector<Instant> cuts = Cuts(usage.interval, elements, carbon_line, most);
  if (cuts.size() - 1 > most) return {};

  const Int256 value(usage.value_micros);
  std::vector<BreakdownSegment> segments(cuts.size() - 1);
  std::vector<Int256> energy, grams;
  bool carbon_known = carbon_line != nullptr;
  for (size_t i = 0; i < segments.size(); ++i) {
    segments[i].interval = {cuts[i], cuts[i + 1]};
    energy.push_back(value * segments[i].interval.nanos());
    if (carbon_line != nullptr) {
      const Timeline::Integral intensity = carbon_line->Integrate(segments[i].interval);
      carbon_known = carbon_known && intensity.known;
      grams.push_back(value * Int256(intensity.area));
      if (intensity.known) {
        const Int128 constant = intensity.area / segments[i].interval.nanos();  // without a remainder
        segments[i].intensity = static_cast<double>(constant) / static_cast<double>(PowerOfTen(carbon_line->scale()));
      }
    }
  }

  const std::vector<Int128> wh = Apportion(energy, Int256(EnergyDivisor(usage)), EnergyWh(usage));
  for (size_t i = 0; i < segments.size(); ++i) segments[i].energy_wh = static_cast<int64_t>(wh[i]);
  if (prices != nullptr) {
    const std::vector<Int256> cost = PriceSegments(usage, *prices, before, elements, &segments);
    const Int256 divisor = Int256(CostDivisor(usage, prices->timeline().scale())) * kCrossingUnits;
    const std::vector<Int128> parts = Apportion(cost, divisor, CostWithTiers(usage, *prices, before).cost);
    for (size_t i = 0; i < segments.size(); ++i) segments[i].cost = parts[i];
  }
  if (carbon_known) {
    const Int128 total = Carbon(usage, carbon_line->Integrate(usage.interval).area, carbon_line->scale());
    const std::vector<Int128> parts = Apportion(grams, Int256(CarbonDivisor(usage, carbon_line->scale())), total);
    for (size_t i = 0; i < segments.size(); ++i) segments[i].carbon = parts[i];
  }
  return segments;
}

}  // namespace costs::engine
