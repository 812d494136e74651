// Where a served catalog is kept: the connections to its database, and what all
// databases have in common. See sqlite_store.h and postgres_store.h.
//
// Any number of tenants share it. Changes go through `writer`, one at a time;
// reading goes through `reader`, which sees the last commit and never waits for a
// change that is being written; and whole catalogs are read through `loader`, so
// that neither waits for that. In memory the three are one.
//
// Thread-safe: hold a connection's mutex while it is in use.
#ifndef SERVICE_CATALOG_STORE_H_
#define SERVICE_CATALOG_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/tenant.h"
#include "service/sql/database.h"

namespace costs::catalog {

struct StoreConnection {
  std::mutex mutex;
  std::unique_ptr<sql::Database> database;
};

// Told why the store cannot be followed or looked at, once it cannot, and OK once it
// can again; at first it can. By the thread that follows. May be null.
using FollowingState = std::function<void(const absl::Status&)>;

class Following {
 public:
  virtual ~Following() = default;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual StoreConnection& writer() = 0;
  virtual StoreConnection& reader() = 0;
  virtual StoreConnection& loader() = 0;

  // For the operator: "store PATH", "database HOST/NAME".
  virtual const std::string& name() const = 0;

  // Whether other processes may change it too. Then it has a log of changes
  // (change_log.h), and a change begins by locking its tenant's revision.
  virtual bool shared() const = 0;
  // With the columns account_id, live_mode, revision and changed.
  virtual absl::string_view revision_table() const = 0;

  // After all of a tenant's entries were replaced, before that is committed.
  virtual absl::Status OnReplaced() = 0;

  // Tells of changes that others make to a tenant's entries: calls `look`, which may
  // block for as long as that tenant's catalog takes to be read, with the tenant's
  // revision soon after it changed, and at least every second or so. One thread and
  // one connection look for all tenants; an error of one is tried again, and keeps no
  // other from being looked at. Ends with the object that is given back, which waits
  // for a look under way; the store outlives it. Null where the store is not shared.
  virtual std::unique_ptr<Following> Follow(const Tenant& tenant, std::function<absl::Status(int64_t)> look) = 0;

  // Calls `found`, on the thread that follows, with each tenant that has a revision and
  // whom nobody follows: others made him. Again when his revision has changed, or when
  // `found` gave UNAVAILABLE. Null: no longer; then none is under way. Does nothing
  // where the store is not shared.
  virtual void OnFound(std::function<absl::Status(const Tenant&)> found) = 0;

 protected:
  Store() = default;
};

// The state of a tenant's entries: 0 at first, one more with each change of what
// is priced.
struct Revision {
  int64_t number = 0;
  int64_t changed_ns = 0;  // since 1970
};

// A tenant's revision in a store; 0 where there is none yet.
class RevisionTable {
 public:
  // All are borrowed.
  RevisionTable(sql::Database* database, const Store& store, const Tenant& tenant)
      : database_(database), table_(store.revision_table()), tenant_(tenant) {}

  absl::StatusOr<Revision> Read() { return Read(""); }
  // Nobody else changes it until the transaction, which there must be, is over.
  absl::StatusOr<Revision> Lock();
  absl::Status Write(const Revision& revision);

 private:
  absl::StatusOr<Revision> Read(absl::string_view clause, bool* found = nullptr);

  sql::Database* const database_;
  const absl::string_view table_;
  const Tenant& tenant_;
};

// The tenants that have a revision: whoever has entered anything that is priced.
absl::StatusOr<std::vector<Tenant>> KnownTenants(sql::Database* database, const Store& store);

// What a caller may be told about an error of the database: a refusal. What is one
// already stays as it is.
absl::Status StoreRefusal(const absl::Status& error);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_STORE_H_
