#include "service/catalog/located_json.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Kind = JsonNode::Kind;

JsonDocument Parsed(absl::string_view text) {
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text);
  EXPECT_TRUE(document.ok()) << document.status() << "\n" << text;
  if (!document.ok()) document = JsonDocument::Parse("null");
  return *std::move(document);
}

std::string RefusedWith(absl::string_view text, const JsonLimits& limits = {}) {
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text, limits);
  if (document.ok()) return "accepted";
  EXPECT_EQ(document.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(document.status().message());
}

TEST(JsonDocument, NestedValues_KnowLineColumnAndPath) {
  const JsonDocument document =
      Parsed("\n{\n  \"a\" : [1,\n    {\"b\\u0021\": \"x\\ny\" ,\"c\":null}, true ],\n \"d\":{}}\n");
  const JsonNode& root = document.root();
  EXPECT_EQ(root.kind(), Kind::kObject);
  EXPECT_EQ(root.line(), 2);
  EXPECT_EQ(root.Path(), "");
  const JsonNode* a = root.Find("a");
  ASSERT_NE(a, nullptr);
  ASSERT_EQ(a->elements().size(), 3u);
  EXPECT_EQ(a->line(), 3);
  EXPECT_EQ(a->column(), 9);
  const JsonNode* b = a->elements()[1]->Find("b!");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->text(), "x\ny");
  EXPECT_EQ(b->line(), 4);
  EXPECT_EQ(b->column(), 17);
  EXPECT_EQ(b->Path(), "a[1].b!");
  const JsonNode* c = a->elements()[1]->Find("c");
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(c->kind(), Kind::kNull);
  EXPECT_EQ(c->column(), 29);
  EXPECT_EQ(a->elements()[2]->Path(), "a[2]");
  EXPECT_TRUE(a->elements()[2]->boolean());
  EXPECT_EQ(root.Find("d")->line(), 5);
  EXPECT_EQ(root.Find("nothing"), nullptr);
  EXPECT_EQ(a->Find("b"), nullptr);
}

TEST(JsonDocument, Numbers_KeepTheirDigits) {
  for (absl::string_view number : {"0", "-0", "90.277823698", "0.1000000000000000000000000001", "-12.50", "1e-3",
                                   "2E+10", "123456789012345678901234567890"}) {
    const JsonDocument document = Parsed(number);
    EXPECT_EQ(document.root().kind(), Kind::kNumber);
    EXPECT_EQ(document.root().text(), number);
  }
}

TEST(JsonDocument, EveryKindOfRoot_IsRead) {
  EXPECT_EQ(Parsed("null").root().kind(), Kind::kNull);
  EXPECT_EQ(Parsed(" false ").root().kind(), Kind::kBool);
  EXPECT_EQ(Parsed("\"\"").root().text(), "");
  EXPECT_EQ(Parsed("[]").root().elements().size(), 0u);
  EXPECT_EQ(Parsed("\xEF\xBB\xBF{}").root().kind(), Kind::kObject);
}

TEST(JsonDocument, MovedDocument_KeepsItsNodes) {
  JsonDocument document = Parsed("{\"a\": \"text\"}");
  const JsonNode* a = document.root().Find("a");
  const JsonDocument moved = std::move(document);
  EXPECT_EQ(moved.root().Find("a"), a);
  EXPECT_EQ(a->text(), "text");
  EXPECT_EQ(a->Path(), "a");
}

TEST(JsonDocument, BrokenTexts_AreRefusedWithTheirPosition) {
  struct Case {
    absl::string_view text;
    absl::string_view position;
  };
  const std::vector<Case> cases = {
      {"", "1:1: not JSON"},
      {"  \n\n", "3:1: not JSON"},
      {"{", "1:2: not JSON"},
      {"{\"a\": 1", "1:8: not JSON"},
      {"[1,\n2", "2:2: not JSON"},
      {"[1,]", "1:4: not JSON"},
      {"{\"a\":1,}", "1:8: not JSON"},
      {"{\"a\" 1}", "1:6: not JSON"},
      {"{a:1}", "1:2: not JSON"},
      {"[NaN]", "1:2: not JSON"},
      {"[-Infinity]", "1:"},
      {"[01]", "1:3: not JSON"},
      {"[1.]", "1:"},
      {"[+1]", "1:2: not JSON"},
      {"[.5]", "1:2: not JSON"},
      {"{} {}", "1:4: not JSON"},
      {"// note\n1", "1:1: not JSON"},
      {"\"\\x\"", "1:"},
      {"\"open", "1:"},
      {"\"a\nb\"", "1:"},
      {"\n\"\xC3\x28\"", "2:"},
      {"\"\\ud800\"", "1:"},
      {"[\n\"a\\udc00\"]", "2:1: a text has half of a surrogate pair"},
      {"{\"\\udc00\": 1}", "1:2: a text has half of a surrogate pair"},
      {"tru", "1:"},
      {"{\"a\": 1,\n\n \"a\": 2}", "3:2: the name \"a\" is twice"},
      {"[{\"a\":{\"b\":1,\"b\":1}}]", "1:14: the name \"b\" is twice"},
  };
  for (const Case& c : cases) EXPECT_THAT(RefusedWith(c.text), StartsWith(std::string(c.position))) << c.text;
}

