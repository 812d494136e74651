#include "client/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace costs {
namespace {

TEST(IsUtf8, WellFormedText_Is) {
  for (const char* text : {"", "a", "plain ASCII of some length", "grün", "€", "12345678€", "\xF0\x9F\x98\x80",
                           "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  EXPECT_TRUE(IsUtf8(absl::string_view("\0", 1)));
}

TEST(IsUtf8, OtherBytes_AreNot) {
  for (const char* text :
       {"\x80", "gr\xFCn", "12345678\xFC", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC2", "\xE2\x82", "\xF0\x9F\x98", "\xE2\x82z", "\xC2\xC2"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

}  // namespace
}  // namespace costs
