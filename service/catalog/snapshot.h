// What calculations read: an immutable view of the catalog at one moment.
//
// A snapshot is never changed. The next one is made from it (With) and shares
// all that the change does not touch: locations, series, timelines and their
// compiled years. It is published in a SnapshotHolder; a calculation holds on to
// the one that it began with.
//
// Locations that are alike (zone, currency, elements, carbon region) share one
// Location, and those with the same elements and zone share their timelines, so
// a price upload touches as many of these as follow the series, however many
// locations there are.
//
// Thread-safe.
#ifndef SERVICE_CATALOG_SNAPSHOT_H_
#define SERVICE_CATALOG_SNAPSHOT_H_

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/catalog/snapshot_source.h"
#include "service/catalog/tenant.h"
#include "service/engine/carbon_timeline.h"
#include "service/engine/price_timeline.h"
#include "service/engine/series.h"
#include "service/engine/tariff.h"

namespace costs::catalog {

// What energy costs and emits at a place. One for all locations that are alike,
// so it does not know their ids. Owned by the snapshot.
struct Location {
  // Indexed by TariffRate - 1; null: no element for that rate.
  std::array<const engine::PriceTimeline*, 3> prices{};
  // Null: no carbon data for the region.
  const engine::CarbonTimeline* carbon = nullptr;
  absl::string_view currency_code;  // ISO 4217
  absl::string_view timezone;       // IANA name
  absl::TimeZone zone;
  absl::string_view carbon_region;  // empty: none

  const engine::PriceTimeline* PricesFor(engine::TariffRate rate) const {
    return prices[static_cast<size_t>(rate) - 1];
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

// Everything that a snapshot is made of; cross-references by id. The market
// series are those that the elements follow; `market` may name further ones.
struct CatalogContent {
  std::vector<LocationSpec> locations;
  std::vector<std::shared_ptr<const engine::TariffElement>> elements;
  std::vector<std::shared_ptr<const engine::CarbonSeries>> carbon;
  std::vector<std::shared_ptr<const engine::MarketSeries>> market;
};

// What one snapshot has that the one before had not: whole entries, by id.
struct CatalogChange {
  std::vector<LocationSpec> locations;         // new or replaced
  std::vector<std::string> removed_locations;  // ids; one that is not there is no fault
  // New or replaced. A market series that one brings counts as one of `market`,
  // unless that names it.
  std::vector<std::shared_ptr<const engine::TariffElement>> elements;
  // Ids; taken off every location's list (but not off those in `locations`:
  // naming one of these there is a reference to nothing).
  std::vector<std::string> removed_elements;
  // New or replaced; the elements that follow it are re-made with it.
  std::vector<std::shared_ptr<const engine::MarketSeries>> market;
  std::vector<std::shared_ptr<const engine::CarbonSeries>> carbon;  // new or replaced
};

struct CatalogTables;  // snapshot_tables.h

class Snapshot {
 public:
  // INVALID_ARGUMENT, naming the entry, for an id that is used twice, a
  // reference to no element, an unknown zone, an element whose currency is not
  // its location's, two elements that supersede the same one or each other, and
  // elements whose sum no timeline holds. A region without a series is no fault:
  // its locations have no carbon figures until it comes.
  static absl::StatusOr<std::shared_ptr<const Snapshot>> Create(uint64_t version, CatalogContent content);

  // Version 0, of nothing: one for all who have entered nothing yet.
  static std::shared_ptr<const Snapshot> Empty();

  // The next snapshot; errors as Create's, for the catalog that would result.
  // Costs as much as the change and what it touches, whatever else there is. A
  // location that lists an element is priced by that and by all that supersede
  // it, one after the other, listed or not.
  absl::StatusOr<std::shared_ptr<const Snapshot>> With(uint64_t version, const CatalogChange& change) const;

  ~Snapshot();

  // Null where there is none of that id.
  const Location* FindLocation(absl::string_view id) const;
  std::shared_ptr<const engine::TariffElement> FindElement(absl::string_view id) const;
  std::shared_ptr<const engine::MarketSeries> FindMarket(absl::string_view id) const;
  std::shared_ptr<const engine::CarbonSeries> FindCarbon(absl::string_view region) const;

  // Until when every market price is known that a location follows by an element whose
  // contract has not ended by then; none: there is no such element. Looks at all elements.
  std::optional<engine::Instant> PriceHorizon(engine::Instant now) const;

  uint64_t version() const { return version_; }
  size_t location_count() const;
  size_t element_count() const;

 private:
  Snapshot(uint64_t version, std::unique_ptr<const CatalogTables> tables);

  const uint64_t version_;
  const std::unique_ptr<const CatalogTables> tables_;
};

// Where the current snapshot is; readers take it, a loader replaces it. As a source
// it has that one snapshot, whoever asks: it is for those who serve one tenant.
class SnapshotHolder final : public SnapshotSource {
 public:
  std::shared_ptr<const Snapshot> Find(absl::string_view, bool) const override { return Get(); }
  absl::StatusOr<std::shared_ptr<const Snapshot>> Open(const Tenant&) override { return Get(); }

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
