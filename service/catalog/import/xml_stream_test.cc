#include "service/catalog/import/xml_stream.h"

#include <climits>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

// Writes down what it is told.
class Notes : public XmlHandler {
 public:
  explicit Notes(int stop_after = INT_MAX) : stop_after_(stop_after) {}
  void Start(absl::string_view name, const Position& position) override {
    absl::StrAppend(&text_, "<", name, "@", position.line, ":", position.column);
    ++events_;
  }
  void End(absl::string_view name, absl::string_view text) override {
    absl::StrAppend(&text_, ">", name, "=", text, ";");
    ++events_;
  }
  bool stopped() const override { return events_ >= stop_after_; }
  const std::string& text() const { return text_; }

 private:
  const int stop_after_;
  int events_ = 0;
  std::string text_;
};

std::string ErrorOf(absl::string_view text, const XmlLimits& limits = {}) {
  Notes notes;
  XmlError error;
  if (ReadXml(text, limits, &notes, &error)) return "";
  return absl::StrCat(error.line, ":", error.column, ": ", error.what);
}

TEST(ReadXml, Elements_ComeWithPlacesAndWithoutNamespaces) {
  Notes notes;
  XmlError error;
  ASSERT_TRUE(
      ReadXml("<?xml version=\"1.0\"?>\n<a xmlns=\"urn:x:y\">\n  <n:b xmlns:n=\"urn:z\"> 1 &lt; 2 </n:b><c/>\n</a>", {},
              &notes, &error));
  EXPECT_EQ(notes.text(), "<a@2:1<b@3:3>b=1 < 2;<c@3:40>c=;>a=;");
}

TEST(ReadXml, HandlerThatStops_EndsItWithoutError) {
  Notes notes(2);
  XmlError error;
  ASSERT_TRUE(ReadXml("<a><b/><c/></a>", {}, &notes, &error));
  EXPECT_EQ(notes.text(), "<a@1:1<b@1:4");
}

TEST(ReadXml, WhatIsNoXml_IsRefusedWithItsPlace) {
  for (const char* text :
       {"", " ", "{}", "<a>", "<a><b></a>", "<a></a><b></b>", "<a>&unknown;</a>", "<a>\xFF</a>", "<a b></a>"}) {
    EXPECT_TRUE(absl::StrContains(ErrorOf(text), "not XML: ")) << text << ErrorOf(text);
  }
  EXPECT_TRUE(absl::StartsWith(ErrorOf("<a>\n  <b></c></a>"), "2:8: not XML: "));
}

TEST(ReadXml, BillionLaughs_AreRefusedAtTheDeclaration) {
  std::string text = "<?xml version=\"1.0\"?>\n<!DOCTYPE a [\n<!ENTITY e0 \"lol\">\n";
  for (int i = 1; i < 30; ++i) {
    const std::string one = absl::StrCat("&e", i - 1, ";");
    absl::StrAppend(&text, "<!ENTITY e", i, " \"", one, one, one, one, one, one, one, one, one, one, "\">\n");
  }
  absl::StrAppend(&text, "]><a>&e29;</a>");
  EXPECT_TRUE(absl::StartsWith(ErrorOf(text), "2:"));
  EXPECT_TRUE(
      absl::EndsWith(ErrorOf(text), ": has a document type declaration (<!DOCTYPE), which is not read; remove it"));
  // One that reads another file.
  EXPECT_TRUE(absl::StrContains(ErrorOf("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), "document type"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"),
                                "document type"));
}

TEST(ReadXml, DepthTextAndSize_AreBounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_TRUE(absl::StrContains(ErrorOf(deep), "1:49: elements are nested more than 16 deep")) << ErrorOf(deep);
  EXPECT_TRUE(
      absl::StrContains(ErrorOf(absl::StrCat("<a>", std::string(5'000'000, 'x'), "</a>")), "more than 1024 bytes"));
  EXPECT_EQ(ErrorOf(absl::StrCat("<a>", std::string(5'000'000, ' '), "</a>")), "");
  EXPECT_TRUE(absl::StrContains(ErrorOf("<a></a>", {3, 16, 10}), "the file has 7 bytes; at most 3 are read"));
}

}  // namespace
}  // namespace costs::catalog
