#include "service/engine/testing/meter_readings.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace costs::engine::testing {
namespace {

// The text of a file that gzip packed; empty where it cannot be read.
std::string Unpack(const std::string& path) {
  std::string text;
  // The path is quoted for the shell.
  const std::string command = absl::StrCat("gzip -dc '", absl::StrReplaceAll(path, {{"'", "'\\''"}}), "' 2>/dev/null");
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (pipe == nullptr) return text;
  char buffer[1 << 16];
  for (size_t read; (read = fread(buffer, 1, sizeof(buffer), pipe.get())) > 0;) text.append(buffer, read);
  return text;
}

// "2020-04-01 01:00:00+00:00", "2015-11-22T00:00:00-06:00" or "2012-10-12 00:30:00".
bool ReadTime(absl::string_view text, Instant* at) {
  std::string rfc3339 = absl::StrReplaceAll(text, {{" ", "T"}});
  if (rfc3339.size() == 19) rfc3339 += "Z";
  absl::Time time;
  std::string fault;
  if (!absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &fault)) return false;
  at->ns = absl::ToUnixNanos(time);
  return true;
}

}  // namespace

std::vector<Usage> ReadMeter(const std::string& name) {
  constexpr int64_t kLongest = 3600 * kNanosPerSecond;
  const char* root = std::getenv("COSTS_TEST_DATA");
  if (root == nullptr || *root == '\0') return {};
  std::vector<std::pair<Instant, double>> rows;
  for (absl::string_view line : absl::StrSplit(Unpack(absl::StrCat(root, "/meters/", name, ".csv.gz")), '\n')) {
    const std::vector<absl::string_view> columns = absl::StrSplit(absl::StripSuffix(line, "\r"), ',');
    Instant start;
    double kwh = 0;
    if (columns.size() != 2 || !ReadTime(columns[0], &start) || !absl::SimpleAtod(columns[1], &kwh)) continue;
    rows.emplace_back(start, kwh);
  }
  std::vector<Usage> readings;
  for (size_t i = 0; i + 1 < rows.size(); ++i) {
    const Interval interval{rows[i].first, rows[i + 1].first};
    if (interval.nanos() <= 0 || interval.nanos() > kLongest) continue;
    readings.push_back({Units::kKwh, std::llround(rows[i].second * 1e6), interval});
  }
  return readings;
}

}  // namespace costs::engine::testing
