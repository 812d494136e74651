#include "service/upstream/timers.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace costs::upstream {
namespace {

// A wait is cut into such pieces, so that no time is too far away for the system.
constexpr absl::Duration kLongestWait = absl::Hours(1);

}  // namespace

absl::Time ThreadTimers::Now() const { return absl::Now(); }

Timers::Timer ThreadTimers::At(absl::Time when, Function function) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!over_) {
      const Timer timer = {when, next_number_++};
      const auto added = waiting_.emplace(std::make_pair(when, timer.number), std::move(function)).first;
      if (added == waiting_.begin()) changed_.notify_one();
      return timer;
    }
  }
  function(Why::kOver);
  return {};
}

bool ThreadTimers::Cancel(const Timer& timer) {
  Function dropped;  // what it holds goes without the lock
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = waiting_.find({timer.when, timer.number});
  if (found == waiting_.end()) return false;
  dropped = std::move(found->second);
  waiting_.erase(found);
  return true;
}

void ThreadTimers::ShutDown() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ThreadTimers::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    if (waiting_.empty()) {
      if (over_) return;
      changed_.wait(lock);
      continue;
    }
    const auto first = waiting_.begin();
    const absl::Time now = absl::Now();
    if (!over_ && now < first->first.first) {
      const absl::Time until = std::min(first->first.first, now + kLongestWait);
      // Rounded up, or it would wake a moment too early again and again.
      changed_.wait_until(lock, absl::ToChronoTime(until + absl::Microseconds(1)));
      continue;
    }
    const Why why = over_ ? Why::kOver : Why::kDue;
    {
      const Function function = std::move(first->second);
      waiting_.erase(first);
      lock.unlock();
      function(why);
    }  // what the function held goes before the lock is taken again
    lock.lock();
  }
}

}  // namespace costs::upstream
