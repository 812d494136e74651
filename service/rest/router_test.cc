#include "service/rest/router.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::rest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Router Table() {
  const auto none = [](const Request&, const Done&) {};
  return Router({{"GET", "/locations", "api.locations", 0, none},
                 {"POST", "/locations", "api.locations", 1000, none},
                 {"GET", "/locations/{id}", "api.locations", 0, none},
                 {"DELETE", "/locations/{id}", "api.locations", 0, none},
                 {"GET", "/a/{x}/b/{y}", "api.a", 10, none}});
}

TEST(Router, PathOfARoute_IsFoundWithItsParameters) {
  const Router router = Table();
  const struct {
    const char* method;
    const char* path;
    const char* pattern;
    std::vector<std::string> parameters;
  } cases[] = {
      {"GET", "/locations", "/locations", {}},
      {"HEAD", "/locations", "/locations", {}},
      {"POST", "/locations", "/locations", {}},
      {"GET", "/locations/loc_1", "/locations/{id}", {"loc_1"}},
      {"GET", "/locations/a%2Fb", "/locations/{id}", {"a%2Fb"}},
      {"DELETE", "/locations/{id}", "/locations/{id}", {"{id}"}},
      {"GET", "/a/1/b/2", "/a/{x}/b/{y}", {"1", "2"}},
  };
  for (const auto& c : cases) {
    const Router::Match match = router.Find(c.method, c.path);
    ASSERT_NE(match.route, nullptr) << c.path;
    EXPECT_EQ(match.route->pattern, c.pattern);
    EXPECT_EQ(match.parameters, c.parameters);
  }
}

TEST(Router, OtherMethod_IsToldWhatThePathTakes) {
  const Router router = Table();
  const Router::Match collection = router.Find("PATCH", "/locations");
  EXPECT_EQ(collection.route, nullptr);
  EXPECT_EQ(collection.allow, "GET, HEAD, POST");
  EXPECT_EQ(collection.context, "api.locations");
  EXPECT_EQ(router.Find("POST", "/locations/loc_1").allow, "GET, HEAD, DELETE");
  EXPECT_EQ(router.Find("get", "/locations").allow, "GET, HEAD, POST") << "methods are told apart by case";
}

TEST(Router, OtherPath_IsNotFound) {
  const Router router = Table();
  for (const char* path : {"", "/", "/location", "/locations/", "/locations/loc_1/", "/locations//x", "/Locations",
                           "/a/1/b", "/a//b/2", "//locations"}) {
    const Router::Match match = router.Find("GET", path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_THAT(match.allow, IsEmpty()) << path;
    EXPECT_THAT(match.parameters, IsEmpty()) << path;
  }
}

TEST(Router, LargestBody_IsThatOfAllRoutes) { EXPECT_EQ(Table().largest_body(), 1000u); }

}  // namespace
}  // namespace costs::rest
