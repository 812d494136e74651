// The calls of the Catalog that are about locations.
#include "service/catalog/catalog_calls.h"
#include "service/catalog/catalog_documents.h"
#include "service/catalog/catalog_lists.h"
#include "service/catalog/documents.h"

namespace costs::catalog {
namespace {

// Whether what the location lists is there, its own or nobody's, and in its
// currency.
absl::Status CheckList(const Change& change, const pb::Location& location) {
  std::vector<FieldViolation> faults;
  for (int i = 0; i < location.tariff_elements_size(); ++i) {
    const std::string& id = location.tariff_elements(i);
    absl::StatusOr<std::optional<StoredDocument>> stored = change.Table(KindOf<pb::TariffElement>()).Find(id);
    if (!stored.ok()) return StoreRefusal(stored.status());
    std::string fault = absl::StrCat("is ", Quoted(id), ", but no element has that id; create it first");
    if (*stored) {
      pb::TariffElement element;
      if (absl::Status status = Parse(**stored, &element); !status.ok()) return status;
      fault = CheckListing(location, element);
    }
    if (!fault.empty()) faults.push_back({absl::StrCat("tariff_elements[", i, "]"), std::move(fault)});
  }
  return RefuseFaults(faults);
}

// The ids of the elements that belong to the location.
absl::StatusOr<std::vector<std::string>> OwnElements(const Change& change, const std::string& location) {
  std::vector<std::string> ids;
  const absl::Status status =
      change.Table(KindOf<pb::TariffElement>()).Visit({{"location_id", location}}, [&](const StoredDocument& stored) {
        ids.push_back(stored.id);
        return absl::OkStatus();
      });
  if (!status.ok()) return StoreRefusal(status);
  return ids;
}

absl::Status CheckCurrencyChange(const Change& change, const Updated<pb::Location>& updated) {
  if (updated.before.currency_code() == updated.after.currency_code()) return absl::OkStatus();
  const absl::StatusOr<std::vector<std::string>> own = OwnElements(change, updated.before.id());
  if (!own.ok()) return own.status();
  if (own->empty() && updated.before.tariff_elements().empty()) return absl::OkStatus();
  return Invalid({{"currency_code", absl::StrCat("cannot change from ", updated.before.currency_code(),
                                                 " while there are tariff elements; take them off the list, or "
                                                 "delete them, first")}});
}

absl::Status List(const Catalog::Impl& impl, const pb::ListLocationsRequest& request, const Page* page,
                  pb::ListLocationsResponse* response) {
  std::vector<Column> filters;
  if (!request.reference_id().empty()) filters.push_back({"reference_id", request.reference_id()});
  if (!request.customer_id().empty()) filters.push_back({"customer_id", request.customer_id()});
  return ListDocuments<pb::Location>(impl, filters, request.page_size(), request.page_token(), page, response);
}

absl::Status RemoveElement(const Change& change, const std::string& id) {
  DocumentTable elements = change.Table(KindOf<pb::TariffElement>());
  absl::StatusOr<std::optional<StoredDocument>> stored = elements.Find(id);
  if (!stored.ok()) return stored.status();
  return *stored ? elements.Remove(id) : absl::OkStatus();
}

}  // namespace

absl::Status Catalog::CreateLocation(const pb::CreateLocationRequest& request, pb::Location* response) {
  absl::StatusOr<pb::Location> location =
      NewDocument(impl_->options, request.has_location(), request.location(), "location");
  if (!location.ok()) return location.status();
  SetLocationDefaults(&*location);
  if (absl::Status status = RefuseFaults(CheckLocation(*location)); !status.ok()) return status;
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  if (absl::Status status = CheckIsNew(change, *location); !status.ok()) return status;
  if (absl::Status status = CheckList(change, *location); !status.ok()) return status;
  const absl::StatusOr<StoredDocument> stored = InsertDocument(change, *location);
  if (!stored.ok()) return stored.status();
  const absl::Status listed = WriteList(change.database(), change.tenant(), stored->entry, *location);
  if (!listed.ok()) return StoreRefusal(listed);
  change.parts.locations.push_back(SpecOf(*location));
  if (absl::Status status = change.Commit("tariff_elements"); !status.ok()) return status;
  return Answer(*impl_, *stored, response);
}

absl::Status Catalog::GetLocation(const pb::GetLocationRequest& request, pb::Location* response) const {
  return Get(*impl_, request.id(), response);
}

absl::Status Catalog::ListLocations(const pb::ListLocationsRequest& request,
                                    pb::ListLocationsResponse* response) const {
  return List(*impl_, request, nullptr, response);
}

absl::Status Catalog::ListLocations(const pb::ListLocationsRequest& request, const Page& page,
                                    pb::ListLocationsResponse* response) const {
  return List(*impl_, request, &page, response);
}

absl::Status Catalog::UpdateLocation(const pb::UpdateLocationRequest& request, pb::Location* response) {
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  absl::StatusOr<Updated<pb::Location>> updated =
      ReadUpdate(change, request.has_location(), request.location(), request.update_mask(), "location");
  if (!updated.ok()) return updated.status();
  SetLocationDefaults(&updated->after);
  if (absl::Status status = RefuseFaults(CheckLocation(updated->after)); !status.ok()) return status;
  if (absl::Status status = CheckCurrencyChange(change, *updated); !status.ok()) return status;
  if (absl::Status status = CheckList(change, updated->after); !status.ok()) return status;
  if (absl::Status status = UpdateDocument(change, updated->after, &updated->stored); !status.ok()) return status;
  const absl::Status listed = WriteList(change.database(), change.tenant(), updated->stored.entry, updated->after);
  if (!listed.ok()) return StoreRefusal(listed);
  change.parts.locations.push_back(SpecOf(updated->after));
  if (absl::Status status = change.Commit("tariff_elements"); !status.ok()) return status;
  return Answer(*impl_, updated->stored, response);
}

absl::Status Catalog::DeleteLocation(const pb::DeleteLocationRequest& request) {
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  const absl::StatusOr<StoredDocument> stored =
      Find<pb::Location>(change.database(), change.tenant(), request.id(), nullptr);
  if (!stored.ok()) return stored.status();
  const DocumentKind& kind = KindOf<pb::Location>();
  if (absl::Status status = CheckEtag(kind, request.etag(), stored->bytes); !status.ok()) return status;
  absl::StatusOr<std::vector<std::string>> own = OwnElements(change, request.id());
  if (!own.ok()) return own.status();
  // The location first: its list refers to the elements.
  absl::Status removed = RemoveList(change.database(), stored->entry);
  if (removed.ok()) removed = change.Table(kind).Remove(stored->id);
  if (!removed.ok()) return StoreRefusal(removed);
  for (const std::string& id : *own) {
    if (absl::Status status = RemoveElement(change, id); !status.ok()) return StoreRefusal(status);
  }
  change.parts.removed_locations.push_back(request.id());
  change.parts.removed_elements = *std::move(own);
  return change.Commit("id");
}

}  // namespace costs::catalog
