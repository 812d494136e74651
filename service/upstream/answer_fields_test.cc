#include "service/upstream/answer_fields.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace costs::upstream {
namespace {

TEST(AnswerFields, Object_GivesItsFieldsByPath) {
  const absl::StatusOr<AnswerFields> fields = AnswerFields::Read(
      R"({"id": "mre_1", "live_mode": false, "data": {"energy": {"value": 10284}, "tariff": {"value": 9.50}}})");
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(fields->Text("id"), "mre_1");
  EXPECT_EQ(fields->Bool("live_mode"), false);
  // As written: 9.50 and not 9.5.
  EXPECT_EQ(fields->Number("data.tariff.value"), "9.50");
  EXPECT_TRUE(fields->Has("data.tariff"));
  EXPECT_FALSE(fields->Has("data.carbon"));
}

TEST(AnswerFields, OtherType_IsNotGiven) {
  const absl::StatusOr<AnswerFields> fields = AnswerFields::Read(R"({"a": "1", "b": 1, "c": null, "d": [{"e": 1}]})");
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(fields->Number("a"), std::nullopt);
  EXPECT_EQ(fields->Text("b"), std::nullopt);
  EXPECT_EQ(fields->Bool("b"), std::nullopt);
  EXPECT_FALSE(fields->Has("c"));
  EXPECT_TRUE(fields->Has("d"));
  EXPECT_FALSE(fields->Has("d.e"));
}

TEST(AnswerFields, EscapedText_IsGivenAsItIsMeant) {
  const absl::StatusOr<AnswerFields> fields =
      AnswerFields::Read(R"({"a\u0062": "\"\u00e9\ud83d\ude00\"", "c": "é", "d": -1.50e+2})");
  ASSERT_TRUE(fields.ok()) << fields.status();
  EXPECT_EQ(fields->Text("ab"), "\"é😀\"");
  EXPECT_EQ(fields->Text("c"), "é");
  EXPECT_EQ(fields->Number("d"), "-1.50e+2");
  // Halves of a pair, and a lead byte without the rest.
  EXPECT_FALSE(AnswerFields::Read(R"({"a": "\ud83d"})").ok());
  EXPECT_EQ(AnswerFields::Read(R"({"a": "x\ude00"})").status().message(),
            "is no JSON: a text has half of a surrogate pair");
  EXPECT_FALSE(AnswerFields::Read(R"({"\udc00": 1})").ok());
  EXPECT_FALSE(AnswerFields::Read("{\"a\": \"\xc3\"}").ok());
}

TEST(AnswerFields, ManyFields_AreAllThereAndTakenForOnceEach) {
  std::string many = "{";
  for (int i = 0; i < 3'000; ++i) absl::StrAppend(&many, "\"f", i, "\": ", i, ", ");
  const absl::StatusOr<AnswerFields> fields = AnswerFields::Read(many + R"("last": {"a": 1}})");
  ASSERT_TRUE(fields.ok()) << fields.status();
  for (int i = 0; i < 3'000; ++i) EXPECT_EQ(fields->Number(absl::StrCat("f", i)), absl::StrCat(i));
  EXPECT_EQ(fields->Number("last.a"), "1");
  EXPECT_EQ(AnswerFields::Read(many + R"("f7": 7})").status().message(), "has 'f7' twice");
}

TEST(AnswerFields, WhatIsDeep_IsPassedOver) {
  std::string deep = R"({"data": )";
  for (int i = 0; i < 20'000; ++i) deep += R"({"a": )";
  deep += "1" + std::string(20'000, '}') + R"(, "id": "mre_1"})";
  const absl::StatusOr<AnswerFields> fields = AnswerFields::Read(deep);
  ASSERT_TRUE(fields.ok()) << fields.status();
  EXPECT_EQ(fields->Text("id"), "mre_1");
  EXPECT_FALSE(fields->Has("data.a.a.a"));
}

TEST(AnswerFields, FieldTwice_IsAnError) {
  const absl::StatusOr<AnswerFields> fields = AnswerFields::Read(R"({"data": {"value": 1, "value": 2}})");
  EXPECT_EQ(fields.status().message(), "has 'data.value' twice");
}

TEST(AnswerFields, NoObject_IsAnError) {
  for (const char* text : {"", "null", "7", "\"text\"", "[]", "[{\"id\": 1}]", "{\"id\": 1", "<html></html>",
                           "{\"id\": 1} trailing", "{\"id\": \"\xff\"}", "{id: 1}"}) {
    EXPECT_FALSE(AnswerFields::Read(text).ok()) << text;
  }
  EXPECT_FALSE(AnswerFields::Read(absl::string_view("{}\0{}", 5)).ok());
}

}  // namespace
}  // namespace costs::upstream
