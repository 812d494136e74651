// energy.costs.v1.AccountsService over the accounts, for whoever has the admin token.
#ifndef SERVICE_RPC_ACCOUNTS_SERVICE_H_
#define SERVICE_RPC_ACCOUNTS_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <utility>

#include "energy/costs/v1/accounts_service.grpc.pb.h"
#include "service/auth/accounts.h"
#include "service/auth/admin_token.h"
#include "service/rpc/open_calls.h"

namespace costs::rpc {

// Thread-safe. The pointers outlive the server that this is registered with.
class AccountsService final : public energy::costs::v1::AccountsService::CallbackService {
 public:
  AccountsService(auth::Accounts* accounts, auth::AdminToken admin, OpenCalls* calls)
      : accounts_(accounts), admin_(std::move(admin)), calls_(calls) {}

  grpc::ServerUnaryReactor* CreateAccount(grpc::CallbackServerContext* context,
                                          const energy::costs::v1::CreateAccountRequest* request,
                                          energy::costs::v1::Account* response) override;
  grpc::ServerUnaryReactor* GetAccount(grpc::CallbackServerContext* context,
                                       const energy::costs::v1::GetAccountRequest* request,
                                       energy::costs::v1::Account* response) override;
  grpc::ServerUnaryReactor* ListAccounts(grpc::CallbackServerContext* context,
                                         const energy::costs::v1::ListAccountsRequest* request,
                                         energy::costs::v1::ListAccountsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateAccount(grpc::CallbackServerContext* context,
                                          const energy::costs::v1::UpdateAccountRequest* request,
                                          energy::costs::v1::Account* response) override;
  grpc::ServerUnaryReactor* CreateApiKey(grpc::CallbackServerContext* context,
                                         const energy::costs::v1::CreateApiKeyRequest* request,
                                         energy::costs::v1::CreateApiKeyResponse* response) override;
  grpc::ServerUnaryReactor* ListApiKeys(grpc::CallbackServerContext* context,
                                        const energy::costs::v1::ListApiKeysRequest* request,
                                        energy::costs::v1::ListApiKeysResponse* response) override;
  grpc::ServerUnaryReactor* RevokeApiKey(grpc::CallbackServerContext* context,
                                         const energy::costs::v1::RevokeApiKeyRequest* request,
                                         energy::costs::v1::ApiKey* response) override;

 private:
  // `call()` is what the method does, for whoever shows the administrator's token.
  template <typename Call>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context, Call call);

  auth::Accounts* const accounts_;
  const auth::AdminToken admin_;
  OpenCalls* const calls_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_ACCOUNTS_SERVICE_H_
