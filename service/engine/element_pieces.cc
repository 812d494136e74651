#include "service/engine/element_pieces.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/types/span.h"
#include "service/engine/schedule_rules.h"
#include "service/engine/series.h"

namespace costs::engine {
namespace {

// A surcharge percentage of p digits after the point makes a factor of p + 2.
constexpr int kPercentDigits = 2;

const std::vector<Rate>& SurchargesOf(const TariffElement& element) {
  static const std::vector<Rate>* const none = new std::vector<Rate>(1);
  return element.schedule != nullptr ? element.schedule->rates() : *none;
}

int PercentageScaleOf(const Rate& rate) {
  return rate.surcharge_percentage.units() == 0 ? 0 : rate.surcharge_percentage.scale() + kPercentDigits;
}

// (market + surcharge_fixed) * (1 + surcharge_percentage / 100), exactly, at
// `scale`, which has room for it. Source of the rule: the FlatPeak API, where
// the fixed surcharge is applied before the percentage.
Int128 Surcharged(const Decimal& market, const Rate& rate, int scale) {
  const int factor_scale = PercentageScaleOf(rate);
  const Int128 price =
      market.UnitsAtScale(scale - factor_scale) + rate.surcharge_fixed.UnitsAtScale(scale - factor_scale);
  if (factor_scale == 0) return price;
  return price * (PowerOfTen(factor_scale) + rate.surcharge_percentage.units());
}

// The rate of a tier; of the last one where there are fewer.
const Rate& RateOf(const Hours& hours, size_t tier) { return hours.tiers[std::min(tier, hours.tiers.size() - 1)].rate; }

// Cuts the pieces at the contract's dates: no price before the start; after the
// end the confidence of a schedule falls by steps.
void ApplyContract(const TariffElement& element, std::vector<Piece>* pieces) {
  constexpr int64_t kStep = 90 * int64_t{kSecondsPerDay};
  const int64_t start = element.contract_start.ns / kNanosPerSecond;
  struct Era {
    int64_t from;
    Confidence confidence;
    bool known;
  };
  std::vector<Era> eras = {{std::numeric_limits<int64_t>::min(), kCertain, false}, {start, kCertain, true}};
  if (element.contract_end && element.market == nullptr) {
    const int64_t end = element.contract_end->ns / kNanosPerSecond;
    eras.push_back({end, 800, true});
    eras.push_back({end + kStep, 600, true});
    eras.push_back({end + 2 * kStep, 400, true});
    eras.push_back({end + 3 * kStep, 200, true});
  }
  std::vector<Piece> cut;
  cut.reserve(pieces->size() + eras.size());
  size_t era = 0;
  for (Piece piece : *pieces) {
    while (piece.start < piece.end) {
      while (era + 1 < eras.size() && eras[era + 1].from <= piece.start) ++era;
      Piece part = piece;
      if (era + 1 < eras.size()) part.end = std::min(piece.end, eras[era + 1].from);
      if (part.known && !eras[era].known) part = {part.start, part.end, 0, kCertain, false};
      if (part.known) part.confidence = std::min(part.confidence, eras[era].confidence);
      cut.push_back(part);
      piece.start = part.end;
    }
  }
  *pieces = std::move(cut);
}

// Outside its reign an element asks nothing and is not missed.
void ApplyReign(const Reign& reign, std::vector<Piece>* pieces) {
  if (pieces->front().start >= reign.from && pieces->back().end <= reign.until) return;
  const int64_t start = pieces->front().start;
  const int64_t end = pieces->back().end;
  std::vector<Piece> kept;
  if (start < reign.from) kept.push_back({start, std::min(end, reign.from), 0, kCertain, true});
  for (Piece piece : *pieces) {
    piece.start = std::max(piece.start, reign.from);
    piece.end = std::min(piece.end, reign.until);
    if (piece.start < piece.end) kept.push_back(piece);
  }
  if (end > reign.until) kept.push_back({std::max(start, reign.until), end, 0, kCertain, true});
  *pieces = std::move(kept);
}

}  // namespace

int ScaleOf(const TariffElement& element) {
  int scale = 0;
  if (element.market == nullptr) {
    for (const Rate& rate : element.schedule->rates()) scale = std::max(scale, rate.fixed.scale());
    return scale;
  }
  const int market_scale = element.market->scale();
  scale = market_scale;
  for (const Rate& rate : SurchargesOf(element)) {
    scale = std::max(scale, std::max(market_scale, rate.surcharge_fixed.scale()) + PercentageScaleOf(rate));
  }
  return scale;
}

Int128 LargestRateOf(const TariffElement& element, int scale) {
  auto magnitude = [](Int128 x) { return x < 0 ? -x : x; };
  Int128 largest = 0;
  if (element.market == nullptr) {
    for (const Rate& rate : element.schedule->rates()) {
      largest = std::max(largest, magnitude(rate.fixed.UnitsAtScale(scale)));
    }
    return largest;
  }
  // (market + fixed) * factor is linear in the market price, so its extremes
  // are at the market's.
  if (element.market->empty()) return 0;
  const Decimal low = element.market->lowest();
  const Decimal high = element.market->highest();
  for (const Rate& rate : SurchargesOf(element)) {
    largest = std::max({largest, magnitude(Surcharged(low, rate, scale)), magnitude(Surcharged(high, rate, scale))});
  }
  return largest;
}

std::vector<Piece> ElementPieces::SchedulePieces(int64_t start, int64_t end) const {
  std::vector<Piece> pieces;
  VisitRules(*element_->schedule, element_->special_days.get(), zone_, start, end,
             [&](int64_t from, int64_t to, const Hours& hours) {
               const Decimal fixed = RateOf(hours, tier_).fixed;
               pieces.push_back({from, to, static_cast<int64_t>(fixed.UnitsAtScale(scale_)), kCertain, true});
             });
  return pieces;
}

std::vector<Piece> ElementPieces::MarketPieces(int64_t start, int64_t end) const {
  std::vector<Piece> pieces;
  int64_t covered = start;
  // Advances to `from`, where the next slot begins; what lies between is a gap.
  auto skip_to = [&](int64_t from) {
    if (covered < from) pieces.push_back({covered, from, 0, kCertain, false});
    covered = from;
  };
  auto add = [&](int64_t from, int64_t to, const Decimal& market, const Rate& rate) {
    pieces.push_back({from, to, static_cast<int64_t>(Surcharged(market, rate, scale_)), kCertain, true});
  };
  element_->market->chunks().Visit(start, end, [&](absl::Span<const MarketSeries::Slot> slots, int market_scale) {
    for (const MarketSeries::Slot& slot : slots) {
      const int64_t from = std::max(start, int64_t{slot.start});
      const int64_t to = std::min(end, int64_t{slot.end});
      const Decimal price = Decimal::FromUnits(slot.per_kwh, market_scale);
      skip_to(from);
      if (element_->schedule == nullptr || element_->schedule->rates().size() == 1) {
        add(from, to, price, SurchargesOf(*element_).front());
      } else {
        VisitRules(*element_->schedule, element_->special_days.get(), zone_, from, to,
                   [&](int64_t a, int64_t b, const Hours& hours) { add(a, b, price, RateOf(hours, tier_)); });
      }
      covered = to;
    }
    return true;
  });
  skip_to(end);
  return pieces;
}

void ElementPieces::AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const {
  std::vector<Piece> own = element_->market != nullptr ? MarketPieces(start, end) : SchedulePieces(start, end);
  ApplyContract(*element_, &own);
  ApplyReign(reign_, &own);
  pieces->insert(pieces->end(), own.begin(), own.end());
}

void SumOfPieces::AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const {
  std::vector<std::vector<Piece>> parts(parts_.size());
  for (size_t p = 0; p < parts_.size(); ++p) parts_[p]->AppendPieces(start, end, &parts[p]);
  std::vector<size_t> at(parts.size(), 0);
  while (start < end) {
    Piece sum{start, end, 0, kCertain, true};
    for (size_t p = 0; p < parts.size(); ++p) {
      const Piece& piece = parts[p][at[p]];
      sum.end = std::min(sum.end, piece.end);
      sum.rate += piece.rate;
      sum.confidence = std::min(sum.confidence, piece.confidence);
      sum.known = sum.known && piece.known;
    }
    if (!sum.known) sum = {sum.start, sum.end, 0, kCertain, false};
    pieces->push_back(sum);
    for (size_t p = 0; p < parts.size(); ++p) {
      if (parts[p][at[p]].end == sum.end) ++at[p];
    }
    start = sum.end;
  }
}

}  // namespace costs::engine
