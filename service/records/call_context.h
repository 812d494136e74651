// What the calls on stored records need: where the records and the catalogs are,
// the clock, ids. Who asks is told call by call. A plain value; what it points to outlives the calls,
// and its functions are called from any thread.
#ifndef SERVICE_RECORDS_CALL_CONTEXT_H_
#define SERVICE_RECORDS_CALL_CONTEXT_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/catalog/refusal.h"
#include "service/catalog/snapshot.h"
#include "service/catalog/snapshot_source.h"
#include "service/records/record_store.h"

namespace costs::records {

struct CallContext {
  RecordStore* store = nullptr;  // null: none is kept, and every call is refused
  catalog::SnapshotSource* snapshots = nullptr;
  std::function<absl::Time()> now;
  // `prefix` and 24 hexadecimal digits.
  std::function<std::string(absl::string_view prefix)> new_id;
};

// FAILED_PRECONDITION (NO_RECORD_STORE).
inline absl::Status NoRecordStore() {
  return catalog::Refuse(absl::StatusCode::kFailedPrecondition, "NO_RECORD_STORE",
                         "this server keeps no meter records; start costsd with --store");
}

}  // namespace costs::records

#endif  // SERVICE_RECORDS_CALL_CONTEXT_H_
