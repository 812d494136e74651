// Does something every so often, on a thread of its own, until it is destroyed.
//
// Thread-safe. What the task uses outlives this.
#ifndef SERVICE_AUTH_PERIODIC_H_
#define SERVICE_AUTH_PERIODIC_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/time/time.h"

namespace costs::auth {

class Periodic {
 public:
  Periodic(absl::Duration every, std::function<void()> task)
      : every_(every), task_(std::move(task)), thread_([this] { Run(); }) {}
  // Waits for the task where it runs.
  ~Periodic() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      over_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  void Run() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!wake_.wait_for(lock, absl::ToChronoNanoseconds(every_), [this] { return over_; })) {
      lock.unlock();
      task_();
      lock.lock();
    }
  }

  const absl::Duration every_;
  const std::function<void()> task_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;  // the last: it uses all of this
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_PERIODIC_H_
