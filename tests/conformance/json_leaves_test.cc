#include "tests/conformance/json_leaves.h"

#include <gtest/gtest.h>

namespace costs::conformance {
namespace {

TEST(JsonLeaves, NestedDocument_HasEachLeafByItsPath) {
  const absl::StatusOr<JsonLeaves> leaves =
      LeavesOf(R"({"a":{"b":1.50,"c":"x"},"d":[true,{"e":null},[]],"f":{},"g":[[1,2],[3]]})");
  ASSERT_TRUE(leaves.ok()) << leaves.status();
  const JsonLeaves expected = {
      {"a.b", {LeafKind::kNumber, "1.50"}},   {"a.c", {LeafKind::kString, "x"}},
      {"d[0]", {LeafKind::kBoolean, "true"}}, {"d[1].e", {LeafKind::kNull, ""}},
      {"d[2]", {LeafKind::kEmptyArray, ""}},  {"f", {LeafKind::kEmptyObject, ""}},
      {"g[0][0]", {LeafKind::kNumber, "1"}},  {"g[0][1]", {LeafKind::kNumber, "2"}},
      {"g[1][0]", {LeafKind::kNumber, "3"}},
  };
  EXPECT_EQ(*leaves, expected);
}

TEST(JsonLeaves, OrderAndBlanks_DoNotMatter) {
  EXPECT_EQ(*LeavesOf(R"({"a":1,"b":{"c":2,"d":"x y"}})"),
            *LeavesOf("{ \"b\" : {\"d\":\"x y\",\n\"c\":2 },\t\"a\":1}"));
}

TEST(JsonLeaves, NoJsonOrANameTwice_IsRefused) {
  for (const char* bad : {"", "{", "{} {}", "{\"a\":1,}", "nope", "{\"a\":1,\"a\":2}"}) {
    EXPECT_FALSE(LeavesOf(bad).ok()) << bad;
  }
}

TEST(CanonicalNumber, WritingsOfANumber_AreOne) {
  const struct {
    const char* written;
    const char* canonical;
  } cases[] = {{"0", "0"},
               {"-0", "0"},
               {"0.000", "0"},
               {"-0.0e5", "0"},
               {"10284", "10284"},
               {"928.372", "928372e-3"},
               {"9.28372e2", "928372e-3"},
               {"928.3720", "928372e-3"},
               {"1e+09", "1e9"},
               {"1000000000", "1e9"},
               {"-0.5", "-5e-1"},
               {"1E-7", "1e-7"},
               {"100e-2", "1"}};
  for (const auto& c : cases) EXPECT_EQ(CanonicalNumber(c.written), c.canonical) << c.written;
}

}  // namespace
}  // namespace costs::conformance
