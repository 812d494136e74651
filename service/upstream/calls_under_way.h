// Counts calls of a child that have not ended, for a wrapper that answers its own
// callers earlier: it waits for the child's before it lets the child go.
//
// Shared with the callbacks, which may run a moment longer than the wrapper lives.
// Thread-safe.
#ifndef SERVICE_UPSTREAM_CALLS_UNDER_WAY_H_
#define SERVICE_UPSTREAM_CALLS_UNDER_WAY_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace costs::upstream {

class CallsUnderWay {
 public:
  void Begin() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++count_;
  }

  void End() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }

  // Returns once none is under way.
  void Await() {
    std::unique_lock<std::mutex> lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int64_t count_ = 0;  // guarded by mutex_
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_CALLS_UNDER_WAY_H_
