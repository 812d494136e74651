// Where two timelines differ.
#include <algorithm>

#include "service/engine/decimal.h"
#include "service/engine/timeline.h"

namespace costs::engine {

std::vector<Piece> Timeline::PiecesIn(int year_index, int64_t start, int64_t end) const {
  std::vector<Piece> pieces;
  const Year* year = CompiledYear(year_index);
  if (year == nullptr) {
    source_->AppendPieces(start, end, &pieces);
    return pieces;
  }
  const int64_t year_start = kUtcYearStarts[year_index];
  for (size_t i = year->SlotAt(static_cast<uint32_t>(start - year_start)); i + 1 < year->slots.size(); ++i) {
    const Slot& slot = year->slots[i];
    const int64_t from = std::max(start, year_start + slot.start);
    const int64_t to = std::min(end, year_start + year->slots[i + 1].start);
    if (from >= to) break;
    const Run& run = year->runs[slot.run];
    pieces.push_back({from, to, slot.rate, run.confidence, run.known});
  }
  return pieces;
}

std::optional<Interval> Timeline::DifferenceInYear(const Timeline& a, const Timeline& b, int year_index, int64_t start,
                                                   int64_t end) {
  const Year* shared = a.CompiledYear(year_index);
  if (shared != nullptr && shared == b.CompiledYear(year_index)) return std::nullopt;
  const std::vector<Piece> pieces_a = a.PiecesIn(year_index, start, end);
  const std::vector<Piece> pieces_b = b.PiecesIn(year_index, start, end);
  const Int128 factor_a = PowerOfTen(std::max(0, b.scale_ - a.scale_));
  const Int128 factor_b = PowerOfTen(std::max(0, a.scale_ - b.scale_));
  std::optional<Interval> difference;
  auto piece_a = pieces_a.begin();
  auto piece_b = pieces_b.begin();
  while (piece_a != pieces_a.end() && piece_b != pieces_b.end()) {
    const int64_t to = std::min(piece_a->end, piece_b->end);
    const bool same = piece_a->known == piece_b->known && piece_a->confidence == piece_b->confidence &&
                      piece_a->rate * factor_a == piece_b->rate * factor_b;
    if (!same) {
      const int64_t from = std::max(piece_a->start, piece_b->start);
      if (!difference) difference = Interval{Instant::FromSeconds(from), Instant::FromSeconds(to)};
      difference->end = Instant::FromSeconds(to);
    }
    if (piece_a->end == to) ++piece_a;
    if (piece_b->end == to) ++piece_b;
  }
  return difference;
}

std::optional<Interval> Timeline::Difference(const Timeline& a, const Timeline& b, Interval within) {
  if (&a == &b || within.nanos() <= 0) return std::nullopt;
  const int64_t start = within.start.ns / kNanosPerSecond;
  const int64_t end = within.end.ns / kNanosPerSecond;
  auto in_year = [&](int year) {
    return DifferenceInYear(a, b, year, std::max(start, kUtcYearStarts[year]), std::min(end, kUtcYearStarts[year + 1]));
  };
  // From both ends: what lies between two differences need not be looked at.
  const int last_year = UtcYearOf(end - 1);
  int year = UtcYearOf(start);
  std::optional<Interval> difference;
  for (; year <= last_year && !difference; ++year) difference = in_year(year);
  if (!difference) return std::nullopt;
  for (int late = last_year; late >= year; --late) {
    if (const std::optional<Interval> last = in_year(late)) return Interval{difference->start, last->end};
  }
  return difference;
}

}  // namespace costs::engine
