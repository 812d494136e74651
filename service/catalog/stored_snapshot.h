// The snapshot of what a store has of a tenant: made of all of it, or, where a log
// tells what changed since another snapshot, of that one and what changed. Private
// to the library of catalog.h. For use with a connection's mutex held, in a
// transaction in which the revision does not change.
#ifndef SERVICE_CATALOG_STORED_SNAPSHOT_H_
#define SERVICE_CATALOG_STORED_SNAPSHOT_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "service/catalog/change_log.h"
#include "service/catalog/snapshot.h"
#include "service/catalog/tenant.h"
#include "service/sql/database.h"

namespace costs::catalog {

// DATA_LOSS, naming the entry, where one is broken.
absl::StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(sql::Database* database, const Tenant& tenant,
                                                             uint64_t version);

// As LoadSnapshot, but of all that did not change it shares what `before` has.
// INVALID_ARGUMENT where the entries do not tell all that changed.
absl::StatusOr<std::shared_ptr<const Snapshot>> NextSnapshot(sql::Database* database, const Tenant& tenant,
                                                             const Snapshot& before, uint64_t version,
                                                             const std::vector<LoggedChange>& log);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_STORED_SNAPSHOT_H_
