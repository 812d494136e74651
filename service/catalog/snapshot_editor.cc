#include "service/catalog/snapshot_editor.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace costs::catalog {
namespace {

using engine::CarbonTimeline;
using engine::TariffElement;

absl::Status InElement(absl::string_view id, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("tariff element ", id, ": ", what));
}

template <typename Entries, typename NameOf>
absl::Status CheckNamedOnce(const Entries& entries, absl::string_view kind, absl::string_view what,
                            const NameOf& name_of) {
  absl::flat_hash_set<absl::string_view> names;
  names.reserve(entries.size());
  for (const auto& entry : entries) {
    if (names.insert(name_of(entry)).second) continue;
    return absl::InvalidArgumentError(absl::StrCat(kind, " ", name_of(entry), ": the ", what, " is used twice"));
  }
  return absl::OkStatus();
}

absl::Status CheckNames(const CatalogChange& change) {
  absl::Status status = CheckNamedOnce(change.elements, "tariff element", "id",
                                       [](const auto& e) -> const std::string& { return e->id; });
  status.Update(CheckNamedOnce(change.carbon, "carbon region", "name",
                               [](const auto& s) -> const std::string& { return s->region(); }));
  status.Update(CheckNamedOnce(change.market, "market series", "id",
                               [](const auto& s) -> const std::string& { return s->id(); }));
  status.Update(
      CheckNamedOnce(change.locations, "location", "id", [](const auto& l) -> const std::string& { return l.id; }));
  return status;
}

}  // namespace

absl::Status SnapshotEditor::Apply(const CatalogChange& change) {
  if (absl::Status status = CheckNames(change); !status.ok()) return status;
  if (absl::Status status = ApplyMarket(change); !status.ok()) return status;
  if (absl::Status status = ApplyElements(change); !status.ok()) return status;
  if (absl::Status status = ApplyCarbon(change); !status.ok()) return status;
  if (absl::Status status = ApplyLocations(change); !status.ok()) return status;
  if (absl::Status status = RebuildGroups(); !status.ok()) return status;
  FreeGroups();
  return absl::OkStatus();
}

void SnapshotEditor::Touch(absl::string_view element) {
  const CatalogTables::GroupSet* groups = tables_.groups_of_element.Find(element);
  if (groups != nullptr) groups->ForEach([this](uint32_t group, Nothing) { touched_.insert(group); });
}

