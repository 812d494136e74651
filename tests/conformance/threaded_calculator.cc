#include "tests/conformance/threaded_calculator.h"

#include <utility>

namespace costs::conformance {

ThreadedCalculator::ThreadedCalculator(calculator::Calculator* child, int threads) : child_(child) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

ThreadedCalculator::~ThreadedCalculator() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadedCalculator::Calculate(calculator::Batch* batch, std::function<void()> done) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (++batches_ % 3 != 0) {
      jobs_.push_back({batch, std::move(done)});
      changed_.notify_one();
      return;
    }
  }
  child_->Calculate(batch, std::move(done));
}

void ThreadedCalculator::Work() {
  for (;;) {
    Job job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    child_->Calculate(job.batch, std::move(job.done));
  }
}

}  // namespace costs::conformance
