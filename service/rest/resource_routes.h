// The routes of one kind of the catalog's documents: list, create, get, update,
// delete. What differs from kind to kind is in a `Resource`, a type with
//
//   Document, CreateRequest, GetRequest, ListRequest, ListResponse, UpdateRequest, DeleteRequest
//   kCreate, kGet, kList, kUpdate, kDelete       the catalog's methods
//   kCreateDocument, kUpdateDocument             &CreateRequest::mutable_..., &UpdateRequest::mutable_...
//   kPath, kContext, kCreated, kOptions          strings, HTTP status, DocumentOptions
//   Filters()                                    fields of ListRequest that the query may set
//   ServiceSets(), Fixed()                       fields of Document that no caller sets, and that cannot change
#ifndef SERVICE_REST_RESOURCE_ROUTES_H_
#define SERVICE_REST_RESOURCE_ROUTES_H_

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/catalog/catalog.h"
#include "service/executor/bounded_executor.h"
#include "service/rest/blocking_handler.h"
#include "service/rest/catalog_routes.h"
#include "service/rest/document_reader.h"
#include "service/rest/document_writer.h"
#include "service/rest/exchange.h"
#include "service/rest/http_error.h"
#include "service/rest/router.h"

namespace costs::rest {

// `limit`, `starting_after` and `ending_before`. INVALID_ARGUMENT (INVALID_FIELD).
absl::Status ReadPage(const Query& query, catalog::Page* page);

// The etag that an If-Match field names; empty: none, or any.
std::string EtagOf(absl::string_view if_match);

// Takes the paths of `mask` away that begin with one of `names`.
void DropPaths(const std::vector<absl::string_view>& names, google::protobuf::FieldMask* mask);

// Whether a field of that name is the same in both.
bool SameField(const google::protobuf::Message& a, const google::protobuf::Message& b, absl::string_view name);

// One of the two, or the faults of both.
absl::Status Merge(const absl::Status& a, const absl::Status& b);

using CatalogWork = Answer (*)(catalog::Catalog*, const Request&);

// Does the work on the catalog of who sends the request.
Handler CatalogHandler(const CatalogFace& face, executor::BoundedExecutor* executor, CatalogWork work);

template <typename Document>
Answer DocumentAnswer(int status, const Document& document) {
  Answer answer;
  answer.status = status;
  answer.body = WriteDocument(document);
  if (!document.etag().empty()) answer.etag = absl::StrCat("\"", document.etag(), "\"");
  return answer;
}

template <typename Resource>
class ResourceRoutes {
 public:
  static void AddTo(std::vector<Route>* routes, const CatalogFace& face) {
    const std::string one = absl::StrCat(Resource::kPath, "/{id}");
    const auto reading = [&face](CatalogWork work) { return CatalogHandler(face, &face.threads->reading, work); };
    const auto changing = [&face](CatalogWork work) { return CatalogHandler(face, &face.threads->changing, work); };
    routes->push_back({"GET", Resource::kPath, Resource::kContext, 0, reading(List)});
    routes->push_back({"POST", Resource::kPath, Resource::kContext, face.body_bytes, changing(Create)});
    routes->push_back({"GET", one, Resource::kContext, 0, reading(Get)});
    routes->push_back({"PATCH", one, Resource::kContext, face.body_bytes, changing(Update)});
    routes->push_back({"DELETE", one, Resource::kContext, 0, changing(Delete)});
  }

 private:
  using Document = typename Resource::Document;

  static Answer Create(catalog::Catalog* catalog, const Request& request) {
    typename Resource::CreateRequest message;
    Document document;
    absl::Status status =
        ReadDocument(request.body, Resource::kOptions, (message.*Resource::kCreateDocument)(), nullptr);
    if (status.ok()) status = (catalog->*Resource::kCreate)(message, &document);
    return status.ok() ? DocumentAnswer(Resource::kCreated, document) : Refused(ErrorFromStatus(status));
  }

  static Answer Get(catalog::Catalog* catalog, const Request& request) {
    typename Resource::GetRequest message;
    Document document;
    message.set_id(request.parameters[0]);
    const absl::Status status = (catalog->*Resource::kGet)(message, &document);
    return status.ok() ? DocumentAnswer(200, document) : Refused(ErrorFromStatus(status));
  }

  static Answer List(catalog::Catalog* catalog, const Request& request) {
    typename Resource::ListRequest message;
    typename Resource::ListResponse response;
    catalog::Page page;
    absl::Status status =
        Merge(ReadPage(request.query, &page), ReadQuery(request.query, Resource::Filters(), &message));
    if (status.ok()) status = (catalog->*Resource::kList)(message, page, &response);
    if (!status.ok()) return Refused(ErrorFromStatus(status));
    response.clear_next_page_token();  // these pages go by ids
    Answer answer;
    answer.body = WriteDocument(response);
    return answer;
  }

  static Answer Update(catalog::Catalog* catalog, const Request& request) {
    typename Resource::UpdateRequest message;
    Document* const patch = (message.*Resource::kUpdateDocument)();
    google::protobuf::FieldMask* const mask = message.mutable_update_mask();
    Document document;
    absl::Status status = ReadDocument(request.body, Resource::kOptions, patch, mask);
    DropPaths(Resource::ServiceSets(), mask);
    if (status.ok()) status = DropUnchanged(catalog, request.parameters[0], *patch, mask);
    if (status.ok()) {
      patch->set_id(request.parameters[0]);
      if (std::string etag = EtagOf(request.if_match); !etag.empty()) patch->set_etag(std::move(etag));
      status = (catalog->*Resource::kUpdate)(message, &document);
    }
    return status.ok() ? DocumentAnswer(200, document) : Refused(ErrorFromStatus(status));
  }

  // What a caller was given may be sent back, with what cannot change as it was;
  // the catalog refuses what is left of that.
  static absl::Status DropUnchanged(catalog::Catalog* catalog, const std::string& id, const Document& patch,
                                    google::protobuf::FieldMask* mask) {
    std::vector<absl::string_view> fixed;
    for (absl::string_view name : Resource::Fixed()) {
      if (std::find(mask->paths().begin(), mask->paths().end(), name) != mask->paths().end()) fixed.push_back(name);
    }
    if (fixed.empty()) return absl::OkStatus();
    typename Resource::GetRequest message;
    Document stored;
    message.set_id(id);
    if (absl::Status status = (catalog->*Resource::kGet)(message, &stored); !status.ok()) {
      return status;
    }
    std::vector<absl::string_view> unchanged;
    for (absl::string_view name : fixed) {
      if (SameField(patch, stored, name)) unchanged.push_back(name);
    }
    DropPaths(unchanged, mask);
    return absl::OkStatus();
  }

  static Answer Delete(catalog::Catalog* catalog, const Request& request) {
    typename Resource::DeleteRequest message;
    message.set_id(request.parameters[0]);
    message.set_etag(EtagOf(request.if_match));
    const absl::Status status = (catalog->*Resource::kDelete)(message);
    if (!status.ok()) return Refused(ErrorFromStatus(status));
    Answer answer;
    answer.status = 202;
    answer.body = R"({"message":"Accepted"})";
    return answer;
  }
};

}  // namespace costs::rest

#endif  // SERVICE_REST_RESOURCE_ROUTES_H_
