#include "service/csv/line_reader.h"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace costs::csv {
namespace {

using Result = LineReader::Result;
using Lines = std::vector<std::pair<int64_t, std::string>>;

Lines ReadAll(const std::string& text, size_t max_bytes = 1 << 20) {
  std::istringstream stream(text);
  LineReader reader(&stream, max_bytes);
  Lines lines;
  for (;;) {
    Result result = reader.Next();
    if (result == Result::kEnd || result == Result::kReadError) break;
    lines.emplace_back(reader.line(), result == Result::kTooLong ? "too long" : std::string(reader.text()));
  }
  return lines;
}

// Gives one character at a time, as a slow pipe does.
class Trickle : public std::streambuf {
 public:
  explicit Trickle(std::string text) : text_(std::move(text)) {}

 protected:
  int_type underflow() override {
    if (at_ == text_.size()) return traits_type::eof();
    setg(&text_[at_], &text_[at_], &text_[at_] + 1);
    ++at_;
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::string text_;
  size_t at_ = 0;
};

TEST(LineReader, LineEnds_AreRemoved) {
  EXPECT_EQ(ReadAll("a\nb\r\n\r\nc"), (Lines{{1, "a"}, {2, "b"}, {3, ""}, {4, "c"}}));
  EXPECT_EQ(ReadAll("a\n"), (Lines{{1, "a"}}));
  EXPECT_EQ(ReadAll(""), Lines{});
  EXPECT_EQ(ReadAll("\n"), (Lines{{1, ""}}));
  EXPECT_EQ(ReadAll("a\rb\n"), (Lines{{1, "a\rb"}}));
}

TEST(LineReader, ByteOrderMark_IsSkippedAtTheStartOnly) {
  EXPECT_EQ(ReadAll("\xEF\xBB\xBF"
                    "a\n\xEF\xBB\xBF"
                    "b\n"),
            (Lines{{1, "a"},
                   {2,
                    "\xEF\xBB\xBF"
                    "b"}}));
  EXPECT_EQ(ReadAll("\xEF\xBB"), (Lines{{1, "\xEF\xBB"}}));
}

TEST(LineReader, TooLongLine_IsSkippedAndCounted) {
  const std::string longer(100, 'x');
  EXPECT_EQ(ReadAll("a\n" + longer + "\nb\n" + longer, 10),
            (Lines{{1, "a"}, {2, "too long"}, {3, "b"}, {4, "too long"}}));
  EXPECT_EQ(ReadAll("123456789\n1234567890\n", 10), (Lines{{1, "123456789"}, {2, "too long"}}));
}

TEST(LineReader, LineLongerThanTheBuffer_IsWhole) {
  const std::string line(700'000, 'x');
  EXPECT_EQ(ReadAll(line + "\nb"), (Lines{{1, line}, {2, "b"}}));
  const std::string endless(5'000'000, 'x');
  EXPECT_EQ(ReadAll(endless + "\nb"), (Lines{{1, "too long"}, {2, "b"}}));
}

TEST(LineReader, SlowStream_GivesTheSameLines) {
  Trickle slow("\xEF\xBB\xBFone\r\ntwo\n\nfour");
  std::istream stream(&slow);
  LineReader reader(&stream, 100);
  std::vector<std::string> lines;
  while (reader.Next() == Result::kLine) lines.emplace_back(reader.text());
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "", "four"}));
}

TEST(LineReader, Extend_JoinsLinesUntilShrink) {
  std::istringstream stream("a\r\nb\nc");
  LineReader reader(&stream, 100);
  ASSERT_EQ(reader.Next(), Result::kLine);
  EXPECT_EQ(reader.line_end(), "\r\n");
  ASSERT_EQ(reader.Extend(), Result::kLine);
  EXPECT_EQ(reader.text(), "a\r\nb");
  ASSERT_EQ(reader.Extend(), Result::kLine);
  EXPECT_EQ(reader.text(), "a\r\nb\nc");
  EXPECT_EQ(reader.line_end(), "");
  EXPECT_EQ(reader.line(), 1);
  EXPECT_EQ(reader.last_line(), 3);
  EXPECT_EQ(reader.Extend(), Result::kEnd);
  reader.Shrink();
  EXPECT_EQ(reader.text(), "a");
  ASSERT_EQ(reader.Next(), Result::kLine);
  EXPECT_EQ(reader.text(), "b");
  EXPECT_EQ(reader.line(), 2);
}

TEST(LineReader, ExtendAcrossBuffers_KeepsTheTextTogether) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += std::string(9'999, static_cast<char>('a' + i % 26)) + "\n";
  std::istringstream stream("head\n" + text + "tail");
  LineReader reader(&stream, 2'000'000);
  ASSERT_EQ(reader.Next(), Result::kLine);
  ASSERT_EQ(reader.Next(), Result::kLine);
  for (int i = 1; i < 100; ++i) ASSERT_EQ(reader.Extend(), Result::kLine);
  EXPECT_EQ(reader.text(), text.substr(0, text.size() - 1));
  EXPECT_EQ(reader.offset(), static_cast<int64_t>(5 + text.size()));
  reader.Shrink();
  EXPECT_EQ(reader.text(), std::string(9'999, 'a'));
  ASSERT_EQ(reader.Next(), Result::kLine);
  EXPECT_EQ(reader.text(), std::string(9'999, 'b'));
  EXPECT_EQ(reader.line(), 3);
}

TEST(LineReader, ExtendBeyondTheLimit_LeavesTheText) {
  std::istringstream stream("1234\n567890\nx\n");
  LineReader reader(&stream, 10);
  ASSERT_EQ(reader.Next(), Result::kLine);
  EXPECT_EQ(reader.Extend(), Result::kTooLong);
  EXPECT_EQ(reader.text(), "1234");
  ASSERT_EQ(reader.Next(), Result::kLine);
  EXPECT_EQ(reader.text(), "567890");
}

TEST(LineReader, StreamThatFails_IsAReadError) {
  struct Broken : std::streambuf {
    int_type underflow() override { throw 1; }
  } broken;
  std::istream stream(&broken);
  LineReader reader(&stream, 10);
  EXPECT_EQ(reader.Next(), Result::kReadError);
}

}  // namespace
}  // namespace costs::csv
