#include "service/engine/timeline.h"

#include <algorithm>
#include <utility>

#include "gtest/gtest.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::Between;
using testing::CaseName;
using testing::Random;

constexpr int64_t kDay = 86'400;

// Pieces as a test states them; what is not stated is unknown.
class GivenPieces final : public PieceSource {
 public:
  explicit GivenPieces(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  void AppendPieces(int64_t start, int64_t end, std::vector<Piece>* out) const override {
    int64_t at = start;
    for (Piece piece : pieces_) {
      piece.start = std::max(piece.start, start);
      piece.end = std::min(piece.end, end);
      if (piece.start >= piece.end) continue;
      if (at < piece.start) out->push_back({at, piece.start, 0, kCertain, false});
      out->push_back(piece);
      at = piece.end;
    }
    if (at < end) out->push_back({at, end, 0, kCertain, false});
  }

 private:
  const std::vector<Piece> pieces_;
};

std::unique_ptr<Timeline> MakeTimeline(std::vector<Piece> pieces) {
  return std::make_unique<Timeline>(std::make_unique<GivenPieces>(std::move(pieces)), 0);
}

int64_t SecondAt(const char* rfc3339) { return At(rfc3339).ns / kNanosPerSecond; }

// The same by the definition: every piece that overlaps, one by one.
Timeline::Integral Sum(const std::vector<Piece>& pieces, Interval interval) {
  Timeline::Integral sum;
  int64_t at = interval.start.ns;
  auto unknown_at = [&](int64_t ns) {
    if (sum.known) sum.gap = {ns};
    sum.known = false;
  };
  for (const Piece& piece : pieces) {
    const int64_t from = std::max(interval.start.ns, piece.start * kNanosPerSecond);
    const int64_t to = std::min(interval.end.ns, piece.end * kNanosPerSecond);
    if (from >= to) continue;
    if (from > at) unknown_at(at);
    sum.area += Int128{piece.rate} * (to - from);
    sum.confidence = std::min(sum.confidence, piece.confidence);
    at = to;
  }
  if (at < interval.end.ns) unknown_at(at);
  return sum;
}

void ExpectSame(const Timeline::Integral& got, const Timeline::Integral& want) {
  ASSERT_EQ(got.known, want.known);
  if (!want.known) {
    EXPECT_EQ(got.gap.ns, want.gap.ns);
    return;
  }
  EXPECT_TRUE(got.area == want.area);
  EXPECT_EQ(got.confidence, want.confidence);
}

TEST(TimelineIntegrate, Intervals_AreSummedToTheNanosecond) {
  const int64_t t = SecondAt("2023-06-01T00:00:00Z");
  const std::vector<Piece> pieces = {{t, t + 10, 3},
                                     {t + 10, t + 11, -5},
                                     {t + 11, t + 20, 0},
                                     // A gap of ten seconds.
                                     {t + 30, t + 40, 7, 800},
                                     {t + 40, t + 50, 7, 600},
                                     {t + 50, t + 60, 8, 1000}};
  const std::unique_ptr<Timeline> timeline = MakeTimeline(pieces);
  constexpr int64_t s = kNanosPerSecond;
  const Instant base = Instant::FromSeconds(t);
  struct {
    int64_t from;
    int64_t to;
    bool known;
    int64_t area_or_gap;
    Confidence confidence;
  } const cases[] = {
      {0, 10 * s, true, 30 * s, 1000},      {0, 1, true, 3, 1000},
      {10 * s - 1, 10 * s, true, 3, 1000},  {10 * s - 1, 10 * s + 1, true, 3 - 5, 1000},
      {10 * s, 11 * s, true, -5 * s, 1000}, {11 * s - 1, 11 * s + 1, true, -5, 1000},
      {0, 20 * s, true, 25 * s, 1000},      {0, 20 * s + 1, false, 20 * s, 0},
      {25 * s, 26 * s, false, 25 * s, 0},   {25 * s, 35 * s, false, 25 * s, 0},
      {5 * s, 35 * s, false, 20 * s, 0},    {30 * s, 60 * s, true, 220 * s, 600},
      {30 * s, 40 * s, true, 70 * s, 800},  {40 * s - 1, 40 * s + 1, true, 14, 600},
      {50 * s - 1, 50 * s, true, 7, 600},   {50 * s, 60 * s, true, 80 * s, 1000},
      {59 * s, 61 * s, false, 60 * s, 0},   {-1, 1, false, -1, 0},
  };
  for (const auto& c : cases) {
    const Interval interval{{base.ns + c.from}, {base.ns + c.to}};
    const Timeline::Integral got = timeline->Integrate(interval);
    SCOPED_TRACE(::testing::Message() << c.from << " to " << c.to);
    ASSERT_EQ(got.known, c.known);
    if (c.known) {
      EXPECT_TRUE(got.area == c.area_or_gap) << static_cast<int64_t>(got.area);
      EXPECT_EQ(got.confidence, c.confidence);
    } else {
      EXPECT_EQ(got.gap.ns - base.ns, c.area_or_gap);
    }
    ExpectSame(got, Sum(pieces, interval));
  }
}

TEST(TimelineIntegrate, EveryYearsEdge_IsSeamless) {
  // One rate of its own each year: the edges must be where the calendar has them.
  std::vector<Piece> pieces;
  for (int year = 1970; year < 2100; ++year) {
    const auto start = SecondAt((std::to_string(year) + "-01-01T00:00:00Z").c_str());
    const auto end = SecondAt((std::to_string(year + 1) + "-01-01T00:00:00Z").c_str());
    pieces.push_back({start, end, year});
  }
  const std::unique_ptr<Timeline> timeline = MakeTimeline(pieces);
  for (const Piece& piece : pieces) {
    const int64_t start = piece.start * kNanosPerSecond;
    const int64_t end = piece.end * kNanosPerSecond;
    for (const Interval& interval :
         {Interval{{start}, {end}}, Interval{{start}, {start + 1}}, Interval{{end - 1}, {end}},
          Interval{{std::max<int64_t>(0, start - 1)}, {start + 1}},
          Interval{{std::max<int64_t>(0, start - kDay * kNanosPerSecond)}, {start + 1}},
          Interval{{end - 1}, {std::min(end + 1, kLatest.ns)}}}) {
      SCOPED_TRACE(::testing::Message() << piece.rate << ": " << interval.start.ns << " to " << interval.end.ns);
      ExpectSame(timeline->Integrate(interval), Sum(pieces, interval));
    }
  }
  const Interval all{kEarliest, kLatest};
  ExpectSame(timeline->Integrate(all), Sum(pieces, all));
}

TEST(TimelineIntegrate, EndsOfTime_ArePriced) {
  const std::unique_ptr<Timeline> timeline =
      MakeTimeline({{0, 1, 5},
                    {1, kLatest.ns / kNanosPerSecond - 1, 1},
                    {kLatest.ns / kNanosPerSecond - 1, kLatest.ns / kNanosPerSecond, 9}});
  EXPECT_TRUE(timeline->Integrate({kEarliest, {1}}).area == 5);
  EXPECT_TRUE(timeline->Integrate({{kLatest.ns - 1}, kLatest}).area == 9);
  EXPECT_TRUE(timeline->Integrate({{kLatest.ns - kNanosPerSecond - 1}, kLatest}).area == 9 * kNanosPerSecond + 1);
}

TEST(TimelineIntegrate, RecordOfSeveralYears_IsTheSumOfThem) {
  const int64_t a = SecondAt("2019-03-05T07:00:00Z");
  const int64_t b = SecondAt("2023-11-11T11:11:11Z");
  std::vector<Piece> pieces;
  Random random(11);
  for (int64_t at = a; at < b;) {
    const int64_t end = std::min(b, at + random.Between(1, 40 * kDay));
    pieces.push_back(
        {at, end, random.Between(-1'000'000, 1'000'000), static_cast<Confidence>(random.OneIn(5) ? 800 : 1000), true});
    at = end;
  }
  const std::unique_ptr<Timeline> timeline = MakeTimeline(pieces);
  for (int i = 0; i < 2000; ++i) {
    SCOPED_TRACE(CaseName(i));
    const Interval interval =
        testing::RandomInterval(random, {Instant::FromSeconds(a - kDay), Instant::FromSeconds(b + kDay)}, b - a + kDay);
    ExpectSame(timeline->Integrate(interval), Sum(pieces, interval));
  }
}

TEST(TimelineIntegrate, SlotsOfWildlyDifferentLength_AreFoundThroughTheIndex) {
  // A storm of one-second slots, in an otherwise quiet year, falls into one
  // bucket of the index; so does one with a few.
  const int64_t year = SecondAt("2024-01-01T00:00:00Z");
  for (const int64_t storm : {3, 9, 10, 500, 5000}) {
    for (const int64_t offset : {int64_t{0}, int64_t{100}, 200 * kDay, 366 * kDay - storm}) {
      std::vector<Piece> pieces;
      const int64_t from = year + offset;
      if (from > year) pieces.push_back({year, from, 1});
      for (int64_t i = 0; i < storm; ++i) pieces.push_back({from + i, from + i + 1, 100 + i % 7 * 13});
      const int64_t end = year + 366 * kDay;
      if (from + storm < end) pieces.push_back({from + storm, end, 2});
      const std::unique_ptr<Timeline> timeline = MakeTimeline(pieces);
      SCOPED_TRACE(::testing::Message() << storm << " slots at " << offset);
      for (int64_t second = std::max(year, from - 3); second < std::min(end, from + storm + 3); ++second) {
        const Interval interval{{second * kNanosPerSecond + 5}, {(second + 1) * kNanosPerSecond}};
        const auto piece = std::find_if(pieces.begin(), pieces.end(), [&](const Piece& p) { return second < p.end; });
        ASSERT_TRUE(timeline->Integrate(interval).area == Int128{piece->rate} * (kNanosPerSecond - 5)) << second;
      }
      Random random(static_cast<uint64_t>(storm * 31 + offset));
      for (int i = 0; i < 50; ++i) {
        const Interval interval =
            testing::RandomInterval(random, {Instant::FromSeconds(year), Instant::FromSeconds(end)}, 366 * kDay);
        ExpectSame(timeline->Integrate(interval), Sum(pieces, interval));
      }
    }
  }
}

TEST(TimelineIntegrate, RandomPieces_AgreeWithTheDefinition) {
  Random random(12);
  for (int timeline_number = 0; timeline_number < 40; ++timeline_number) {
    const int64_t base = random.Between(0, kLatest.ns / kNanosPerSecond - 800 * kDay);
    std::vector<Piece> pieces;
    const std::vector<int64_t> longest = {3, 100, 3'600, kDay, 20'000'000};
    for (int64_t at = base; pieces.size() < 600 && at < base + 700 * kDay;) {
      const int64_t end = at + random.Between(1, random.Pick(longest));
      if (!random.OneIn(50)) {
        pieces.push_back({at, end, random.Between(-9, 9), static_cast<Confidence>(random.Between(1, 5) * 200), true});
      }
      at = end;
    }
    if (pieces.empty()) continue;
    const std::unique_ptr<Timeline> timeline = MakeTimeline(pieces);
    const Interval span{Instant::FromSeconds(pieces.front().start), Instant::FromSeconds(pieces.back().end)};
    if (span.nanos() < 1000 * kNanosPerSecond) continue;
    for (int i = 0; i < 250; ++i) {
      SCOPED_TRACE(CaseName(timeline_number * 1000 + i));
      const Interval interval = testing::RandomInterval(random, span, random.OneIn(2) ? 100'000 : 366 * kDay);
      ExpectSame(timeline->Integrate(interval), Sum(pieces, interval));
    }
  }
}

TEST(TimelineIntegrate, LargestRates_FitTheArea) {
  const int64_t largest = std::numeric_limits<int64_t>::max();
  const int64_t a = SecondAt("2023-07-01T00:00:00Z");
  for (const int64_t rate : {largest, -largest}) {
    const std::unique_ptr<Timeline> timeline =
        MakeTimeline({{a - 500 * kDay, a, rate}, {a, a + 500 * kDay, rate, 800}});
    const Interval interval{Instant::FromSeconds(a - 183 * kDay), Instant::FromSeconds(a + 183 * kDay)};
    EXPECT_TRUE(timeline->Integrate(interval).area == Int128{rate} * kLongestRecordNanos);
  }
}

TEST(TimelineVisit, Pieces_AreCutAndJoined) {
  const int64_t t = SecondAt("2023-12-31T23:59:50Z");
  // Neighbours that do not differ are one; a year's end is no change.
  const std::unique_ptr<Timeline> timeline = MakeTimeline(
      {{t, t + 2, 3}, {t + 2, t + 4, 3}, {t + 4, t + 30, 4}, {t + 30, t + 31, 4, 800}, {t + 40, t + 41, 5}});
  const int64_t base = t * kNanosPerSecond;
  std::vector<Timeline::Stretch> seen;
  timeline->Visit({{base + 1}, {base + 41 * kNanosPerSecond}}, [&](const Timeline::Stretch& stretch) {
    seen.push_back(stretch);
    return true;
  });
  struct {
    int64_t from;
    int64_t to;
    int64_t rate;
    Confidence confidence;
    bool known;
  } const want[] = {
      {1, 4'000'000'000, 3, 1000, true},
      {4'000'000'000, 30'000'000'000, 4, 1000, true},
      {30'000'000'000, 31'000'000'000, 4, 800, true},
      {31'000'000'000, 40'000'000'000, 0, 1000, false},
      {40'000'000'000, 41'000'000'000, 5, 1000, true},
  };
  ASSERT_EQ(seen.size(), std::size(want));
  for (size_t i = 0; i < seen.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(seen[i].interval.start.ns - base, want[i].from);
    EXPECT_EQ(seen[i].interval.end.ns - base, want[i].to);
    EXPECT_EQ(seen[i].rate, want[i].rate);
    EXPECT_EQ(seen[i].confidence, want[i].confidence);
    EXPECT_EQ(seen[i].known, want[i].known);
  }
}

TEST(TimelineVisit, False_EndsTheVisit) {
  const int64_t t = SecondAt("2023-12-31T23:59:50Z");
  const std::unique_ptr<Timeline> timeline = MakeTimeline({{t, t + 5, 1}, {t + 5, t + 12, 2}, {t + 12, t + 20, 3}});
  for (int most = 1; most <= 3; ++most) {
    int visits = 0;
    timeline->Visit({Instant::FromSeconds(t), Instant::FromSeconds(t + 20)},
                    [&](const Timeline::Stretch&) { return ++visits < most; });
    EXPECT_EQ(visits, most);
  }
}

TEST(TimelineVisit, LastInstant_IsTheEnd) {
  const std::unique_ptr<Timeline> timeline = MakeTimeline({{0, kLatest.ns / kNanosPerSecond, 1}});
  int visits = 0;
  timeline->Visit({{kLatest.ns - 10 * kNanosPerDay}, kLatest}, [&](const Timeline::Stretch& stretch) {
    EXPECT_EQ(stretch.interval.end.ns, kLatest.ns);
    return ++visits < 5;
  });
  EXPECT_EQ(visits, 1);
}

// An hour's rate is its number and `salt`; counts the years that it is asked for.
class SaltedHours final : public PieceSource {
 public:
  SaltedHours(int64_t salt, int* asked) : salt_(salt), asked_(asked) {}

  void AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const override {
    ++*asked_;
    for (int64_t at = start; at < end; at += 3600) pieces->push_back({at, at + 3600, at / 3600 % 100 + salt_});
  }

 private:
  const int64_t salt_;
  int* const asked_;
};

// The rate in force at the start of a year.
int64_t RateOfYear(const Timeline& timeline, int year) {
  const Instant at = Instant::FromSeconds(kUtcYearStarts[static_cast<size_t>(year - 1970)]);
  return static_cast<int64_t>(timeline.Integrate({at, {at.ns + 1}}).area);
}

TEST(Timeline, MadeFromAnother_TakesOverTheYearsWithoutAChange) {
  int asked = 0;
  auto before = std::make_unique<const Timeline>(std::make_unique<SaltedHours>(0, &asked), 3);
  for (int year = 2015; year < 2025; ++year) RateOfYear(*before, year);
  ASSERT_EQ(asked, 10);
  ASSERT_EQ(before->compiled_years(), 10);
  const std::vector<Interval> changed = {Between("2017-12-31T23:59:59Z", "2018-01-01T00:00:00Z"),
                                         Between("2020-06-01T00:00:00Z", "2021-01-01T00:00:00.000000001Z")};
  int asked_after = 0;
  const Timeline after(std::make_unique<SaltedHours>(1000, &asked_after), 3, before.get(), changed);
  EXPECT_EQ(after.compiled_years(), 7);
  before = nullptr;  // its years live on
  for (int year = 2015; year < 2025; ++year) {
    const bool stale = year == 2017 || year == 2020 || year == 2021;
    EXPECT_EQ(RateOfYear(after, year) >= 1000, stale) << year;
  }
  EXPECT_EQ(asked_after, 3);
  RateOfYear(after, 2030);
  EXPECT_EQ(asked_after, 4);
}

TEST(Timeline, MadeFromOneOfAnotherScale_TakesOverNothing) {
  int asked = 0;
  const Timeline before(std::make_unique<SaltedHours>(0, &asked), 3);
  RateOfYear(before, 2020);
  EXPECT_EQ(Timeline(std::make_unique<SaltedHours>(0, &asked), 4, &before, {}).compiled_years(), 0);
  EXPECT_EQ(Timeline(std::make_unique<SaltedHours>(0, &asked), 3, nullptr, {}).compiled_years(), 0);
  const std::vector<Interval> all = {{kEarliest, kLatest}};
  EXPECT_EQ(Timeline(std::make_unique<SaltedHours>(0, &asked), 3, &before, all).compiled_years(), 0);
}

TEST(Timeline, Difference_IsFromTheFirstToTheLastThatDiffers) {
  const int64_t start = SecondAt("2019-12-31T00:00:00Z");
  const auto a = MakeTimeline({{start, start + 10 * kDay, 5, kCertain, true}});
  const auto b = MakeTimeline({{start, start + kDay, 5, kCertain, true},
                               {start + kDay, start + 2 * kDay, 6, kCertain, true},
                               {start + 2 * kDay, start + 3 * kDay, 5, kCertain, true},
                               {start + 3 * kDay, start + 4 * kDay, 5, 800, true},
                               {start + 4 * kDay, start + 10 * kDay, 5, kCertain, true}});
  const Interval always{kEarliest, kLatest};
  const Interval expected{Instant::FromSeconds(start + kDay), Instant::FromSeconds(start + 4 * kDay)};
  EXPECT_TRUE(Timeline::Difference(*a, *b, always) == expected);
  EXPECT_EQ(a->compiled_years() + b->compiled_years(), 0) << "keeps nothing";
  a->Integrate(Between("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"));
  EXPECT_TRUE(Timeline::Difference(*a, *b, always) == expected) << "with a compiled year";
  b->Integrate(Between("2019-12-31T00:00:00Z", "2020-01-02T00:00:00Z"));
  EXPECT_TRUE(Timeline::Difference(*a, *b, always) == expected);
  const Interval part{Instant::FromSeconds(start + kDay + 60), Instant::FromSeconds(start + 2 * kDay)};
  EXPECT_TRUE(Timeline::Difference(*a, *b, part) == part);
  EXPECT_FALSE(Timeline::Difference(*a, *b, Between("2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z")));
  EXPECT_FALSE(Timeline::Difference(*a, *a, always));
}

TEST(Timeline, DifferenceOfOtherScales_ComparesTheRates) {
  const int64_t start = SecondAt("2020-01-01T00:00:00Z");
  const Timeline a(std::make_unique<GivenPieces>(std::vector<Piece>{{start, start + kDay, 5, kCertain, true}}), 1);
  const Timeline b(std::make_unique<GivenPieces>(std::vector<Piece>{{start, start + kDay, 500, kCertain, true}}), 3);
  const Timeline c(std::make_unique<GivenPieces>(std::vector<Piece>{{start, start + kDay, 501, kCertain, true}}), 3);
  EXPECT_FALSE(Timeline::Difference(a, b, {kEarliest, kLatest}));
  EXPECT_TRUE(Timeline::Difference(c, a, {kEarliest, kLatest}) ==
              (Interval{Instant::FromSeconds(start), Instant::FromSeconds(start + kDay)}));
}

TEST(Timeline, DifferenceOfSharedYears_AsksNobody) {
  int asked = 0;
  const Timeline before(std::make_unique<SaltedHours>(0, &asked), 3);
  for (int year = 2019; year < 2022; ++year) RateOfYear(before, year);
  int asked_after = 0;
  const Timeline after(std::make_unique<SaltedHours>(0, &asked_after), 3, &before, {});
  EXPECT_FALSE(Timeline::Difference(before, after, Between("2019-01-01T00:00:00Z", "2022-01-01T00:00:00Z")));
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(asked_after, 0);
}

}  // namespace
}  // namespace costs::engine
