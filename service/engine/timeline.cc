#include "service/engine/timeline.h"

#include <algorithm>
#include <bitset>
#include <utility>

namespace costs::engine {
namespace {

bool SameRun(const Piece& a, const Piece& b) { return a.confidence == b.confidence && a.known == b.known; }

// Joins neighbours between which nothing changes.
void Join(std::vector<Piece>* pieces) {
  size_t last = 0;
  for (size_t i = 1; i < pieces->size(); ++i) {
    Piece& before = (*pieces)[last];
    const Piece& piece = (*pieces)[i];
    if (before.rate == piece.rate && SameRun(before, piece)) {
      before.end = piece.end;
    } else {
      (*pieces)[++last] = piece;
    }
  }
  pieces->resize(last + 1);
}

}  // namespace

Timeline::Timeline(std::unique_ptr<const PieceSource> source, int scale) : source_(std::move(source)), scale_(scale) {}

Timeline::Timeline(std::unique_ptr<const PieceSource> source, int scale, const Timeline* before,
                   absl::Span<const Interval> changed)
    : Timeline(std::move(source), scale) {
  if (before == nullptr || before->scale_ != scale) return;
  std::bitset<kUtcYears + 1> stale;
  for (const Interval& interval : changed) {
    const int last = UtcYearOf((interval.end.ns - 1) / kNanosPerSecond);
    for (int i = UtcYearOf(interval.start.ns / kNanosPerSecond); i <= last; ++i) stale.set(static_cast<size_t>(i));
  }
  for (size_t i = 0; i < kUtcYears; ++i) {
    const Year* year = before->years_[i].load(std::memory_order_acquire);
    if (year == nullptr || stale.test(i)) continue;
    year->users.fetch_add(1, std::memory_order_relaxed);
    years_[i].store(year, std::memory_order_relaxed);
  }
}

Timeline::~Timeline() {
  for (std::atomic<const Year*>& slot : years_) {
    const Year* year = slot.load(std::memory_order_relaxed);
    if (year != nullptr && year->users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete year;
  }
}

int Timeline::compiled_years() const {
  return static_cast<int>(std::count_if(years_.begin(), years_.end(), [](const std::atomic<const Year*>& year) {
    return year.load(std::memory_order_relaxed) != nullptr;
  }));
}

size_t Timeline::Year::SlotAt(uint32_t second) const {
  const uint32_t bucket = second >> shift;
  size_t slot = index[bucket];
  if (slots[slot + 1].start > second) return slot;
  // The next bucket begins at or after the wanted slot. Few slots share a
  // bucket, unless their lengths differ wildly.
  const size_t limit = bucket + 1 < index.size() ? index[bucket + 1] : slots.size() - 2;
  if (limit - slot > 8) {
    auto after = std::upper_bound(slots.begin() + static_cast<ptrdiff_t>(slot),
                                  slots.begin() + static_cast<ptrdiff_t>(limit) + 1, second,
                                  [](uint32_t wanted, const Slot& s) { return wanted < s.start; });
    return static_cast<size_t>(after - slots.begin()) - 1;
  }
  while (slots[slot + 1].start <= second) ++slot;
  return slot;
}

const Timeline::Year& Timeline::YearAt(int index) const {
  const Year* year = years_[index].load(std::memory_order_acquire);
  if (year != nullptr) return *year;
  std::unique_ptr<const Year> compiled = Compile(index);
  if (years_[index].compare_exchange_strong(year, compiled.get(), std::memory_order_acq_rel)) {
    return *compiled.release();
  }
  return *year;  // another thread was first
}

std::unique_ptr<const Timeline::Year> Timeline::Compile(int index) const {
  const int64_t start = kUtcYearStarts[index];
  const int64_t end = kUtcYearStarts[index + 1];
  std::vector<Piece> pieces;
  source_->AppendPieces(start, end, &pieces);
  Join(&pieces);

  auto year = std::make_unique<Year>();
  year->start_ns = start * kNanosPerSecond;
  year->slots.reserve(pieces.size() + 1);
  Int128 area = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    if (i == 0 || !SameRun(pieces[i - 1], piece)) {
      year->runs.push_back({static_cast<uint32_t>(i), piece.confidence, piece.known});
    }
    year->slots.push_back(
        {static_cast<uint32_t>(piece.start - start), static_cast<uint32_t>(year->runs.size() - 1), piece.rate, area});
    area += Int128{piece.rate} * (piece.end - piece.start) * kNanosPerSecond;
  }
  const uint32_t length = static_cast<uint32_t>(end - start);
  year->slots.push_back({length, static_cast<uint32_t>(year->runs.size() - 1), 0, area});

  // About one bucket for each slot: the longest power of two that is no longer
  // than the mean slot.
  const uint32_t mean = length / static_cast<uint32_t>(pieces.size());
  while (mean >> (year->shift + 1) != 0) ++year->shift;
  const uint32_t buckets = ((length - 1) >> year->shift) + 1;
  year->index.reserve(buckets);
  uint32_t slot = 0;
  for (uint32_t bucket = 0; bucket < buckets; ++bucket) {
    while (year->slots[slot + 1].start <= bucket << year->shift) ++slot;
    year->index.push_back(slot);
  }
  return year;
}

Timeline::Integral Timeline::Integrate(Interval interval) const {
  const int index = UtcYearOf(interval.start.ns / kNanosPerSecond);
  const Year& year = YearAt(index);
  const size_t i = year.SlotAt(static_cast<uint32_t>((interval.start.ns - year.start_ns) / kNanosPerSecond));
  if (interval.end.ns > year.StartOf(i + 1)) return IntegrateLong(interval, index);
  const Slot& slot = year.slots[i];
  const Run& run = year.runs[slot.run];
  return {Int128{slot.rate} * interval.nanos(), run.confidence, run.known, interval.start};
}

Timeline::Integral Timeline::IntegrateLong(Interval interval, int year_index) const {
  Integral total;
  for (int index = year_index; index < kUtcYears; ++index) {
    const Year& year = YearAt(index);
    const int64_t from = std::max(interval.start.ns, year.start_ns);
    const int64_t to = std::min(interval.end.ns, year.StartOf(year.slots.size() - 1));
    if (from >= to) break;
    const size_t first = year.SlotAt(static_cast<uint32_t>((from - year.start_ns) / kNanosPerSecond));
    const size_t last = year.SlotAt(static_cast<uint32_t>((to - 1 - year.start_ns) / kNanosPerSecond));
    total.area += year.AreaBefore(last, to) - year.AreaBefore(first, from);
    for (uint32_t r = year.slots[first].run; r <= year.slots[last].run; ++r) {
      const Run& run = year.runs[r];
      total.confidence = std::min(total.confidence, run.confidence);
      if (!run.known && total.known) {
        total.known = false;
        total.gap = Instant{std::max(from, year.StartOf(run.first_slot))};
      }
    }
  }
  return total;
}

void Timeline::Visit(Interval interval, absl::FunctionRef<bool(const Stretch&)> visitor) const {
  // Held back until its end is known: a stretch may run on into the next year.
  Stretch held{{interval.start, interval.start}, 0, kCertain, true};
  while (held.interval.end < interval.end) {
    const int64_t at = held.interval.end.ns;
    const Year& year = YearAt(UtcYearOf(at / kNanosPerSecond));
    for (size_t i = year.SlotAt(static_cast<uint32_t>((at - year.start_ns) / kNanosPerSecond));
         i + 1 < year.slots.size() && held.interval.end < interval.end; ++i) {
      const Instant end{std::min(interval.end.ns, year.StartOf(i + 1))};
      const Run& run = year.runs[year.slots[i].run];
      const Stretch next{{held.interval.end, end}, year.slots[i].rate, run.confidence, run.known};
      const bool differs = next.rate != held.rate || next.confidence != held.confidence || next.known != held.known;
      if (differs && held.interval.nanos() > 0) {
        if (!visitor(held)) return;
        held.interval.start = held.interval.end;
      }
      held = {{held.interval.start, end}, next.rate, next.confidence, next.known};
    }
  }
  visitor(held);
}

}  // namespace costs::engine
