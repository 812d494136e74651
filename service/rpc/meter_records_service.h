// energy.costs.v1.MeterRecordsService over the calls on stored records.
#ifndef SERVICE_RPC_METER_RECORDS_SERVICE_H_
#define SERVICE_RPC_METER_RECORDS_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "energy/costs/v1/meter_records_service.grpc.pb.h"
#include "service/executor/record_threads.h"
#include "service/records/records_calls.h"
#include "service/rpc/unary_calls.h"

namespace costs::rpc {

// Thread-safe. All arguments outlive the server that this is registered with.
class MeterRecordsService final : public energy::costs::v1::MeterRecordsService::CallbackService {
 public:
  MeterRecordsService(const records::RecordsCalls* records, executor::RecordThreads* threads, UnaryCalls* calls)
      : records_(records), threads_(threads), calls_(calls) {}

  grpc::ServerUnaryReactor* GetMeterRecord(grpc::CallbackServerContext* context,
                                           const energy::costs::v1::GetMeterRecordRequest* request,
                                           energy::costs::v1::MeterRecord* response) override;
  grpc::ServerUnaryReactor* ListMeterRecords(grpc::CallbackServerContext* context,
                                             const energy::costs::v1::ListMeterRecordsRequest* request,
                                             energy::costs::v1::ListMeterRecordsResponse* response) override;
  grpc::ServerUnaryReactor* ListMeterRecordRevisions(
      grpc::CallbackServerContext* context, const energy::costs::v1::ListMeterRecordRevisionsRequest* request,
      energy::costs::v1::ListMeterRecordRevisionsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteMeterRecord(grpc::CallbackServerContext* context,
                                              const energy::costs::v1::DeleteMeterRecordRequest* request,
                                              google::protobuf::Empty* response) override;

 private:
  const records::RecordsCalls* const records_;
  executor::RecordThreads* const threads_;
  UnaryCalls* const calls_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_METER_RECORDS_SERVICE_H_
