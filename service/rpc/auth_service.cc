#include "service/rpc/auth_service.h"

#include "absl/status/statusor.h"

namespace costs::rpc {

namespace v1 = energy::costs::v1;

grpc::ServerUnaryReactor* AuthService::Login(grpc::CallbackServerContext* context, const v1::LoginRequest*,
                                             v1::LoginResponse* response) {
  return calls_->Start(context, [this, response](absl::string_view authorization) {
    const absl::StatusOr<auth::LoginAnswer> granted = login_->Run(authorization);
    if (!granted.ok()) return granted.status();
    response->set_bearer_token(granted->bearer_token);
    response->set_expires_in(granted->expires_in);
    response->set_live_mode(granted->live_mode);
    return absl::OkStatus();
  });
}

}  // namespace costs::rpc
