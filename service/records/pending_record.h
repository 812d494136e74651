// Makes records for the store out of what a calculator was given and answered:
// the one place where a submission becomes a stored record, whichever way it came.
// Pure functions; what they return owns its text.
#ifndef SERVICE_RECORDS_PENDING_RECORD_H_
#define SERVICE_RECORDS_PENDING_RECORD_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/catalog/tenant.h"
#include "service/records/record_store.h"
#include "service/records/stored_record.h"

namespace costs::records {

// A record that was priced with Options::for_storage from that submission, by the
// catalog's version; `now` is when.
PendingRecord MakePending(absl::Time now, const calculator::Submission& submission,
                          const calculator::PricedRecord& priced, uint64_t catalog_version);

// A record that has no figures yet, its id and its request only: for one whose price
// depends on the usage before it, and whose PendingRecord::price the caller sets.
// Nothing where the submission breaks a rule, and so would never be priced.
std::optional<PendingRecord> MakeUnpriced(const Tenant& tenant, absl::Time now,
                                          const calculator::Submission& submission);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_PENDING_RECORD_H_
