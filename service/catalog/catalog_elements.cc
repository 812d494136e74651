// The calls of the Catalog that are about tariff elements.
#include <algorithm>
#include <tuple>

#include "service/catalog/catalog_calls.h"
#include "service/catalog/catalog_documents.h"
#include "service/catalog/catalog_lists.h"
#include "service/catalog/documents.h"

namespace costs::catalog {
namespace {

// Where the element belongs to a location: that one.
struct Owner {
  StoredDocument stored;
  pb::Location location;
};

// Null: it belongs to none. NOT_FOUND where there is no such location.
absl::StatusOr<std::optional<Owner>> FindOwner(const Change& change, const pb::TariffElement& element) {
  if (element.location_id().empty()) return std::optional<Owner>();
  Owner owner;
  absl::StatusOr<StoredDocument> stored =
      Find(change.database(), change.tenant(), element.location_id(), &owner.location);
  if (!stored.ok()) return stored.status();
  owner.stored = *std::move(stored);
  return std::optional<Owner>(std::move(owner));
}

absl::Status SetCurrency(const std::optional<Owner>& owner, pb::TariffElement* element) {
  if (!owner) return absl::OkStatus();
  const std::string& currency = owner->location.currency_code();
  if (element->currency_code().empty()) element->set_currency_code(currency);
  if (element->currency_code() == currency) return absl::OkStatus();
  return Invalid({{"currency_code", absl::StrCat("is ", element->currency_code(), ", but the location is in ", currency,
                                                 "; both must have the same currency")}});
}

// The element with the column's value; null: there is none.
absl::StatusOr<std::optional<pb::TariffElement>> FindOne(const Change& change, absl::string_view column,
                                                         const std::string& value) {
  absl::StatusOr<std::vector<StoredDocument>> found =
      change.Table(KindOf<pb::TariffElement>()).List({{column, value}}, std::nullopt, std::nullopt, 1);
  if (!found.ok()) return StoreRefusal(found.status());
  if (found->empty()) return std::optional<pb::TariffElement>();
  pb::TariffElement element;
  if (absl::Status status = Parse(found->front(), &element); !status.ok()) return status;
  return std::optional<pb::TariffElement>(std::move(element));
}

// Whether the element may take over from the one that it supersedes, and the one
// that supersedes it from this. `is_new`: it is being created.
absl::Status CheckChain(const Change& change, const pb::TariffElement& element, bool is_new) {
  absl::StatusOr<std::optional<pb::TariffElement>> successor = FindOne(change, "supersedes", element.id());
  if (!successor.ok()) return successor.status();
  if (*successor) {
    if (const auto fault = CheckSuccession(**successor, element)) return Invalid({*fault});
  }
  if (element.supersedes().empty()) return absl::OkStatus();
  absl::StatusOr<std::optional<pb::TariffElement>> predecessor = FindOne(change, "id", element.supersedes());
  if (!predecessor.ok()) return predecessor.status();
  if (*predecessor) {
    if (const auto fault = CheckSuccession(element, **predecessor)) return Invalid({*fault});
  } else if (is_new) {
    return Invalid({{"supersedes", absl::StrCat("is ", Quoted(element.supersedes()),
                                                ", but there is no such element; name one that there is")}});
  }
  absl::StatusOr<std::optional<pb::TariffElement>> rival = FindOne(change, "supersedes", element.supersedes());
  if (!rival.ok()) return rival.status();
  if (*rival && (*rival)->id() != element.id()) {
    return Invalid({{"supersedes", absl::StrCat("is ", Quoted(element.supersedes()), ", from which ",
                                                Quoted((*rival)->id()), " takes over already; name that one")}});
  }
  return absl::OkStatus();
}

// Puts the element, which is stored, on its owner's list.
absl::Status AddToList(const pb::TariffElement& element, Owner* owner, Change* change) {
  if (owner->location.tariff_elements_size() >= kMostTariffElements) {
    return Invalid({{"location_id", absl::StrCat("lists ", kMostTariffElements, " elements already, which is the ",
                                                 "most; delete one first")}});
  }
  owner->location.add_tariff_elements(element.id());
  if (absl::Status status = UpdateDocument(*change, owner->location, &owner->stored); !status.ok()) return status;
  const absl::Status status = WriteList(change->database(), change->tenant(), owner->stored.entry, owner->location);
  if (!status.ok()) return StoreRefusal(status);
  change->parts.locations.push_back(SpecOf(owner->location));
  return absl::OkStatus();
}

absl::Status CheckCurrencyChange(const Change& change, const Updated<pb::TariffElement>& updated) {
  if (updated.before.currency_code() == updated.after.currency_code()) return absl::OkStatus();
  const absl::StatusOr<std::vector<int64_t>> locations = LocationsThatList(change.database(), updated.stored.entry);
  if (!locations.ok()) return StoreRefusal(locations.status());
  if (locations->empty()) return absl::OkStatus();
  return Invalid({{"currency_code", absl::StrCat("cannot change from ", updated.before.currency_code(), " while ",
                                                 locations->size(), " locations list the element; create another")}});
}

// Takes the element out of the documents that list it, and off the lists.
absl::Status TakeOffLists(const Change& change, const StoredDocument& element) {
  const absl::StatusOr<std::vector<int64_t>> locations = LocationsThatList(change.database(), element.entry);
  if (!locations.ok()) return StoreRefusal(locations.status());
  for (int64_t entry : *locations) {
    absl::StatusOr<std::optional<StoredDocument>> stored = change.Table(KindOf<pb::Location>()).FindEntry(entry);
    if (!stored.ok()) return StoreRefusal(stored.status());
    if (!*stored) continue;
    pb::Location location;
    if (absl::Status status = Parse(**stored, &location); !status.ok()) return status;
    auto* list = location.mutable_tariff_elements();
    list->erase(std::remove(list->begin(), list->end(), element.id), list->end());
    if (absl::Status status = UpdateDocument(change, location, &**stored); !status.ok()) return status;
  }
  const absl::Status status = Unlist(change.database(), element.entry);
  return status.ok() ? status : StoreRefusal(status);
}

bool Passes(const pb::TariffElement& element, const pb::ListTariffElementsRequest& request) {
  return (request.direction() == pb::TariffRate::UNSPECIFIED || request.direction() == element.direction()) &&
         (request.type() == pb::ElementType::UNSPECIFIED || request.type() == element.type());
}

std::tuple<int64_t, absl::string_view> PositionOf(const StoredDocument& stored) { return {stored.created, stored.id}; }
std::tuple<int64_t, absl::string_view> PositionOf(const ListPosition& position) {
  return {position.created, position.id};
}

// The part of a location's list, of which there are never many. NOT_FOUND where
// there is no such location.
absl::StatusOr<std::vector<StoredDocument>> FetchListed(sql::Database* database, const Tenant& tenant,
                                                        const pb::ListTariffElementsRequest& request,
                                                        const ListPart& part) {
  pb::Location location;
  const absl::StatusOr<StoredDocument> owner = Find(database, tenant, request.location_id(), &location);
  if (!owner.ok()) return owner.status();
  std::vector<StoredDocument> listed;
  for (const std::string& id : location.tariff_elements()) {
    pb::TariffElement element;
    absl::StatusOr<StoredDocument> stored = Find(database, tenant, id, &element);
    if (!stored.ok()) return stored.status();
    if (Passes(element, request)) listed.push_back(*std::move(stored));
  }
  std::sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return PositionOf(a) > PositionOf(b); });
  const auto drop = [&](auto unwanted) {
    listed.erase(std::remove_if(listed.begin(), listed.end(), unwanted), listed.end());
  };
  if (part.after) drop([&](const StoredDocument& e) { return PositionOf(e) >= PositionOf(*part.after); });
  if (part.before) drop([&](const StoredDocument& e) { return PositionOf(e) <= PositionOf(*part.before); });
  const size_t most = static_cast<size_t>(part.size) + 1;
  if (listed.size() > most) {
    const size_t extra = listed.size() - most;
    if (part.before) {
      listed.erase(listed.begin(), listed.begin() + static_cast<std::ptrdiff_t>(extra));
    } else {
      listed.resize(most);
    }
  }
  return listed;
}

