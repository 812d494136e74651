#include "service/telemetry/sparse_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace costs::telemetry {
namespace {

TEST(SparseLog, LinesInBetween_AreCounted) {
  std::vector<std::string> lines;
  SparseLog log([&](absl::string_view line) { lines.emplace_back(line); }, absl::Seconds(10));
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  log.Say("first", start);
  log.Say("second", start + absl::Seconds(1));
  log.Say("third", start + absl::Seconds(9));
  log.Say("fourth", start + absl::Seconds(10));
  log.Say("fifth", start + absl::Seconds(20));
  EXPECT_THAT(lines, testing::ElementsAre("first", "fourth (and 2 more since the last such line)", "fifth"));
}

}  // namespace
}  // namespace costs::telemetry
