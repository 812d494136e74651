#include "service/calculator/admission_limit.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace costs::calculator {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

}  // namespace

AdmissionLimit::AdmissionLimit(const Options& options)
    : options_(options), records_(options.most), stalled_from_(kNever) {}

size_t AdmissionLimit::Records(absl::Time now) const {
  if (absl::ToUnixNanos(now) >= stalled_from_.load(std::memory_order_relaxed)) return options_.least;
  return records_.load(std::memory_order_relaxed);
}

void AdmissionLimit::WorkBegins(absl::Time now) {
  if (options_.target == absl::InfiniteDuration()) return;
  stalled_from_ = absl::ToUnixNanos(now + options_.target);
}

void AdmissionLimit::Done(size_t records, size_t left, absl::Time now) {
  if (options_.target == absl::InfiniteDuration()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool new_group = now - last_ >= options_.gap;
  // Where one is done after the other without a gap, groups end by themselves.
  const bool boundary = new_group || now - group_ >= options_.window;
  if (measuring_ && boundary && last_ - window_ >= options_.window) EndWindow();
  if (!measuring_ && boundary && last_ != absl::InfinitePast()) {
    measuring_ = true;
    window_ = last_;
    line_ = left_;
  }
  if (boundary) group_ = now;
  last_ = now;
  left_ = left;
  done_ += measuring_ ? records : 0;
  line_ = std::min(line_, left);
  stalled_from_ = left == 0 ? kNever : absl::ToUnixNanos(now + options_.target);
}

void AdmissionLimit::EndWindow() {
  const double in_target = static_cast<double>(done_) * absl::FDivDuration(options_.target, last_ - window_);
  size_t bound = records_.load(std::memory_order_relaxed);
  if (static_cast<double>(line_) > in_target) {
    bound = std::max(options_.least, static_cast<size_t>(in_target));
  } else {
    bound += bound / 4 + 1;
  }
  records_ = std::min(bound, options_.most);
  window_ = last_;
  done_ = 0;
  line_ = left_;
}

}  // namespace costs::calculator
