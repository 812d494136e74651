// The calls on stored records, free of any face: MeterRecordsService and the REST
// paths beside it answer with these.
//
// The functions block while the store reads or writes. Errors are refusals
// (service/catalog/refusal.h): FAILED_PRECONDITION (NO_RECORD_STORE) without a
// store, those that the API documents, and the store's own. Thread-safe.
#ifndef SERVICE_RECORDS_RECORDS_CALLS_H_
#define SERVICE_RECORDS_RECORDS_CALLS_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "energy/costs/v1/meter_record.pb.h"
#include "energy/costs/v1/meter_records_service.pb.h"
#include "service/records/call_context.h"
#include "service/records/record_message.h"
#include "service/records/record_store.h"

namespace costs::records {

class RecordsCalls {
 public:
  explicit RecordsCalls(CallContext context) : context_(std::move(context)) {}

  // Of the tenant's records, and of no other's.
  absl::Status Get(const Tenant& tenant, const pb::GetMeterRecordRequest& request, pb::MeterRecord* response) const;
  absl::Status List(const Tenant& tenant, const pb::ListMeterRecordsRequest& request,
                    pb::ListMeterRecordsResponse* response) const;
  absl::Status ListRevisions(const Tenant& tenant, const pb::ListMeterRecordRevisionsRequest& request,
                             pb::ListMeterRecordRevisionsResponse* response) const;
  absl::Status Delete(const Tenant& tenant, const pb::DeleteMeterRecordRequest& request) const;

 private:
  absl::StatusOr<StoredRecord> Find(const Tenant& tenant, absl::string_view id) const;

  const CallContext context_;
};

// Submits a write and waits for the end of it.
absl::Status SubmitAndWait(RecordStore* store, std::unique_ptr<Write> write);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_RECORDS_CALLS_H_
