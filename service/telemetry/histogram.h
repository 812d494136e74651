// A distribution that is being observed. Thread-safe, and without locks: what is read
// while others observe may be one observation apart in count and sum.
#ifndef SERVICE_TELEMETRY_HISTOGRAM_H_
#define SERVICE_TELEMETRY_HISTOGRAM_H_

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "service/telemetry/figure.h"

namespace costs::telemetry {

// What calls take, in seconds: from a tenth of a millisecond to a minute.
inline std::vector<double> SecondsOfCalls() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60};
}

class Histogram {
 public:
  // `bounds` in order; each is the largest value of its bucket. The sum is kept as a whole
  // number of `parts` of the unit: billionths for seconds, 1 for what is counted in ones.
  explicit Histogram(std::vector<double> bounds, double parts = 1e9)
      : bounds_(std::move(bounds)),
        parts_(parts),
        counts_(std::make_unique<std::atomic<uint64_t>[]>(bounds_.size() + 1)) {}

  void Observe(double value) { Observe(value, 1); }
  void Observe(double value, uint64_t times) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_[static_cast<size_t>(bucket)].fetch_add(times, std::memory_order_relaxed);
    sum_.fetch_add(std::llround(value * parts_) * static_cast<int64_t>(times), std::memory_order_relaxed);
  }

  Distribution Read() const {
    Distribution distribution;
    uint64_t count = 0;
    for (size_t i = 0; i < bounds_.size(); ++i) {
      count += counts_[i].load(std::memory_order_relaxed);
      distribution.buckets.push_back({bounds_[i], count});
    }
    distribution.count = count + counts_[bounds_.size()].load(std::memory_order_relaxed);
    distribution.sum = static_cast<double>(sum_.load(std::memory_order_relaxed)) / parts_;
    return distribution;
  }

 private:
  const std::vector<double> bounds_;
  const double parts_;
  const std::unique_ptr<std::atomic<uint64_t>[]> counts_;  // the last: beyond all bounds
  std::atomic<int64_t> sum_{0};
};

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_HISTOGRAM_H_