absl::Status List(const Catalog::Impl& impl, const pb::ListTariffElementsRequest& request, const Page* page,
                  pb::ListTariffElementsResponse* response) {
  std::vector<Column> filters;
  if (request.direction() != pb::TariffRate::UNSPECIFIED) {
    filters.push_back({"direction", static_cast<int64_t>(request.direction())});
  }
  if (request.type() != pb::ElementType::UNSPECIFIED) {
    filters.push_back({"type", static_cast<int64_t>(request.type())});
  }
  if (request.location_id().empty()) {
    return ListDocuments<pb::TariffElement>(impl, filters, request.page_size(), request.page_token(), page, response);
  }
  std::vector<std::string> texts = FilterTexts(filters);
  texts.push_back(absl::StrCat("location_id=", request.location_id()));
  return ListPage<pb::TariffElement>(
      impl, texts, request.page_size(), request.page_token(), page,
      [&](sql::Database* database, const ListPart& part) {
        return FetchListed(database, impl.options.tenant, request, part);
      },
      response);
}

}  // namespace

absl::Status Catalog::CreateTariffElement(const pb::CreateTariffElementRequest& request, pb::TariffElement* response) {
  absl::StatusOr<pb::TariffElement> element =
      NewDocument(impl_->options, request.has_tariff_element(), request.tariff_element(), "tariff_element");
  if (!element.ok()) return element.status();
  if (absl::Status status = RefuseFaults(CheckElement(*element)); !status.ok()) return status;
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  if (absl::Status status = CheckIsNew(change, *element); !status.ok()) return status;
  absl::StatusOr<std::optional<Owner>> owner = FindOwner(change, *element);
  if (!owner.ok()) return owner.status();
  if (absl::Status status = SetCurrency(*owner, &*element); !status.ok()) return status;
  auto made = MakeElement(change, *element);
  if (!made.ok()) return made.status();
  if (absl::Status status = CheckChain(change, *element, true); !status.ok()) return status;
  const absl::StatusOr<StoredDocument> stored = InsertDocument(change, *element);
  if (!stored.ok()) return stored.status();
  change.parts.elements.push_back(*std::move(made));
  if (*owner) {
    if (absl::Status status = AddToList(*element, &**owner, &change); !status.ok()) return status;
  }
  if (absl::Status status = change.Commit("schedule"); !status.ok()) return status;
  return Answer(*impl_, *stored, response);
}

