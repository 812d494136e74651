#include "service/rpc/meter_records_service.h"

namespace costs::rpc {

namespace v1 = energy::costs::v1;

grpc::ServerUnaryReactor* MeterRecordsService::GetMeterRecord(grpc::CallbackServerContext* context,
                                                              const v1::GetMeterRecordRequest* request,
                                                              v1::MeterRecord* response) {
  return calls_->Start(context, &threads_->reading,
                       [this, request, response] { return records_->Get(*request, response); });
}

grpc::ServerUnaryReactor* MeterRecordsService::ListMeterRecords(grpc::CallbackServerContext* context,
                                                                const v1::ListMeterRecordsRequest* request,
                                                                v1::ListMeterRecordsResponse* response) {
  return calls_->Start(context, &threads_->reading,
                       [this, request, response] { return records_->List(*request, response); });
}

grpc::ServerUnaryReactor* MeterRecordsService::ListMeterRecordRevisions(
    grpc::CallbackServerContext* context, const v1::ListMeterRecordRevisionsRequest* request,
    v1::ListMeterRecordRevisionsResponse* response) {
  return calls_->Start(context, &threads_->reading,
                       [this, request, response] { return records_->ListRevisions(*request, response); });
}

grpc::ServerUnaryReactor* MeterRecordsService::DeleteMeterRecord(grpc::CallbackServerContext* context,
                                                                 const v1::DeleteMeterRecordRequest* request,
                                                                 google::protobuf::Empty*) {
  return calls_->Start(context, &threads_->changing, [this, request] { return records_->Delete(*request); });
}

}  // namespace costs::rpc
