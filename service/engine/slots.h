// The cheapest time of a given length, or the dearest, on a rate over time:
// exactly, since every comparison is of whole numbers.
//
// Pure functions, linear in the number of stretches (BestStretches: n log n). A
// low carbon intensity is found as a low price is.
#ifndef SERVICE_ENGINE_SLOTS_H_
#define SERVICE_ENGINE_SLOTS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "service/engine/time.h"

namespace costs::engine {

enum class Extreme { kLowest, kHighest };

// A stretch of constant rate. The functions below take some, at least one, in
// order and without gap; all of one scale.
struct RateSpan {
  Interval interval;
  int64_t rate = 0;
};

// The window of `nanos` with the lowest (or highest) average rate; of equals the
// earliest. 0 < nanos <= the length of the spans together. The average changes
// evenly while neither end of the window crosses a change of the rate, so the
// best window begins or ends at one, or at an end of the spans: only those are
// looked at.
Interval BestWindow(absl::Span<const RateSpan> spans, int64_t nanos, Extreme extreme);

// The stretches of time, `nanos` together, whose rates are the lowest (or
// highest). Of the time at the last rate that is needed the earliest is taken,
// so a span of which only a part is needed is used from its start. In the order
// of time; those that touch are one.
std::vector<Interval> BestStretches(absl::Span<const RateSpan> spans, int64_t nanos, Extreme extreme);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_SLOTS_H_
