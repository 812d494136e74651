#include "service/xml/xml_stream.h"

#include <climits>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace costs::xml {
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

// Also the attributes.
class Attributes : public Notes {
 public:
  void Attribute(absl::string_view name, absl::string_view value) override {
    absl::StrAppend(&attributes_, name, "=", value, ";");
  }
  const std::string& attributes() const { return attributes_; }

 private:
  std::string attributes_;
};

TEST(XmlStream, BytesOneByOne_AreWhatTheyAreTogether) {
  constexpr absl::string_view kText =
      "<?xml version=\"1.0\"?><feed xmlns=\"urn:x\">\n <link rel='self' href=\"/a?b=1&amp;c=2\"/> <!-- no -->\n"
      "<espi:value xmlns:espi=\"urn:y\" espi:unit=\"Wh\"> 7\xC3\xA9 </espi:value></feed>";
  Attributes whole, parts;
  XmlError error;
  ASSERT_TRUE(ReadXml(kText, {}, &whole, &error)) << error.what;
  XmlStream stream({}, &parts);
  for (size_t i = 0; i < kText.size(); ++i) {
    ASSERT_TRUE(stream.Feed(kText.substr(i, 1), i + 1 == kText.size(), &error)) << error.what;
  }
  EXPECT_EQ(parts.text(), whole.text());
  EXPECT_EQ(parts.attributes(), "rel=self;href=/a?b=1&c=2;unit=Wh;");
}

TEST(XmlStream, TextThatEndsEarly_IsRefusedAtItsEnd) {
  Notes notes;
  XmlError error;
  XmlStream stream({}, &notes);
  EXPECT_TRUE(stream.Feed("<a><b>1</b>", false, &error));
  EXPECT_FALSE(stream.Feed("", true, &error));
  EXPECT_TRUE(absl::StartsWith(error.what, "not XML: ")) << error.what;
}

TEST(XmlStream, EndlessTag_IsRefused) {
  for (const char* begin : {"<a x=\"", "<a><!-- ", "<a><"}) {
    Notes notes;
    XmlError error;
    XmlStream stream({}, &notes);
    const std::string part(size_t{1} << 16, 'x');
    ASSERT_TRUE(stream.Feed(begin, false, &error));
    int parts = 0;
    while (stream.Feed(part, false, &error)) ASSERT_LT(++parts, 100) << begin;
    EXPECT_EQ(error.what, "a tag or comment is longer than about 4194304 bytes") << begin;
  }
}

TEST(XmlStream, LongTextOfManyTags_IsNoLongTag) {
  Notes notes;
  XmlError error;
  XmlStream stream({}, &notes);
  ASSERT_TRUE(stream.Feed("<a>", false, &error));
  const std::string part(size_t{1} << 16, ' ');
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(stream.Feed(part + "<b>1</b>", false, &error)) << error.what;
  EXPECT_TRUE(stream.Feed("</a>", true, &error)) << error.what;
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
}  // namespace costs::xml