TEST(JsonDocument, ZeroByte_IsRefused) {
  EXPECT_THAT(RefusedWith(absl::string_view("{}\n\0{}", 6)), StartsWith("2:1: not JSON: a zero byte"));
}

TEST(JsonDocument, SameNameInDifferentObjects_IsAllowed) {
  EXPECT_EQ(Parsed("[{\"a\":1},{\"a\":{\"a\":2}}]").root().elements().size(), 2u);
}

TEST(JsonDocument, NameTwiceInALargeObject_IsRefused) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&text, "\"n", i, "\":0,\n");
  EXPECT_THAT(RefusedWith(absl::StrCat(text, "\"n500\":1}")), StartsWith("1001:1: the name \"n500\" is twice"));
  EXPECT_EQ(Parsed(absl::StrCat(text, "\"m\":1}")).root().elements().size(), 1001u);
}

TEST(JsonDocument, DeepNesting_IsRefusedAtTheLimit) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  JsonLimits limits;
  EXPECT_EQ(RefusedWith(nested(limits.max_depth), limits), "accepted");
  EXPECT_THAT(RefusedWith(nested(limits.max_depth + 1), limits), HasSubstr("1:33: nested more than 32 deep"));
  // Far deeper than a recursive parser's stack would bear.
  EXPECT_THAT(RefusedWith(nested(1'000'000), limits), HasSubstr("nested more than"));
}

TEST(JsonDocument, TooLarge_IsRefused) {
  JsonLimits limits;
  limits.max_bytes = 10;
  EXPECT_EQ(RefusedWith("[1,2,3,4]", limits), "accepted");
  EXPECT_THAT(RefusedWith("[1,2,3,4,5]", limits), HasSubstr("11 bytes; at most 10"));
  limits = {};
  limits.max_values = 4;
  EXPECT_EQ(RefusedWith("[1,2,3]", limits), "accepted");
  EXPECT_THAT(RefusedWith("[1,2,\n3,4]", limits), HasSubstr("2:3: more than 4 values"));
}

TEST(JsonDocument, HugeNumber_NeverOverflows) {
  // Whether a number can be a rate is for its reader to say.
  const std::string digits = absl::StrCat("0.", std::string(20'000, '9'));
  EXPECT_EQ(Parsed(digits).root().text(), digits);
  EXPECT_THAT(RefusedWith("[1e999999999999]"), StartsWith("1:"));
}

class ObjectReaderTest : public ::testing::Test {
 protected:
  std::string Faults() const { return std::string(faults_.ToStatus().message()); }

  FaultLog faults_;
};

TEST_F(ObjectReaderTest, MembersOfTheRightKind_AreRead) {
  const JsonDocument document = Parsed(R"({"s": "x", "b": true, "n": 1.50, "z": null, "comment": "for people"})");
  ObjectReader reader(document.root(), "f.json", &faults_);
  EXPECT_EQ(reader.RequiredString("s", "text"), "x");
  EXPECT_EQ(reader.RequiredBool("b", "true or false"), true);
  EXPECT_EQ(reader.Required("n", Kind::kNumber, "a number")->text(), "1.50");
  EXPECT_EQ(reader.OptionalString("z", "text"), absl::nullopt);
  EXPECT_EQ(reader.OptionalBool("absent", "true or false"), absl::nullopt);
  reader.RefuseOthers();
  EXPECT_TRUE(faults_.empty()) << Faults();
}

TEST_F(ObjectReaderTest, MissingNullAndWrongKind_AreFaults) {
  const JsonDocument document = Parsed("[\n{\"n\": \"7\",\n \"z\": null}]");
  ObjectReader reader(*document.root().elements()[0], "f.json", &faults_);
  EXPECT_EQ(reader.RequiredString("s", "a name"), absl::nullopt);
  EXPECT_EQ(reader.RequiredString("z", "a name"), absl::nullopt);
  EXPECT_EQ(reader.Optional("n", Kind::kNumber, "a number"), nullptr);
  EXPECT_EQ(Faults(),
            "catalog: f.json:2: [0].s: is missing; write a name\n"
            "catalog: f.json:3: [0].z: is null; write a name\n"
            "catalog: f.json:2: [0].n: is a string; write a number");
}

TEST_F(ObjectReaderTest, UnknownMember_IsAFaultThatListsTheKnownOnes) {
  const JsonDocument document = Parsed("{\"a\": 1,\n \"serial\": 2, \"source\": 3}");
  ObjectReader reader(document.root(), "f.json", &faults_);
  reader.Optional("a", Kind::kNumber, "a number");
  reader.Optional("b", Kind::kNumber, "a number");
  reader.RefuseOthers();
  EXPECT_EQ(Faults(), "catalog: f.json:2: serial: is not known here; allowed: a, b");
}

TEST_F(ObjectReaderTest, NotAnObject_IsOneFault) {
  const JsonDocument document = Parsed("[7]");
  ObjectReader reader(*document.root().elements()[0], "f.json", &faults_);
  EXPECT_FALSE(reader.is_object());
  reader.RequiredString("s", "a name");
  reader.RefuseOthers();
  EXPECT_EQ(Faults(), "catalog: f.json:1: [0]: is a number; write an object in { }");
}

}  // namespace
}  // namespace costs::catalog
