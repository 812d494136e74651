// energy.costs.v1.AuthService over the login.
#ifndef SERVICE_RPC_AUTH_SERVICE_H_
#define SERVICE_RPC_AUTH_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "energy/costs/v1/auth_service.grpc.pb.h"
#include "service/auth/login.h"
#include "service/rpc/open_calls.h"

namespace costs::rpc {

// Thread-safe. Both arguments outlive the server that this is registered with.
class AuthService final : public energy::costs::v1::AuthService::CallbackService {
 public:
  AuthService(auth::Login* login, OpenCalls* calls) : login_(login), calls_(calls) {}

  grpc::ServerUnaryReactor* Login(grpc::CallbackServerContext* context, const energy::costs::v1::LoginRequest* request,
                                  energy::costs::v1::LoginResponse* response) override;

 private:
  auth::Login* const login_;
  OpenCalls* const calls_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_AUTH_SERVICE_H_
