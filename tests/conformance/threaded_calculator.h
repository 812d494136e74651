// A calculator that answers some batches at once and others later, on threads of
// its own, as one that asks elsewhere would.
#ifndef TESTS_CONFORMANCE_THREADED_CALCULATOR_H_
#define TESTS_CONFORMANCE_THREADED_CALCULATOR_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "service/calculator/calculator.h"

namespace costs::conformance {

// Borrows `child`. Thread-safe. Every batch is answered before it is gone.
class ThreadedCalculator final : public calculator::Calculator {
 public:
  ThreadedCalculator(calculator::Calculator* child, int threads);
  ~ThreadedCalculator() override;

  void Calculate(calculator::Batch* batch, std::function<void()> done) override;

 private:
  struct Job {
    calculator::Batch* batch;
    std::function<void()> done;
  };

  void Work();

  calculator::Calculator* const child_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  uint64_t batches_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_THREADED_CALCULATOR_H_
