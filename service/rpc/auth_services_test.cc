// AuthService and AccountsService, as a gRPC client meets them.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "service/rpc/accounts_service.h"
#include "service/rpc/auth_service.h"
#include "service/rpc/testing/status_details.h"

namespace costs::rpc {
namespace {

namespace v1 = energy::costs::v1;

constexpr char kAdminToken[] = "0123456789abcdef0123456789abcdef";

std::shared_ptr<const auth::Trust> NewTrust() {
  auto trust = std::make_shared<auth::Trust>();
  trust->own = auth::OwnIssuer("costs");
  trust->signer = auth::JoseKey::Generate();
  trust->own.keys[trust->signer->id()] = trust->signer;
  return trust;
}

class AuthServicesTest : public testing::Test {
 protected:
  AuthServicesTest()
      : accounts_(*auth::Accounts::Open({})),
        trust_(NewTrust()),
        login_({&accounts_->directory(), &trust_, absl::Hours(1), absl::Now}) {
    Start(*auth::AdminToken::Of(kAdminToken));
  }
  ~AuthServicesTest() override { Stop(); }

  void Start(const auth::AdminToken& admin) {
    auth_service_ = std::make_unique<AuthService>(&login_, &calls_);
    accounts_service_ = std::make_unique<AccountsService>(accounts_.get(), admin, &calls_);
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(auth_service_.get());
    builder.RegisterService(accounts_service_.get());
    server_ = builder.BuildAndStart();
    const auto channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
    auth_ = v1::AuthService::NewStub(channel);
    admin_ = v1::AccountsService::NewStub(channel);
  }
  void Stop() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
    server_.reset();
  }

  template <typename Stub, typename Request, typename Response>
  static grpc::Status Call(Stub* stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                           const std::string& authorization, const Request& request, Response* response) {
    grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    return (stub->*method)(&context, request, response);
  }
  template <typename Request, typename Response>
  grpc::Status Admin(grpc::Status (v1::AccountsService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     const Request& request, Response* response) {
    return Call(admin_.get(), method, absl::StrCat("Bearer ", kAdminToken), request, response);
  }
  grpc::Status LogIn(const std::string& authorization, v1::LoginResponse* response) {
    return Call(auth_.get(), &v1::AuthService::Stub::Login, authorization, v1::LoginRequest(), response);
  }
  static std::string Basic(absl::string_view user, absl::string_view password) {
    return absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(user, ":", password)));
  }
  static std::string ReasonOf(const grpc::Status& status) { return DetailOf<google::rpc::ErrorInfo>(status).reason(); }

  v1::Account CreateAccount() {
    v1::CreateAccountRequest request;
    request.mutable_account()->set_display_name("A");
    v1::Account account;
    const grpc::Status status = Admin(&v1::AccountsService::Stub::CreateAccount, request, &account);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return account;
  }
  v1::CreateApiKeyResponse CreateKey(const std::string& account_id) {
    v1::CreateApiKeyRequest request;
    request.set_account_id(account_id);
    request.set_live_mode(true);
    v1::CreateApiKeyResponse key;
    const grpc::Status status = Admin(&v1::AccountsService::Stub::CreateApiKey, request, &key);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return key;
  }

  std::unique_ptr<auth::Accounts> accounts_;
  auth::TrustHolder trust_;
  auth::Login login_;
  executor::BoundedExecutor threads_{{}};
  OpenCalls calls_{&threads_, [](absl::string_view line) { ADD_FAILURE() << line; }};
  std::unique_ptr<AuthService> auth_service_;
  std::unique_ptr<AccountsService> accounts_service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AuthService::Stub> auth_;
  std::unique_ptr<v1::AccountsService::Stub> admin_;
};

TEST_F(AuthServicesTest, KeyOfTheOperator_LogsIn) {
  const v1::Account account = CreateAccount();
  const v1::CreateApiKeyResponse key = CreateKey(account.id());
  v1::LoginResponse response;
  const grpc::Status status = LogIn(Basic(account.id(), key.secret()), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.expires_in(), 3600);
  EXPECT_TRUE(response.live_mode());
  EXPECT_EQ(std::count(response.bearer_token().begin(), response.bearer_token().end(), '.'), 2);
}

