// Where those who price find what to price with, caller by caller.
//
//   std::shared_ptr<const Snapshot> snapshot = source->Find(caller.account_id, caller.live_mode);
#ifndef SERVICE_CATALOG_SNAPSHOT_SOURCE_H_
#define SERVICE_CATALOG_SNAPSHOT_SOURCE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/tenant.h"

namespace costs::catalog {

class Snapshot;

// Gives every caller the snapshot of his own catalog. Thread-safe.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;

  // What prices a tenant's records now; null where his catalog is not open. Never
  // blocks: it is asked for every call.
  virtual std::shared_ptr<const Snapshot> Find(absl::string_view account_id, bool live_mode) const = 0;

  // As Find, but opens the catalog where it is not open. May block then. Errors are
  // refusals, which say whether to try again.
  virtual absl::StatusOr<std::shared_ptr<const Snapshot>> Open(const Tenant& tenant) = 0;

 protected:
  SnapshotSource() = default;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_SNAPSHOT_SOURCE_H_
