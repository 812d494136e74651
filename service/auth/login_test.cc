#include "service/auth/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/auth/accounts.h"
#include "service/auth/login_limiter.h"
#include "service/auth/token.h"
#include "service/auth/token_authenticator.h"
#include "service/catalog/refusal.h"

namespace costs::auth {
namespace {

namespace v1 = energy::costs::v1;
using ::testing::HasSubstr;
using ::testing::Not;

std::shared_ptr<const Trust> NewTrust(uint64_t generation = 0) {
  auto trust = std::make_shared<Trust>();
  trust->generation = generation;
  trust->own = OwnIssuer("costs");
  trust->signer = JoseKey::Generate();
  trust->own.keys[trust->signer->id()] = trust->signer;
  return trust;
}

class LoginTest : public ::testing::Test {
 protected:
  LoginTest()
      : accounts_(*Accounts::Open({"", [this] { return now_; }})),
        trust_(NewTrust()),
        login_({&accounts_->directory(), &trust_, absl::Hours(1), [this] { return now_; }}),
        authenticator_({&accounts_->directory(), &trust_,
                        *CertificateAccounts::Parse(
                            R"([{"uri":"spiffe://a","account_id":"acc_1","live_mode":false},
                                {"uri":"spiffe://b","account_id":"acc_none","live_mode":false}])"),
                        [this] { return now_; }}) {
    CreateAccount("acc_1");
    CreateAccount("acc_2");
  }

  void CreateAccount(const std::string& id) {
    v1::CreateAccountRequest request;
    request.mutable_account()->set_id(id);
    v1::Account account;
    ASSERT_TRUE(accounts_->CreateAccount(request, &account).ok());
  }

  v1::CreateApiKeyResponse CreateKey(const std::string& account_id, bool live_mode = true,
                                     absl::Duration lives = absl::ZeroDuration()) {
    v1::CreateApiKeyRequest request;
    request.set_account_id(account_id);
    request.set_live_mode(live_mode);
    if (lives > absl::ZeroDuration()) request.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(now_ + lives));
    v1::CreateApiKeyResponse key;
    EXPECT_TRUE(accounts_->CreateApiKey(request, &key).ok());
    return key;
  }

  void Revoke(const std::string& id) {
    v1::RevokeApiKeyRequest request;
    request.set_id(id);
    v1::ApiKey key;
    EXPECT_TRUE(accounts_->RevokeApiKey(request, &key).ok());
  }

  void SetDisabled(const std::string& id, bool disabled) {
    v1::UpdateAccountRequest request;
    request.mutable_account()->set_id(id);
    request.mutable_account()->set_disabled(disabled);
    v1::Account account;
    EXPECT_TRUE(accounts_->UpdateAccount(request, &account).ok());
  }

  absl::StatusOr<LoginAnswer> LogIn(absl::string_view user, absl::string_view password) {
    return login_.Run(absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(user, ":", password))));
  }

  absl::StatusOr<std::shared_ptr<const Identity>> Authenticate(absl::string_view token) {
    const std::string authorization = absl::StrCat("Bearer ", token);
    return authenticator_.Authenticate({authorization});
  }

  // The reason of a call with that token; "" where it is taken.
  std::string ReasonOf(absl::string_view token) { return catalog::ReasonOf(Authenticate(token).status()); }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000) + absl::Milliseconds(700);
  std::unique_ptr<Accounts> accounts_;
  TrustHolder trust_;
  Login login_;
  TokenAuthenticator authenticator_;
};

TEST_F(LoginTest, Key_IsTradedForATokenOfItsAccountAndMode) {
  for (const bool live : {true, false}) {
    const absl::StatusOr<LoginAnswer> answer = LogIn("acc_1", CreateKey("acc_1", live).secret());
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->expires_in, 3600);
    EXPECT_EQ(answer->live_mode, live);
    const auto identity = Authenticate(answer->bearer_token);
    ASSERT_TRUE(identity.ok()) << identity.status();
    EXPECT_EQ((*identity)->tenant, (catalog::Tenant{"acc_1", live}));
  }
}

TEST_F(LoginTest, Token_EndsWhenItSays) {
  const std::string token = LogIn("acc_1", CreateKey("acc_1").secret())->bearer_token;
  now_ += absl::Seconds(3598);
  EXPECT_EQ(ReasonOf(token), "");
  now_ += absl::Seconds(2);
  EXPECT_EQ(ReasonOf(token), "BAD_CREDENTIALS");
}

