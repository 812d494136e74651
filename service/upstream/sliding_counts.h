// Two counts over the last so much time, such as calls and those that failed.
//
// Time is cut into `kParts` parts of the window, and what lies in the oldest is
// forgotten at once; so the counts are of the window, or up to a part less. Not
// thread-safe.
#ifndef SERVICE_UPSTREAM_SLIDING_COUNTS_H_
#define SERVICE_UPSTREAM_SLIDING_COUNTS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace costs::upstream {

class SlidingCounts {
 public:
  struct Counts {
    int64_t first = 0;
    int64_t second = 0;
  };

  explicit SlidingCounts(absl::Duration window) : part_(window / kParts) {}

  void Add(absl::Time now, int64_t first, int64_t second) {
    Forget(now);
    Counts& counts = parts_[static_cast<size_t>(newest_ % kParts)];
    counts.first += first;
    counts.second += second;
    sum_.first += first;
    sum_.second += second;
  }

  Counts Sum(absl::Time now) {
    Forget(now);
    return sum_;
  }

  void Clear() {
    parts_.fill({});
    sum_ = {};
  }

 private:
  static constexpr int64_t kParts = 20;

  // A clock that was set back changes nothing until it is where it was.
  void Forget(absl::Time now) {
    absl::Duration rest;
    const int64_t part = absl::IDivDuration(now - absl::UnixEpoch(), part_, &rest);
    if (part - newest_ >= kParts) {
      Clear();
      newest_ = part;
    }
    while (newest_ < part) {
      ++newest_;
      Counts& oldest = parts_[static_cast<size_t>(newest_ % kParts)];
      sum_.first -= oldest.first;
      sum_.second -= oldest.second;
      oldest = {};
    }
  }

  const absl::Duration part_;
  std::array<Counts, kParts> parts_;
  Counts sum_;
  int64_t newest_ = 0;  // parts since 1970
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_SLIDING_COUNTS_H_
