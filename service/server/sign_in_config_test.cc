#include "service/server/sign_in_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace costs::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(SignInConfig, Default_WantsTokensWhereverItListens) {
  const SignInConfig config = SignInConfigFromFlags();
  EXPECT_TRUE(config.by_tokens());
  EXPECT_THAT(CheckSignIn(config, {{"grpc_listen", "0.0.0.0:50051"}}), IsEmpty());
}

TEST(SignInConfig, None_IsForLoopbackUnlessAllowed) {
  SignInConfig config = SignInConfigFromFlags();
  config.authentication = "none";
  EXPECT_FALSE(config.by_tokens());
  EXPECT_THAT(CheckSignIn(config, {{"grpc_listen", "127.0.0.1:50051"}, {"rest_listen", "localhost:0"}}), IsEmpty());
  EXPECT_THAT(CheckSignIn(config, {{"grpc_listen", "[::1]:50051"}, {"rest_listen", ""}}), IsEmpty());
  for (const char* address : {"0.0.0.0:50051", "[::]:50051", "10.0.0.1:1", "costs.example:50051", "127x:1"}) {
    EXPECT_THAT(CheckSignIn(config, {{"grpc_listen", address}, {"rest_listen", "127.0.0.1:0"}}),
                ElementsAre(HasSubstr("--grpc_listen")))
        << address;
  }
  config.allow_unauthenticated = true;
  EXPECT_THAT(CheckSignIn(config, {{"grpc_listen", "0.0.0.0:50051"}}), IsEmpty());
}

TEST(SignInConfig, BadSetting_IsNamedWithItsRemedy) {
  SignInConfig config = SignInConfigFromFlags();
  config.authentication = "password";
  config.service_name = "";
  config.token_lifetime = absl::Seconds(59);
  EXPECT_THAT(CheckSignIn(config, {}), ElementsAre("--authentication is 'password'; it must be tokens or none",
                                                   "--service_name must be 1 to 256 characters long",
                                                   "--token_lifetime is 59s; it must be between 1m and 24h"));
}

}  // namespace
}  // namespace costs::server
