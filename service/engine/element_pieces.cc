#include "service/engine/element_pieces.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/time/civil_time.h"

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

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Calls `visit(start, end, rate)` for each stretch of [start, end) in which one
// rule of the schedule holds. Within a stretch of constant offset civil time
// runs evenly, so the rule at t is the rule for civil(t) by construction: a
// repeated hour is visited twice, a skipped one not at all.
void VisitRules(const Schedule& schedule, const absl::TimeZone& zone, int64_t start, int64_t end,
                absl::FunctionRef<void(int64_t, int64_t, const Rate&)> visit) {
  constexpr absl::CivilSecond kEpoch(1970, 1, 1);
  for (int64_t at = start; at < end;) {
    const absl::Time now = absl::FromUnixSeconds(at);
    const int64_t offset = zone.At(now).offset;
    int64_t until = end;
    absl::TimeZone::CivilTransition transition;
    if (zone.NextTransition(now, &transition)) {
      // `from` is the civil time of the transition in the offset that ends there.
      until = std::min(end, (transition.from - kEpoch) - offset);
    }
    for (int64_t day = FloorDiv(at + offset, kSecondsPerDay); day * kSecondsPerDay < until + offset; ++day) {
      const absl::CivilDay date = absl::CivilDay(1970, 1, 1) + day;
      const int weekday = static_cast<int>(((day + 3) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
      const int64_t midnight = day * kSecondsPerDay - offset;
      for (const Hours& hours : schedule.HoursOf(date.month(), weekday)) {
        const int64_t from = std::max(at, midnight + hours.from);
        const int64_t to = std::min(until, midnight + hours.to);
        if (from < to) visit(from, to, hours.tiers.front().rate);
      }
    }
    at = until;
  }
}

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

}  // namespace

int ScaleOf(const TariffElement& element) {
  int scale = 0;
  if (element.market == nullptr) {
    for (const Rate& rate : element.schedule->rates()) scale = std::max(scale, rate.fixed.scale());
    return scale;
  }
  for (const MarketPrice& price : element.market->prices()) scale = std::max(scale, price.per_kwh.scale());
  const int market_scale = scale;
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
  const std::vector<MarketPrice>& prices = element.market->prices();
  if (prices.empty()) return 0;
  auto [low, high] = std::minmax_element(prices.begin(), prices.end(), [](const MarketPrice& a, const MarketPrice& b) {
    return a.per_kwh.UnitsAtScale(Decimal::kMaxScale) < b.per_kwh.UnitsAtScale(Decimal::kMaxScale);
  });
  for (const Rate& rate : SurchargesOf(element)) {
    largest = std::max(
        {largest, magnitude(Surcharged(low->per_kwh, rate, scale)), magnitude(Surcharged(high->per_kwh, rate, scale))});
  }
  return largest;
}

std::vector<Piece> ElementPieces::SchedulePieces(int64_t start, int64_t end) const {
  std::vector<Piece> pieces;
  VisitRules(*element_->schedule, zone_, start, end, [&](int64_t from, int64_t to, const Rate& rate) {
    pieces.push_back({from, to, static_cast<int64_t>(rate.fixed.UnitsAtScale(scale_)), kCertain, true});
  });
  return pieces;
}

std::vector<Piece> ElementPieces::MarketPieces(int64_t start, int64_t end) const {
  const std::vector<MarketPrice>& prices = element_->market->prices();
  std::vector<Piece> pieces;
  int64_t covered = start;
  auto slot = std::partition_point(prices.begin(), prices.end(), [&](const MarketPrice& price) {
    return price.interval.end.ns <= start * kNanosPerSecond;
  });
  // Advances to `from`, where the next slot begins; what lies between is a gap.
  auto skip_to = [&](int64_t from) {
    if (covered < from) pieces.push_back({covered, from, 0, kCertain, false});
    covered = from;
  };
  auto add = [&](int64_t from, int64_t to, const Decimal& market, const Rate& rate) {
    pieces.push_back({from, to, static_cast<int64_t>(Surcharged(market, rate, scale_)), kCertain, true});
  };
  for (; slot != prices.end() && slot->interval.start.ns < end * kNanosPerSecond; ++slot) {
    const int64_t from = std::max(start, slot->interval.start.ns / kNanosPerSecond);
    const int64_t to = std::min(end, slot->interval.end.ns / kNanosPerSecond);
    skip_to(from);
    if (element_->schedule == nullptr || element_->schedule->rates().size() == 1) {
      add(from, to, slot->per_kwh, SurchargesOf(*element_).front());
    } else {
      VisitRules(*element_->schedule, zone_, from, to,
                 [&](int64_t a, int64_t b, const Rate& rate) { add(a, b, slot->per_kwh, rate); });
    }
    covered = to;
  }
  skip_to(end);
  return pieces;
}

void ElementPieces::AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const {
  std::vector<Piece> own = element_->market != nullptr ? MarketPieces(start, end) : SchedulePieces(start, end);
  ApplyContract(*element_, &own);
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
