#include "service/engine/breakdown.h"

#include <algorithm>
#include <numeric>

#include "boost/multiprecision/cpp_int.hpp"
#include "service/engine/decimal.h"
#include "service/engine/pricing.h"

namespace costs::engine {
namespace {

using boost::multiprecision::int256_t;

// Splits `total` into parts in the proportion of the exact `numerators` over
// `divisor`: each part is its floor, and what is left goes by largest remainder.
std::vector<Int128> Apportion(const std::vector<int256_t>& numerators, Int128 divisor, Int128 total) {
  const int256_t d(divisor);
  std::vector<Int128> parts;
  std::vector<int256_t> remainders;
  Int128 left = total;
  for (const int256_t& n : numerators) {
    int256_t floor = n / d;
    if (n < 0 && floor * d != n) floor -= 1;
    remainders.push_back(n - floor * d);
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

// Where any element's rate or the intensity changes, and the two ends. More than
// `most` cuts after the start are not looked for.
std::vector<Instant> Cuts(const Interval& interval, const PriceTimeline* prices, const Timeline* carbon, size_t most) {
  std::vector<Instant> cuts = {interval.start};
  auto add = [&](const Timeline& timeline) {
    size_t left = most + 1;
    timeline.Visit(interval, [&](const Timeline::Stretch& stretch) {
      cuts.push_back(stretch.interval.end);
      return --left > 0;
    });
  };
  cuts.push_back(interval.end);
  // Not the sum: what two elements ask may change while their sum does not.
  for (size_t i = 0; prices != nullptr && i < prices->elements().size(); ++i) add(prices->timeline_of(i));
  if (carbon != nullptr) add(*carbon);
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

}  // namespace

std::vector<BreakdownSegment> BreakDown(const Usage& usage, const PriceTimeline* prices, const CarbonTimeline* carbon,
                                        size_t most) {
  const Timeline* price_line = prices != nullptr ? &prices->timeline() : nullptr;
  const Timeline* carbon_line = carbon != nullptr ? &carbon->timeline() : nullptr;
  const std::vector<Instant> cuts = Cuts(usage.interval, prices, carbon_line, most);
  if (cuts.size() - 1 > most) return {};

  const int256_t value(usage.value_micros);
  std::vector<BreakdownSegment> segments(cuts.size() - 1);
  std::vector<int256_t> energy, cost, grams;
  bool carbon_known = carbon_line != nullptr;
  for (size_t i = 0; i < segments.size(); ++i) {
    segments[i].interval = {cuts[i], cuts[i + 1]};
    energy.push_back(value * segments[i].interval.nanos());
    if (price_line != nullptr) cost.push_back(value * int256_t(price_line->Integrate(segments[i].interval).area));
    if (carbon_line != nullptr) {
      const Timeline::Integral intensity = carbon_line->Integrate(segments[i].interval);
      carbon_known = carbon_known && intensity.known;
      grams.push_back(value * int256_t(intensity.area));
      if (intensity.known) {
        const Int128 constant = intensity.area / segments[i].interval.nanos();  // without a remainder
        segments[i].intensity = static_cast<double>(constant) / static_cast<double>(PowerOfTen(carbon_line->scale()));
      }
    }
  }

  const std::vector<Int128> wh = Apportion(energy, EnergyDivisor(usage), EnergyWh(usage));
  for (size_t i = 0; i < segments.size(); ++i) segments[i].energy_wh = static_cast<int64_t>(wh[i]);
  if (price_line != nullptr) {
    const Int128 total = Cost(usage, price_line->Integrate(usage.interval).area, price_line->scale());
    const std::vector<Int128> parts = Apportion(cost, CostDivisor(usage, price_line->scale()), total);
    for (size_t i = 0; i < segments.size(); ++i) segments[i].cost = parts[i];
  }
  if (carbon_known) {
    const Int128 total = Carbon(usage, carbon_line->Integrate(usage.interval).area, carbon_line->scale());
    const std::vector<Int128> parts = Apportion(grams, CarbonDivisor(usage, carbon_line->scale()), total);
    for (size_t i = 0; i < segments.size(); ++i) segments[i].carbon = parts[i];
  }
  return segments;
}

}  // namespace costs::engine
