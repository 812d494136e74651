// Timers whose time is moved by hand.
//
//   HandTimers timers;
//   timers.Advance(absl::Seconds(1));  // runs what is due up to then, each at its own time
//
// Functions run on the thread that calls. Thread-safe.
#ifndef SERVICE_UPSTREAM_TESTING_HAND_TIMERS_H_
#define SERVICE_UPSTREAM_TESTING_HAND_TIMERS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "absl/time/time.h"
#include "service/upstream/timers.h"

namespace costs::upstream::testing {

class HandTimers final : public Timers {
 public:
  absl::Time Now() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return now_;
  }

  Timer At(absl::Time when, Function function) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!over_) {
        const Timer timer = {when, next_number_++};
        waiting_.emplace(std::make_pair(when, timer.number), std::move(function));
        return timer;
      }
    }
    function(Why::kOver);
    return {};
  }

  bool Cancel(const Timer& timer) override {
    Function dropped;
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = waiting_.find({timer.when, timer.number});
    if (found == waiting_.end()) return false;
    dropped = std::move(found->second);
    waiting_.erase(found);
    return true;
  }

  void ShutDown() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      over_ = true;
    }
    while (RunFirst(absl::InfiniteFuture(), Why::kOver)) {
    }
  }

  void Advance(absl::Duration duration) {
    const absl::Time until = Now() + duration;
    while (RunFirst(until, Why::kDue)) {
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    now_ = until;
  }

  // How many functions wait.
  size_t waiting() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return waiting_.size();
  }

 private:
  bool RunFirst(absl::Time until, Why why) {
    Function function;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto first = waiting_.begin();
      if (first == waiting_.end() || first->first.first > until) return false;
      if (why == Why::kDue && now_ < first->first.first) now_ = first->first.first;
      function = std::move(first->second);
      waiting_.erase(first);
    }
    function(why);
    return true;
  }

  mutable std::mutex mutex_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  std::map<std::pair<absl::Time, uint64_t>, Function> waiting_;
  uint64_t next_number_ = 1;
  bool over_ = false;
};

}  // namespace costs::upstream::testing

#endif  // SERVICE_UPSTREAM_TESTING_HAND_TIMERS_H_
