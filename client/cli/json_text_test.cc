#include "client/cli/json_text.h"

#include <string>

#include "gtest/gtest.h"

namespace costs::cli {
namespace {

TEST(AppendJsonString, SpecialCharacters_AreEscaped) {
  std::string text = "before ";
  AppendJsonString("say \"hi\"\\\n\x01 grün", &text);
  EXPECT_EQ(text, "before \"say \\\"hi\\\"\\\\\\u000a\\u0001 grün\"");
}

TEST(IsJsonNumber, Numbers_AreAsJsonWritesThem) {
  for (const char* text : {"0", "-0", "1", "20567", "0.5", "-1.25", "1e3", "1E+3", "1.5e-3"}) {
    EXPECT_TRUE(IsJsonNumber(text)) << text;
  }
  for (const char* text : {"", "-", ".5", "5.", "01", "+1", "1e", "0x1", "1 ", "nan", "1,5"}) {
    EXPECT_FALSE(IsJsonNumber(text)) << text;
  }
}

}  // namespace
}  // namespace costs::cli
