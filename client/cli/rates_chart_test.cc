// Charts against files: testdata/rates/NAME.json is an answer, and
// NAME.VIEW.txt what is drawn of it. To see a difference as a whole, run with
// --test_env=COSTS_WRITE_GOLDEN=DIRECTORY, which writes what is drawn there.
#include "client/cli/rates_chart.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace costs::cli {
namespace {

std::string ReadFile(const std::string& name) {
  std::ifstream in(absl::StrCat("client/cli/testdata/rates/", name));
  EXPECT_TRUE(in.good()) << name;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

v1::ListRatesResponse ReadRates(const std::string& name) {
  v1::ListRatesResponse rates;
  const auto status = google::protobuf::util::JsonStringToMessage(ReadFile(absl::StrCat(name, ".json")), &rates);
  EXPECT_TRUE(status.ok()) << name << ": " << status.ToString();
  return rates;
}

// Columns, not bytes: what is drawn is one column wide, colours have none.
int ColumnsOf(absl::string_view line) {
  int columns = 0;
  bool escape = false;
  for (const char c : line) {
    if (c == '\x1b') escape = true;
    if (!escape && (static_cast<unsigned char>(c) & 0xc0) != 0x80) ++columns;
    if (escape && c == 'm') escape = false;
  }
  return columns;
}

ChartOptions View(int width, bool colour = false, bool utf8 = true, bool carbon_bars = false) {
  return {{width, colour, utf8}, carbon_bars};
}

const struct {
  const char* name;
  const char* view;
  ChartOptions options;
} kCharts[] = {
    {"two_rates", "80", View(80)},
    {"two_rates", "40", View(40)},
    {"two_rates", "120", View(120)},
    {"two_rates", "ascii", View(80, false, false)},
    {"two_rates", "colour", View(80, true)},
    {"two_rates", "carbon", View(80, false, true, true)},
    {"autumn", "80", View(80)},
    {"autumn", "48", View(48)},
    {"spring", "80", View(80)},
    {"negative", "80", View(80)},
    {"negative", "40", View(40)},
    {"negative", "ascii", View(60, false, false)},
    {"all_negative", "60", View(60)},
    {"carbon_only", "60", View(60)},
    {"tiers", "60", View(60)},
    {"flat", "60", View(60)},
    {"nothing", "60", View(60)},
};

TEST(DrawRates, Charts_AreThoseInTheFiles) {
  const char* const directory = std::getenv("COSTS_WRITE_GOLDEN");
  for (const auto& chart : kCharts) {
    const std::string file = absl::StrCat(chart.name, ".", chart.view, ".txt");
    const std::string drawn = DrawRates(ReadRates(chart.name), chart.options);
    if (directory != nullptr && *directory != '\0') std::ofstream(absl::StrCat(directory, "/", file)) << drawn;
    EXPECT_EQ(drawn, ReadFile(file)) << file << ":\n" << drawn;
  }
}

TEST(DrawRates, Rows_FitTheTerminal) {
  for (const char* name : {"two_rates", "autumn", "negative", "tiers", "flat"}) {
    const v1::ListRatesResponse rates = ReadRates(name);
    for (int width = 50; width <= 200; ++width) {
      for (const bool utf8 : {true, false}) {
        const std::string drawn = DrawRates(rates, View(width, utf8, utf8));
        for (const absl::string_view line : absl::StrSplit(drawn, '\n')) {
          const bool row = !line.empty() && line[0] >= '0' && line[0] <= '2';
          EXPECT_TRUE(!row || ColumnsOf(line) <= width) << name << ", " << width << ": " << line;
        }
      }
    }
  }
}

TEST(DrawRates, Colours_ChangeNoText) {
  for (const char* name : {"two_rates", "autumn", "negative"}) {
    const v1::ListRatesResponse rates = ReadRates(name);
    std::string plain = DrawRates(rates, View(80)), coloured = DrawRates(rates, View(80, true));
    EXPECT_EQ(plain.find('\x1b'), std::string::npos);
    EXPECT_NE(coloured.find('\x1b'), std::string::npos);
    std::string without;
    for (size_t i = 0; i < coloured.size(); ++i) {
      if (coloured[i] == '\x1b') {
        i = coloured.find('m', i);
      } else {
        without += coloured[i];
      }
    }
    // What stands behind the last colour of a row may be blanks.
    for (std::string* text : {&plain, &without}) {
      std::string trimmed;
      for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
        absl::StrAppend(&trimmed, absl::StripTrailingAsciiWhitespace(line), "\n");
      }
      *text = trimmed;
    }
    EXPECT_EQ(without, plain);
  }
}

}  // namespace
}  // namespace costs::cli
