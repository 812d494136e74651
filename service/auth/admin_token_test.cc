#include "service/auth/admin_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"

namespace costs::auth {
namespace {

using ::testing::HasSubstr;

constexpr char kToken[] = "0123456789abcdef0123456789abcdef";

TEST(AdminToken, Unset_RefusesAndTellsHowToEnable) {
  for (const char* authorization : {"", "Bearer ", "Bearer x"}) {
    const absl::Status status = AdminToken().Check(authorization);
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(catalog::ReasonOf(status), "ADMIN_DISABLED");
    EXPECT_THAT(std::string(status.message()), HasSubstr("--admin_token_file"));
  }
}

TEST(AdminToken, Set_TakesItselfOnly) {
  const absl::StatusOr<AdminToken> token = AdminToken::Of(absl::StrCat(kToken, "\n"));
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_TRUE(token->Check(absl::StrCat("Bearer ", kToken)).ok());
  for (const std::string& authorization :
       {std::string(), std::string(kToken), absl::StrCat("Basic ", kToken), absl::StrCat("Bearer ", kToken, "0"),
        std::string("Bearer 0123456789abcdef0123456789abcdee"), std::string("Bearer ")}) {
    const absl::Status status = token->Check(authorization);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << authorization;
    EXPECT_EQ(catalog::ReasonOf(status), "BAD_CREDENTIALS");
  }
}

TEST(AdminToken, TooShort_IsRefusedWithoutTellingIt) {
  const absl::StatusOr<AdminToken> token = AdminToken::Of("  hunter2hunter2hunter2hunter2hun \n");
  EXPECT_EQ(token.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(token.status().message(), "is shorter than 32 characters; make one with: openssl rand -hex 32");
}

}  // namespace
}  // namespace costs::auth
