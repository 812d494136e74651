// energy.costs.v1.LocationsService over the served catalog.
#ifndef SERVICE_RPC_LOCATIONS_SERVICE_H_
#define SERVICE_RPC_LOCATIONS_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "energy/costs/v1/locations_service.grpc.pb.h"
#include "service/rpc/catalog_calls.h"

namespace costs::rpc {

// Thread-safe. `calls` outlives the server that this is registered with.
class LocationsService final : public energy::costs::v1::LocationsService::CallbackService {
 public:
  explicit LocationsService(CatalogCalls* calls) : calls_(calls) {}

  grpc::ServerUnaryReactor* CreateLocation(grpc::CallbackServerContext* context,
                                           const energy::costs::v1::CreateLocationRequest* request,
                                           energy::costs::v1::Location* response) override;
  grpc::ServerUnaryReactor* GetLocation(grpc::CallbackServerContext* context,
                                        const energy::costs::v1::GetLocationRequest* request,
                                        energy::costs::v1::Location* response) override;
  grpc::ServerUnaryReactor* ListLocations(grpc::CallbackServerContext* context,
                                          const energy::costs::v1::ListLocationsRequest* request,
                                          energy::costs::v1::ListLocationsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateLocation(grpc::CallbackServerContext* context,
                                           const energy::costs::v1::UpdateLocationRequest* request,
                                           energy::costs::v1::Location* response) override;
  grpc::ServerUnaryReactor* DeleteLocation(grpc::CallbackServerContext* context,
                                           const energy::costs::v1::DeleteLocationRequest* request,
                                           google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* CreateDevice(grpc::CallbackServerContext* context,
                                         const energy::costs::v1::CreateDeviceRequest* request,
                                         energy::costs::v1::Device* response) override;
  grpc::ServerUnaryReactor* GetDevice(grpc::CallbackServerContext* context,
                                      const energy::costs::v1::GetDeviceRequest* request,
                                      energy::costs::v1::Device* response) override;
  grpc::ServerUnaryReactor* ListDevices(grpc::CallbackServerContext* context,
                                        const energy::costs::v1::ListDevicesRequest* request,
                                        energy::costs::v1::ListDevicesResponse* response) override;
  grpc::ServerUnaryReactor* UpdateDevice(grpc::CallbackServerContext* context,
                                         const energy::costs::v1::UpdateDeviceRequest* request,
                                         energy::costs::v1::Device* response) override;
  grpc::ServerUnaryReactor* DeleteDevice(grpc::CallbackServerContext* context,
                                         const energy::costs::v1::DeleteDeviceRequest* request,
                                         google::protobuf::Empty* response) override;

 private:
  CatalogCalls* const calls_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_LOCATIONS_SERVICE_H_
