// Makes the tables of the next snapshot from those of the one before.
//
//   SnapshotEditor editor(tables);
//   absl::Status status = editor.Apply(change);
//   if (status.ok()) next = std::move(editor).Take();
//
// For one thread, and for one change. After an error the editor is of no use; the
// tables that it began with are as they were.
#ifndef SERVICE_CATALOG_SNAPSHOT_EDITOR_H_
#define SERVICE_CATALOG_SNAPSHOT_EDITOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/snapshot.h"
#include "service/catalog/snapshot_tables.h"

namespace costs::catalog {

class SnapshotEditor {
 public:
  explicit SnapshotEditor(const CatalogTables& before) : tables_(before) {}

  // As Snapshot::With.
  absl::Status Apply(const CatalogChange& change);

  CatalogTables Take() && { return std::move(tables_); }

 private:
  using Elements = std::vector<std::shared_ptr<const engine::TariffElement>>;

  // Where the price of an element differs from what it was.
  struct Difference {
    bool everywhere = false;
    std::vector<engine::Interval> intervals;
  };

  // The parts of Apply, in their order.
  absl::Status ApplyMarket(const CatalogChange& change);
  absl::Status ApplyElements(const CatalogChange& change);
  absl::Status CheckSuccessions(const CatalogChange& change);
  absl::Status ApplyCarbon(const CatalogChange& change);
  absl::Status ApplyLocations(const CatalogChange& change);
  absl::Status RebuildGroups();
  void FreeGroups();

  absl::Status SetMarket(const std::shared_ptr<const engine::MarketSeries>& series);
  absl::Status SetElement(std::shared_ptr<const engine::TariffElement> element);
  void TakeOut(const engine::TariffElement& element);  // of the indices, not of `elements`
  void Touch(absl::string_view element);               // the groups that use it

  absl::StatusOr<uint32_t> GroupOf(const LocationSpec& spec);
  absl::Status CheckReferences(const LocationSpec& spec) const;
  void Leave(uint32_t group);
  std::string ExampleOf(uint32_t group) const;  // the id of a location in the group

  // Finds the group's elements and timelines anew, by its spec.
  absl::Status Build(uint32_t group);
  absl::StatusOr<std::vector<Elements>> ElementsByRate(const GroupSpec& spec) const;
  // The timeline of those elements, which are sorted by id, with one user more.
  absl::StatusOr<const engine::PriceTimeline*> UsePrices(const GroupSpec& spec, absl::TimeZone zone,
                                                         const Elements& elements);
  void ReleasePrices(const GroupSpec& spec, const engine::PriceTimeline& prices);
  absl::StatusOr<std::shared_ptr<const engine::PriceTimeline>> MakePrices(const engine::PriceTimeline* before,
                                                                          const Elements& elements,
                                                                          absl::TimeZone zone) const;

  CatalogTables tables_;
  absl::flat_hash_map<std::string, Difference> differences_;  // of elements that there were
  absl::flat_hash_set<std::string> removed_elements_;
  absl::flat_hash_set<uint32_t> touched_;    // groups to build anew
  absl::flat_hash_set<uint32_t> abandoned_;  // groups that a location left
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_SNAPSHOT_EDITOR_H_
