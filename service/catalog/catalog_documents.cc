#include "service/catalog/catalog_documents.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/documents.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/violations.h"

namespace costs::catalog {
namespace {

namespace pb = ::energy::costs::v1;

class Assembler {
 public:
  Assembler(const CatalogDocuments& documents, const FaultyNames& faulty) : documents_(documents), faulty_(faulty) {}

  Assembly Run() {
    AddSeries();
    AddCalendars();
    AddElements();
    AddLocations();
    AddDevices();
    Assembly assembly;
    assembly.content = std::move(content_);
    assembly.faults = std::move(faults_);
    return assembly;
  }

 private:
  bool full() const { return faults_.size() >= Violations::kMost; }

  void Fault(absl::string_view list, size_t index, absl::string_view field, absl::string_view what) {
    if (full()) return;
    faults_.push_back({absl::StrCat(list, "[", index, "]", field.empty() ? "" : ".", field), std::string(what)});
  }

  // True where there are none.
  bool AddAll(absl::string_view list, size_t index, const std::vector<FieldViolation>& faults) {
    for (const FieldViolation& fault : faults) Fault(list, index, fault.field, fault.description);
    return faults.empty();
  }

  // Whether the id is there, and for the first time.
  bool CheckId(absl::string_view list, size_t index, const std::string& id,
               absl::flat_hash_map<std::string, size_t>* known) {
    if (id.empty()) {
      Fault(list, index, "id", "is required");
      return false;
    }
    auto [entry, is_new] = known->try_emplace(id, index);
    if (!is_new) {
      Fault(list, index, "id",
            absl::StrCat("is ", Quoted(id), ", which ", list, "[", entry->second, "] has already; ",
                         "give each its own"));
    }
    return is_new;
  }

  void AddSeries() {
    for (const auto& series : documents_.market) market_.emplace(series->id(), series);
    for (const auto& series : documents_.carbon) carbon_.insert(series->region());
    content_.market = documents_.market;
    content_.carbon = documents_.carbon;
  }

  void AddCalendars() {
    absl::flat_hash_map<std::string, size_t> known;
    for (size_t i = 0; i < documents_.calendars.size() && !full(); ++i) {
      const pb::SpecialDayCalendar& document = documents_.calendars[i];
      std::shared_ptr<const engine::SpecialDayCalendar>& calendar = calendars_[document.id()];
      if (!CheckId("calendars", i, document.id(), &known)) continue;
      if (!AddAll("calendars", i, CheckCalendar(document))) continue;
      absl::StatusOr<std::shared_ptr<const engine::SpecialDayCalendar>> built = BuildCalendar(document);
      if (!built.ok()) {
        AddAll("calendars", i, ViolationsOf(built.status()));
      } else {
        calendar = *std::move(built);
      }
    }
  }

  void AddElements() {
    for (size_t i = 0; i < documents_.elements.size() && !full(); ++i) {
      const pb::TariffElement& document = documents_.elements[i];
      if (!CheckId("elements", i, document.id(), &elements_)) continue;
      bool good = AddAll("elements", i, CheckElement(document));
      if (good && document.currency_code().empty()) {
        Fault("elements", i, "currency_code", "is required");
        good = false;
      }
      AddElement(i, good);
    }
    for (size_t i = 0; i < documents_.elements.size() && !full(); ++i) AddSuccession(i);
  }

  void AddElement(size_t index, bool good) {
    const pb::TariffElement& document = documents_.elements[index];
    ElementParts parts;
    bool whole = FindMarket(index, &parts);
    whole = FindCalendar(index, &parts) && whole;
    if (!good || !whole) return;
    absl::StatusOr<std::shared_ptr<const engine::TariffElement>> element = BuildElement(document, parts);
    if (!element.ok()) {
      AddAll("elements", index, ViolationsOf(element.status()));
    } else {
      content_.elements.push_back(*std::move(element));
    }
  }

  // False where the element cannot be built.
  bool FindMarket(size_t index, ElementParts* parts) {
    const pb::TariffElement& document = documents_.elements[index];
    if (!document.market_rates() || document.market_series().empty()) return true;
    if (faulty_.market.contains(document.market_series())) return false;
    auto found = market_.find(document.market_series());
    if (found == market_.end()) {
      Fault("elements", index, "market_series",
            absl::StrCat("is ", Quoted(document.market_series()), ", but there is no such series"));
      return false;
    }
    parts->market = found->second;
    if (parts->market->currency_code() == document.currency_code() || document.currency_code().empty()) return true;
    Fault("elements", index, "market_series",
          absl::StrCat("is in ", parts->market->currency_code(), ", but the element is in ", document.currency_code(),
                       "; both must have the same currency"));
    return false;
  }

  bool FindCalendar(size_t index, ElementParts* parts) {
    const pb::TariffElement& document = documents_.elements[index];
    if (document.special_day_calendar().empty()) return true;
    if (faulty_.calendars.contains(document.special_day_calendar())) return false;
    auto found = calendars_.find(document.special_day_calendar());
    if (found == calendars_.end()) {
      Fault("elements", index, "special_day_calendar",
            absl::StrCat("is ", Quoted(document.special_day_calendar()), ", but there is no such calendar"));
      return false;
    }
    parts->special_days = found->second;
    return found->second != nullptr;
  }

