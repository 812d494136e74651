#include "service/engine/slots.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "service/engine/meter_record.h"

namespace costs::engine {
namespace {

// The integral of the rate from the first span's start, asked for at instants
// that never go back.
class RunningIntegral {
 public:
  explicit RunningIntegral(absl::Span<const RateSpan> spans) : spans_(spans) {}

  Int128 To(int64_t ns) {
    while (at_ + 1 < spans_.size() && spans_[at_].interval.end.ns <= ns) {
      before_ += Int128{spans_[at_].rate} * spans_[at_].interval.nanos();
      ++at_;
    }
    return before_ + Int128{spans_[at_].rate} * (ns - spans_[at_].interval.start.ns);
  }

 private:
  const absl::Span<const RateSpan> spans_;
  size_t at_ = 0;
  Int128 before_ = 0;
};

// Where a best window may start, in order.
std::vector<int64_t> Candidates(absl::Span<const RateSpan> spans, int64_t nanos) {
  const int64_t first = spans.front().interval.start.ns;
  const int64_t last = spans.back().interval.end.ns - nanos;
  std::vector<int64_t> starts, ends;
  for (const RateSpan& span : spans) {
    if (span.interval.start.ns <= last) starts.push_back(span.interval.start.ns);
    if (span.interval.end.ns - nanos >= first) ends.push_back(span.interval.end.ns - nanos);
  }
  std::vector<int64_t> candidates;
  std::merge(starts.begin(), starts.end(), ends.begin(), ends.end(), std::back_inserter(candidates));
  return candidates;
}

}  // namespace

Interval BestWindow(absl::Span<const RateSpan> spans, int64_t nanos, Extreme extreme) {
  RunningIntegral to_start(spans), to_end(spans);
  Int128 best = 0;
  int64_t best_start = -1;
  for (const int64_t start : Candidates(spans, nanos)) {
    const Int128 area = to_end.To(start + nanos) - to_start.To(start);
    const bool better = extreme == Extreme::kLowest ? area < best : area > best;
    if (best_start >= 0 && !better) continue;
    best = area;
    best_start = start;
  }
  return {{best_start}, {best_start + nanos}};
}

std::vector<Interval> BestStretches(absl::Span<const RateSpan> spans, int64_t nanos, Extreme extreme) {
  std::vector<size_t> order(spans.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // Stable: of equal rates the earlier span comes first.
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return extreme == Extreme::kLowest ? spans[a].rate < spans[b].rate : spans[a].rate > spans[b].rate;
  });
  std::vector<Interval> taken;
  for (size_t i = 0; i < order.size() && nanos > 0; ++i) {
    Interval part = spans[order[i]].interval;
    if (part.nanos() > nanos) part.end.ns = part.start.ns + nanos;
    nanos -= part.nanos();
    taken.push_back(part);
  }
  std::sort(taken.begin(), taken.end(), [](const Interval& a, const Interval& b) { return a.start < b.start; });
  std::vector<Interval> joined;
  for (const Interval& part : taken) {
    if (!joined.empty() && joined.back().end == part.start) {
      joined.back().end = part.end;
    } else {
      joined.push_back(part);
    }
  }
  return joined;
}

}  // namespace costs::engine