TEST_F(LoginTest, KeyThatExpires_EndsItsTokensAndLogins) {
  const v1::CreateApiKeyResponse key = CreateKey("acc_1", true, absl::Minutes(10));
  const absl::StatusOr<LoginAnswer> answer = LogIn("acc_1", key.secret());
  EXPECT_EQ(answer->expires_in, 600);
  now_ += absl::Minutes(10);
  EXPECT_EQ(ReasonOf(answer->bearer_token), "BAD_CREDENTIALS");
  EXPECT_EQ(catalog::ReasonOf(LogIn("acc_1", key.secret()).status()), "BAD_CREDENTIALS");
}

TEST_F(LoginTest, RevokedKey_EndsItsTokensAtOnceAlsoThoseSeenBefore) {
  const v1::CreateApiKeyResponse key = CreateKey("acc_1");
  const v1::CreateApiKeyResponse other = CreateKey("acc_1");
  const std::string seen = LogIn("acc_1", key.secret())->bearer_token;
  const std::string unseen = LogIn("acc_1", key.secret())->bearer_token;
  const std::string others = LogIn("acc_1", other.secret())->bearer_token;
  EXPECT_EQ(ReasonOf(seen), "");
  Revoke(key.api_key().id());
  EXPECT_EQ(ReasonOf(seen), "BAD_CREDENTIALS");
  EXPECT_EQ(ReasonOf(unseen), "BAD_CREDENTIALS");
  EXPECT_EQ(ReasonOf(others), "");
  EXPECT_EQ(catalog::ReasonOf(LogIn("acc_1", key.secret()).status()), "BAD_CREDENTIALS");
}

TEST_F(LoginTest, DisabledAccount_IsToldSoUntilItIsEnabled) {
  const v1::CreateApiKeyResponse key = CreateKey("acc_1");
  const std::string token = LogIn("acc_1", key.secret())->bearer_token;
  EXPECT_EQ(ReasonOf(token), "");
  SetDisabled("acc_1", true);
  EXPECT_EQ(ReasonOf(token), "ACCOUNT_DISABLED");
  EXPECT_EQ(LogIn("acc_1", key.secret()).status().code(), absl::StatusCode::kPermissionDenied);
  // Who has not the key learns nothing of the account.
  EXPECT_EQ(catalog::ReasonOf(LogIn("acc_1", CreateKey("acc_2").secret()).status()), "BAD_CREDENTIALS");
  SetDisabled("acc_1", false);
  EXPECT_EQ(ReasonOf(token), "");
}

