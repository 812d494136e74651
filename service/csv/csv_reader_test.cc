#include "service/csv/csv_reader.h"

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace costs::csv {
namespace {

// Rows as "LINE:field|field", errors as "message".
std::vector<std::string> ReadAll(const std::string& text, size_t max_row_bytes = 1 << 20) {
  std::istringstream stream(text);
  CsvReader::Options options;
  options.max_row_bytes = max_row_bytes;
  CsvReader reader(&stream, options);
  CsvRow row;
  std::vector<std::string> rows;
  for (;;) {
    absl::StatusOr<bool> more = reader.Next(&row);
    if (!more.ok()) {
      rows.emplace_back(more.status().message());
      if (reader.failed()) break;
      continue;
    }
    if (!*more) break;
    rows.push_back(absl::StrCat(row.line, ":", absl::StrJoin(row.fields, "|")));
  }
  return rows;
}

using Rows = std::vector<std::string>;

TEST(CsvReader, WellFormedText_GivesRowsWithLines) {
  const struct {
    const char* text;
    Rows rows;
  } cases[] = {
      {"", {}},
      {"\n\r\n", {}},
      {"a,b\nc,d\n", {"1:a|b", "2:c|d"}},
      {"a,b\r\nc,d", {"1:a|b", "2:c|d"}},
      {"\xEF\xBB\xBF\"a\",b\n", {"1:a|b"}},
      {"a,,b,\n", {"1:a||b|"}},
      {",\n", {"1:|"}},
      {"a\n\n\nb\n", {"1:a", "4:b"}},
      {" a , b\t\n", {"1: a | b\t"}},
      {"\"a,b\",c\n", {"1:a,b|c"}},
      {"\"say \"\"hi\"\"\",\"\"\n", {"1:say \"hi\"|"}},
      {"\" a \",b\n", {"1: a |b"}},
      {"\"a\nb\",c\nd,e\n", {"1:a\nb|c", "3:d|e"}},
      {"\"a\r\n\r\nb\"\r\nd\r\n", {"1:a\r\n\r\nb", "4:d"}},
      {"\"a\rb\"\n", {"1:a\rb"}},
      {"\"a\"", {"1:a"}},
      {"x,\"a\nb\"", {"1:x|a\nb"}},
      {"\"\"\n", {"1:"}},
  };
  for (const auto& c : cases) EXPECT_EQ(ReadAll(c.text), c.rows) << c.text;
}

TEST(CsvReader, FaultyRow_IsNamedAndTheNextLineIsRead) {
  const struct {
    const char* text;
    const char* error;
    Rows after;
  } cases[] = {
      {"a\"b,c\nd,e\n", "line 1: a quote in the wrong place", {"2:d|e"}},
      {"\"a\"b,c\nd,e\n", "line 1: a quote in the wrong place", {"2:d|e"}},
      {"\"a\" ,c\nd,e\n", "line 1: a quote in the wrong place", {"2:d|e"}},
      {"\"a,b\nc,d\ne,f", "line 1: a quoted field is not closed", {"2:c|d", "3:e|f"}},
      {"\"a,b\nc,\"d\"\ne,f",
       "line 1: a quoted field that is opened here is not properly closed (line 2)",
       {"2:c|d", "3:e|f"}},
      {"a\rb\nc\n", "line 1: a carriage return without a line feed", {"2:c"}},
      {"\"a\"\r\"b\nc\"\nd\n",
       "line 1: a carriage return without a line feed",
       {"line 2: a quote in the wrong place; put the whole field in double quotes, and write a quote within it twice",
        "3:d"}},
  };
  for (const auto& c : cases) {
    Rows rows = ReadAll(c.text);
    ASSERT_FALSE(rows.empty()) << c.text;
    EXPECT_TRUE(absl::StartsWith(rows[0], c.error)) << c.text << ": " << rows[0];
    rows.erase(rows.begin());
    EXPECT_EQ(rows, c.after) << c.text;
  }
}

TEST(CsvReader, RowBeyondTheLimit_CostsOneLine) {
  const std::string longer(50, 'x');
  Rows rows = ReadAll("a,b\n" + longer + "\nc,d\n", 20);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], "1:a|b");
  EXPECT_TRUE(absl::StartsWith(rows[1], "line 2: the row is longer than 20 bytes")) << rows[1];
  EXPECT_EQ(rows[2], "3:c|d");

  rows = ReadAll("\"a\n1234567\n1234567\n1234567\n", 20);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_TRUE(absl::StartsWith(rows[0], "line 1: a quoted field makes the row longer than 20 bytes")) << rows[0];
  EXPECT_EQ(rows[1], "2:1234567");
}

TEST(CsvReader, Raw_IsTheRowAsWritten) {
  std::istringstream stream("a, b\r\n\"x\r\n\"\"y\",z\r\nlast");
  CsvReader reader(&stream);
  CsvRow row;
  ASSERT_TRUE(*reader.Next(&row));
  EXPECT_EQ(row.raw, "a, b");
  EXPECT_EQ(reader.offset(), 6);
  ASSERT_TRUE(*reader.Next(&row));
  EXPECT_EQ(row.raw, "\"x\r\n\"\"y\",z");
  ASSERT_TRUE(*reader.Next(&row));
  EXPECT_EQ(row.raw, "last");
  EXPECT_FALSE(*reader.Next(&row));
}

TEST(CsvReader, StreamThatFails_IsDataLoss) {
  struct Broken : std::streambuf {
    int_type underflow() override { throw 1; }
  } broken;
  std::istream stream(&broken);
  CsvReader reader(&stream);
  CsvRow row;
  EXPECT_EQ(reader.Next(&row).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(reader.failed());
}

// Whatever the fields hold, writing and reading gives them back; and a row in
// quotes (libcsv) is the same as one without (the search for commas).
TEST(CsvReader, WrittenFields_AreReadBack) {
  std::mt19937 random(20220201);
  const std::string alphabet = "ab \t,\"\n\r;'x";
  std::vector<std::vector<std::string>> rows;
  std::string text;
  for (int r = 0; r < 2'000; ++r) {
    std::vector<std::string> row;
    const bool quote_all = random() % 2 == 0;
    const int width = 1 + static_cast<int>(random() % 5);
    for (int f = 0; f < width; ++f) {
      std::string field;
      for (size_t n = random() % 6; n > 0; --n) field += alphabet[random() % alphabet.size()];
      if (width == 1 && field.empty()) field = "x";  // an empty line is no row
      row.push_back(field);
      if (f > 0) text += ",";
      std::string written;
      AppendCsvField(field, &written);
      if (quote_all && written == field) written = absl::StrCat("\"", field, "\"");
      text += written;
    }
    text += random() % 2 == 0 ? "\n" : "\r\n";
    rows.push_back(row);
  }
  std::istringstream stream(text);
  CsvReader reader(&stream);
  CsvRow row;
  for (const std::vector<std::string>& wanted : rows) {
    absl::StatusOr<bool> more = reader.Next(&row);
    ASSERT_TRUE(more.ok()) << more.status();
    ASSERT_TRUE(*more);
    ASSERT_EQ(std::vector<std::string>(row.fields.begin(), row.fields.end()), wanted) << "line " << row.line;
  }
  EXPECT_FALSE(*reader.Next(&row));
}

}  // namespace
}  // namespace costs::csv
