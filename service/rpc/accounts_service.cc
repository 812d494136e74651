#include "service/rpc/accounts_service.h"

namespace costs::rpc {

namespace v1 = energy::costs::v1;

template <typename Request, typename Response>
grpc::ServerUnaryReactor* AccountsService::Start(grpc::CallbackServerContext* context,
                                                 absl::Status (auth::Accounts::*method)(const Request&, Response*),
                                                 const Request* request, Response* response) {
  return calls_->Start(context, [this, method, request, response](absl::string_view authorization) {
    absl::Status admin = admin_.Check(authorization);
    if (!admin.ok()) return admin;
    return (accounts_->*method)(*request, response);
  });
}

grpc::ServerUnaryReactor* AccountsService::CreateAccount(grpc::CallbackServerContext* context,
                                                         const v1::CreateAccountRequest* request,
                                                         v1::Account* response) {
  return Start(context, &auth::Accounts::CreateAccount, request, response);
}

grpc::ServerUnaryReactor* AccountsService::GetAccount(grpc::CallbackServerContext* context,
                                                      const v1::GetAccountRequest* request, v1::Account* response) {
  return Start(context, &auth::Accounts::GetAccount, request, response);
}

grpc::ServerUnaryReactor* AccountsService::ListAccounts(grpc::CallbackServerContext* context,
                                                        const v1::ListAccountsRequest* request,
                                                        v1::ListAccountsResponse* response) {
  return Start(context, &auth::Accounts::ListAccounts, request, response);
}

grpc::ServerUnaryReactor* AccountsService::UpdateAccount(grpc::CallbackServerContext* context,
                                                         const v1::UpdateAccountRequest* request,
                                                         v1::Account* response) {
  return Start(context, &auth::Accounts::UpdateAccount, request, response);
}

grpc::ServerUnaryReactor* AccountsService::CreateApiKey(grpc::CallbackServerContext* context,
                                                        const v1::CreateApiKeyRequest* request,
                                                        v1::CreateApiKeyResponse* response) {
  return Start(context, &auth::Accounts::CreateApiKey, request, response);
}

grpc::ServerUnaryReactor* AccountsService::ListApiKeys(grpc::CallbackServerContext* context,
                                                       const v1::ListApiKeysRequest* request,
                                                       v1::ListApiKeysResponse* response) {
  return Start(context, &auth::Accounts::ListApiKeys, request, response);
}

grpc::ServerUnaryReactor* AccountsService::RevokeApiKey(grpc::CallbackServerContext* context,
                                                        const v1::RevokeApiKeyRequest* request, v1::ApiKey* response) {
  return Start(context, &auth::Accounts::RevokeApiKey, request, response);
}

}  // namespace costs::rpc
