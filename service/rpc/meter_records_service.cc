#include "service/rpc/meter_records_service.h"

namespace costs::rpc {

namespace v1 = energy::costs::v1;

grpc::ServerUnaryReactor* MeterRecordsService::GetMeterRecord(grpc::CallbackServerContext* context,
                                                              const v1::GetMeterRecordRequest* request,
                                                              v1::MeterRecord* response) {
  return calls_->Start(context, &threads_->reading, [this, request, response](const catalog::Tenant& tenant) {
    return records_->Get(tenant, *request, response);
  });
}

grpc::ServerUnaryReactor* MeterRecordsService::ListMeterRecords(grpc::CallbackServerContext* context,
                                                                const v1::ListMeterRecordsRequest* request,
                                                                v1::ListMeterRecordsResponse* response) {
  return calls_->Start(context, &threads_->reading, [this, request, response](const catalog::Tenant& tenant) {
    return records_->List(tenant, *request, response);
  });
}

grpc::ServerUnaryReactor* MeterRecordsService::ListMeterRecordRevisions(
    grpc::CallbackServerContext* context, const v1::ListMeterRecordRevisionsRequest* request,
    v1::ListMeterRecordRevisionsResponse* response) {
  return calls_->Start(context, &threads_->reading, [this, request, response](const catalog::Tenant& tenant) {
    return records_->ListRevisions(tenant, *request, response);
  });
}

grpc::ServerUnaryReactor* MeterRecordsService::DeleteMeterRecord(grpc::CallbackServerContext* context,
                                                                 const v1::DeleteMeterRecordRequest* request,
                                                                 google::protobuf::Empty*) {
  return calls_->Start(context, &threads_->changing,
                       [this, request](const catalog::Tenant& tenant) { return records_->Delete(tenant, *request); });
}

}  // namespace costs::rpc
