#include "service/engine/slots.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "service/engine/meter_record.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/time.h"

namespace costs::engine {
namespace {

using testing::CaseName;
using testing::Random;

constexpr int64_t kMinute = 60 * kNanosPerSecond;

struct Piece {
  int minutes;
  int64_t rate;
};

std::vector<RateSpan> SpansOf(const std::vector<Piece>& runs) {
  std::vector<RateSpan> spans;
  int64_t at = 0;
  for (const Piece& run : runs) {
    spans.push_back({{{at}, {at + run.minutes * kMinute}}, run.rate});
    at += run.minutes * kMinute;
  }
  return spans;
}

// "60-120 180-200": minutes from the start.
std::string Text(const std::vector<Interval>& intervals) {
  std::string text;
  for (const Interval& interval : intervals) {
    if (!text.empty()) text += " ";
    text += std::to_string(interval.start.ns / kMinute) + "-" + std::to_string(interval.end.ns / kMinute);
  }
  return text;
}

TEST(BestWindow, TableOfCases_FindsTheEarliestBest) {
  const struct {
    const char* what;
    std::vector<Piece> runs;
    int minutes;
    const char* lowest;
    const char* highest;
  } cases[] = {
      {"flat: the earliest", {{600, 7}}, 60, "0-60", "0-60"},
      {"the whole period", {{60, 1}, {60, 2}}, 120, "0-120", "0-120"},
      {"begins at a change", {{90, 9}, {60, 1}, {90, 5}}, 120, "90-210", "0-120"},
      {"ends at a change", {{90, 5}, {60, 1}, {90, 9}}, 120, "30-150", "120-240"},
      {"of equal troughs the first", {{60, 2}, {30, 1}, {60, 2}, {30, 1}}, 30, "60-90", "0-30"},
      {"below zero", {{60, 3}, {60, -4}, {60, 0}}, 90, "60-150", "0-90"},
      {"longer than every stretch", {{30, 4}, {30, 1}, {30, 4}, {30, 1}, {30, 2}}, 90, "30-120", "0-90"},
      {"one minute", {{60, 2}, {1, 1}, {60, 2}}, 1, "60-61", "0-1"},
  };
  for (const auto& c : cases) {
    const std::vector<RateSpan> spans = SpansOf(c.runs);
    EXPECT_EQ(Text({BestWindow(spans, c.minutes * kMinute, Extreme::kLowest)}), c.lowest) << c.what;
    EXPECT_EQ(Text({BestWindow(spans, c.minutes * kMinute, Extreme::kHighest)}), c.highest) << c.what;
  }
}

TEST(BestStretches, TableOfCases_TakesTheBestAndJoinsThem) {
  const struct {
    const char* what;
    std::vector<Piece> runs;
    int minutes;
    const char* lowest;
    const char* highest;
  } cases[] = {
      {"flat: the earliest", {{600, 7}}, 60, "0-60", "0-60"},
      {"the whole period is one", {{60, 1}, {60, 2}, {60, 3}}, 180, "0-180", "0-180"},
      {"two troughs", {{60, 5}, {30, 1}, {60, 5}, {30, 1}, {60, 9}}, 60, "60-90 150-180", "180-240"},
      {"a part is the start of its stretch", {{60, 2}, {60, 1}, {60, 3}}, 90, "0-30 60-120", "0-30 120-180"},
      {"neighbours are joined", {{60, 1}, {60, 2}, {60, 3}}, 120, "0-120", "60-180"},
      {"below zero first", {{60, 0}, {60, -1}}, 60, "60-120", "0-60"},
  };
  for (const auto& c : cases) {
    const std::vector<RateSpan> spans = SpansOf(c.runs);
    EXPECT_EQ(Text(BestStretches(spans, c.minutes * kMinute, Extreme::kLowest)), c.lowest) << c.what;
    EXPECT_EQ(Text(BestStretches(spans, c.minutes * kMinute, Extreme::kHighest)), c.highest) << c.what;
  }
}

TEST(BestWindow, LargestRates_DoNotOverflow) {
  constexpr int64_t kLargest = 9'000'000'000'000'000'000;
  const int64_t month = 45 * kNanosPerDay;
  const std::vector<RateSpan> spans = {{{{0}, {month}}, kLargest}, {{{month}, {2 * month}}, kLargest - 1}};
  EXPECT_EQ(BestWindow(spans, month, Extreme::kLowest).start.ns, month);
  EXPECT_EQ(BestWindow(spans, month, Extreme::kHighest).start.ns, 0);
}

// The oracle: the rate of each minute, and every window tried.
std::vector<int64_t> Minutes(const std::vector<Piece>& runs) {
  std::vector<int64_t> minutes;
  for (const Piece& run : runs) minutes.insert(minutes.end(), static_cast<size_t>(run.minutes), run.rate);
  return minutes;
}

std::string SlowWindow(const std::vector<int64_t>& rates, int minutes, int64_t sign) {
  int64_t best = 0;
  int best_at = -1;
  for (int at = 0; at + minutes <= static_cast<int>(rates.size()); ++at) {
    int64_t sum = 0;
    for (int i = at; i < at + minutes; ++i) sum += sign * rates[static_cast<size_t>(i)];
    if (best_at < 0 || sum < best) best = sum, best_at = at;
  }
  return std::to_string(best_at) + "-" + std::to_string(best_at + minutes);
}

std::string SlowStretches(const std::vector<int64_t>& rates, int minutes, int64_t sign) {
  std::vector<std::pair<int64_t, int>> order;
  for (size_t i = 0; i < rates.size(); ++i) order.emplace_back(sign * rates[i], static_cast<int>(i));
  std::sort(order.begin(), order.end());
  std::vector<bool> taken(rates.size() + 1, false);
  for (int i = 0; i < minutes; ++i) taken[static_cast<size_t>(order[static_cast<size_t>(i)].second)] = true;
  std::string text;
  for (size_t i = 0; i < rates.size(); ++i) {
    if (taken[i] && (i == 0 || !taken[i - 1])) text += (text.empty() ? "" : " ") + std::to_string(i) + "-";
    if (taken[i] && !taken[i + 1]) text += std::to_string(i + 1);
  }
  return text;
}

TEST(Slots, RandomRates_AreTheBruteForcesToTheMinute) {
  Random random(710);
  for (int n = 0; n < 2'000; ++n) {
    SCOPED_TRACE(CaseName(n));
    std::vector<Piece> runs;
    const int64_t most = random.Pick(std::vector<int64_t>{1, 3, 1'000'000});  // few rates: many equals
    for (int64_t i = random.Between(1, 12); i > 0; --i) {
      runs.push_back({static_cast<int>(random.Between(1, 40)), random.Between(-most, most)});
    }
    const std::vector<int64_t> rates = Minutes(runs);
    const int minutes = static_cast<int>(random.Between(1, static_cast<int64_t>(rates.size())));
    const std::vector<RateSpan> spans = SpansOf(runs);
    const int64_t nanos = minutes * kMinute;
    ASSERT_EQ(Text({BestWindow(spans, nanos, Extreme::kLowest)}), SlowWindow(rates, minutes, 1));
    ASSERT_EQ(Text({BestWindow(spans, nanos, Extreme::kHighest)}), SlowWindow(rates, minutes, -1));
    ASSERT_EQ(Text(BestStretches(spans, nanos, Extreme::kLowest)), SlowStretches(rates, minutes, 1));
    ASSERT_EQ(Text(BestStretches(spans, nanos, Extreme::kHighest)), SlowStretches(rates, minutes, -1));
  }
}

TEST(Slots, SpansCutElsewhere_ChangeNothing) {
  Random random(711);
  for (int n = 0; n < 500; ++n) {
    SCOPED_TRACE(CaseName(n));
    std::vector<RateSpan> whole, cut;
    int64_t at = 0;
    for (int i = 0; i < 8; ++i) {
      const int64_t length = random.Between(1, 3'600) * kNanosPerSecond;
      const int64_t rate = random.Between(-3, 3);
      const int64_t middle = at + random.Between(1, length - 1);
      whole.push_back({{{at}, {at + length}}, rate});
      cut.push_back({{{at}, {middle}}, rate});
      cut.push_back({{{middle}, {at + length}}, rate});
      at += length;
    }
    const int64_t nanos = random.Between(1, at);
    for (const Extreme extreme : {Extreme::kLowest, Extreme::kHighest}) {
      ASSERT_TRUE(BestWindow(whole, nanos, extreme) == BestWindow(cut, nanos, extreme));
      ASSERT_TRUE(BestStretches(whole, nanos, extreme) == BestStretches(cut, nanos, extreme));
    }
  }
}

}  // namespace
}  // namespace costs::engine
