#include "service/auth/token_cache.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace costs::auth {
namespace {

std::shared_ptr<const CachedToken> Cached(std::string key_id) {
  auto cached = std::make_shared<CachedToken>();
  cached->key_id = std::move(key_id);
  return cached;
}

TEST(TokenCache, Token_IsFoundByTheWholeOfIt) {
  TokenCache cache(100);
  cache.Put("a.b.c", Cached("key_1"));
  EXPECT_EQ(cache.Find("a.b.c")->key_id, "key_1");
  EXPECT_EQ(cache.Find("a.b.d"), nullptr);
  EXPECT_EQ(cache.Find("a.b."), nullptr);
  cache.Put("a.b.c", Cached("key_2"));
  EXPECT_EQ(cache.Find("a.b.c")->key_id, "key_2");
  cache.Remove("a.b.c");
  EXPECT_EQ(cache.Find("a.b.c"), nullptr);
}

TEST(TokenCache, ManyTokens_StayBoundedAndKeepWhatIsUsed) {
  TokenCache cache(160);
  cache.Put("used", Cached("key_1"));
  for (int i = 0; i < 100'000; ++i) {
    cache.Put(absl::StrCat("token ", i), Cached(""));
    ASSERT_NE(cache.Find("used"), nullptr) << i;
  }
  EXPECT_LE(cache.size(), 2u * (160 + 16));
  EXPECT_EQ(cache.Find("token 0"), nullptr);
  EXPECT_NE(cache.Find("token 99999"), nullptr);
}

}  // namespace
}  // namespace costs::auth
