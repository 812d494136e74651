// A timeline: a rate over time, with the running integral of it, so that the
// integral over any interval costs two look-ups and a subtraction.
//
// The rate is piecewise constant, changes on whole seconds, and may be unknown
// for a while (a gap). It is compiled from a PieceSource one UTC year at a time,
// when first asked for: a tariff has no end, but only few years of it are used.
// What is compiled stays. The source must be pure: the same years, the same
// pieces. A timeline that follows another, from a source that differs in places,
// takes over the years in which nothing changed.
//
// Thread-safe: readers never wait; two that need a year at the same time may
// compile it twice, and one result is dropped.
#ifndef SERVICE_ENGINE_TIMELINE_H_
#define SERVICE_ENGINE_TIMELINE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "service/engine/meter_record.h"
#include "service/engine/time.h"
#include "service/engine/utc_year.h"

namespace costs::engine {

// A constant stretch, in seconds since 1970-01-01T00:00:00Z, half-open. `rate`
// is in units of 10^-scale of the timeline. Where !known, rate is 0 and
// confidence kCertain.
struct Piece {
  int64_t start = 0;
  int64_t end = 0;
  int64_t rate = 0;
  Confidence confidence = kCertain;
  bool known = true;
};

class PieceSource {
 public:
  virtual ~PieceSource() = default;
  // Appends the pieces of [start, end), in order and without a gap.
  virtual void AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const = 0;
};

class Timeline {
 public:
  // `scale`: digits after the point of the rates, 0 to kMaxScale.
  Timeline(std::unique_ptr<const PieceSource> source, int scale);
  // Takes over what `before` has compiled, if it has the same scale, but for the
  // years (UTC) that `changed` touches: elsewhere the sources are the same.
  // `before` may be null, and need not outlive the call.
  Timeline(std::unique_ptr<const PieceSource> source, int scale, const Timeline* before,
           absl::Span<const Interval> changed);
  ~Timeline();
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  static constexpr int kMaxScale = 15;

  // The integral of the rate over an interval, in 10^-scale rate units x ns.
  // `confidence` is the lowest of the pieces. Where a part is unknown, `known`
  // is false, `gap` is where that part begins, and the rest means nothing.
  struct Integral {
    Int128 area = 0;
    Confidence confidence = kCertain;
    bool known = true;
    Instant gap;
  };

  // `interval` is not empty and within [kEarliest, kLatest].
  Integral Integrate(Interval interval) const;

  // The stretches of the interval in which nothing changes, in order. Returning
  // false ends the visit.
  struct Stretch {
    Interval interval;
    int64_t rate = 0;
    Confidence confidence = kCertain;
    bool known = true;
  };
  void Visit(Interval interval, absl::FunctionRef<bool(const Stretch&)> visitor) const;

  int scale() const { return scale_; }

  // From the first to the last instant of `within` at which the two say another rate,
  // confidence or that nothing is known; nothing where they say the same. Years that
  // both have in common are not looked at, and those that are not compiled stay so.
  // `within` is of whole seconds.
  static std::optional<Interval> Difference(const Timeline& a, const Timeline& b, Interval within);

  // How many years are compiled so far, taken over ones included.
  int compiled_years() const;

 private:
  struct Slot {
    uint32_t start = 0;  // seconds since the start of the year
    uint32_t run = 0;    // index into runs
    int64_t rate = 0;
    Int128 area_before = 0;  // from the start of the year to this slot
  };
  // Neighbouring slots of the same confidence, so that the lowest one of a long
  // interval is found without looking at each slot.
  struct Run {
    uint32_t first_slot = 0;
    Confidence confidence = kCertain;
    bool known = true;
  };
  struct Year {
    mutable std::atomic<uint32_t> users{1};  // timelines that have it
    int64_t start_ns = 0;
    uint32_t shift = 0;           // a bucket of the index is 2^shift seconds
    std::vector<uint32_t> index;  // bucket -> the slot at its start
    std::vector<Slot> slots;      // and one more, at the year's end
    std::vector<Run> runs;

    size_t SlotAt(uint32_t second) const;
    int64_t StartOf(size_t slot) const { return start_ns + int64_t{slots[slot].start} * kNanosPerSecond; }
    Int128 AreaBefore(size_t slot, int64_t ns) const {
      return slots[slot].area_before + Int128{slots[slot].rate} * (ns - StartOf(slot));
    }
  };

  const Year& YearAt(int index) const;
  const Year* CompiledYear(int index) const { return years_[index].load(std::memory_order_acquire); }
  std::unique_ptr<const Year> Compile(int index) const;
  Integral IntegrateLong(Interval interval, int year_index) const;
  // The pieces of [start, end), which lies within a year.
  std::vector<Piece> PiecesIn(int year_index, int64_t start, int64_t end) const;
  // Of [start, end) within a year.
  static std::optional<Interval> DifferenceInYear(const Timeline& a, const Timeline& b, int year_index, int64_t start,
                                                  int64_t end);

  const std::unique_ptr<const PieceSource> source_;
  const int scale_;
  mutable std::array<std::atomic<const Year*>, kUtcYears> years_{};
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_TIMELINE_H_
