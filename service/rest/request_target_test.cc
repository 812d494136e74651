#include "service/rest/request_target.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::rest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(ParseRequestTarget, WellFormed_SplitsAndDecodes) {
  const auto plain = ParseRequestTarget("/costs/instant");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->path, "/costs/instant");
  EXPECT_THAT(plain->query, IsEmpty());

  const auto query = ParseRequestTarget("/costs/%69nstant?include_tariff=tr%75e&&a+b=%26%3d+%2F?&flag&x=1=2&x=");
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->path, "/costs/instant");
  EXPECT_THAT(query->query, ElementsAre(Pair("include_tariff", "true"), Pair("a b", "&= /?"), Pair("flag", ""),
                                        Pair("x", "1=2"), Pair("x", "")));
}

TEST(ParseRequestTarget, Path_KeepsEncodedSlashAndPlus) {
  struct Case {
    const char* target;
    const char* path;
  };
  const Case cases[] = {
      {"/costs%2Finstant", "/costs%2Finstant"},
      {"/a+b", "/a+b"},
      {"/", "/"},
      {"/?a=b", "/"},
      {"http://host:80/costs/instant?a=b", "/costs/instant"},
      {"HTTPS://host", "/"},
      {"http://host?a=b", "/"},
      {"//host/path", "//host/path"},
      {"/costs/instant/", "/costs/instant/"},
      {"/caf%C3%A9/%F0%9F%98%80", "/caf\u00e9/\U0001F600"},
  };
  for (const Case& c : cases) {
    const auto target = ParseRequestTarget(c.target);
    ASSERT_TRUE(target.ok()) << c.target << ": " << target.status();
    EXPECT_EQ(target->path, c.path) << c.target;
  }
}

TEST(ParseRequestTarget, Malformed_IsRefused) {
  for (const char* target : {"", "*", "costs", "host:443", "/%", "/%2", "/%zz", "/?a=%", "/?%4=b", "/?a=%g1", "/a#b",
                             "/locations/%ff", "/locations/a%C3", "/?a=%ed%a0%80", "/?%80=b", "/\xc0\xaf"}) {
    EXPECT_EQ(ParseRequestTarget(target).status().code(), absl::StatusCode::kInvalidArgument) << target;
  }
}

}  // namespace
}  // namespace costs::rest
