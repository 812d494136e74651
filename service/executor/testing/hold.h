// Holds one thread of an executor until it is told to let go. For tests.
#ifndef SERVICE_EXECUTOR_TESTING_HOLD_H_
#define SERVICE_EXECUTOR_TESTING_HOLD_H_

#include <future>

#include "service/executor/bounded_executor.h"

namespace costs::executor {

class Hold {
 public:
  // Returns once the thread is held. `executor` must not outlive this.
  explicit Hold(BoundedExecutor* executor) {
    executor->Continue([this] {
      begun_.set_value();
      released_.get_future().wait();
      ended_.set_value();
    });
    begun_.get_future().wait();
  }
  ~Hold() {
    Release();
    ended_.get_future().wait();
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  void Release() {
    if (!released_already_) released_.set_value();
    released_already_ = true;
  }

 private:
  bool released_already_ = false;
  std::promise<void> begun_, released_, ended_;
};

// Returns when the executor, of one thread, has done all that it was given.
inline void CatchUp(BoundedExecutor* executor) {
  std::promise<void> caught_up;
  executor->Continue([&] { caught_up.set_value(); });
  caught_up.get_future().wait();
}

}  // namespace costs::executor

#endif  // SERVICE_EXECUTOR_TESTING_HOLD_H_
