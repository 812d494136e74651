#include "service/auth/authorization.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace costs::auth {
namespace {

std::string Basic(absl::string_view text) { return absl::StrCat("Basic ", absl::Base64Escape(text)); }

TEST(Authorization, Scheme_IsReadInAnyCase) {
  EXPECT_EQ(OfScheme("Bearer abc", "Bearer"), "abc");
  EXPECT_EQ(OfScheme("bEARER  abc", "Bearer"), "abc");
  EXPECT_EQ(OfScheme("Bearer ", "Bearer"), "");
  EXPECT_EQ(OfScheme("Bearer", "Bearer"), "");
  EXPECT_EQ(OfScheme("Bearerabc", "Bearer"), "");
  EXPECT_EQ(OfScheme("Basic abc", "Bearer"), "");
  EXPECT_EQ(OfScheme("", "Bearer"), "");
}

TEST(Authorization, Basic_IsReadUpToTheFirstColon) {
  const auto one = ReadBasic(Basic("acc_1:sk_live_x"));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->user, "acc_1");
  EXPECT_EQ(one->password, "sk_live_x");
  EXPECT_EQ(ReadBasic(Basic("a:b:c"))->password, "b:c");
  EXPECT_EQ(ReadBasic(Basic(":"))->user, "");
  // RFC 7617, section 2.
  const auto example = ReadBasic("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(example->user, "Aladdin");
  EXPECT_EQ(example->password, "open sesame");
}

TEST(Authorization, BasicOfAnotherForm_IsNone) {
  for (const std::string& text :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Basic !"), std::string("Bearer YTpi"),
        Basic("no colon"), Basic("a:b\n"), Basic(absl::string_view("a\0:b", 4)), Basic("a:b\x7f"),
        Basic(absl::StrCat("a:", std::string(kLongestBasic, 'x')))}) {
    EXPECT_FALSE(ReadBasic(text)) << text;
  }
}

}  // namespace
}  // namespace costs::auth