  void AddSuccession(size_t index) {
    const pb::TariffElement& document = documents_.elements[index];
    if (document.supersedes().empty() || faulty_.elements.contains(document.supersedes())) return;
    auto found = elements_.find(document.supersedes());
    if (found == elements_.end()) {
      Fault("elements", index, "supersedes",
            absl::StrCat("is ", Quoted(document.supersedes()), ", but there is no such element"));
      return;
    }
    auto [other, is_new] = successors_.try_emplace(document.supersedes(), index);
    if (!is_new) {
      Fault("elements", index, "supersedes",
            absl::StrCat("is ", Quoted(document.supersedes()), ", from which elements[", other->second,
                         "] takes over already; one element only may do so"));
    } else if (auto fault = CheckSuccession(document, documents_.elements[found->second])) {
      Fault("elements", index, fault->field, fault->description);
    }
  }

  void AddLocations() {
    absl::flat_hash_map<std::string, size_t> known;
    content_.locations.reserve(documents_.locations.size());
    for (size_t i = 0; i < documents_.locations.size() && !full(); ++i) {
      const pb::Location& location = documents_.locations[i];
      if (!CheckId("locations", i, location.id(), &known)) continue;
      AddAll("locations", i, CheckLocation(location));
      if (!location.carbon_region().empty() && !carbon_.contains(location.carbon_region()) &&
          !faulty_.carbon.contains(location.carbon_region())) {
        Fault("locations", i, "carbon_region",
              absl::StrCat("is ", Quoted(location.carbon_region()), ", but there is no such series"));
      }
      CheckList(i, location);
      content_.locations.push_back(SpecOf(location));
    }
    for (size_t i = 0; i < documents_.elements.size() && !full(); ++i) {
      const std::string& location = documents_.elements[i].location_id();
      if (!location.empty() && !known.contains(location)) {
        Fault("elements", i, "location_id", absl::StrCat("is ", Quoted(location), ", but there is no such location"));
      }
    }
  }

  void CheckList(size_t index, const pb::Location& location) {
    for (int i = 0; i < location.tariff_elements_size(); ++i) {
      const std::string& id = location.tariff_elements(i);
      if (faulty_.elements.contains(id)) continue;
      auto found = elements_.find(id);
      const std::string fault = found == elements_.end()
                                    ? absl::StrCat("is ", Quoted(id), ", but no element has that id")
                                    : CheckListing(location, documents_.elements[found->second]);
      if (!fault.empty()) Fault("locations", index, absl::StrCat("tariff_elements[", i, "]"), fault);
    }
  }

  void AddDevices() {
    absl::flat_hash_map<std::string, size_t> known;
    for (size_t i = 0; i < documents_.devices.size() && !full(); ++i) {
      if (CheckId("devices", i, documents_.devices[i].id(), &known)) {
        AddAll("devices", i, CheckDevice(documents_.devices[i]));
      }
    }
  }

  const CatalogDocuments& documents_;
  const FaultyNames& faulty_;
  CatalogContent content_;
  std::vector<FieldViolation> faults_;
  absl::flat_hash_map<std::string, std::shared_ptr<const engine::MarketSeries>> market_;
  absl::flat_hash_set<std::string> carbon_;
  absl::flat_hash_map<std::string, std::shared_ptr<const engine::SpecialDayCalendar>> calendars_;  // null: faulty
  absl::flat_hash_map<std::string, size_t> elements_;
  absl::flat_hash_map<std::string, size_t> successors_;
};

// A time by which to compare; what is left out is 1970.
std::pair<int64_t, int32_t> StartOf(const pb::TariffElement& element) {
  return {std::max<int64_t>(element.contract_start_date().seconds(), 0), element.contract_start_date().nanos()};
}

}  // namespace

Assembly AssembleCatalog(const CatalogDocuments& documents, const FaultyNames& faulty) {
  return Assembler(documents, faulty).Run();
}

absl::optional<FieldViolation> CheckSuccession(const pb::TariffElement& element, const pb::TariffElement& predecessor) {
  const std::string same =
      absl::StrCat("; '", element.id(), "' takes over from '", predecessor.id(), "', and so must have the same");
  if (element.direction() != predecessor.direction()) {
    return FieldViolation{"direction", absl::StrCat("is not that of the element it supersedes", same)};
  }
  if (element.type() != predecessor.type()) {
    return FieldViolation{"type", absl::StrCat("is not that of the element it supersedes", same)};
  }
  if (element.location_id() != predecessor.location_id()) {
    return FieldViolation{"location_id", absl::StrCat("is not that of the element it supersedes", same)};
  }
  if (element.currency_code() != predecessor.currency_code()) {
    return FieldViolation{"currency_code", absl::StrCat("is not that of the element it supersedes", same)};
  }
  if (StartOf(element) <= StartOf(predecessor)) {
    return FieldViolation{"contract_start_date", absl::StrCat("of '", element.id(), "' must be later than that of '",
                                                              predecessor.id(), "', from which it takes over then")};
  }
  return absl::nullopt;
}

std::string CheckListing(const pb::Location& location, const pb::TariffElement& element) {
  if (!element.location_id().empty() && element.location_id() != location.id()) {
    return absl::StrCat("is ", Quoted(element.id()), ", which belongs to another location; list one of this location, ",
                        "or one that belongs to none");
  }
  if (element.currency_code() != location.currency_code()) {
    return absl::StrCat("is ", Quoted(element.id()), ", which is in ", element.currency_code(),
                        ", but the location is in ", location.currency_code());
  }
  return "";
}

}  // namespace costs::catalog
