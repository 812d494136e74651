#include "service/catalog/price_changes.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "service/engine/carbon_timeline.h"
#include "service/engine/series.h"
#include "service/engine/tariff.h"
#include "service/engine/tier_steps.h"

namespace costs::catalog {
namespace {

using engine::CarbonTimeline;
using engine::Interval;
using engine::PriceTimeline;
using engine::TariffElement;
using engine::TierWindow;
using engine::Timeline;

constexpr Interval kAlways{engine::kEarliest, engine::kLatest};

// Adds an interval, if any, to a hull.
void Join(const std::optional<Interval>& interval, std::optional<Interval>* hull) {
  if (!interval) return;
  if (!*hull) {
    *hull = interval;
  } else {
    **hull = {std::min((*hull)->start, interval->start), std::max((*hull)->end, interval->end)};
  }
}

constexpr size_t kNowhere = SIZE_MAX;

size_t PlaceOf(const PriceTimeline& prices, const std::string& id) {
  const auto& elements = prices.elements();
  for (size_t i = 0; i < elements.size(); ++i) {
    if (elements[i]->id == id) return i;
  }
  return kNowhere;
}

// Whether the two ask the same, market prices aside.
bool SameButForMarket(const TariffElement& a, const TariffElement& b) {
  return (a.market != nullptr) == (b.market != nullptr) && a.schedule == b.schedule &&
         a.special_days == b.special_days && a.tier_window == b.tier_window && a.tier_unit == b.tier_unit &&
         a.contract_start == b.contract_start && a.contract_end == b.contract_end && a.supersedes == b.supersedes;
}

// Where market prices differ, if nothing else of the elements does.
struct MarketDifference {
  bool market_alone = true;
  std::optional<Interval> hull;
};

MarketDifference CompareMarkets(const PriceTimeline& before, const PriceTimeline& after) {
  MarketDifference difference;
  difference.market_alone = before.elements().size() == after.elements().size();
  for (size_t i = 0; i < before.elements().size() && difference.market_alone; ++i) {
    const TariffElement& old = *before.elements()[i];
    const size_t place = PlaceOf(after, old.id);
    if (place == kNowhere) return {false, {}};
    const TariffElement& now = *after.elements()[place];
    if (&old == &now) continue;
    difference.market_alone = SameButForMarket(old, now);
    if (!difference.market_alone || old.market == now.market) continue;
    difference.market_alone = old.market->id() == now.market->id();
    for (const Interval& interval : now.market->ChangesSince(*old.market)) Join(interval, &difference.hull);
  }
  return difference;
}

size_t TiersOf(const PriceTimeline& prices, size_t element) {
  return prices.steps_of(element) == nullptr ? 1
                                             : static_cast<size_t>(prices.elements()[element]->schedule->most_tiers());
}

// Where the tiers of an element ask different rates: elsewhere it does not matter
// which of them is reached.
std::optional<Interval> SpreadOf(const PriceTimeline& prices, size_t element) {
  std::optional<Interval> hull;
  for (size_t tier = 1; tier < TiersOf(prices, element); ++tier) {
    Join(Timeline::Difference(prices.timeline_of(element, 0), prices.timeline_of(element, tier), kAlways), &hull);
  }
  return hull;
}

// Where what the higher tiers of an element ask differs, that of two that have tiers.
std::optional<Interval> CompareTiers(const PriceTimeline& before, size_t old, const PriceTimeline& after, size_t now,
                                     Interval within) {
  std::optional<Interval> hull;
  const size_t tiers = std::max(TiersOf(before, old), TiersOf(after, now));
  for (size_t tier = 0; tier < tiers; ++tier) {
    Join(Timeline::Difference(before.timeline_of(old, tier), after.timeline_of(now, tier), within), &hull);
  }
  if (!SameButForMarket(*before.elements()[old], *after.elements()[now]) &&
      engine::TierSteps::Difference(*before.steps_of(old), *after.steps_of(now))) {
    Join(SpreadOf(before, old), &hull);
    Join(SpreadOf(after, now), &hull);
  }
  return hull;
}

bool SameWindows(const PriceTimeline& a, const PriceTimeline& b) {
  return a.windows().size() == b.windows().size() &&
         std::all_of(a.windows().begin(), a.windows().end(), [&b](const TierWindow& window) {
           return std::find(b.windows().begin(), b.windows().end(), window) != b.windows().end();
         });
}

std::optional<Interval> CompareRates(const PriceTimeline& before, const PriceTimeline& after, Interval within) {
  // A record is kept with the end of its windows, so other windows are felt always.
  if (!SameWindows(before, after)) return kAlways;
  std::optional<Interval> hull = Timeline::Difference(before.timeline(), after.timeline(), within);
  for (size_t old = 0; old < before.elements().size(); ++old) {
    if (before.steps_of(old) == nullptr) continue;
    const size_t now = PlaceOf(after, before.elements()[old]->id);
    const bool both = now != kNowhere && after.steps_of(now) != nullptr;
    Join(both ? CompareTiers(before, old, after, now, within) : SpreadOf(before, old), &hull);
  }
  for (size_t now = 0; now < after.elements().size(); ++now) {
    if (after.steps_of(now) == nullptr) continue;
    const size_t old = PlaceOf(before, after.elements()[now]->id);
    if (old == kNowhere || before.steps_of(old) == nullptr) Join(SpreadOf(after, now), &hull);
  }
  return hull;
}

std::optional<PriceChange> ComparePrices(const PriceTimeline* before, const PriceTimeline* after) {
  if (before == after) return std::nullopt;
  if (before == nullptr || after == nullptr) return PriceChange{kAlways, false};
  const MarketDifference market = CompareMarkets(*before, *after);
  if (market.market_alone && !market.hull) return std::nullopt;
  const std::optional<Interval> hull = CompareRates(*before, *after, market.market_alone ? *market.hull : kAlways);
  if (!hull) return std::nullopt;
  return PriceChange{*hull, market.market_alone};
}

// Where nothing is known.
const CarbonTimeline& NoCarbon() {
  static const auto* const none = new std::shared_ptr<const CarbonTimeline>(
      CarbonTimeline::Create(std::make_shared<const engine::CarbonSeries>(*engine::CarbonSeries::Create("", {}))));
  return **none;
}

std::optional<Interval> CompareCarbon(const CarbonTimeline* before, const CarbonTimeline* after) {
  if (before == after) return std::nullopt;
  const CarbonTimeline& old = before != nullptr ? *before : NoCarbon();
  const CarbonTimeline& now = after != nullptr ? *after : NoCarbon();
  return Timeline::Difference(old.timeline(), now.timeline(), kAlways);
}

template <typename Map, typename Entry, typename Function>
auto Remembered(Map* map, const Entry* before, const Entry* after, const Function& compare) {
  const auto [known, is_new] = map->try_emplace({before, after});
  if (is_new) known->second = compare(before, after);
  return known->second;
}

}  // namespace

Interval PriceChanges::hull() const {
  std::optional<Interval> hull = carbon;
  for (const std::optional<PriceChange>& change : prices) {
    if (change) Join(change->interval, &hull);
  }
  return *hull;
}

PriceChanges PriceComparison::Compare(const Location* before, const Location* after) {
  PriceChanges changes;
  if (before == after) return changes;
  if (before == nullptr || after == nullptr || before->timezone != after->timezone ||
      before->currency_code != after->currency_code) {
    changes.prices.fill(PriceChange{kAlways, false});
    changes.carbon = kAlways;
    return changes;
  }
  for (size_t rate = 0; rate < changes.prices.size(); ++rate) {
    changes.prices[rate] = Remembered(&prices_, before->prices[rate], after->prices[rate], ComparePrices);
  }
  changes.carbon = Remembered(&carbon_, before->carbon, after->carbon, CompareCarbon);
  return changes;
}

}  // namespace costs::catalog
