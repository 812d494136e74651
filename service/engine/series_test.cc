#include "service/engine/series.h"

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/engine/utc_year.h"

namespace costs::engine {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kLatestSecond = kLatest.ns / kNanosPerSecond;

Interval Seconds(int64_t start, int64_t end) { return {Instant::FromSeconds(start), Instant::FromSeconds(end)}; }

struct FaultCase {
  const char* name;
  std::vector<Interval> slots;
  size_t index;
  const char* what;
};

const FaultCase kFaults[] = {
    {"not on a second", {Seconds(0, 1), {{1'000'000'001}, {2'000'000'000}}}, 1, "whole seconds"},
    {"the end not on a second", {{{0}, {1'500'000'000}}}, 0, "whole seconds"},
    {"empty", {Seconds(5, 5)}, 0, "end must be after the start"},
    {"backward", {Seconds(0, 5), Seconds(9, 8)}, 1, "end must be after the start"},
    {"before 1970", {Seconds(-1, 5)}, 0, "between 1970"},
    {"after 2099", {Seconds(kLatestSecond - 1, kLatestSecond + 1)}, 0, "2100-01-01"},
    {"out of order", {Seconds(10, 20), Seconds(0, 5)}, 1, "out of order"},
    {"twice", {Seconds(0, 5), Seconds(0, 5)}, 1, "same time"},
    {"overlapping", {Seconds(0, 5), Seconds(5, 9), Seconds(8, 12)}, 2, "overlaps"},
    {"within another", {Seconds(0, 50), Seconds(5, 9)}, 1, "overlaps"},
};

TEST(MarketSeries, Fault_NamesTheSlot) {
  for (const FaultCase& c : kFaults) {
    std::vector<MarketPrice> prices;
    for (const Interval& slot : c.slots) prices.push_back({slot, Decimal()});
    const std::optional<SeriesFault> fault = FindFault(prices);
    ASSERT_TRUE(fault.has_value()) << c.name;
    EXPECT_EQ(fault->index, c.index) << c.name;
    EXPECT_THAT(fault->what, HasSubstr(c.what)) << c.name;
    const absl::StatusOr<MarketSeries> series = MarketSeries::Create("n2ex", "GBP", prices);
    ASSERT_EQ(series.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(series.status().message()),
                HasSubstr("market series n2ex, slot " + std::to_string(c.index)));
  }
}

TEST(CarbonSeries, Fault_NamesTheSlot) {
  for (const FaultCase& c : kFaults) {
    std::vector<CarbonIntensity> intensities;
    for (const Interval& slot : c.slots) intensities.push_back({slot, Decimal(), {}});
    const absl::StatusOr<CarbonSeries> series = CarbonSeries::Create("GB", intensities);
    ASSERT_EQ(series.status().code(), absl::StatusCode::kInvalidArgument) << c.name;
    EXPECT_THAT(std::string(series.status().message()), HasSubstr("carbon series GB, slot " + std::to_string(c.index)));
    EXPECT_THAT(std::string(series.status().message()), HasSubstr(c.what));
  }
}

TEST(CarbonSeries, NegativeIntensity_IsRefused) {
  const Decimal minus_one = Decimal::FromInteger(-1);
  EXPECT_FALSE(CarbonSeries::Create("GB", {{Seconds(0, 1), minus_one, {}}}).ok());
  EXPECT_FALSE(CarbonSeries::Create("GB", {{Seconds(0, 1), Decimal(), minus_one}}).ok());
  EXPECT_TRUE(CarbonSeries::Create("GB", {{Seconds(0, 1), Decimal(), Decimal()}}).ok());
}

TEST(MarketSeries, MixedLengthsGapsAndNegatives_AreKept) {
  const absl::StatusOr<MarketSeries> series =
      MarketSeries::Create("n2ex", "GBP",
                           {{Seconds(0, 300), Decimal::FromInteger(-5)},
                            {Seconds(300, 3900), Decimal()},
                            {Seconds(9000, 9001), Decimal()},
                            {Seconds(kLatestSecond - 1, kLatestSecond), Decimal::FromInteger(1)}});
  ASSERT_TRUE(series.ok()) << series.status();
  EXPECT_EQ(series->id(), "n2ex");
  EXPECT_EQ(series->currency_code(), "GBP");
  ASSERT_EQ(series->prices().size(), 4u);
  EXPECT_EQ(series->prices()[0].per_kwh.units(), -5);
}

TEST(Series, Empty_IsAllowed) {
  EXPECT_TRUE(MarketSeries::Create("n2ex", "GBP", {}).ok());
  EXPECT_TRUE(CarbonSeries::Create("GB", {}).ok());
}

// ---- With ------------------------------------------------------------------

constexpr int64_t kWeek = 7 * 86'400;
const int64_t k2020 = kUtcYearStarts[50];
const int64_t k2021 = kUtcYearStarts[51];

Decimal D(const char* text) { return *Decimal::Parse(text); }

std::string Text(const MarketSeries& series) {
  std::string text;
  for (const MarketPrice& price : series.prices()) {
    absl::StrAppend(&text, (price.interval.start.ns / kNanosPerSecond - k2021), "..",
                    (price.interval.end.ns / kNanosPerSecond - k2021), "=", price.per_kwh.ToString(), " ");
  }
  return text;
}

std::string Text(const std::vector<Interval>& intervals) {
  std::string text;
  for (const Interval& interval : intervals) {
    absl::StrAppend(&text, interval.start.ns / kNanosPerSecond - k2021, "..", interval.end.ns / kNanosPerSecond - k2021,
                    " ");
  }
  return text;
}

// All in seconds from the start of 2021.
TEST(MarketSeries, With_ReplacesWhereThePricesLie) {
  auto price = [](int64_t start, int64_t end, const char* per_kwh) {
    return MarketPrice{Seconds(k2021 + start, k2021 + end), D(per_kwh)};
  };
  const MarketSeries before = *MarketSeries::Create(
      "m", "GBP", {price(-100, -10, "1"), price(-10, 10, "2.5"), price(10, 40, "3"), price(60, 90, "4")});
  struct {
    const char* name;
    std::vector<MarketPrice> replacing;
    const char* after;
    const char* changed;
  } const cases[] = {
      {"nothing", {}, "-100..-10=1 -10..10=2.5 10..40=3 60..90=4 ", ""},
      {"the same", {price(-10, 10, "2.50")}, "-100..-10=1 -10..10=2.5 10..40=3 60..90=4 ", ""},
      {"another price", {price(10, 40, "-3.25")}, "-100..-10=1 -10..10=2.5 10..40=-3.25 60..90=4 ", "10..40 "},
      {"in a gap", {price(40, 50, "9")}, "-100..-10=1 -10..10=2.5 10..40=3 40..50=9 60..90=4 ", "40..50 "},
      {"within one", {price(20, 30, "9")}, "-100..-10=1 -10..10=2.5 10..20=3 20..30=9 30..40=3 60..90=4 ", "20..30 "},
      {"over the end of one", {price(30, 50, "9")}, "-100..-10=1 -10..10=2.5 10..30=3 30..50=9 60..90=4 ", "30..50 "},
      {"over the year's end", {price(-50, 15, "9")}, "-100..-50=1 -50..15=9 15..40=3 60..90=4 ", "-50..15 "},
      {"in one over the year's end",
       {price(-5, -1, "9")},
       "-100..-10=1 -10..-5=2.5 -5..-1=9 -1..10=2.5 10..40=3 60..90=4 ",
       "-5..-1 "},
      {"in its part after the year's end",
       {price(2, 5, "9")},
       "-100..-10=1 -10..2=2.5 2..5=9 5..10=2.5 10..40=3 60..90=4 ",
       "2..5 "},
      {"over all", {price(-200, 200, "9")}, "-200..200=9 ", "-200..200 "},
      {"two halves of one",
       {price(60, 75, "4"), price(75, 90, "4")},
       "-100..-10=1 -10..10=2.5 10..40=3 60..75=4 75..90=4 ",
       "60..75 75..90 "},
      {"the last hour of all time",
       {{{Instant::FromSeconds(kLatestSecond - 3600), kLatest}, D("7")}},
       "-100..-10=1 -10..10=2.5 10..40=3 60..90=4 2492982000..2492985600=7 ",
       "2492982000..2492985600 "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    std::vector<Interval> changed;
    const absl::StatusOr<MarketSeries> after = before.With(c.replacing, &changed);
    ASSERT_TRUE(after.ok()) << after.status();
    EXPECT_EQ(Text(*after), c.after);
    EXPECT_EQ(Text(changed), c.changed);
    EXPECT_EQ(after->currency_code(), "GBP");
    EXPECT_EQ(before.size(), 4u) << "the series before was changed";
  }
  EXPECT_FALSE(before.With({price(0, 10, "1"), price(5, 15, "1")}, nullptr).ok());
}

TEST(MarketSeries, With_SharesTheYearsInWhichNothingChanged) {
  std::vector<MarketPrice> prices;
  for (int64_t at = kUtcYearStarts[40]; at < k2021; at += kWeek) {
    prices.push_back({Seconds(at, std::min(at + kWeek, k2021)), D("0.25")});
  }
  const MarketSeries before = *MarketSeries::Create("m", "GBP", prices);
  ASSERT_EQ(before.chunks().chunks().size(), 11u);
  auto shared = [&](const MarketSeries& after) {
    size_t count = 0;
    for (const auto& chunk : after.chunks().chunks()) {
      for (const auto& other : before.chunks().chunks()) count += chunk == other ? 1 : 0;
    }
    return count;
  };
  const MarketSeries next = *before.With({{Seconds(k2021, k2021 + 3600), D("0.251")}}, nullptr);
  EXPECT_EQ(next.chunks().chunks().size(), 12u);
  EXPECT_EQ(shared(next), 11u);
  EXPECT_EQ(next.scale(), 3);
  const MarketSeries corrected = *before.With({{Seconds(k2020 + 100 * 86'400, k2020 + 101 * 86'400), D("1")}}, nullptr);
  EXPECT_EQ(shared(corrected), 10u);
  EXPECT_EQ(shared(*before.With({prices[100], prices[400]}, nullptr)), 11u) << "though nothing changed";
}

// The plainest way to the same: a list, each new entry cutting what it meets.
struct Entry {
  int64_t start = 0, end = 0;  // weeks
  std::optional<int> forecast, actual;
  bool stored = true;  // as it was before the upload

  friend bool operator==(const Entry& a, const Entry& b) {
    return a.start == b.start && a.end == b.end && a.forecast == b.forecast && a.actual == b.actual;
  }
};

std::vector<Entry> Replaced(std::vector<Entry> entries, const std::vector<Entry>& replacing, size_t* changes) {
  for (Entry& entry : entries) entry.stored = true;
  for (Entry next : replacing) {
    next.stored = false;
    std::vector<Entry> result;
    bool changed = true;
    for (const Entry& entry : entries) {
      if (entry.end <= next.start || entry.start >= next.end) {
        result.push_back(entry);
        continue;
      }
      if (entry.stored && entry.start == next.start && entry.end == next.end) {
        if (!next.forecast) next.forecast = entry.forecast;
        if (!next.actual) next.actual = entry.actual;
        changed = !(next == entry);
        continue;
      }
      if (entry.start < next.start) result.push_back({entry.start, next.start, entry.forecast, entry.actual, false});
      if (entry.end > next.end) result.push_back({next.end, entry.end, entry.forecast, entry.actual, false});
    }
    result.push_back(next);
    std::sort(result.begin(), result.end(), [](const Entry& a, const Entry& b) { return a.start < b.start; });
    entries = std::move(result);
    *changes += changed ? 1 : 0;
  }
  return entries;
}

std::vector<CarbonIntensity> Intensities(const std::vector<Entry>& entries) {
  auto decimal = [](std::optional<int> units) {
    return units ? std::make_optional(Decimal::FromUnits(*units, 2)) : std::nullopt;
  };
  std::vector<CarbonIntensity> intensities;
  for (const Entry& entry : entries) {
    intensities.push_back(
        {Seconds(entry.start * kWeek, entry.end * kWeek), decimal(entry.forecast), decimal(entry.actual)});
  }
  return intensities;
}

TEST(CarbonSeries, RandomUploads_EqualAPlainList) {
  constexpr int64_t kWeeks = 300;  // from 2019 on, so that several years are met
  constexpr int64_t kFirst = 2557;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    auto below = [&random](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
    CarbonSeries series = *CarbonSeries::Create("GB", {});
    std::vector<Entry> model;
    for (int upload = 0; upload < 40; ++upload) {
      std::vector<Entry> replacing;
      for (int64_t at = below(kWeeks); at < kWeeks && replacing.size() < 6;) {
        // Half of the time one that is there already, the figures perhaps others.
        Entry entry{kFirst + at, kFirst + at + 1 + below(seed % 2 == 0 ? 3 : 90), {}, {}, false};
        const auto same =
            std::find_if(model.begin(), model.end(), [&](const Entry& e) { return e.start >= entry.start; });
        if (random() % 2 == 0 && same != model.end()) entry = *same;
        entry.forecast = entry.actual = std::nullopt;
        if (random() % 3 != 0) entry.forecast = static_cast<int>(below(3)) * 50;
        if (random() % 3 != 0) entry.actual = static_cast<int>(below(30));
        at = entry.end - kFirst + below(4);
        replacing.push_back(entry);
      }
      const CarbonSeries before = series;
      std::vector<Interval> changed;
      series = *series.With(Intensities(replacing), &changed);
      size_t changes = 0;
      const std::vector<Entry> model_before = model;
      model = Replaced(model, replacing, &changes);
      EXPECT_EQ(changed.size(), changes);
      // The same as made at once, chunk for chunk.
      const CarbonSeries whole = *CarbonSeries::Create("GB", Intensities(model));
      ASSERT_EQ(series.size(), model.size());
      ASSERT_EQ(series.chunks().chunks().size(), whole.chunks().chunks().size());
      for (size_t i = 0; i < whole.chunks().chunks().size(); ++i) {
        const auto& a = *series.chunks().chunks()[i];
        const auto& b = *whole.chunks().chunks()[i];
        ASSERT_EQ(a.year, b.year);
        ASSERT_EQ(a.scale, b.scale);
        ASSERT_TRUE(a.slots == b.slots);
        ASSERT_EQ(a.lowest, b.lowest);
        ASSERT_EQ(a.highest, b.highest);
      }
      EXPECT_TRUE(series.ChangesSince(whole).empty());
      // Outside the changes all is as it was.
      const std::vector<Interval> differences = series.ChangesSince(before);
      EXPECT_EQ(differences.empty(), model_before == model);
      for (const bool old : {true, false}) {
        for (const CarbonIntensity& slot : (old ? before : series).intensities()) {
          const bool touched = std::any_of(differences.begin(), differences.end(), [&](const Interval& difference) {
            return slot.interval.start < difference.end && difference.start < slot.interval.end;
          });
          if (touched) continue;
          const auto there = (old ? series : before).IntensitiesIn(slot.interval);
          ASSERT_EQ(there.size(), 1u);
          EXPECT_TRUE(there[0].interval == slot.interval && there[0].forecast == slot.forecast &&
                      there[0].actual == slot.actual);
        }
      }
    }
  }
}

TEST(Series, PricesIn_AreThoseThatTouchTheInterval) {
  const MarketSeries series = *MarketSeries::Create(
      "m", "GBP", {{Seconds(0, 10), D("1")}, {Seconds(20, 30), D("2")}, {Seconds(k2021, k2021 + 5), D("3.5")}});
  auto count = [&](Interval interval, size_t most) { return series.PricesIn(interval, most).size(); };
  EXPECT_EQ(count({kEarliest, kLatest}, 100), 3u);
  EXPECT_EQ(count({kEarliest, kLatest}, 2), 2u);
  EXPECT_EQ(count(Seconds(10, 20), 100), 0u);
  EXPECT_EQ(count(Seconds(9, 21), 100), 2u);
  EXPECT_EQ(count({{9'999'999'999}, {10'000'000'000}}, 100), 1u);
  EXPECT_EQ(count(Seconds(25, kLatestSecond), 100), 2u);
  EXPECT_EQ(series.lowest().ToString(), "1");
  EXPECT_EQ(series.highest().ToString(), "3.5");
  EXPECT_EQ(series.end().ns, (k2021 + 5) * kNanosPerSecond);
  EXPECT_EQ(MarketSeries::Create("m", "GBP", {})->end(), kEarliest);
}

TEST(Series, AYearOfHalfHours_TakesSixteenBytesAPrice) {
  EXPECT_EQ(sizeof(MarketSeries::Slot), 16u);
  EXPECT_EQ(sizeof(CarbonSeries::Slot), 24u);
  std::vector<MarketPrice> prices;
  for (int64_t at = k2020; at < k2021; at += 1800) prices.push_back({Seconds(at, at + 1800), D("0.1")});
  const MarketSeries series = *MarketSeries::Create("m", "GBP", prices);
  ASSERT_EQ(series.chunks().chunks().size(), 1u);
  EXPECT_EQ(series.chunks().chunks()[0]->slots.capacity(), prices.size());
}

}  // namespace
}  // namespace costs::engine
