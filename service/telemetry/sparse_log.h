// A log of what a stranger can cause as often as he likes: at most one line in a
// while, which also tells how many were left out. Thread-safe.
#ifndef SERVICE_TELEMETRY_SPARSE_LOG_H_
#define SERVICE_TELEMETRY_SPARSE_LOG_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace costs::telemetry {

class SparseLog {
 public:
  SparseLog(std::function<void(absl::string_view)> log, absl::Duration every) : log_(std::move(log)), every_(every) {}

  void Say(absl::string_view line, absl::Time now) {
    uint64_t left_out = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (now < next_) {
        ++left_out_;
        return;
      }
      next_ = now + every_;
      left_out = std::exchange(left_out_, 0);
    }
    log_(left_out == 0 ? std::string(line) : absl::StrCat(line, " (and ", left_out, " more since the last such line)"));
  }

 private:
  const std::function<void(absl::string_view)> log_;
  const absl::Duration every_;
  std::mutex mutex_;
  absl::Time next_ = absl::InfinitePast();  // guarded by mutex_
  uint64_t left_out_ = 0;                   // guarded by mutex_
};

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_SPARSE_LOG_H_