TEST_F(LoginTest, WhateverIsWrong_TheAnswerIsTheSame) {
  const v1::CreateApiKeyResponse mine = CreateKey("acc_1");
  std::string altered = mine.secret();
  altered.back() = altered.back() == '0' ? '1' : '0';
  std::string other_mode = mine.secret();
  other_mode.replace(0, 8, "sk_test_");
  const absl::Status first = LogIn("acc_none", mine.secret()).status();
  EXPECT_EQ(first.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(catalog::ReasonOf(first), "BAD_CREDENTIALS");
  for (const auto& [user, password] :
       std::initializer_list<std::pair<std::string, std::string>>{{"acc_1", altered},
                                                                  {"acc_1", other_mode},
                                                                  {"acc_2", mine.secret()},
                                                                  {"acc_1", "sk_live_"},
                                                                  {"acc_1", ""},
                                                                  {"", ""}}) {
    const absl::Status status = LogIn(user, password).status();
    EXPECT_EQ(status, first) << user << ":" << password;
    if (password.size() > 8) {
      EXPECT_THAT(std::string(status.message()), Not(HasSubstr(password)));
    }
  }
}

TEST_F(LoginTest, NoBasicCredentials_IsToldWhatIsWanted) {
  for (const char* authorization : {"", "Bearer x", "Basic", "Basic ????", "Basic YWJj"}) {
    const absl::Status status = login_.Run(authorization).status();
    EXPECT_EQ(catalog::ReasonOf(status), "BAD_CREDENTIALS");
    EXPECT_THAT(std::string(status.message()), HasSubstr("HTTP Basic"));
  }
}

TEST_F(LoginTest, FailuresOfAnAccount_AreLimitedAndLockNobodyOut) {
  const std::string secret = CreateKey("acc_1").secret();
  for (int i = 0; i < LoginLimiter::kFailuresPerMinute; ++i) {
    EXPECT_EQ(catalog::ReasonOf(LogIn("acc_1", "wrong").status()), "BAD_CREDENTIALS") << i;
  }
  const absl::Status status = LogIn("acc_1", "wrong").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(catalog::ReasonOf(status), "RATE_LIMITED");
  EXPECT_EQ(catalog::RetryAfterOf(status), absl::Seconds(6));
  // Who has the key is let in.
  EXPECT_TRUE(LogIn("acc_1", secret).ok());
  now_ += absl::Seconds(6);
  EXPECT_EQ(catalog::ReasonOf(LogIn("acc_1", "wrong").status()), "BAD_CREDENTIALS");
  EXPECT_EQ(catalog::ReasonOf(LogIn("acc_1", "wrong").status()), "RATE_LIMITED");
  now_ += absl::Minutes(1);
  for (int i = 0; i < LoginLimiter::kFailuresPerMinute; ++i) {
    EXPECT_EQ(catalog::ReasonOf(LogIn("acc_1", "wrong").status()), "BAD_CREDENTIALS") << i;
  }
  EXPECT_EQ(catalog::ReasonOf(LogIn("acc_1", "wrong").status()), "RATE_LIMITED");
}

TEST_F(LoginTest, NewSigner_LeavesOldTokensWhileTheirKeyIsThere) {
  const std::string secret = CreateKey("acc_1").secret();
  const std::string token = LogIn("acc_1", secret)->bearer_token;
  const std::shared_ptr<const Trust> old = trust_.Get();
  EXPECT_EQ(ReasonOf(token), "");
  auto both = std::make_shared<Trust>(*NewTrust(1));
  both->own.keys.insert(old->own.keys.begin(), old->own.keys.end());
  trust_.Set(both);
  EXPECT_EQ(ReasonOf(token), "");
  const std::string newer = LogIn("acc_1", secret)->bearer_token;
  auto without = std::make_shared<Trust>(*both);
  without->generation = 2;
  without->own.keys.erase(old->signer->id());
  trust_.Set(without);
  // Also where it was found good before.
  EXPECT_EQ(ReasonOf(token), "BAD_CREDENTIALS");
  EXPECT_EQ(ReasonOf(newer), "");
}

TEST_F(LoginTest, TokenOfAnUnknownAccountOrKey_IsRefused) {
  const Trust& trust = *trust_.Get();
  const std::string key_id = CreateKey("acc_1").api_key().id();
  const absl::Time end = now_ + absl::Hours(1);
  EXPECT_EQ(ReasonOf(MakeToken({"acc_1", true, key_id, end}, now_, trust)), "");
  EXPECT_EQ(ReasonOf(MakeToken({"acc_none", true, key_id, end}, now_, trust)), "BAD_CREDENTIALS");
  EXPECT_EQ(ReasonOf(MakeToken({"acc_1", true, "key_none", end}, now_, trust)), "BAD_CREDENTIALS");
}

TEST_F(LoginTest, NoToken_IsRefusedWithWhatToDo) {
  for (const char* authorization : {"", "Bearer", "Bearer ", "Basic YTpi", "bearer"}) {
    const absl::Status status = authenticator_.Authenticate({authorization}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(catalog::ReasonOf(status), "BAD_CREDENTIALS");
    EXPECT_THAT(std::string(status.message()), HasSubstr("GET /login"));
  }
}

TEST_F(LoginTest, BadToken_IsNotToldWhatIsWrongWithIt) {
  const absl::Status junk = Authenticate("junk").status();
  const absl::Status foreign =
      Authenticate(MakeToken({"acc_1", true, "key_1", now_ + absl::Hours(1)}, now_, *NewTrust())).status();
  EXPECT_EQ(junk, foreign);
}

TEST_F(LoginTest, Certificate_CountsWhereThereIsNoAuthorization) {
  const PeerCertificate listed{{"spiffe://a"}, {}, ""};
  const auto identity = authenticator_.Authenticate({"", &listed});
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ((*identity)->tenant, (catalog::Tenant{"acc_1", false}));
  EXPECT_EQ(catalog::ReasonOf(authenticator_.Authenticate({"Bearer x", &listed}).status()), "BAD_CREDENTIALS");
  const PeerCertificate unknown{{"spiffe://c"}, {}, "a"};
  EXPECT_EQ(catalog::ReasonOf(authenticator_.Authenticate({"", &unknown}).status()), "BAD_CREDENTIALS");
  const PeerCertificate of_no_account{{"spiffe://b"}, {}, ""};
  EXPECT_EQ(catalog::ReasonOf(authenticator_.Authenticate({"", &of_no_account}).status()), "BAD_CREDENTIALS");
  SetDisabled("acc_1", true);
  EXPECT_EQ(catalog::ReasonOf(authenticator_.Authenticate({"", &listed}).status()), "ACCOUNT_DISABLED");
}

TEST_F(LoginTest, Jwks_HasTheKeysThatTokensAreKnownBy) {
  EXPECT_EQ(login_.Jwks(), absl::StrCat("{\"keys\":[", trust_.Get()->signer->public_jwk(), "]}"));
}

}  // namespace
}  // namespace costs::auth
