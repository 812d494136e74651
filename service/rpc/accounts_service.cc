#include "service/rpc/accounts_service.h"

namespace costs::rpc {

namespace v1 = energy::costs::v1;

template <typename Call>
grpc::ServerUnaryReactor* AccountsService::Start(grpc::CallbackServerContext* context, Call call) {
  return calls_->Start(context, [this, call](absl::string_view authorization) {
    absl::Status admin = admin_.Check(authorization);
    return admin.ok() ? call() : admin;
  });
}

grpc::ServerUnaryReactor* AccountsService::CreateAccount(grpc::CallbackServerContext* context,
                                                         const v1::CreateAccountRequest* request,
                                                         v1::Account* response) {
  return Start(context, [=] { return accounts_->CreateAccount(*request, response); });
}

grpc::ServerUnaryReactor* AccountsService::GetAccount(grpc::CallbackServerContext* context,
                                                      const v1::GetAccountRequest* request, v1::Account* response) {
  return Start(context, [=] { return accounts_->GetAccount(*request, response); });
}

grpc::ServerUnaryReactor* AccountsService::ListAccounts(grpc::CallbackServerContext* context,
                                                        const v1::ListAccountsRequest* request,
                                                        v1::ListAccountsResponse* response) {
  return Start(context, [=] { return accounts_->ListAccounts(*request, response); });
}

grpc::ServerUnaryReactor* AccountsService::UpdateAccount(grpc::CallbackServerContext* context,
                                                         const v1::UpdateAccountRequest* request,
                                                         v1::Account* response) {
  return Start(context, [=] { return accounts_->UpdateAccount(*request, response); });
}

grpc::ServerUnaryReactor* AccountsService::CreateApiKey(grpc::CallbackServerContext* context,
                                                        const v1::CreateApiKeyRequest* request,
                                                        v1::CreateApiKeyResponse* response) {
  return Start(context, [=] { return accounts_->CreateApiKey(*request, response); });
}

grpc::ServerUnaryReactor* AccountsService::ListApiKeys(grpc::CallbackServerContext* context,
                                                       const v1::ListApiKeysRequest* request,
                                                       v1::ListApiKeysResponse* response) {
  return Start(context, [=] { return accounts_->ListApiKeys(*request, response); });
}

grpc::ServerUnaryReactor* AccountsService::RevokeApiKey(grpc::CallbackServerContext* context,
                                                        const v1::RevokeApiKeyRequest* request, v1::ApiKey* response) {
  return Start(context, [=] { return accounts_->RevokeApiKey(*request, response); });
}

}  // namespace costs::rpc
