#include "service/upstream/sliding_counts.h"

#include <gtest/gtest.h>

namespace costs::upstream {
namespace {

// The beginning of a part.
constexpr absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

TEST(SlidingCounts, WithinTheWindow_AddsUp) {
  SlidingCounts counts(absl::Seconds(10));
  counts.Add(kStart, 1, 0);
  counts.Add(kStart + absl::Seconds(5), 2, 1);
  const SlidingCounts::Counts sum = counts.Sum(kStart + absl::Seconds(9));
  EXPECT_EQ(sum.first, 3);
  EXPECT_EQ(sum.second, 1);
}

TEST(SlidingCounts, OlderThanTheWindow_IsForgottenPartByPart) {
  SlidingCounts counts(absl::Seconds(10));
  counts.Add(kStart, 1, 1);
  counts.Add(kStart + absl::Seconds(5), 2, 0);
  EXPECT_EQ(counts.Sum(kStart + absl::Seconds(10)).first, 2);
  EXPECT_EQ(counts.Sum(kStart + absl::Seconds(10)).second, 0);
  EXPECT_EQ(counts.Sum(kStart + absl::Seconds(15)).first, 0);
  counts.Add(kStart + absl::Seconds(16), 4, 0);
  EXPECT_EQ(counts.Sum(kStart + absl::Hours(1000)).first, 0);
}

TEST(SlidingCounts, ClockSetBack_LosesNothing) {
  SlidingCounts counts(absl::Seconds(10));
  counts.Add(kStart, 1, 1);
  counts.Add(kStart - absl::Hours(1), 1, 0);
  EXPECT_EQ(counts.Sum(kStart).first, 2);
}

TEST(SlidingCounts, Clear_ForgetsAll) {
  SlidingCounts counts(absl::Seconds(10));
  counts.Add(kStart, 1, 1);
  counts.Clear();
  EXPECT_EQ(counts.Sum(kStart).first, 0);
  EXPECT_EQ(counts.Sum(kStart).second, 0);
}

}  // namespace
}  // namespace costs::upstream