TEST_F(AuthServicesTest, EveryCall_IsServed) {
  const v1::Account account = CreateAccount();
  const v1::CreateApiKeyResponse key = CreateKey(account.id());
  v1::GetAccountRequest get;
  get.set_id(account.id());
  v1::Account got;
  ASSERT_TRUE(Admin(&v1::AccountsService::Stub::GetAccount, get, &got).ok());
  EXPECT_EQ(got.display_name(), "A");
  v1::ListAccountsResponse accounts;
  ASSERT_TRUE(Admin(&v1::AccountsService::Stub::ListAccounts, {}, &accounts).ok());
  EXPECT_EQ(accounts.data_size(), 1);
  v1::ListApiKeysRequest list;
  list.set_account_id(account.id());
  v1::ListApiKeysResponse keys;
  ASSERT_TRUE(Admin(&v1::AccountsService::Stub::ListApiKeys, list, &keys).ok());
  EXPECT_EQ(keys.data(0).id(), key.api_key().id());
  v1::RevokeApiKeyRequest revoke;
  revoke.set_id(key.api_key().id());
  v1::ApiKey revoked;
  ASSERT_TRUE(Admin(&v1::AccountsService::Stub::RevokeApiKey, revoke, &revoked).ok());
  EXPECT_TRUE(revoked.revoked());
  v1::LoginResponse response;
  EXPECT_EQ(ReasonOf(LogIn(Basic(account.id(), key.secret()), &response)), "BAD_CREDENTIALS");
  v1::UpdateAccountRequest update;
  update.mutable_account()->set_id(account.id());
  update.mutable_account()->set_disabled(true);
  ASSERT_TRUE(Admin(&v1::AccountsService::Stub::UpdateAccount, update, &got).ok());
  EXPECT_TRUE(got.disabled());
}

TEST_F(AuthServicesTest, WrongLogin_HasTheContractsCodes) {
  const v1::Account account = CreateAccount();
  v1::LoginResponse response;
  for (const std::string& authorization : {std::string(), std::string("Bearer x"), Basic(account.id(), "sk_live_x")}) {
    const grpc::Status status = LogIn(authorization, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(ReasonOf(status), "BAD_CREDENTIALS");
  }
  grpc::Status status;
  for (int i = 0; i < 50; ++i) status = LogIn(Basic(account.id(), "wrong"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "RATE_LIMITED");
  EXPECT_GE(DetailOf<google::rpc::RetryInfo>(status).retry_delay().seconds(), 0);
  const std::string secret = CreateKey(account.id()).secret();
  v1::UpdateAccountRequest update;
  update.mutable_account()->set_id(account.id());
  update.mutable_account()->set_disabled(true);
  v1::Account got;
  ASSERT_TRUE(Admin(&v1::AccountsService::Stub::UpdateAccount, update, &got).ok());
  status = LogIn(Basic(account.id(), secret), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), "ACCOUNT_DISABLED");
}

TEST_F(AuthServicesTest, OtherThanTheAdminToken_DoesNothing) {
  const v1::Account account = CreateAccount();
  v1::LoginResponse login;
  ASSERT_TRUE(LogIn(Basic(account.id(), CreateKey(account.id()).secret()), &login).ok());
  v1::CreateAccountRequest request;
  request.mutable_account();
  v1::Account made;
  for (const std::string& authorization : {std::string(), absl::StrCat("Bearer ", login.bearer_token()),
                                           absl::StrCat("Bearer ", kAdminToken, "0"), Basic("admin", kAdminToken)}) {
    const grpc::Status status =
        Call(admin_.get(), &v1::AccountsService::Stub::CreateAccount, authorization, request, &made);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(ReasonOf(status), "BAD_CREDENTIALS");
  }
  v1::ListAccountsResponse accounts;
  ASSERT_TRUE(Admin(&v1::AccountsService::Stub::ListAccounts, {}, &accounts).ok());
  EXPECT_EQ(accounts.data_size(), 1);
}

TEST_F(AuthServicesTest, NoAdminToken_IsToldHowToEnable) {
  Stop();
  Start(auth::AdminToken());
  v1::ListAccountsResponse accounts;
  const grpc::Status status = Admin(&v1::AccountsService::Stub::ListAccounts, {}, &accounts);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), "ADMIN_DISABLED");
  EXPECT_NE(status.error_message().find("COSTS_ADMIN_TOKEN"), std::string::npos);
}

}  // namespace
}  // namespace costs::rpc
