#include "service/rpc/locations_service.h"

#include "service/catalog/catalog.h"

namespace costs::rpc {

namespace v1 = energy::costs::v1;

grpc::ServerUnaryReactor* LocationsService::CreateLocation(grpc::CallbackServerContext* context,
                                                           const v1::CreateLocationRequest* request,
                                                           v1::Location* response) {
  return calls_->Start(context, &catalog::Catalog::CreateLocation, request, response);
}

grpc::ServerUnaryReactor* LocationsService::GetLocation(grpc::CallbackServerContext* context,
                                                        const v1::GetLocationRequest* request, v1::Location* response) {
  return calls_->Start(context, &catalog::Catalog::GetLocation, request, response);
}

grpc::ServerUnaryReactor* LocationsService::ListLocations(grpc::CallbackServerContext* context,
                                                          const v1::ListLocationsRequest* request,
                                                          v1::ListLocationsResponse* response) {
  return calls_->Start(context, &catalog::Catalog::ListLocations, request, response);
}

grpc::ServerUnaryReactor* LocationsService::UpdateLocation(grpc::CallbackServerContext* context,
                                                           const v1::UpdateLocationRequest* request,
                                                           v1::Location* response) {
  return calls_->Start(context, &catalog::Catalog::UpdateLocation, request, response);
}

grpc::ServerUnaryReactor* LocationsService::DeleteLocation(grpc::CallbackServerContext* context,
                                                           const v1::DeleteLocationRequest* request,
                                                           google::protobuf::Empty* response) {
  return calls_->Start(context, &catalog::Catalog::DeleteLocation, request, response);
}

grpc::ServerUnaryReactor* LocationsService::CreateDevice(grpc::CallbackServerContext* context,
                                                         const v1::CreateDeviceRequest* request, v1::Device* response) {
  return calls_->Start(context, &catalog::Catalog::CreateDevice, request, response);
}

grpc::ServerUnaryReactor* LocationsService::GetDevice(grpc::CallbackServerContext* context,
                                                      const v1::GetDeviceRequest* request, v1::Device* response) {
  return calls_->Start(context, &catalog::Catalog::GetDevice, request, response);
}

grpc::ServerUnaryReactor* LocationsService::ListDevices(grpc::CallbackServerContext* context,
                                                        const v1::ListDevicesRequest* request,
                                                        v1::ListDevicesResponse* response) {
  return calls_->Start(context, &catalog::Catalog::ListDevices, request, response);
}

grpc::ServerUnaryReactor* LocationsService::UpdateDevice(grpc::CallbackServerContext* context,
                                                         const v1::UpdateDeviceRequest* request, v1::Device* response) {
  return calls_->Start(context, &catalog::Catalog::UpdateDevice, request, response);
}

grpc::ServerUnaryReactor* LocationsService::DeleteDevice(grpc::CallbackServerContext* context,
                                                         const v1::DeleteDeviceRequest* request,
                                                         google::protobuf::Empty* response) {
  return calls_->Start(context, &catalog::Catalog::DeleteDevice, request, response);
}

}  // namespace costs::rpc
