// What calculations read: an immutable view of the catalog at one moment.
//
// A snapshot owns the timelines that its locations share: those with the same
// elements and zone have the same one. Replaced whole (SnapshotHolder), never
// changed, so a calculation holds on to the one that it began with.
// Thread-safe.
#ifndef SERVICE_CATALOG_SNAPSHOT_H_
#define SERVICE_CATALOG_SNAPSHOT_H_

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/engine/carbon_timeline.h"
#include "service/engine/price_timeline.h"
#include "service/engine/tariff.h"

namespace costs::catalog {

// A place where energy is metered. `prices` is indexed by TariffRate - 1; null:
// no element for that rate. `carbon` null: no carbon data for the region.
struct Location {
  std::string id;
  std::string timezone;       // IANA name
  std::string currency_code;  // ISO 4217
  std::string carbon_region;  // empty: none
  std::array<std::shared_ptr<const engine::PriceTimeline>, 3> prices;
  std::shared_ptr<const engine::CarbonTimeline> carbon;

  const engine::PriceTimeline* PricesFor(engine::TariffRate rate) const {
    return prices[static_cast<size_t>(rate) - 1].get();
  }
};

// A location before its timelines are compiled.
struct LocationSpec {
  std::string id;
  std::string timezone;
  std::string currency_code;
  std::string carbon_region;
  std::vector<std::string> tariff_elements;  // ids
};

// Everything that a snapshot is made of; cross-references by id.
struct CatalogContent {
  std::vector<LocationSpec> locations;
  std::vector<std::shared_ptr<const engine::TariffElement>> elements;
  std::vector<std::shared_ptr<const engine::CarbonSeries>> carbon;
};

class Snapshot {
 public:
  // INVALID_ARGUMENT, naming the entry, for an id that is used twice, a
  // reference to nothing, an unknown zone, or an element whose currency is not
  // its location's.
  static absl::StatusOr<std::shared_ptr<const Snapshot>> Create(uint64_t version, CatalogContent content);

  // Null where there is none of that id.
  const Location* FindLocation(absl::string_view id) const;

  uint64_t version() const { return version_; }
  size_t location_count() const { return locations_.size(); }
  size_t element_count() const { return element_count_; }

 private:
  struct LocationHash {
    using is_transparent = void;
    size_t operator()(absl::string_view id) const { return absl::Hash<absl::string_view>()(id); }
    size_t operator()(const Location& l) const { return absl::Hash<absl::string_view>()(l.id); }
  };
  struct LocationEq {
    using is_transparent = void;
    bool operator()(const Location& a, const Location& b) const { return a.id == b.id; }
    bool operator()(const Location& a, absl::string_view b) const { return a.id == b; }
    bool operator()(absl::string_view a, const Location& b) const { return a == b.id; }
  };

  Snapshot() = default;

  uint64_t version_ = 0;
  size_t element_count_ = 0;
  absl::flat_hash_set<Location, LocationHash, LocationEq> locations_;
};

// Where the current snapshot is; readers take it, a loader replaces it.
class SnapshotHolder {
 public:
  std::shared_ptr<const Snapshot> Get() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return snapshot_;
  }
  void Set(std::shared_ptr<const Snapshot> snapshot) {
    std::lock_guard<std::mutex> lock(mutex_);
    snapshot_.swap(snapshot);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_SNAPSHOT_H_
