// What stored records cost, added up: GetIntervalCosts and GetSessionCosts.
//
// Days come from the store's totals by day, so a year's report looks at no record;
// only the days that the period cuts are made of their records, each cut at the
// period's end (record_part.h). Sums are exact: a month is the sum of its days, and
// two periods that meet add up to the period that they make together.
//
// The functions block while the store reads. Errors are refusals: FAILED_PRECONDITION
// (NO_RECORD_STORE) without a store, those that the API documents, and the store's
// own. Thread-safe.
#ifndef SERVICE_RECORDS_REPORTS_H_
#define SERVICE_RECORDS_REPORTS_H_

#include <utility>

#include "absl/status/status.h"
#include "energy/costs/v1/costs_service.pb.h"
#include "service/records/call_context.h"

namespace costs::records {

namespace pb = ::energy::costs::v1;

class Reports {
 public:
  explicit Reports(CallContext context) : context_(std::move(context)) {}

  // Of the tenant's records, and of no other's.
  absl::Status GetIntervalCosts(const Tenant& tenant, const pb::GetIntervalCostsRequest& request,
                                pb::GetIntervalCostsResponse* response) const;
  absl::Status GetSessionCosts(const Tenant& tenant, const pb::GetSessionCostsRequest& request,
                               pb::GetSessionCostsResponse* response) const;

 private:
  const CallContext context_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_REPORTS_H_
