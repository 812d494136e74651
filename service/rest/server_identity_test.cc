// Who sends a request: asked before the body is read, and told to the handler.
#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/auth/authenticator.h"
#include "service/catalog/refusal.h"
#include "service/rest/testing/raw_client.h"
#include "service/rest/testing/server_fixture.h"

namespace costs::rest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// "Bearer NAME" is acc_NAME in test mode, but for "disabled".
class NameAuthenticator final : public auth::Authenticator {
 public:
  absl::StatusOr<std::shared_ptr<const auth::Identity>> Authenticate(const auth::Credentials& credentials) override {
    ++asked;
    if (credentials.authorization == "Bearer broken") return absl::InternalError("the secret path");
    if (credentials.authorization == "Bearer disabled") {
      return catalog::Refuse(absl::StatusCode::kPermissionDenied, "ACCOUNT_DISABLED", "the account is disabled");
    }
    if (credentials.authorization.size() <= 7) {
      return catalog::Refuse(absl::StatusCode::kUnauthenticated, "BAD_CREDENTIALS", "no credentials that are known");
    }
    return std::make_shared<const auth::Identity>(
        auth::Identity{{absl::StrCat("acc_", credentials.authorization.substr(7)), false}});
  }

  std::atomic<int> asked{0};
};

class IdentityTest : public ServerTest {
 protected:
  IdentityTest() {
    options_.authenticator = &names_;
    options_.live_mode = true;
    const auto tell = [](const Request& request, const Done& done) {
      Answer answer;
      answer.body = absl::StrCat(request.identity == nullptr ? "nobody" : request.identity->tenant.account_id, " ",
                                 request.authorization);
      done(answer);
    };
    options_.routes.push_back({"GET", "/open", "api.open", 0, tell, /*open=*/true});
    options_.routes.push_back({"GET", "/closed", "api.closed", 0, tell});
    options_.routes.push_back(
        {"GET", "/onward", "api.onward", 0, tell, /*open=*/false, /*hands_on_authorization=*/true});
    options_.routes.push_back({"PUT", "/large", "api.large", uint64_t{64} << 20, tell});
    Start();
  }

  static std::string GetAs(absl::string_view target, absl::string_view authorization) {
    return absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: test\r\nAuthorization: ", authorization, "\r\n\r\n");
  }

  NameAuthenticator names_;
};

TEST_F(IdentityTest, Recognised_IsToldToTheHandler) {
  EXPECT_EQ(Ask(GetAs("/closed", "Bearer eve")).body, "acc_eve ") << "but not his credentials";
  EXPECT_EQ(Ask(GetAs("/onward", "Bearer eve")).body, "acc_eve Bearer eve");
  const RawResponse response = Ask(Post(Body("loc_1"), "/costs/instant", "Authorization: Bearer eve\r\n"));
  EXPECT_THAT(response.body, HasSubstr(R"("account_id":"acc_eve")"));
  EXPECT_THAT(response.body, HasSubstr(R"("live_mode":false)"));
}

TEST_F(IdentityTest, OpenRoute_IsAnsweredWhoeverAsksAndSeesTheField) {
  EXPECT_EQ(Ask(Get("/open")).body, "nobody ");
  EXPECT_EQ(Ask(GetAs("/open", "Basic abc")).body, "nobody Basic abc");
  EXPECT_EQ(Ask(Get("/healthz")).status, 200);
  EXPECT_EQ(names_.asked, 0);
}

TEST_F(IdentityTest, Refused_HasTheContractsErrorOnTheSameConnection) {
  RawClient client(port_);
  client.Send(Get("/closed"));
  std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 403);
  EXPECT_THAT(response->body, HasSubstr(R"({"object":"error","live_mode":true,"context":"api.closed",)"
                                        R"("type":"invalid_request","code":"bad_credentials",)"
                                        R"("message":"no credentials that are known")"));
  client.Send(GetAs("/closed", "Bearer disabled"));
  response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 422);
  EXPECT_THAT(response->body, HasSubstr(R"("code":"account_disabled")"));
  client.Send(GetAs("/closed", "Bearer eve"));
  response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
}

// Nothing of a request before it is left behind.
TEST_F(IdentityTest, NextRequestOfAConnection_IsAskedAnew) {
  RawClient client(port_);
  client.Send(GetAs("/closed", "Bearer eve"));
  ASSERT_EQ(client.Read()->body, "acc_eve ");
  client.Send(GetAs("/closed", "Bearer adam"));
  EXPECT_EQ(client.Read()->body, "acc_adam ");
  client.Send(Get("/closed"));
  EXPECT_EQ(client.Read()->status, 403);
}

TEST_F(IdentityTest, ErrorOfOneWhoIsKnown_HasHisMode) {
  const RawResponse response = Ask(Post(Body("NO_PRICE_DATA"), "/costs/instant", "Authorization: Bearer eve\r\n"));
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, HasSubstr(R"("live_mode":false)"));
}

TEST_F(IdentityTest, BodyOfAStranger_IsNotWaitedFor) {
  RawClient client(port_);
  client.Send(
      "PUT /large HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 60000000\r\n\r\n[");
  std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 403);
  EXPECT_EQ(response->header("connection"), "close");
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(IdentityTest, StrangerWhoAsksToContinue_IsToldNotTo) {
  RawClient client(port_);
  client.Send("PUT /large HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  std::optional<RawResponse> response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 403);
}

// What he sends wrong is not told to a stranger.
TEST_F(IdentityTest, StrangersFaults_AreNotLookedAt) {
  EXPECT_EQ(Ask("POST /costs/instant HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx")
                .status,
            403);
  EXPECT_EQ(Ask(Get("/nowhere")).status, 404);
  EXPECT_EQ(Ask(Get("/costs/instant")).status, 405);
}

TEST_F(IdentityTest, SeveralAuthorizations_AreRefused) {
  EXPECT_EQ(
      Ask("GET /closed HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n").status,
      403);
  EXPECT_EQ(names_.asked, 0);
}

TEST_F(IdentityTest, AuthenticatorFails_IsInternalWithoutItsText) {
  const RawResponse response = Ask(GetAs("/closed", "Bearer broken"));
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, Not(HasSubstr("secret")));
  const std::lock_guard<std::mutex> lock(log_mutex_);
  EXPECT_THAT(log_, HasSubstr("the secret path"));
}

TEST_F(IdentityTest, WithoutAuthenticator_TheServerDoesNotStart) {
  options_.authenticator = nullptr;
  EXPECT_EQ(Server(options_).Start().status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace costs::rest
