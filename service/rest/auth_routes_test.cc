// Logging in, as a real HTTP peer does.
#include "service/rest/auth_routes.h"

#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "service/auth/accounts.h"
#include "service/rest/testing/raw_client.h"
#include "service/rest/testing/server_fixture.h"

namespace costs::rest {
namespace {

namespace v1 = energy::costs::v1;
using testing::HasSubstr;
using testing::Not;

std::shared_ptr<const auth::Trust> NewTrust() {
  auto trust = std::make_shared<auth::Trust>();
  trust->own = auth::OwnIssuer("costs");
  trust->signer = auth::JoseKey::Generate();
  trust->own.keys[trust->signer->id()] = trust->signer;
  return trust;
}

class AuthRoutesTest : public ServerTest {
 protected:
  AuthRoutesTest()
      : accounts_(*auth::Accounts::Open({})),
        trust_(NewTrust()),
        login_({&accounts_->directory(), &trust_, absl::Minutes(30), absl::Now}) {
    v1::CreateAccountRequest account;
    account.mutable_account()->set_id("acc_1");
    v1::Account made;
    EXPECT_TRUE(accounts_->CreateAccount(account, &made).ok());
    v1::CreateApiKeyRequest key;
    key.set_account_id("acc_1");
    key.set_live_mode(false);
    v1::CreateApiKeyResponse answer;
    EXPECT_TRUE(accounts_->CreateApiKey(key, &answer).ok());
    secret_ = answer.secret();
    options_.routes = AuthRoutes(&login_, &threads_);
    Start();
  }
  // The server goes before what it borrows.
  ~AuthRoutesTest() override { server_.reset(); }

  RawResponse LogIn(absl::string_view password) {
    return Ask(absl::StrCat("GET /login HTTP/1.1\r\nHost: test\r\nAuthorization: Basic ",
                            absl::Base64Escape(absl::StrCat("acc_1:", password)), "\r\n\r\n"));
  }

  static rapidjson::Document Parse(const RawResponse& response) {
    rapidjson::Document document;
    document.Parse(response.body.data(), response.body.size());
    EXPECT_TRUE(document.IsObject()) << response.body;
    return document;
  }

  std::unique_ptr<auth::Accounts> accounts_;
  auth::TrustHolder trust_;
  auth::Login login_;
  executor::BoundedExecutor threads_{{}};
  std::string secret_;
};

TEST_F(AuthRoutesTest, Login_AnswersATokenThatIsNotStored) {
  const RawResponse response = LogIn(secret_);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("content-type"), "application/json");
  EXPECT_EQ(response.header("cache-control"), "no-store");
  const rapidjson::Document answer = Parse(response);
  EXPECT_EQ(answer.MemberCount(), 3u);
  EXPECT_THAT(answer["bearer_token"].GetString(), testing::StartsWith("ey"));
  EXPECT_EQ(answer["expires_in"].GetInt(), 1800);
  EXPECT_FALSE(answer["live_mode"].GetBool());
}

TEST_F(AuthRoutesTest, BadCredentials_Are403) {
  for (const RawResponse& response : {LogIn("sk_test_x"), Ask(Get("/login"))}) {
    EXPECT_EQ(response.status, 403);
    const rapidjson::Document error = Parse(response);
    EXPECT_STREQ(error["object"].GetString(), "error");
    EXPECT_STREQ(error["context"].GetString(), "api.login");
    EXPECT_STREQ(error["type"].GetString(), "invalid_request");
    EXPECT_STREQ(error["code"].GetString(), "bad_credentials");
    EXPECT_THAT(response.body, Not(HasSubstr("sk_test_x")));
  }
}

TEST_F(AuthRoutesTest, DisabledAccount_Is422) {
  v1::UpdateAccountRequest request;
  request.mutable_account()->set_id("acc_1");
  request.mutable_account()->set_disabled(true);
  v1::Account account;
  ASSERT_TRUE(accounts_->UpdateAccount(request, &account).ok());
  const RawResponse response = LogIn(secret_);
  EXPECT_EQ(response.status, 422);
  EXPECT_STREQ(Parse(response)["code"].GetString(), "account_disabled");
}

TEST_F(AuthRoutesTest, ManyFailures_Are429WithRetryAfter) {
  for (int i = 0; i < 50; ++i) LogIn("wrong");
  const RawResponse response = LogIn("wrong");
  EXPECT_EQ(response.status, 429);
  EXPECT_NE(response.header("retry-after"), "");
  const rapidjson::Document error = Parse(response);
  EXPECT_STREQ(error["type"].GetString(), "rate_limit");
  EXPECT_STREQ(error["code"].GetString(), "rate_limit");
  EXPECT_EQ(LogIn(secret_).status, 200);
}

TEST_F(AuthRoutesTest, Jwks_IsThereForAnybody) {
  const RawResponse response = Ask(Get("/.well-known/jwks.json"));
  EXPECT_EQ(response.status, 200);
  const rapidjson::Document answer = Parse(response);
  ASSERT_EQ(answer["keys"].Size(), 1u);
  EXPECT_EQ(answer["keys"][0]["kid"].GetString(), trust_.Get()->signer->id());
  EXPECT_FALSE(answer["keys"][0].HasMember("d"));
}

TEST_F(AuthRoutesTest, NothingOfALogin_IsLogged) {
  LogIn(secret_);
  LogIn("wrong");
  const std::lock_guard<std::mutex> lock(log_mutex_);
  EXPECT_EQ(log_, "");
}

}  // namespace
}  // namespace costs::rest