absl::Status Catalog::GetTariffElement(const pb::GetTariffElementRequest& request, pb::TariffElement* response) const {
  return Get(*impl_, request.id(), response);
}

absl::Status Catalog::ListTariffElements(const pb::ListTariffElementsRequest& request,
                                         pb::ListTariffElementsResponse* response) const {
  return List(*impl_, request, nullptr, response);
}

absl::Status Catalog::ListTariffElements(const pb::ListTariffElementsRequest& request, const Page& page,
                                         pb::ListTariffElementsResponse* response) const {
  return List(*impl_, request, &page, response);
}

absl::Status Catalog::UpdateTariffElement(const pb::UpdateTariffElementRequest& request, pb::TariffElement* response) {
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  absl::StatusOr<Updated<pb::TariffElement>> updated = ReadUpdate(
      change, request.has_tariff_element(), request.tariff_element(), request.update_mask(), "tariff_element");
  if (!updated.ok()) return updated.status();
  pb::TariffElement& element = updated->after;
  if (absl::Status status = RefuseFaults(CheckElement(element)); !status.ok()) return status;
  absl::StatusOr<std::optional<Owner>> owner = FindOwner(change, element);
  if (!owner.ok()) return owner.status();
  if (absl::Status status = SetCurrency(*owner, &element); !status.ok()) return status;
  if (absl::Status status = CheckCurrencyChange(change, *updated); !status.ok()) return status;
  auto made = MakeElement(change, element);
  if (!made.ok()) return made.status();
  if (absl::Status status = CheckChain(change, element, false); !status.ok()) return status;
  if (absl::Status status = UpdateDocument(change, element, &updated->stored); !status.ok()) return status;
  change.parts.elements.push_back(*std::move(made));
  if (absl::Status status = change.Commit("schedule"); !status.ok()) return status;
  return Answer(*impl_, updated->stored, response);
}

absl::Status Catalog::DeleteTariffElement(const pb::DeleteTariffElementRequest& request) {
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  const absl::StatusOr<StoredDocument> stored =
      Find<pb::TariffElement>(change.database(), change.tenant(), request.id(), nullptr);
  if (!stored.ok()) return stored.status();
  const DocumentKind& kind = KindOf<pb::TariffElement>();
  if (absl::Status status = CheckEtag(kind, request.etag(), stored->bytes); !status.ok()) return status;
  if (absl::Status status = TakeOffLists(change, *stored); !status.ok()) return status;
  if (absl::Status status = change.Table(kind).Remove(stored->id); !status.ok()) return StoreRefusal(status);
  change.parts.removed_elements.push_back(request.id());
  return change.Commit("id");
}

}  // namespace costs::catalog
