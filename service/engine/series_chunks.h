// How series keep their slots: in chunks, one for each UTC year that a slot
// starts in, so that a changed series shares those in which nothing changed. A
// slot may reach into later years. Immutable, cheap to copy, thread-safe.
//
// A Slot is a plain value with `start` and `end`, in seconds since 1970, and its
// figures in units of 10^-scale of its chunk; see MarketSeries::Slot for what
// else it has. Equal series have equal chunks: a chunk's scale is the least that
// its figures need.
#ifndef SERVICE_ENGINE_SERIES_CHUNKS_H_
#define SERVICE_ENGINE_SERIES_CHUNKS_H_

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "service/engine/time.h"
#include "service/engine/utc_year.h"

namespace costs::engine {

template <typename Slot>
class SeriesChunks {
 public:
  struct Chunk {
    int year = 0;  // see utc_year.h
    int scale = 0;
    std::vector<Slot> slots;  // at least one, in order
    int64_t lowest = 0;       // of Slot::value()
    int64_t highest = 0;
  };

  const std::vector<std::shared_ptr<const Chunk>>& chunks() const { return chunks_; }  // in order
  size_t size() const { return size_; }
  Instant end() const { return chunks_.empty() ? kEarliest : Instant::FromSeconds(chunks_.back()->slots.back().end); }

  // The slots that lie at least in part in [start, end), chunk by chunk.
  // Returning false ends the visit.
  void Visit(int64_t start, int64_t end, absl::FunctionRef<bool(absl::Span<const Slot>, int scale)> visitor) const;

  // With `replacing`, which is sorted and at that scale, where it lies; see
  // MarketSeries::With.
  SeriesChunks With(std::vector<Slot> replacing, int scale, std::vector<Interval>* changed) const;

  // Intervals outside which the two have the same slots; at most one a year.
  std::vector<Interval> ChangesSince(const SeriesChunks& before) const;

 private:
  using Years = std::bitset<kUtcYears>;

  static Interval Seconds(int64_t start, int64_t end) {
    return {Instant::FromSeconds(start), Instant::FromSeconds(end)};
  }
  static Interval Differing(const Chunk& a, const Chunk& b);
  static std::shared_ptr<const Chunk> MakeChunk(int year, int scale, std::vector<Slot> slots);
  static std::vector<Slot> Merge(const std::vector<Slot>& stored, const std::vector<Slot>& replacing,
                                 std::vector<Interval>* changed);
  // With() where all that changes is within one chunk, and its scale will do: only
  // what changes is looked at, the rest is copied as it is. Null elsewhere.
  std::shared_ptr<const Chunk> ChangedChunk(const Chunk& before, const std::vector<Slot>& replacing, int scale,
                                            std::vector<Interval>* changed) const;
  // Those whose chunks `replacing` may change.
  Years YearsOf(const std::vector<Slot>& replacing) const;

