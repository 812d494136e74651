// The calls that each kind of document has, as templates over it: find, get, list,
// and the parts of creating, updating and deleting that are the same for all.
// Private to the library of catalog.h.
#ifndef SERVICE_CATALOG_CATALOG_CALLS_H_
#define SERVICE_CATALOG_CATALOG_CALLS_H_

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/field_mask.pb.h"
#include "service/catalog/catalog_impl.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/list_page.h"
#include "service/catalog/names.h"

namespace costs::catalog {

// Names the state of a document: its bytes, hashed.
std::string EtagOf(absl::string_view bytes);

absl::Status NotFound(const DocumentKind& kind, absl::string_view id);
absl::Status CheckEtag(const DocumentKind& kind, absl::string_view wanted, absl::string_view bytes);

// OK without faults.
inline absl::Status RefuseFaults(const std::vector<FieldViolation>& faults) {
  return faults.empty() ? absl::OkStatus() : Invalid(faults);
}

template <typename Document>
absl::Status Parse(const StoredDocument& stored, Document* document) {
  if (document->ParseFromString(stored.bytes)) return absl::OkStatus();
  return StoreRefusal(absl::DataLossError(absl::StrCat(KindOf<Document>().noun, " ", stored.id, " cannot be read")));
}

// A stored document, for an answer.
template <typename Document>
absl::Status Answer(const Catalog::Impl& impl, const StoredDocument& stored, Document* response) {
  Document document;
  if (absl::Status status = Parse(stored, &document); !status.ok()) return status;
  document.set_object(std::string(KindOf<Document>().object));
  document.set_live_mode(impl.options.tenant.live_mode);
  document.set_account_id(impl.options.tenant.account_id);
  document.set_etag(EtagOf(stored.bytes));
  impl.SetOwn(&document);
  *response = std::move(document);
  return absl::OkStatus();
}

// Sets *document, unless null. A refusal where there is none of that id.
template <typename Document>
absl::StatusOr<StoredDocument> Find(sql::Database* database, const Tenant& tenant, const std::string& id,
                                    Document* document) {
  const DocumentKind& kind = KindOf<Document>();
  if (id.empty()) return Invalid({{"id", absl::StrCat("is required; give the id of a ", kind.noun)}});
  absl::StatusOr<std::optional<StoredDocument>> stored = DocumentTable(database, kind.table, tenant).Find(id);
  if (!stored.ok()) return StoreRefusal(stored.status());
  if (!*stored) return NotFound(kind, id);
  if (document != nullptr) {
    if (absl::Status status = Parse(**stored, document); !status.ok()) return status;
  }
  return **std::move(stored);
}

template <typename Document>
absl::Status Get(const Catalog::Impl& impl, const std::string& id, Document* response) {
  absl::StatusOr<StoredDocument> stored = [&] {
    StoreConnection& reader = impl.store->reader();
    std::lock_guard<std::mutex> lock(reader.mutex);
    return Find<Document>(reader.database.get(), impl.options.tenant, id, nullptr);
  }();
  if (!stored.ok()) return stored.status();
  return Answer(impl, *stored, response);
}

// Gives the entries of a part of a list, in order; one more than its size where
// there are further ones. Called with the reader's mutex held.
using FetchPart = absl::FunctionRef<absl::StatusOr<std::vector<StoredDocument>>(sql::Database*, const ListPart&)>;

// A page of a list, into *response. `filters`: every value that decides what is on
// the list. `page` null: the page that `token` and page_size name.
template <typename Document, typename Response>
absl::Status ListPage(const Catalog::Impl& impl, const std::vector<std::string>& filters, int page_size,
                      const std::string& token, const Page* page, FetchPart fetch, Response* response) {
  const DocumentKind& kind = KindOf<Document>();
  const uint64_t list = ListHash(kind.table, impl.options.tenant, filters);
  absl::StatusOr<ListPart> part;
  absl::StatusOr<std::vector<StoredDocument>> entries;
  {
    StoreConnection& reader = impl.store->reader();
    std::lock_guard<std::mutex> lock(reader.mutex);
    DocumentTable table(reader.database.get(), kind.table, impl.options.tenant);
    part = page != nullptr ? PartOfPage(*page, kind.noun, &table) : PartOfToken(page_size, token, list);
    if (!part.ok()) return part.status();
    entries = fetch(reader.database.get(), *part);
  }
  if (!entries.ok()) return StoreRefusal(entries.status());
  const bool more = entries->size() > static_cast<size_t>(part->size);
  if (more) entries->erase(part->before ? entries->begin() : entries->end() - 1);
  Response answer;
  answer.set_object("list");
  answer.set_url(std::string(kind.url));
  answer.set_has_more(more);
  for (const StoredDocument& entry : *entries) {
    if (absl::Status status = Answer(impl, entry, answer.add_data()); !status.ok()) return status;
  }
  if (more && !part->before) {
    answer.set_next_page_token(PageToken(list, {entries->back().created, entries->back().id}));
  }
  *response = std::move(answer);
  return absl::OkStatus();
}

// ListPage of the documents that have the columns' values.
template <typename Document, typename Response>
absl::Status ListDocuments(const Catalog::Impl& impl, const std::vector<Column>& filters, int page_size,
                           const std::string& token, const Page* page, Response* response) {
  return ListPage<Document>(
      impl, FilterTexts(filters), page_size, token, page,
      [&](sql::Database* database, const ListPart& part) {
        return DocumentTable(database, KindOf<Document>().table, impl.options.tenant)
            .List(filters, part.after, part.before, part.size + 1);
      },
      response);
}

// The document that a request gives, without what the service sets. `field` is the
// request's name for it.
template <typename Document>
absl::StatusOr<Document> GivenDocument(const Catalog::Options& options, bool has, const Document& given,
                                       absl::string_view field) {
  if (!has) return Invalid({{std::string(field), "is required"}});
  if (given.ByteSizeLong() > options.limits.document_bytes) {
    return Invalid({{std::string(field), absl::StrCat("has ", given.ByteSizeLong(), " bytes; at most ",
                                                      options.limits.document_bytes, " are allowed")}});
  }
  return given;
}

// In nanoseconds since 1970.
template <typename Document>
void SetCreation(int64_t created, Document* document) {
  document->mutable_time_created()->set_seconds(created / engine::kNanosPerSecond);
  document->mutable_time_created()->set_nanos(static_cast<int32_t>(created % engine::kNanosPerSecond));
}

template <typename Document>
int64_t CreationOf(const Document& document) {
  return document.time_created().seconds() * engine::kNanosPerSecond + document.time_created().nanos();
}

// A request's document, ready to be completed with defaults and checked: with an
// id and the time of its creation, and without what else the service sets.
template <typename Document>
absl::StatusOr<Document> NewDocument(const Catalog::Options& options, bool has, const Document& given,
                                     absl::string_view field) {
  absl::StatusOr<Document> document = GivenDocument(options, has, given, field);
  if (!document.ok()) return document;
  const DocumentKind& kind = KindOf<Document>();
  ClearOutputOnly(kind.rules, &*document);
  if (document->id().empty()) document->set_id(options.new_id(kind.prefix));
  SetCreation(absl::ToUnixNanos(options.now()), &*document);
  return document;
}

template <typename Document>
absl::Status CheckIsNew(const Change& change, const Document& document) {
  const DocumentKind& kind = KindOf<Document>();
  absl::StatusOr<std::optional<StoredDocument>> stored = change.Table(kind).Find(document.id());
  if (!stored.ok()) return StoreRefusal(stored.status());
  if (!*stored) return absl::OkStatus();
  return Refuse(absl::StatusCode::kAlreadyExists, kind.exists,
                absl::StrCat("there is a ", kind.noun, " '", document.id(), "' already; choose another id"));
}

template <typename Document>
absl::StatusOr<StoredDocument> InsertDocument(const Change& change, const Document& document) {
  StoredDocument stored;
  stored.id = document.id();
  stored.created = CreationOf(document);
  stored.bytes = document.SerializeAsString();
  const absl::StatusOr<int64_t> entry =
      change.Table(KindOf<Document>()).Insert(stored.id, stored.created, ColumnsOf(document), stored.bytes);
  if (!entry.ok()) return StoreRefusal(entry.status());
  stored.entry = *entry;
  return stored;
}

template <typename Document>
absl::Status UpdateDocument(const Change& change, const Document& document, StoredDocument* stored) {
  stored->bytes = document.SerializeAsString();
  const absl::Status status =
      change.Table(KindOf<Document>()).Update(document.id(), ColumnsOf(document), stored->bytes);
  return status.ok() ? status : StoreRefusal(status);
}

// A stored document, and what an update makes of it.
template <typename Document>
struct Updated {
  StoredDocument stored;
  Document before;
  Document after;
};

template <typename Document>
absl::StatusOr<Updated<Document>> ReadUpdate(const Change& change, bool has, const Document& given,
                                             const google::protobuf::FieldMask& mask, absl::string_view field) {
  const DocumentKind& kind = KindOf<Document>();
  absl::StatusOr<Document> update = GivenDocument(change.impl().options, has, given, field);
  if (!update.ok()) return update.status();
  Updated<Document> updated;
  absl::StatusOr<StoredDocument> stored = Find(change.database(), change.tenant(), update->id(), &updated.before);
  if (!stored.ok()) return stored.status();
  if (absl::Status status = CheckEtag(kind, update->etag(), stored->bytes); !status.ok()) return status;
  updated.stored = *std::move(stored);
  updated.after = updated.before;
  const std::vector<FieldViolation> faults = ApplyUpdate(*update, mask, kind.rules, &updated.after);
  if (!faults.empty()) return Invalid(faults);
  return updated;
}

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CATALOG_CALLS_H_
