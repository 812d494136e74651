#include "service/engine/element_pieces.h"

#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {

// For EXPECT_THAT and its messages.
bool operator==(const Piece& a, const Piece& b) {
  return a.start == b.start && a.end == b.end && a.rate == b.rate && a.confidence == b.confidence && a.known == b.known;
}
void PrintTo(const Piece& p, std::ostream* out) {
  *out << p.start << ".." << p.end << " at " << p.rate << ", " << p.confidence << (p.known ? "" : ", unknown");
}

namespace {

using testing::At;
using testing::Build;
using ::testing::ElementsAre;
using testing::ElementSpec;
using testing::EveryDay;
using testing::Fixed;
using testing::Flat;
using testing::Slots;
using testing::Surcharge;
using testing::Zone;

constexpr int64_t kHour = 3600;

// The pieces, joined where nothing changes.
std::vector<Piece> Joined(const std::vector<Piece>& pieces) {
  std::vector<Piece> joined;
  for (const Piece& piece : pieces) {
    EXPECT_LT(piece.start, piece.end);
    if (!joined.empty()) {
      EXPECT_EQ(joined.back().end, piece.start);
    }
    if (!joined.empty() && joined.back().rate == piece.rate && joined.back().confidence == piece.confidence &&
        joined.back().known == piece.known) {
      joined.back().end = piece.end;
    } else {
      joined.push_back(piece);
    }
  }
  return joined;
}

std::vector<Piece> PiecesOf(const ElementSpec& spec, const std::string& zone, int64_t start, int64_t end, int scale) {
  std::vector<Piece> pieces;
  ElementPieces(Build(spec), Zone(zone), scale).AppendPieces(start, end, &pieces);
  return Joined(pieces);
}

int64_t S(const char* rfc3339) { return At(rfc3339).ns / kNanosPerSecond; }

Piece Unknown(int64_t start, int64_t end) { return {start, end, 0, kCertain, false}; }

ElementSpec NightRate() {
  ElementSpec spec;
  spec.seasons = EveryDay({{0, Fixed("1")}, {7, Fixed("3")}});
  return spec;
}

TEST(ElementPieces, Schedule_FollowsTheClockOfThePlace) {
  const int64_t day = S("2023-07-01T00:00:00Z");
  EXPECT_THAT(PiecesOf(NightRate(), "UTC", day, day + 24 * kHour, 0),
              ElementsAre(Piece{day, day + 7 * kHour, 1}, Piece{day + 7 * kHour, day + 24 * kHour, 3}));
  // British summer time: 07:00 is 06:00Z, midnight 23:00Z.
  EXPECT_THAT(PiecesOf(NightRate(), "Europe/London", day, day + 24 * kHour, 0),
              ElementsAre(Piece{day, day + 6 * kHour, 1}, Piece{day + 6 * kHour, day + 23 * kHour, 3},
                          Piece{day + 23 * kHour, day + 24 * kHour, 1}));
  // +05:30: 07:00 is 01:30Z, midnight 18:30Z.
  EXPECT_THAT(PiecesOf(NightRate(), "Asia/Kolkata", day, day + 24 * kHour, 0),
              ElementsAre(Piece{day, day + kHour * 3 / 2, 1}, Piece{day + kHour * 3 / 2, day + kHour * 37 / 2, 3},
                          Piece{day + kHour * 37 / 2, day + 24 * kHour, 1}));
}

TEST(ElementPieces, ApiasMissingDay_IsNeverPriced) {
  // Samoa went from Thursday 2011-12-29 to Saturday 2011-12-31 at 10:00Z on the 30th.
  ElementSpec spec;
  spec.seasons = {{kAllMonths,
                   {{static_cast<uint8_t>(kAllDays & ~(1u << 4)), {{0, kSecondsPerDay, Fixed("1")}}},
                    {1u << 4, {{0, kSecondsPerDay, Fixed("99")}}}}}};
  const int64_t start = S("2011-12-29T10:00:00Z");  // the local midnight of the 29th
  EXPECT_THAT(PiecesOf(spec, "Pacific/Apia", start, start + 72 * kHour, 0),
              ElementsAre(Piece{start, start + 72 * kHour, 1}));
  // The Friday before it and the one after it are there.
  EXPECT_THAT(PiecesOf(spec, "Pacific/Apia", start - 144 * kHour, start, 0),
              ElementsAre(Piece{start - 144 * kHour, start - 120 * kHour, 99}, Piece{start - 120 * kHour, start, 1}));
}

TEST(ElementPieces, OddOffset_IsKeptToTheSecond) {
  // Liberia was at -00:44:30 until 1972-01-07.
  const int64_t day = S("1971-06-01T00:00:00Z");
  EXPECT_THAT(PiecesOf(NightRate(), "Africa/Monrovia", day, day + 24 * kHour, 0),
              ElementsAre(Piece{day, day + 2670, 3}, Piece{day + 2670, day + 7 * kHour + 2670, 1},
                          Piece{day + 7 * kHour + 2670, day + 24 * kHour, 3}));
}

TEST(ElementPieces, Market_HasGapsBeforeWithinAndAfter) {
  const int64_t t = S("2023-07-01T00:00:00Z");
  ElementSpec spec;
  spec.market = Slots(Instant::FromSeconds(t), 1800, {"0.5", "-0.25", "", "0.1"});
  EXPECT_EQ(ScaleOf(*Build(spec)), 2);
  EXPECT_THAT(PiecesOf(spec, "UTC", t - 10, t + 7300, 3),
              ElementsAre(Unknown(t - 10, t), Piece{t, t + 1800, 500}, Piece{t + 1800, t + 3600, -250},
                          Unknown(t + 3600, t + 5400), Piece{t + 5400, t + 7200, 100}, Unknown(t + 7200, t + 7300)));
  // From within a slot to within another.
  EXPECT_THAT(PiecesOf(spec, "UTC", t + 1799, t + 1801, 2),
              ElementsAre(Piece{t + 1799, t + 1800, 50}, Piece{t + 1800, t + 1801, -25}));
  EXPECT_THAT(PiecesOf(spec, "UTC", t + 9000, t + 9001, 2), ElementsAre(Unknown(t + 9000, t + 9001)));
}

TEST(ElementPieces, Surcharges_AreFixedFirstThenPercentage) {
  const int64_t t = S("2023-07-01T06:30:00Z");
  ElementSpec spec;
  spec.market = Slots(Instant::FromSeconds(t), 3600, {"0.10", "-0.10"});
  spec.seasons = EveryDay({{0, Surcharge("0.02", "5")}, {7, Surcharge("0.03", "12.5")}});
  // (0.10 + 0.02) x 1.05, (0.10 + 0.03) x 1.125, (-0.10 + 0.03) x 1.125
  EXPECT_EQ(ScaleOf(*Build(spec)), 2 + 1 + 2);
  EXPECT_THAT(
      PiecesOf(spec, "UTC", t, t + 7200, 5),
      ElementsAre(Piece{t, t + 1800, 12'600}, Piece{t + 1800, t + 3600, 14'625}, Piece{t + 3600, t + 7200, -7'875}));
  EXPECT_TRUE(LargestRateOf(*Build(spec), 5) == 14'625);
}

TEST(ElementPieces, Contract_StartsAndFadesBySteps) {
  const int64_t start = S("2022-01-01T00:00:00Z");
  const int64_t end = S("2022-06-01T00:00:00Z");
  constexpr int64_t kStep = 90 * int64_t{86'400};
  ElementSpec spec = Flat("2");
  spec.contract_start = Instant::FromSeconds(start);
  spec.contract_end = Instant::FromSeconds(end);
  EXPECT_THAT(PiecesOf(spec, "UTC", start - 5, end + 5 * kStep, 0),
              ElementsAre(Unknown(start - 5, start), Piece{start, end, 2, 1000}, Piece{end, end + kStep, 2, 800},
                          Piece{end + kStep, end + 2 * kStep, 2, 600}, Piece{end + 2 * kStep, end + 3 * kStep, 2, 400},
                          Piece{end + 3 * kStep, end + 5 * kStep, 2, 200}));
  // Compiled from within an era, as a year is.
  EXPECT_THAT(PiecesOf(spec, "UTC", end + kStep + 1, end + kStep + 2, 0),
              ElementsAre(Piece{end + kStep + 1, end + kStep + 2, 2, 600}));
  EXPECT_THAT(PiecesOf(spec, "UTC", end + 50 * kStep, end + 50 * kStep + 1, 0),
              ElementsAre(Piece{end + 50 * kStep, end + 50 * kStep + 1, 2, 200}));
}

TEST(ElementPieces, MarketAfterItsContract_IsAsCertainAsEver) {
  const int64_t t = S("2022-01-01T00:00:00Z");
  ElementSpec spec;
  spec.market = Slots(Instant::FromSeconds(t), 1800, {"1", "2"});
  spec.seasons = EveryDay({{0, Surcharge("1", "0")}});
  spec.contract_start = Instant::FromSeconds(t + 60);
  spec.contract_end = Instant::FromSeconds(t + 120);
  EXPECT_THAT(PiecesOf(spec, "UTC", t, t + 3600, 0),
              ElementsAre(Unknown(t, t + 60), Piece{t + 60, t + 1800, 2}, Piece{t + 1800, t + 3600, 3}));
}

TEST(SumOfPieces, Parts_AreAddedAndTheLeastCertainRules) {
  const int64_t t = S("2022-01-01T00:00:00Z");
  ElementSpec market;
  market.market = Slots(Instant::FromSeconds(t), 1800, {"1", "", "-4"});
  ElementSpec fading = Flat("10");
  fading.contract_end = Instant::FromSeconds(t + 600);
  std::vector<std::unique_ptr<const PieceSource>> parts;
  parts.push_back(std::make_unique<ElementPieces>(Build(market), Zone("UTC"), 1));
  parts.push_back(std::make_unique<ElementPieces>(Build(fading), Zone("UTC"), 1));
  std::vector<Piece> pieces;
  SumOfPieces(std::move(parts)).AppendPieces(t, t + 5400, &pieces);
  EXPECT_THAT(Joined(pieces), ElementsAre(Piece{t, t + 600, 110}, Piece{t + 600, t + 1800, 110, 800},
                                          Unknown(t + 1800, t + 3600), Piece{t + 3600, t + 5400, 60, 800}));
}

TEST(ScaleOf, Element_NeedsTheDigitsOfItsRates) {
  struct {
    const char* market;
    const char* fixed;
    const char* percentage;
    int scale;
  } const cases[] = {
      {"1", "0", "0", 0},         {"0.5", "0", "0", 1},          {"1", "0.001", "0", 3},
      {"0.5", "0.001", "0", 3},   {"0.5", "0", "5", 3},          {"0.123456789", "0", "0.0001", 15},
      {"0.5", "0.25", "17.5", 5}, {"1000000000", "0", "100", 2},
  };
  for (const auto& c : cases) {
    ElementSpec spec;
    spec.market = Slots(kEarliest, 60, {c.market});
    spec.seasons = EveryDay({{0, Surcharge(c.fixed, c.percentage)}});
    EXPECT_EQ(ScaleOf(*Build(spec)), c.scale) << c.market << " " << c.fixed << " " << c.percentage;
  }
  EXPECT_EQ(ScaleOf(*Build(Flat("0.0903"))), 4);
}

TEST(LargestRateOf, Element_IsTheLargestMagnitude) {
  ElementSpec market;
  market.market = Slots(kEarliest, 60, {"-5", "2", "0"});
  EXPECT_TRUE(LargestRateOf(*Build(market), 1) == 50);
  market.seasons = EveryDay({{0, Surcharge("9", "0")}, {1, Surcharge("0", "-300")}});
  // (2 + 9) = 11, (-5) x -2 = 10
  EXPECT_TRUE(LargestRateOf(*Build(market), 2) == 1100);
  ElementSpec schedule;
  schedule.seasons = EveryDay({{0, Fixed("-7.5")}, {1, Fixed("3")}});
  EXPECT_TRUE(LargestRateOf(*Build(schedule), 1) == 75);
  ElementSpec none;
  none.market.emplace();
  EXPECT_TRUE(LargestRateOf(*Build(none), 3) == 0);
}

}  // namespace
}  // namespace costs::engine
