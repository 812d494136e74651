// energy.costs.v1.CarbonService over the served catalog.
#ifndef SERVICE_RPC_CARBON_SERVICE_H_
#define SERVICE_RPC_CARBON_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "energy/costs/v1/carbon_service.grpc.pb.h"
#include "service/rpc/catalog_calls.h"

namespace costs::rpc {

namespace carbon_service_internal {
using Api = energy::costs::v1::CarbonService;
// The upload's messages as bytes (see upload_call.h).
using Methods = Api::WithRawCallbackMethod_UploadIntensities<Api::CallbackService>;
}  // namespace carbon_service_internal

// Thread-safe. `calls` outlives the server that this is registered with.
class CarbonService final : public carbon_service_internal::Methods {
 public:
  explicit CarbonService(CatalogCalls* calls) : calls_(calls) {}

  grpc::ServerReadReactor<grpc::ByteBuffer>* UploadIntensities(grpc::CallbackServerContext* context,
                                                               grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListIntensities(grpc::CallbackServerContext* context,
                                            const energy::costs::v1::ListIntensitiesRequest* request,
                                            energy::costs::v1::ListIntensitiesResponse* response) override;

 private:
  CatalogCalls* const calls_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_CARBON_SERVICE_H_
