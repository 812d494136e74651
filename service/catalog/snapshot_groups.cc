// The locations of SnapshotEditor: their groups, and the groups' timelines.
#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/catalog/snapshot_editor.h"

namespace costs::catalog {
namespace {

using engine::PriceTimeline;
using engine::TariffElement;

constexpr size_t kRates = 3;  // IMPORT, EXPORT, LOCAL
constexpr uint32_t kNone = LocationTable::kNone;

// absl also takes "localtime", fixed offsets and paths of files, and zoneinfo has
// a second set whose clocks count leap seconds; a location needs a place.
bool IsIanaName(const std::string& name) {
  return !name.empty() && name != "localtime" && absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
         name.find_first_of(".:") == std::string::npos && !absl::StartsWith(name, "Fixed/") &&
         !absl::StartsWith(name, "right/") && !absl::StartsWith(name, "posix/");
}

absl::StatusOr<absl::TimeZone> ZoneOf(const std::string& name) {
  absl::TimeZone zone;
  if (!IsIanaName(name) || !absl::LoadTimeZone(name, &zone)) {
    return absl::InvalidArgumentError(absl::StrCat("timezone '", name,
                                                   "' is unknown; use a name of the IANA time zone database, such as ",
                                                   "Europe/London, that this machine's zoneinfo has"));
  }
  return zone;
}

absl::Status InLocation(absl::string_view id, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("location ", id, ": ", status.message()));
}

// Texts put together so that no two lists of texts give the same.
void AppendPart(absl::string_view text, std::string* key) { absl::StrAppend(key, text.size(), ":", text); }

std::string KeyOf(const GroupSpec& spec) {
  std::string key;
  AppendPart(spec.timezone, &key);
  AppendPart(spec.currency_code, &key);
  AppendPart(spec.carbon_region, &key);
  for (const std::string& id : spec.tariff_elements) AppendPart(id, &key);
  return key;
}

std::vector<std::shared_ptr<const TariffElement>> SortedById(
    std::vector<std::shared_ptr<const TariffElement>> elements) {
  std::sort(elements.begin(), elements.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  return elements;
}

std::vector<std::string> IdsOf(const std::vector<std::shared_ptr<const TariffElement>>& elements) {
  std::vector<std::string> ids;
  ids.reserve(elements.size());
  for (const auto& element : elements) ids.push_back(element->id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::string PricesKey(const std::string& timezone, const std::vector<std::string>& ids) {
  std::string key;
  AppendPart(timezone, &key);
  for (const std::string& id : ids) AppendPart(id, &key);
  return key;
}

// A group joins a set or leaves it; a set is there while it has a group.
void Join(CatalogTables::ByName<CatalogTables::GroupSet>* sets, absl::string_view name, uint32_t group) {
  (*sets)[name].Insert(group, {});
}

void Part(CatalogTables::ByName<CatalogTables::GroupSet>* sets, absl::string_view name, uint32_t group) {
  CatalogTables::GroupSet* set = sets->FindMutable(name);
  if (set == nullptr) return;
  set->Erase(group);
  if (set->empty()) sets->Erase(name);
}

}  // namespace

void SnapshotEditor::Leave(uint32_t group) {
  if (group == kNone) return;
  if (--tables_.groups.Mutable(group).users == 0) abandoned_.insert(group);
}

absl::Status SnapshotEditor::ApplyLocations(const CatalogChange& change) {
  std::vector<LocationTable::Edit> edits;
  edits.reserve(change.locations.size() + change.removed_locations.size());
  absl::flat_hash_set<absl::string_view> given;
  if (!change.removed_locations.empty()) {
    given.reserve(change.locations.size());
    for (const LocationSpec& spec : change.locations) given.insert(spec.id);
  }
  for (const std::string& id : change.removed_locations) {
    if (!given.insert(id).second) continue;
    const uint32_t group = tables_.locations.Find(id);
    Leave(group);
    if (group != kNone) edits.push_back({id, kNone});
  }
  const bool empty = tables_.locations.size() == 0;
  for (const LocationSpec& spec : change.locations) {
    absl::StatusOr<uint32_t> group = GroupOf(spec);
    if (!group.ok()) return InLocation(spec.id, group.status());
    ++tables_.groups.Mutable(*group).users;
    if (!empty) Leave(tables_.locations.Find(spec.id));
    edits.push_back({spec.id, *group});
  }
  tables_.locations.Apply(edits);
  return absl::OkStatus();
}

absl::Status SnapshotEditor::CheckReferences(const LocationSpec& spec) const {
  absl::flat_hash_set<absl::string_view> named;
  for (const std::string& id : spec.tariff_elements) {
    const auto* found = tables_.elements.Find(id);
    if (found == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("tariff_elements: there is no element ", id));
    }
    if (!named.insert(id).second) {
      return absl::InvalidArgumentError(absl::StrCat("tariff_elements: ", id, " is named twice"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> SnapshotEditor::GroupOf(const LocationSpec& location) {
  if (location.id.size() > LocationTable::kLongestId) {
    return absl::InvalidArgumentError(
        absl::StrCat("the id is longer than ", LocationTable::kLongestId, " bytes; shorten it"));
  }
  GroupSpec spec{location.timezone, location.currency_code, location.carbon_region, location.tariff_elements};
  std::sort(spec.tariff_elements.begin(), spec.tariff_elements.end());
  const std::string key = KeyOf(spec);
  if (const uint32_t* known = tables_.group_by_spec.Find(key)) {
    // It may list what is being removed.
    if (!removed_elements_.empty()) {
      if (absl::Status status = CheckReferences(location); !status.ok()) return status;
    }
    return *known;
  }
  if (absl::Status status = CheckReferences(location); !status.ok()) return status;
  const absl::StatusOr<absl::TimeZone> zone = ZoneOf(spec.timezone);
  if (!zone.ok()) return zone.status();

  uint32_t index = tables_.first_free_group;
  if (index == kNone) {
    index = static_cast<uint32_t>(tables_.groups.Grow());
  } else {
    tables_.first_free_group = tables_.groups[index].next_free;
  }
  Group& group = tables_.groups.Mutable(index);
  group = Group();
  group.spec = std::make_shared<const GroupSpec>(std::move(spec));
  group.location.timezone = group.spec->timezone;
  group.location.currency_code = group.spec->currency_code;
  group.location.carbon_region = group.spec->carbon_region;
  group.location.zone = *zone;
  if (const std::string& region = group.spec->carbon_region; !region.empty()) {
    const auto* carbon = tables_.carbon_timelines.Find(region);
    if (carbon != nullptr) group.location.carbon = carbon->get();
    Join(&tables_.groups_of_region, region, index);
  }
  tables_.group_by_spec.Insert(key, index);
  if (absl::Status status = Build(index); !status.ok()) return status;
  return index;
}

std::string SnapshotEditor::ExampleOf(uint32_t group) const {
  std::string example;
  tables_.locations.ForEach([&](absl::string_view id, uint32_t of) {
    if (of == group) example = std::string(id);
    return of != group;
  });
  return example;
}

absl::Status SnapshotEditor::RebuildGroups() {
  for (const uint32_t index : touched_) {
    if (tables_.groups[index].users == 0) continue;
    const std::shared_ptr<const GroupSpec> spec = tables_.groups[index].spec;
    auto removed = [this](const std::string& id) { return removed_elements_.contains(id); };
    if (std::any_of(spec->tariff_elements.begin(), spec->tariff_elements.end(), removed)) {
      GroupSpec shorter = *spec;
      shorter.tariff_elements.erase(
          std::remove_if(shorter.tariff_elements.begin(), shorter.tariff_elements.end(), removed),
          shorter.tariff_elements.end());
      if (const uint32_t* known = tables_.group_by_spec.Find(KeyOf(*spec)); known != nullptr && *known == index) {
        tables_.group_by_spec.Erase(KeyOf(*spec));
      }
      // Where another group is like this one now, there are two; new locations
      // join that one.
      if (tables_.group_by_spec.Find(KeyOf(shorter)) == nullptr) tables_.group_by_spec.Insert(KeyOf(shorter), index);
      Group& group = tables_.groups.Mutable(index);
      group.spec = std::make_shared<const GroupSpec>(std::move(shorter));
      group.location.timezone = group.spec->timezone;
      group.location.currency_code = group.spec->currency_code;
      group.location.carbon_region = group.spec->carbon_region;
    }
    if (absl::Status status = Build(index); !status.ok()) return InLocation(ExampleOf(index), status);
  }
  return absl::OkStatus();
}

void SnapshotEditor::FreeGroups() {
  for (const uint32_t index : abandoned_) {
    if (tables_.groups[index].users > 0) continue;
    Group& group = tables_.groups.Mutable(index);
    const std::shared_ptr<const GroupSpec> spec = std::move(group.spec);
    const Location location = group.location;
    group = Group();
    group.next_free = std::exchange(tables_.first_free_group, index);
    const std::string key = KeyOf(*spec);
    if (const uint32_t* known = tables_.group_by_spec.Find(key); known != nullptr && *known == index) {
      tables_.group_by_spec.Erase(key);
    }
    if (!spec->carbon_region.empty()) Part(&tables_.groups_of_region, spec->carbon_region, index);
    for (const PriceTimeline* prices : location.prices) {
      if (prices == nullptr) continue;
      for (const std::string& id : IdsOf(prices->elements())) Part(&tables_.groups_of_element, id, index);
      ReleasePrices(*spec, *prices);
    }
  }
}

// ---- a group's timelines ---------------------------------------------------

absl::StatusOr<std::vector<SnapshotEditor::Elements>> SnapshotEditor::ElementsByRate(const GroupSpec& spec) const {
  std::vector<Elements> by_rate(kRates);
  absl::flat_hash_set<absl::string_view> taken;
  for (const std::string& listed : spec.tariff_elements) {
    // The listed one, and each that takes over.
    for (const std::string* id = &listed; id != nullptr; id = tables_.successors.Find(*id)) {
      const auto* element = tables_.elements.Find(*id);
      if (element == nullptr || !taken.insert(*id).second) break;
      if ((*element)->currency_code != spec.currency_code) {
        return absl::InvalidArgumentError(absl::StrCat("is in ", spec.currency_code, ", but its element ", *id,
                                                       " is in ", (*element)->currency_code));
      }
      by_rate[static_cast<size_t>((*element)->tariff_rate) - 1].push_back(*element);
    }
  }
  for (Elements& elements : by_rate) elements = SortedById(std::move(elements));
  return by_rate;
}

absl::Status SnapshotEditor::Build(uint32_t index) {
  const std::shared_ptr<const GroupSpec> spec = tables_.groups[index].spec;
  const absl::StatusOr<std::vector<Elements>> by_rate = ElementsByRate(*spec);
  if (!by_rate.ok()) return by_rate.status();
  Location location = tables_.groups[index].location;
  std::vector<std::string> before, after;
  std::vector<const PriceTimeline*> unused;
  for (size_t rate = 0; rate < kRates; ++rate) {
    const Elements& elements = (*by_rate)[rate];
    if (location.prices[rate] != nullptr) {
      for (const auto& element : location.prices[rate]->elements()) before.push_back(element->id);
      unused.push_back(location.prices[rate]);
    }
    location.prices[rate] = nullptr;
    if (elements.empty()) continue;
    for (const auto& element : elements) after.push_back(element->id);
    const absl::StatusOr<const PriceTimeline*> prices = UsePrices(*spec, location.zone, elements);
    if (!prices.ok()) return prices.status();
    location.prices[rate] = *prices;
  }
  for (const PriceTimeline* prices : unused) ReleasePrices(*spec, *prices);
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  std::vector<std::string> ids;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(ids));
  for (const std::string& id : ids) Part(&tables_.groups_of_element, id, index);
  ids.clear();
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(ids));
  for (const std::string& id : ids) Join(&tables_.groups_of_element, id, index);
  tables_.groups.Mutable(index).location = location;
  return absl::OkStatus();
}

absl::StatusOr<const PriceTimeline*> SnapshotEditor::UsePrices(const GroupSpec& spec, absl::TimeZone zone,
                                                               const Elements& elements) {
  SharedPrices& shared = tables_.prices[PricesKey(spec.timezone, IdsOf(elements))];
  if (shared.timeline == nullptr || SortedById(shared.timeline->elements()) != elements) {
    absl::StatusOr<std::shared_ptr<const PriceTimeline>> made = MakePrices(shared.timeline.get(), elements, zone);
    if (!made.ok()) return made.status();
    shared.timeline = *std::move(made);
  }
  ++shared.users;
  return shared.timeline.get();
}

void SnapshotEditor::ReleasePrices(const GroupSpec& spec, const PriceTimeline& prices) {
  const std::string key = PricesKey(spec.timezone, IdsOf(prices.elements()));
  if (--tables_.prices.FindMutable(key)->users == 0) tables_.prices.Erase(key);
}

absl::StatusOr<std::shared_ptr<const PriceTimeline>> SnapshotEditor::MakePrices(const PriceTimeline* before,
                                                                                const Elements& elements,
                                                                                absl::TimeZone zone) const {
  bool everywhere = before == nullptr;
  std::vector<engine::Interval> changed;
  for (const auto& element : elements) {
    auto difference = differences_.find(element->id);
    if (difference == differences_.end()) continue;
    everywhere = everywhere || difference->second.everywhere;
    changed.insert(changed.end(), difference->second.intervals.begin(), difference->second.intervals.end());
  }
  if (everywhere) return PriceTimeline::Create(elements, zone);
  return PriceTimeline::Create(elements, zone, before, changed);
}

}  // namespace costs::catalog
