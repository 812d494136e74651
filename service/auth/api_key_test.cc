#include "service/auth/api_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/auth/secrets.h"

namespace costs::auth {
namespace {

TEST(ApiKey, New_SaysItsIdAndMode) {
  for (const bool live : {true, false}) {
    const NewApiKey key = MakeApiKey(live);
    EXPECT_TRUE(absl::StartsWith(key.text, live ? "sk_live_" : "sk_test_"));
    EXPECT_EQ(key.text.size(), 8u + 24 + 64);
    EXPECT_EQ(key.id, absl::StrCat("key_", key.text.substr(8, 24)));
    const ApiKeyText read = ReadApiKey(key.text);
    EXPECT_EQ(read.id, key.id);
    EXPECT_EQ(read.live_mode, live);
  }
}

TEST(ApiKey, New_IsLikeNoOther) {
  std::set<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.insert(MakeApiKey(true).text.substr(32));
  EXPECT_EQ(texts.size(), 1000u);
}

TEST(ApiKey, TextOfAnotherForm_HasNoId) {
  const std::string good = MakeApiKey(true).text;
  for (const std::string& text :
       {std::string(), std::string("sk_live_"), good.substr(1), good + "0", good.substr(0, good.size() - 1),
        absl::StrCat("SK_LIVE_", good.substr(8)), absl::StrCat("sk_prod_", good.substr(8)),
        absl::StrCat(good.substr(0, 95), "g"), absl::StrCat(good.substr(0, 95), "A"),
        absl::StrCat(good.substr(0, 95), std::string(1, '\0'))}) {
    EXPECT_EQ(ReadApiKey(text).id, "") << text;
  }
}

TEST(ApiKey, Hash_MatchesItsTextOnly) {
  const std::string text = MakeApiKey(true).text;
  const SecretHash kept = HashOf(text);
  EXPECT_TRUE(Matches(text, kept));
  EXPECT_FALSE(Matches(absl::StrCat(text, " "), kept));
  EXPECT_FALSE(Matches("", kept));
  std::string other = text;
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_FALSE(Matches(other, kept));
  EXPECT_FALSE(Matches(text, {kept.salt, ""}));
}

TEST(ApiKey, Hash_IsSaltedAndHoldsNothingOfTheText) {
  const std::string text = MakeApiKey(true).text;
  const SecretHash one = HashOf(text), two = HashOf(text);
  EXPECT_NE(one.salt, two.salt);
  EXPECT_NE(one.hash, two.hash);
  EXPECT_EQ(one.salt.size(), 16u);
  EXPECT_EQ(one.hash.size(), 32u);
}

// FIPS 180-2, appendix B.1.
TEST(Secrets, Sha256_IsTheStandards) {
  EXPECT_EQ(absl::BytesToHexString(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace costs::auth
