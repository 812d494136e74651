#include "service/catalog/catalogs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/catalog/catalog_impl.h"
#include "service/catalog/refusal.h"

namespace costs::catalog {
namespace {

// What a caller is told whose catalog cannot be opened: not why, which names the
// operator's files and hosts.
absl::Status CannotOpen(absl::StatusCode code) {
  if (code == absl::StatusCode::kDataLoss) {
    return Refuse(code, "STORE_BROKEN", "the account's catalog is broken; the operator has to restore it");
  }
  return WithRetryAfter(Refuse(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                               "the account's catalog cannot be read now; try again in a second"),
                        absl::Seconds(1));
}

}  // namespace

Catalogs::Catalogs(Options options, std::shared_ptr<Store> store)
    : options_(std::move(options)), store_(std::move(store)) {}

Catalogs::~Catalogs() { store_->OnFound(nullptr); }

absl::StatusOr<std::unique_ptr<Catalogs>> Catalogs::Open(Options options) {
  absl::StatusOr<std::shared_ptr<Store>> store = OpenStore(options.store, options.on_following);
  if (!store.ok()) return store.status();
  const absl::StatusOr<std::vector<Tenant>> known = [&] {
    StoreConnection& loader = (*store)->loader();
    const std::lock_guard<std::mutex> lock(loader.mutex);
    return KnownTenants(loader.database.get(), **store);
  }();
  if (!known.ok())
    return absl::Status(known.status().code(), absl::StrCat((*store)->name(), ": ", known.status().message()));
  std::unique_ptr<Catalogs> catalogs(new Catalogs(std::move(options), *std::move(store)));
  for (const Tenant& tenant : *known) {
    const absl::Status added = catalogs->Add(tenant).status();
    if (!added.ok() && added.code() != absl::StatusCode::kDataLoss) return added;
  }
  // So that whichever process re-prices his records can.
  Catalogs* const all = catalogs.get();
  all->store_->OnFound([all](const Tenant& tenant) { return all->Get(tenant).status(); });
  return catalogs;
}

absl::StatusOr<Catalog*> Catalogs::Get(const Tenant& tenant) {
  if (Catalog* catalog = FindCatalog(tenant.account_id, tenant.live_mode)) return catalog;
  const std::lock_guard<std::mutex> lock(opening_);
  if (Catalog* catalog = FindCatalog(tenant.account_id, tenant.live_mode)) return catalog;
  absl::StatusOr<Catalog*> added = Add(tenant);
  if (!added.ok()) return CannotOpen(added.status().code());
  if (options_.on_published && (*added)->snapshots().Get()->version() > 0) options_.on_published(tenant);
  return added;
}

absl::StatusOr<Catalog*> Catalogs::Add(const Tenant& tenant) {
  Catalog::Options options;
  options.read_only = options_.read_only;
  options.tenant = tenant;
  options.now = options_.now;
  options.new_id = options_.new_id;
  options.limits = options_.limits;
  if (options_.on_published) options.on_published = [this, tenant] { options_.on_published(tenant); };
  absl::StatusOr<std::unique_ptr<Catalog>> opened = Catalog::Open(store_, std::move(options));
  if (!opened.ok()) {
    LogOnce(tenant, opened.status());
    return opened.status();
  }
  logged_.erase({tenant.account_id, tenant.live_mode});
  Catalog* const catalog = opened->get();
  const std::lock_guard<std::shared_mutex> lock(mutex_);
  (tenant.live_mode ? live_ : test_).emplace(tenant.account_id, *std::move(opened));
  return catalog;
}

void Catalogs::LogOnce(const Tenant& tenant, const absl::Status& error) {
  std::string& logged = logged_[{tenant.account_id, tenant.live_mode}];
  if (logged == error.message()) return;
  logged = std::string(error.message());
  options_.log(absl::StrCat("the ", tenant.live_mode ? "live" : "test", " catalog of ", tenant.account_id,
                            " cannot be opened: ", logged));
}

Catalog* Catalogs::FindCatalog(absl::string_view account_id, bool live_mode) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  const CatalogsByAccount& catalogs = live_mode ? live_ : test_;
  const auto found = catalogs.find(account_id);
  return found == catalogs.end() ? nullptr : found->second.get();
}

std::shared_ptr<const Snapshot> Catalogs::Find(absl::string_view account_id, bool live_mode) const {
  const Catalog* const catalog = FindCatalog(account_id, live_mode);
  return catalog == nullptr ? nullptr : catalog->snapshots().Get();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> Catalogs::Open(const Tenant& tenant) {
  const absl::StatusOr<Catalog*> catalog = Get(tenant);
  if (!catalog.ok()) return catalog.status();
  return (*catalog)->snapshots().Get();
}

absl::Time Catalogs::LastChanged(const Tenant& tenant) const {
  const Catalog* const catalog = FindCatalog(tenant.account_id, tenant.live_mode);
  return catalog == nullptr ? absl::UnixEpoch() : catalog->last_changed();
}

std::vector<Tenant> Catalogs::tenants() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  std::vector<Tenant> tenants;
  for (const auto& [account_id, catalog] : live_) tenants.push_back({account_id, true});
  for (const auto& [account_id, catalog] : test_) tenants.push_back({account_id, false});
  return tenants;
}

}  // namespace costs::catalog