absl::Status SnapshotEditor::ApplyMarket(const CatalogChange& change) {
  absl::flat_hash_map<absl::string_view, std::shared_ptr<const engine::MarketSeries>> given;
  for (const auto& series : change.market) given.emplace(series->id(), series);
  for (const auto& element : change.elements) {
    if (element->market == nullptr) continue;
    const std::string& id = element->market->id();
    const auto* known = tables_.market.Find(id);
    if (known != nullptr && *known == element->market) continue;
    const auto [place, first] = given.emplace(id, element->market);
    const std::shared_ptr<const engine::MarketSeries>& brought = place->second;
    const bool by_change = std::any_of(change.market.begin(), change.market.end(),
                                       [&brought](const auto& series) { return series == brought; });
    if (!first && brought != element->market && !by_change) {
      return InElement(element->id, absl::StrCat("brings other prices of market series ", id,
                                                 " than an element before it; they must share one series"));
    }
  }
  for (const auto& [id, series] : given) {
    if (absl::Status status = SetMarket(series); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SnapshotEditor::SetMarket(const std::shared_ptr<const engine::MarketSeries>& series) {
  std::shared_ptr<const engine::MarketSeries>& current = tables_.market[series->id()];
  if (current == series) return absl::OkStatus();
  const std::shared_ptr<const engine::MarketSeries> before = std::exchange(current, series);
  const CatalogTables::Names* followers = tables_.followers.Find(series->id());
  if (before == nullptr || followers == nullptr) return absl::OkStatus();
  const Difference difference{false, series->ChangesSince(*before)};
  std::vector<std::string> ids;
  followers->ForEach([&](const std::string& id, Nothing) { ids.push_back(id); });
  for (const std::string& id : ids) {
    std::shared_ptr<const TariffElement>& element = *tables_.elements.FindMutable(id);
    auto remade = std::make_shared<TariffElement>(*element);
    remade->market = series;
    element = std::move(remade);
    differences_.emplace(id, difference);
    Touch(id);
  }
  return absl::OkStatus();
}

void SnapshotEditor::TakeOut(const TariffElement& element) {
  if (!element.supersedes.empty()) tables_.successors.Erase(element.supersedes);
  if (element.market == nullptr) return;
  CatalogTables::Names* followers = tables_.followers.FindMutable(element.market->id());
  followers->Erase(element.id);
  if (followers->empty()) tables_.followers.Erase(element.market->id());
}

absl::Status SnapshotEditor::SetElement(std::shared_ptr<const TariffElement> element) {
  const std::string id = element->id;
  if (element->market != nullptr) {
    const std::shared_ptr<const engine::MarketSeries>& series = *tables_.market.Find(element->market->id());
    if (series != element->market) {
      auto remade = std::make_shared<TariffElement>(*element);
      remade->market = series;
      element = std::move(remade);
    }
    tables_.followers[series->id()].Insert(id, {});
  }
  if (absl::Status status = engine::CheckElement(*element); !status.ok()) return status;
  if (!element->supersedes.empty()) {
    std::string& successor = tables_.successors[element->supersedes];
    if (!successor.empty() && successor != id) {
      return InElement(id, absl::StrCat("supersedes ", element->supersedes, ", which ", successor,
                                        " supersedes already; one element only may take over from another"));
    }
    successor = id;
    Touch(element->supersedes);
  }
  Touch(id);
  if (tables_.elements.Find(id) != nullptr) differences_[id].everywhere = true;
  tables_.elements.Insert(element->id, element);
  return absl::OkStatus();
}

absl::Status SnapshotEditor::ApplyElements(const CatalogChange& change) {
  // First all that goes, so that what comes may take its place.
  for (const std::string& id : change.removed_elements) {
    const auto* found = tables_.elements.Find(id);
    if (found == nullptr) continue;
    const std::shared_ptr<const TariffElement> element = *found;
    removed_elements_.insert(id);
    differences_[id].everywhere = true;
    Touch(id);
    TakeOut(*element);
    tables_.elements.Erase(id);
  }
  for (const auto& element : change.elements) {
    const auto* found = tables_.elements.Find(element->id);
    if (found == nullptr) continue;
    const std::shared_ptr<const TariffElement> before = *found;
    TakeOut(*before);
  }
  for (const auto& element : change.elements) {
    if (absl::Status status = SetElement(element); !status.ok()) return status;
  }
  // A series that changed its currency no longer suits its elements.
  for (const auto& [id, difference] : differences_) {
    const auto* element = tables_.elements.Find(id);
    if (element == nullptr) continue;
    if (absl::Status status = engine::CheckElement(**element); !status.ok()) return status;
  }
  return CheckSuccessions(change);
}

absl::Status SnapshotEditor::CheckSuccessions(const CatalogChange& change) {
  auto check_pair = [](const TariffElement& before, const TariffElement& after) -> absl::Status {
    auto fault = [&](absl::string_view what) {
      return InElement(after.id, absl::StrCat("supersedes ", before.id, what));
    };
    if (before.tariff_rate != after.tariff_rate) return fault(", which has another direction");
    if (before.currency_code != after.currency_code) return fault(", which is in another currency");
    if (after.contract_start <= before.contract_start) {
      return fault(", so its contract_start_date must be later than that element's");
    }
    return absl::OkStatus();
  };
  absl::flat_hash_set<absl::string_view> ended;  // successions from here come to an end
  for (const auto& given : change.elements) {
    const TariffElement& element = *given;
    if (const auto* before = tables_.elements.Find(element.supersedes)) {
      if (absl::Status status = check_pair(**before, element); !status.ok()) return status;
    }
    absl::string_view at = element.id;
    absl::flat_hash_set<absl::string_view> passed;
    passed.insert(at);
    for (const std::string* next; (next = tables_.successors.Find(at)) != nullptr && !ended.contains(at);) {
      if (!passed.insert(*next).second) {
        return InElement(element.id, absl::StrCat("supersedes ", element.supersedes,
                                                  ", which supersedes it in turn; break the circle"));
      }
      const auto* after = tables_.elements.Find(*next);
      const auto* before = tables_.elements.Find(at);
      if (before != nullptr && after != nullptr && at == element.id) {
        if (absl::Status status = check_pair(**before, **after); !status.ok()) return status;
      }
      at = *next;
    }
    ended.insert(passed.begin(), passed.end());
  }
  return absl::OkStatus();
}

absl::Status SnapshotEditor::ApplyCarbon(const CatalogChange& change) {
  for (const auto& series : change.carbon) {
    const std::string& region = series->region();
    tables_.carbon.Insert(region, series);
    std::shared_ptr<const CarbonTimeline>& timeline = tables_.carbon_timelines[region];
    timeline = CarbonTimeline::Create(series, timeline.get());
    const CatalogTables::GroupSet* groups = tables_.groups_of_region.Find(region);
    if (groups == nullptr) continue;
    groups->ForEach([&](uint32_t group, Nothing) { tables_.groups.Mutable(group).location.carbon = timeline.get(); });
  }
  return absl::OkStatus();
}

}  // namespace costs::catalog
