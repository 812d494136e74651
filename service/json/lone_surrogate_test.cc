#include "service/json/lone_surrogate.h"

#include "gtest/gtest.h"

namespace costs::json {
namespace {

TEST(HasLoneSurrogate, OnlyHalves_AreFound) {
  // U+D7FF and U+E000 are around the surrogates; U+1F600 has a pair of them in UTF-16.
  for (const char* const text : {"", "a", "é", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x9F\x98\x80"}) {
    EXPECT_FALSE(HasLoneSurrogate(text)) << text;
  }
  for (const char* const text : {"\xED\xA0\x80", "a\xED\xAF\xBF", "\xED\xB0\x80z", "\xED\xBF\xBF"}) {
    EXPECT_TRUE(HasLoneSurrogate(text)) << text;
  }
}

}  // namespace
}  // namespace costs::json
