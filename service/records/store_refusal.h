// What a caller may be told about a failure of the store of records: a refusal
// (service/catalog/refusal.h) that says nothing of what is inside.
#ifndef SERVICE_RECORDS_STORE_REFUSAL_H_
#define SERVICE_RECORDS_STORE_REFUSAL_H_

#include "absl/status/status.h"

namespace costs::records {

// UNAVAILABLE (STORE_UNAVAILABLE) and RESOURCE_EXHAUSTED (STORE_FULL), both to be
// tried again; DATA_LOSS (STORE_BROKEN). What is a refusal already, or OK, stays.
absl::Status StoreRefusal(const absl::Status& error);

// ALREADY_EXISTS (RECORD_ID_TAKEN).
absl::Status IdTakenRefusal();
// UNAVAILABLE (OVERLOADED): too much waits to be written.
absl::Status OverloadedRefusal();
// DEADLINE_EXCEEDED and CANCELLED: the write was not begun.
absl::Status DeadlineRefusal();
absl::Status CancelledRefusal();
// INVALID_ARGUMENT: record_reference_id is the only filter.
absl::Status ReferenceAloneRefusal();

}  // namespace costs::records

#endif  // SERVICE_RECORDS_STORE_REFUSAL_H_
