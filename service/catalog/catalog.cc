// Opening, reading and replacing a catalog as a whole.
#include "service/catalog/catalog.h"

#include <array>
#include <cstdio>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/catalog_calls.h"
#include "service/catalog/catalog_impl.h"
#include "service/catalog/catalog_lists.h"
#include "service/catalog/postgres_store.h"
#include "service/catalog/random_id.h"
#include "service/catalog/series_table.h"
#include "service/catalog/sqlite_store.h"
#include "service/postgres/address.h"

namespace costs::catalog {
namespace {

// When documents were created, by id, so that replacing one does not make it new.
using Creations = absl::flat_hash_map<std::string, int64_t>;

template <typename Document>
absl::Status Remove(const Change& change, Creations* creations) {
  DocumentTable table = change.Table(KindOf<Document>());
  const absl::Status read = table.VisitAll([&](const StoredDocument& stored) {
    creations->emplace(stored.id, stored.created);
    return absl::OkStatus();
  });
  return read.ok() ? table.RemoveAll() : read;
}

template <typename Document>
absl::Status Insert(const Change& change, const std::vector<Document>& documents, const Creations& creations) {
  const int64_t now = absl::ToUnixNanos(change.impl().Now());
  for (const Document& given : documents) {
    Document document = given;
    ClearOutputOnly(KindOf<Document>().rules, &document);
    auto known = creations.find(document.id());
    SetCreation(known == creations.end() ? now : known->second, &document);
    const absl::StatusOr<StoredDocument> stored = InsertDocument(change, document);
    if (!stored.ok()) return stored.status();
    if constexpr (std::is_same_v<Document, pb::Location>) {
      absl::Status listed = WriteList(change.database(), change.tenant(), stored->entry, document);
      if (!listed.ok()) return listed;
    }
  }
  return absl::OkStatus();
}

absl::Status ReplaceDocuments(const Change& change, const CatalogDocuments& documents) {
  Creations devices, calendars, elements, locations;
  // Locations are the first to go and the last to come: their lists refer to the
  // elements.
  absl::Status status = RemoveLists(change.database(), change.tenant());
  if (status.ok()) status = Remove<pb::Location>(change, &locations);
  if (status.ok()) status = Remove<pb::TariffElement>(change, &elements);
  if (status.ok()) status = Remove<pb::SpecialDayCalendar>(change, &calendars);
  if (status.ok()) status = Remove<pb::Device>(change, &devices);
  if (status.ok()) status = Insert(change, documents.devices, devices);
  if (status.ok()) status = Insert(change, documents.calendars, calendars);
  if (status.ok()) status = Insert(change, documents.elements, elements);
  if (status.ok()) status = Insert(change, documents.locations, locations);
  return status.ok() ? status : StoreRefusal(status);
}

absl::Status ReplaceSeries(const Change& change, const CatalogDocuments& documents) {
  SeriesTable table(change.database(), change.tenant());
  if (absl::Status status = table.RemoveAll(); !status.ok()) return StoreRefusal(status);
  for (const auto& series : documents.market) {
    const absl::StatusOr<int64_t> row = table.MarketRow(series->id(), series->currency_code());
    if (!row.ok()) return StoreRefusal(row.status());
    if (absl::Status status = table.Write(*row, series->prices(), true); !status.ok()) return StoreRefusal(status);
  }
  for (const auto& series : documents.carbon) {
    const absl::StatusOr<int64_t> row = table.CarbonRow(series->region());
    if (!row.ok()) return StoreRefusal(row.status());
    if (absl::Status status = table.Write(*row, series->intensities(), true); !status.ok()) {
      return StoreRefusal(status);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<Store>> OpenStore(const std::string& name, FollowingState state) {
  if (postgres::IsUrl(name)) return PostgresStore::Open(name, std::move(state));
  return SqliteStore::Open(name);
}

Catalog::Catalog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Catalog::~Catalog() = default;

absl::StatusOr<std::unique_ptr<Catalog>> Catalog::Open(Options options) {
  absl::StatusOr<std::shared_ptr<Store>> store = OpenStore(options.store, options.on_following);
  if (!store.ok()) return store.status();
  return Open(*std::move(store), std::move(options));
}

absl::StatusOr<std::unique_ptr<Catalog>> Catalog::Open(std::shared_ptr<Store> store, Options options) {
  if (!options.now) options.now = absl::Now;
  if (!options.new_id) options.new_id = RandomId;
  auto impl = std::make_unique<Impl>(std::move(options), std::move(store));
  if (absl::Status status = impl->Load(); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(impl->store->name(), ": ", status.message()));
  }
  return std::unique_ptr<Catalog>(new Catalog(std::move(impl)));
}

const Tenant& Catalog::tenant() const { return impl_->options.tenant; }

const SnapshotHolder& Catalog::snapshots() const { return impl_->snapshots; }

absl::Time Catalog::last_changed() const { return absl::FromUnixNanos(impl_->changed_ns.load()); }

absl::StatusOr<bool> Catalog::Empty() const {
  StoreConnection& reader = impl_->store->reader();
  std::lock_guard<std::mutex> lock(reader.mutex);
  for (const DocumentKind* kind : {&KindOf<pb::Location>(), &KindOf<pb::Device>(), &KindOf<pb::TariffElement>(),
                                   &KindOf<pb::SpecialDayCalendar>()}) {
    const absl::StatusOr<bool> empty = DocumentTable(reader.database.get(), kind->table, impl_->options.tenant).Empty();
    if (!empty.ok()) return StoreRefusal(empty.status());
    if (!*empty) return false;
  }
  const absl::StatusOr<bool> empty = SeriesTable(reader.database.get(), impl_->options.tenant).Empty();
  if (!empty.ok()) return StoreRefusal(empty.status());
  return *empty;
}

absl::Status Catalog::Replace(const CatalogDocuments& documents) {
  Assembly assembly = AssembleCatalog(documents);
  if (!assembly.faults.empty()) return Invalid(assembly.faults);
  Change change(impl_.get(), Change::Right::kEvenIfReadOnly);
  if (!change.status().ok()) return change.status();
  if (absl::Status status = ReplaceDocuments(change, documents); !status.ok()) return status;
  if (absl::Status status = ReplaceSeries(change, documents); !status.ok()) return status;
  if (absl::Status status = impl_->store->OnReplaced(); !status.ok()) return StoreRefusal(status);
  change.content = std::move(assembly.content);
  return change.Commit("locations");
}

}  // namespace costs::catalog
