// When, and why, a kWh at a location costs or emits something else by one snapshot
// than by another: what a change of the catalog means for the records that are
// priced already.
//
//   PriceComparison comparison;
//   const PriceChanges& changes = comparison.Compare(before.FindLocation(id), after.FindLocation(id));
//   if (changes.any()) ...
//
// Intervals are hulls: outside them nothing differs, inside them something does.
// They do not depend on what is compiled, nor is anything compiled to stay.
#ifndef SERVICE_CATALOG_PRICE_CHANGES_H_
#define SERVICE_CATALOG_PRICE_CHANGES_H_

#include <array>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "service/catalog/snapshot.h"
#include "service/engine/price_timeline.h"
#include "service/engine/timeline.h"

namespace costs::catalog {

struct PriceChange {
  engine::Interval interval;
  // Prices of market series changed, and nothing else of the elements did.
  bool by_market = false;
};

struct PriceChanges {
  std::array<std::optional<PriceChange>, 3> prices;  // by TariffRate - 1
  std::optional<engine::Interval> carbon;

  bool any() const { return carbon || prices[0] || prices[1] || prices[2]; }
  // Of all of them, of which there is one at least.
  engine::Interval hull() const;
};

// Compares the locations of two snapshots. Alike locations share their timelines, so
// what was compared once is remembered. Both snapshots must outlive it; for one
// thread.
class PriceComparison {
 public:
  // Either may be null, for there is no such location; where only one is, and where
  // zone or currency differ, everything does.
  PriceChanges Compare(const Location* before, const Location* after);

 private:
  using Prices = const engine::PriceTimeline*;
  using Carbon = const engine::CarbonTimeline*;

  absl::flat_hash_map<std::pair<Prices, Prices>, std::optional<PriceChange>> prices_;
  absl::flat_hash_map<std::pair<Carbon, Carbon>, std::optional<engine::Interval>> carbon_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_PRICE_CHANGES_H_
