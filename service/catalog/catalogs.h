// The served catalogs of all tenants: one store, and of each tenant the entries that
// are his alone.
//
//   absl::StatusOr<std::unique_ptr<Catalogs>> catalogs = Catalogs::Open(std::move(options));
//   absl::StatusOr<Catalog*> catalog = (*catalogs)->Get(identity->tenant);      // may block
//   std::shared_ptr<const Snapshot> snapshot = (*catalogs)->Find(account_id, live_mode);   // never does
//
// The store's connections, and the thread that follows what other processes change,
// are shared. What tenants do not share is what they see: ids, prices and versions of
// one say nothing of another's, and no id leads from one to another.
//
// A catalog is opened when its tenant is first asked for, and from then on stays
// open: those that have entries, when the process starts or when another process has
// made them, and that of everybody who calls. One without entries takes a kilobyte or so. Nothing is closed to save
// memory: only callers who were recognised are asked for, so there are at most two
// for each account that there is.
//
// Thread-safe.
#ifndef SERVICE_CATALOG_CATALOGS_H_
#define SERVICE_CATALOG_CATALOGS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/catalog/catalog.h"
#include "service/catalog/snapshot_source.h"
#include "service/catalog/store.h"
#include "service/catalog/tenant.h"

namespace costs::catalog {

class Catalogs final : public SnapshotSource {
 public:
  // As Catalog::Options, for all tenants.
  struct Options {
    std::string store;
    bool read_only = false;
    std::function<absl::Time()> now;
    std::function<std::string(absl::string_view prefix)> new_id;
    Catalog::Limits limits;
    // Called after each snapshot of a tenant's that is published from Open on, by the
    // thread that publishes, and so for each that is opened later and has entries.
    // Must not block, nor call the catalogs but for Find. May be null.
    std::function<void(const Tenant&)> on_published;
    FollowingState on_following;
    // What the operator should know, and callers are not told: why a catalog cannot be
    // opened. From any thread.
    std::function<void(absl::string_view)> log = [](absl::string_view) {};
  };

  // Opens the store, and the catalog of every tenant who has entries; one with a broken
  // entry is left out, and logged, for others go on without it. Errors as
  // Catalog::Open's.
  static absl::StatusOr<std::unique_ptr<Catalogs>> Open(Options options);
  ~Catalogs() override;
  Catalogs(const Catalogs&) = delete;
  Catalogs& operator=(const Catalogs&) = delete;

  // The tenant's catalog, which lives as long as this. Where it is not open it is
  // opened, and that may block; entries that another process made since are found.
  // Errors are refusals: UNAVAILABLE (STORE_UNAVAILABLE), to be tried again, or
  // DATA_LOSS (STORE_BROKEN).
  absl::StatusOr<Catalog*> Get(const Tenant& tenant);

  std::shared_ptr<const Snapshot> Find(absl::string_view account_id, bool live_mode) const override;
  absl::StatusOr<std::shared_ptr<const Snapshot>> Open(const Tenant& tenant) override;

  // When the tenant's catalog changed last; 1970 where it is not open.
  absl::Time LastChanged(const Tenant& tenant) const;

  // Those whose catalog is open, in no order.
  std::vector<Tenant> tenants() const;

 private:
  using CatalogsByAccount = absl::flat_hash_map<std::string, std::unique_ptr<Catalog>>;

  Catalogs(Options options, std::shared_ptr<Store> store);
  Catalog* FindCatalog(absl::string_view account_id, bool live_mode) const;
  absl::StatusOr<Catalog*> Add(const Tenant& tenant);
  void LogOnce(const Tenant& tenant, const absl::Status& error);

  const Options options_;
  const std::shared_ptr<Store> store_;
  std::mutex opening_;
  std::map<std::pair<std::string, bool>, std::string> logged_;  // of whoever opens: why somebody's cannot be opened
  mutable std::shared_mutex mutex_;
  CatalogsByAccount live_;  // guarded by mutex_
  CatalogsByAccount test_;  // guarded by mutex_
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CATALOGS_H_