  std::vector<std::shared_ptr<const Chunk>> chunks_;
  size_t size_ = 0;
};

// ---- implementation --------------------------------------------------------

namespace internal {

inline int64_t SmallPowerOfTen(int exponent) {
  int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

}  // namespace internal

template <typename Slot>
void SeriesChunks<Slot>::Visit(int64_t start, int64_t end,
                               absl::FunctionRef<bool(absl::Span<const Slot>, int scale)> visitor) const {
  for (const auto& chunk : chunks_) {
    const std::vector<Slot>& slots = chunk->slots;
    if (slots.back().end <= start) continue;
    if (slots.front().start >= end) return;
    const auto first =
        std::partition_point(slots.begin(), slots.end(), [start](const Slot& slot) { return slot.end <= start; });
    const auto last = std::partition_point(first, slots.end(), [end](const Slot& slot) { return slot.start < end; });
    if (first != last && !visitor(absl::MakeConstSpan(&*first, static_cast<size_t>(last - first)), chunk->scale)) {
      return;
    }
  }
}

template <typename Slot>
typename SeriesChunks<Slot>::Years SeriesChunks<Slot>::YearsOf(const std::vector<Slot>& replacing) const {
  Years years;
  auto chunk = chunks_.begin();
  for (const Slot& slot : replacing) {
    int from = UtcYearOf(slot.start);
    const int to = std::min(UtcYearOf(slot.end), kUtcYears - 1);
    // The last slot of an earlier year may reach into this one. Later entries
    // have no use for the chunks that this one has passed.
    while (chunk != chunks_.end() && (*chunk)->slots.back().end <= slot.start) ++chunk;
    if (chunk != chunks_.end()) from = std::min(from, (*chunk)->year);
    for (int year = from; year <= to; ++year) years.set(static_cast<size_t>(year));
  }
  return years;
}

template <typename Slot>
std::vector<Slot> SeriesChunks<Slot>::Merge(const std::vector<Slot>& stored, const std::vector<Slot>& replacing,
                                            std::vector<Interval>* changed) {
  std::vector<Slot> merged;
  merged.reserve(stored.size() + replacing.size() + 2);
  auto next = stored.begin();
  Slot rest{};       // of *next
  bool cut = false;  // whether `rest` is less than *next
  auto take = [&] {
    if (next != stored.end()) rest = *next;
    cut = false;
  };
  take();
  for (const Slot& slot : replacing) {
    for (; next != stored.end() && rest.end <= slot.start; ++next, take()) merged.push_back(rest);
    Slot result = slot;
    bool same = false;
    if (next != stored.end() && !cut && rest.start == slot.start && rest.end == slot.end) {
      result = rest.UpdatedBy(slot);
      same = result == rest;
    } else if (next != stored.end() && rest.start < slot.start) {
      Slot head = rest;
      head.end = slot.start;
      merged.push_back(head);
    }
    for (; next != stored.end() && rest.end <= slot.end; ++next, take()) {
    }
    if (next != stored.end() && rest.start < slot.end) {
      rest.start = slot.end;
      cut = true;
    }
    merged.push_back(result);
    if (!same && changed != nullptr) changed->push_back(Seconds(slot.start, slot.end));
  }
  for (; next != stored.end(); ++next, take()) merged.push_back(rest);
  return merged;
}

template <typename Slot>
std::shared_ptr<const typename SeriesChunks<Slot>::Chunk> SeriesChunks<Slot>::MakeChunk(int year, int scale,
                                                                                        std::vector<Slot> slots) {
  while (scale > 0 && std::all_of(slots.begin(), slots.end(), [](const Slot& slot) { return slot.EndsInZero(); })) {
    for (Slot& slot : slots) slot.DivideBy(10);
    --scale;
  }
  auto chunk = std::make_shared<Chunk>();
  chunk->year = year;
  chunk->scale = scale;
  auto [low, high] = std::minmax_element(slots.begin(), slots.end(),
                                         [](const Slot& a, const Slot& b) { return a.value() < b.value(); });
  chunk->lowest = low->value();
  chunk->highest = high->value();
  slots.shrink_to_fit();
  chunk->slots = std::move(slots);
  return chunk;
}

template <typename Slot>
std::shared_ptr<const typename SeriesChunks<Slot>::Chunk> SeriesChunks<Slot>::ChangedChunk(
    const Chunk& before, const std::vector<Slot>& replacing, int scale, std::vector<Interval>* changed) const {
  if (scale > before.scale || replacing.front().start < kUtcYearStarts[before.year] ||
      replacing.back().end >= kUtcYearStarts[before.year + 1]) {
    return nullptr;
  }
  std::vector<Slot> rescaled = replacing;
  for (Slot& slot : rescaled) slot.MultiplyBy(internal::SmallPowerOfTen(before.scale - scale));
  const std::vector<Slot>& slots = before.slots;
  const auto first = std::partition_point(slots.begin(), slots.end(),
                                          [&](const Slot& slot) { return slot.end <= rescaled.front().start; });
  const auto last =
      std::partition_point(first, slots.end(), [&](const Slot& slot) { return slot.start < rescaled.back().end; });
  const std::vector<Slot> merged = Merge(std::vector<Slot>(first, last), rescaled, changed);
  std::vector<Slot> result;
  result.reserve(slots.size() - static_cast<size_t>(last - first) + merged.size());
  result.insert(result.end(), slots.begin(), first);
  result.insert(result.end(), merged.begin(), merged.end());
  result.insert(result.end(), last, slots.end());
  return MakeChunk(before.year, before.scale, std::move(result));
}

template <typename Slot>
SeriesChunks<Slot> SeriesChunks<Slot>::With(std::vector<Slot> replacing, int scale,
                                            std::vector<Interval>* changed) const {
  if (replacing.empty()) return *this;
  const Years years = YearsOf(replacing);
  if (years.count() == 1) {
    const auto old = std::find_if(chunks_.begin(), chunks_.end(),
                                  [&](const auto& chunk) { return years.test(static_cast<size_t>(chunk->year)); });
    std::shared_ptr<const Chunk> made = old != chunks_.end() ? ChangedChunk(**old, replacing, scale, changed) : nullptr;
    if (made != nullptr) {
      SeriesChunks result = *this;
      if (made->scale == (*old)->scale && made->slots == (*old)->slots) return result;
      result.size_ += made->slots.size() - (*old)->slots.size();
      result.chunks_[static_cast<size_t>(old - chunks_.begin())] = std::move(made);
      return result;
    }
  }
  auto touched = [&](const auto& chunk) { return years.test(static_cast<size_t>(chunk->year)); };
  auto rescale = [](std::vector<Slot>* slots, size_t from, int digits) {
    if (digits == 0) return;
    for (size_t i = from; i < slots->size(); ++i) (*slots)[i].MultiplyBy(internal::SmallPowerOfTen(digits));
  };
  int common = scale;
  for (const auto& chunk : chunks_) {
    if (touched(chunk)) common = std::max(common, chunk->scale);
  }
  rescale(&replacing, 0, common - scale);
  std::vector<Slot> stored;
  for (const auto& chunk : chunks_) {
    if (!touched(chunk)) continue;
    stored.insert(stored.end(), chunk->slots.begin(), chunk->slots.end());
    rescale(&stored, stored.size() - chunk->slots.size(), common - chunk->scale);
  }
  const std::vector<Slot> merged = Merge(stored, replacing, changed);

  SeriesChunks result;
  auto keep = [&result](std::shared_ptr<const Chunk> chunk) {
    result.size_ += chunk->slots.size();
    result.chunks_.push_back(std::move(chunk));
  };
  auto old = chunks_.begin();
  for (auto slot = merged.begin(); slot != merged.end();) {
    const int year = UtcYearOf(slot->start);
    const auto end = std::partition_point(slot, merged.end(),
                                          [year](const Slot& other) { return other.start < kUtcYearStarts[year + 1]; });
    for (; old != chunks_.end() && (*old)->year < year; ++old) {
      if (!touched(*old)) keep(*old);
    }
    std::shared_ptr<const Chunk> made = MakeChunk(year, common, std::vector<Slot>(slot, end));
    if (old != chunks_.end() && (*old)->year == year) {
      if ((*old)->scale == made->scale && (*old)->slots == made->slots) made = *old;
      ++old;
    }
    keep(std::move(made));
    slot = end;
  }
  for (; old != chunks_.end(); ++old) {
    if (!touched(*old)) keep(*old);
  }
  return result;
}

template <typename Slot>
Interval SeriesChunks<Slot>::Differing(const Chunk& a, const Chunk& b) {
  const int64_t to_a = internal::SmallPowerOfTen(std::max(0, b.scale - a.scale));
  const int64_t to_b = internal::SmallPowerOfTen(std::max(0, a.scale - b.scale));
  auto same = [to_a, to_b](Slot x, Slot y) {
    x.MultiplyBy(to_a);
    y.MultiplyBy(to_b);
    return x == y;
  };
  const size_t shorter = std::min(a.slots.size(), b.slots.size());
  size_t head = 0;
  while (head < shorter && same(a.slots[head], b.slots[head])) ++head;
  size_t tail = 0;
  while (tail < shorter - head && same(a.slots[a.slots.size() - 1 - tail], b.slots[b.slots.size() - 1 - tail])) ++tail;
  int64_t start = kUtcYearStarts[kUtcYears];
  int64_t end = 0;
  for (const Chunk* chunk : {&a, &b}) {
    if (head + tail == chunk->slots.size()) continue;
    start = std::min(start, int64_t{chunk->slots[head].start});
    end = std::max(end, int64_t{chunk->slots[chunk->slots.size() - 1 - tail].end});
  }
  return Seconds(start, end);
}

template <typename Slot>
std::vector<Interval> SeriesChunks<Slot>::ChangesSince(const SeriesChunks& before) const {
  std::vector<Interval> changes;
  auto a = chunks_.begin();
  auto b = before.chunks_.begin();
  while (a != chunks_.end() || b != before.chunks_.end()) {
    const int year_a = a != chunks_.end() ? (*a)->year : kUtcYears;
    const int year_b = b != before.chunks_.end() ? (*b)->year : kUtcYears;
    if (year_a == year_b) {
      if (*a != *b) {
        const Interval interval = Differing(**a, **b);
        if (interval.start < interval.end) changes.push_back(interval);
      }
      ++a, ++b;
    } else {
      const Chunk& only = year_a < year_b ? **a++ : **b++;
      changes.push_back(Seconds(only.slots.front().start, only.slots.back().end));
    }
  }
  return changes;
}

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_SERIES_CHUNKS_H_
