#include "service/engine/day_split.h"

#include <algorithm>

#include "service/engine/breakdown.h"
#include "service/engine/pricing.h"
#include "service/engine/tier_window.h"
#include "service/engine/wide_division.h"

namespace costs::engine {
namespace {

// More stretches of one price than any record has: 366 days of seconds.
constexpr size_t kMostStretches = 100'000'000;

constexpr TierWindow kDay{TierWindow::Kind::kDay, 1};

Interval UpTo(const Interval& interval, Instant end) { return {interval.start, end}; }

void SplitEnergy(const Usage& usage, std::vector<DayShare>* shares) {
  int64_t wh = 0;
  Int128 nwh = 0;
  for (DayShare& share : *shares) {
    const int64_t nanos = share.interval.end.ns - usage.interval.start.ns;
    const int64_t wh_so_far = EnergyWh(usage, nanos);
    const Int128 nwh_so_far = EnergyNanoWh(usage, nanos);
    share.energy_wh = wh_so_far - wh;
    share.energy_nwh = nwh_so_far - nwh;
    wh = wh_so_far;
    nwh = nwh_so_far;
  }
}

// `figure_of(area)` is the figure of a part of the record.
template <typename FigureOf, typename Set>
void SplitIntegral(const Usage& usage, const Timeline& timeline, FigureOf figure_of, Set set,
                   std::vector<DayShare>* shares) {
  Int128 before = 0;
  for (DayShare& share : *shares) {
    const Int128 so_far = figure_of(timeline.Integrate(UpTo(usage.interval, share.interval.end)).area);
    set(&share, so_far - before);
    before = so_far;
  }
}

void SplitTiers(const Usage& usage, const PriceTimeline& prices, UsageBefore before, std::vector<DayShare>* shares) {
  for (DayShare& share : *shares) share.cost = 0;
  size_t day = 0;
  for (const BreakdownSegment& segment : BreakDown(usage, &prices, nullptr, kMostStretches, before)) {
    // The price is one along the segment, so its cost grows evenly.
    Int128 spent = 0;
    Instant from = segment.interval.start;
    while (from < segment.interval.end) {
      while ((*shares)[day].interval.end <= from) ++day;
      const Instant to = std::min(segment.interval.end, (*shares)[day].interval.end);
      const Int128 so_far =
          DivideHalfEven(Int256(*segment.cost) * (to.ns - segment.interval.start.ns), Int256(segment.interval.nanos()));
      *(*shares)[day].cost += so_far - spent;
      spent = so_far;
      from = to;
    }
  }
}

}  // namespace

LocalDay LocalDayAt(const absl::TimeZone& zone, Instant at) {
  const int64_t day = WindowNumberAt(kDay, zone, at);
  return {static_cast<int32_t>(day), WindowOfNumber(kDay, zone, day).interval};
}

std::vector<DayShare> SplitByDay(const Usage& usage, const absl::TimeZone& zone, const PriceTimeline* prices,
                                 const CarbonTimeline* carbon, UsageBefore before) {
  std::vector<DayShare> shares;
  for (LocalDay day = LocalDayAt(zone, usage.interval.start);;) {
    DayShare& share = shares.emplace_back();
    share.day = day.day;
    share.interval = {std::max(day.interval.start, usage.interval.start),
                      std::min(day.interval.end, usage.interval.end)};
    if (usage.interval.end <= day.interval.end) break;
    day = LocalDayAt(zone, day.interval.end);
  }
  SplitEnergy(usage, &shares);
  if (prices != nullptr && prices->tiered()) {
    SplitTiers(usage, *prices, before, &shares);
  } else if (prices != nullptr) {
    const Timeline& timeline = prices->timeline();
    SplitIntegral(
        usage, timeline, [&](Int128 area) { return Cost(usage, area, timeline.scale()); },
        [](DayShare* share, Int128 cost) { share->cost = cost; }, &shares);
  }
  if (carbon != nullptr) {
    const Timeline& timeline = carbon->timeline();
    SplitIntegral(
        usage, timeline, [&](Int128 area) { return Carbon(usage, area, timeline.scale()); },
        [](DayShare* share, Int128 milligrams) { share->carbon = milligrams; }, &shares);
  }
  return shares;
}

}  // namespace costs::engine
