// What a snapshot holds. Copies share what they have in common; see
// persistent_map.h. Made by SnapshotEditor, read by Snapshot; for these two only.
//
// A group is a set of locations that are alike. Elements, regions and timelines
// know the groups that use them, so that a change finds what it touches.
#ifndef SERVICE_CATALOG_SNAPSHOT_TABLES_H_
#define SERVICE_CATALOG_SNAPSHOT_TABLES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/catalog/location_table.h"
#include "service/catalog/persistent_map.h"
#include "service/catalog/persistent_vector.h"
#include "service/catalog/snapshot.h"

namespace costs::catalog {

// What the locations of a group have in common, as they say it.
struct GroupSpec {
  std::string timezone;
  std::string currency_code;
  std::string carbon_region;
  std::vector<std::string> tariff_elements;  // as listed, sorted
};

// What a calculation reads of it lies in one line of the cache.
struct alignas(64) Group {
  Location location;                      // its text is that of `spec`
  std::shared_ptr<const GroupSpec> spec;  // null: the group is free
  uint32_t users = 0;                     // locations
  uint32_t next_free = LocationTable::kNone;
};

struct SharedPrices {
  std::shared_ptr<const engine::PriceTimeline> timeline;
  uint32_t users = 0;  // groups
};

struct Nothing {};

struct CatalogTables {
  template <typename Value>
  using ByName = PersistentMap<std::string, Value, absl::string_view>;
  using Names = ByName<Nothing>;
  using GroupSet = PersistentMap<uint32_t, Nothing>;

  ByName<std::shared_ptr<const engine::TariffElement>> elements;
  ByName<std::string> successors;  // by the superseded one's id, there or not
  ByName<std::shared_ptr<const engine::MarketSeries>> market;
  ByName<Names> followers;  // of a market series: ids of elements
  ByName<std::shared_ptr<const engine::CarbonSeries>> carbon;
  ByName<std::shared_ptr<const engine::CarbonTimeline>> carbon_timelines;

  LocationTable locations;
  PersistentVector<Group> groups;
  uint32_t first_free_group = LocationTable::kNone;
  ByName<uint32_t> group_by_spec;
  ByName<SharedPrices> prices;         // by zone and elements
  ByName<GroupSet> groups_of_element;  // listed or by succession
  ByName<GroupSet> groups_of_region;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_SNAPSHOT_TABLES_H_
