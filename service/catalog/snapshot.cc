#include "service/catalog/snapshot.h"

#include <utility>

#include "service/catalog/snapshot_editor.h"
#include "service/catalog/snapshot_tables.h"

namespace costs::catalog {
namespace {

template <typename Value>
Value FindOrNull(const CatalogTables::ByName<Value>& values, absl::string_view name) {
  const Value* found = values.Find(name);
  return found == nullptr ? nullptr : *found;
}

}  // namespace

Snapshot::Snapshot(uint64_t version, std::unique_ptr<const CatalogTables> tables)
    : version_(version), tables_(std::move(tables)) {}

Snapshot::~Snapshot() = default;

absl::StatusOr<std::shared_ptr<const Snapshot>> Snapshot::Create(uint64_t version, CatalogContent content) {
  const Snapshot nothing(0, std::make_unique<const CatalogTables>());
  CatalogChange all;
  all.locations = std::move(content.locations);
  all.elements = std::move(content.elements);
  all.market = std::move(content.market);
  all.carbon = std::move(content.carbon);
  return nothing.With(version, all);
}

std::shared_ptr<const Snapshot> Snapshot::Empty() {
  static const auto* const empty =
      new std::shared_ptr<const Snapshot>(new Snapshot(0, std::make_unique<const CatalogTables>()));
  return *empty;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> Snapshot::With(uint64_t version, const CatalogChange& change) const {
  SnapshotEditor editor(*tables_);
  if (absl::Status status = editor.Apply(change); !status.ok()) return status;
  return std::shared_ptr<const Snapshot>(
      new Snapshot(version, std::make_unique<const CatalogTables>(std::move(editor).Take())));
}

const Location* Snapshot::FindLocation(absl::string_view id) const {
  const uint32_t group = tables_->locations.Find(id);
  return group == LocationTable::kNone ? nullptr : &tables_->groups[group].location;
}

std::shared_ptr<const engine::TariffElement> Snapshot::FindElement(absl::string_view id) const {
  return FindOrNull(tables_->elements, id);
}

std::shared_ptr<const engine::MarketSeries> Snapshot::FindMarket(absl::string_view id) const {
  return FindOrNull(tables_->market, id);
}

std::shared_ptr<const engine::CarbonSeries> Snapshot::FindCarbon(absl::string_view region) const {
  return FindOrNull(tables_->carbon, region);
}

std::optional<engine::Instant> Snapshot::PriceHorizon(engine::Instant now) const {
  std::optional<engine::Instant> horizon;
  tables_->elements.ForEach([&](const std::string& id, const std::shared_ptr<const engine::TariffElement>& element) {
    if (element->market == nullptr || (element->contract_end && *element->contract_end <= now)) return;
    const auto* const groups = tables_->groups_of_element.Find(id);
    if (groups == nullptr || groups->empty()) return;
    engine::Instant end = element->market->end();
    // Beyond its end the element wants no price.
    if (element->contract_end && end >= *element->contract_end) return;
    if (!horizon || end < *horizon) horizon = end;
  });
  return horizon;
}

size_t Snapshot::location_count() const { return tables_->locations.size(); }

size_t Snapshot::element_count() const { return tables_->elements.size(); }

}  // namespace costs::catalog
