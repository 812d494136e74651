#include "service/rpc/carbon_service.h"

#include "service/catalog/catalog.h"
#include "service/rpc/upload_call.h"

namespace costs::rpc {

namespace v1 = energy::costs::v1;

grpc::ServerReadReactor<grpc::ByteBuffer>* CarbonService::UploadIntensities(grpc::CallbackServerContext* context,
                                                                            grpc::ByteBuffer* response) {
  using Call =
      UploadCall<v1::UploadIntensitiesRequest, v1::UploadIntensitiesResponse, catalog::Catalog::IntensityUpload>;
  return Call::Start(calls_, &catalog::Catalog::BeginIntensityUpload, context, response);
}

grpc::ServerUnaryReactor* CarbonService::ListIntensities(grpc::CallbackServerContext* context,
                                                         const v1::ListIntensitiesRequest* request,
                                                         v1::ListIntensitiesResponse* response) {
  return calls_->Start(context, &catalog::Catalog::ListIntensities, request, response);
}

}  // namespace costs::rpc
