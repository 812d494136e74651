// Threads for work that may block, so that the threads that serve connections
// never do; with an end to how much of it may wait.
//
//   BoundedExecutor executor({/*threads=*/2, /*most_waiting=*/256});
//   if (!executor.TryRun([...] { ... })) …   // overloaded: say so to the caller
//
// Work runs in the order in which it was given, on one of the threads. It must
// not throw. Thread-safe.
#ifndef SERVICE_EXECUTOR_BOUNDED_EXECUTOR_H_
#define SERVICE_EXECUTOR_BOUNDED_EXECUTOR_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace costs::executor {

class BoundedExecutor {
 public:
  struct Options {
    int threads = 1;
    size_t most_waiting = 256;  // pieces of work that no thread has begun
  };

  explicit BoundedExecutor(const Options& options);
  BoundedExecutor(const BoundedExecutor&) = delete;
  BoundedExecutor& operator=(const BoundedExecutor&) = delete;
  // Runs what was taken to its end.
  ~BoundedExecutor();

  // False: too much waits already, and `work` will never run.
  bool TryRun(std::function<void()> work);

  // For the next step of something that was let in before, such as a message of
  // a stream: it is taken however much waits. Whoever lets such things in bounds
  // their number.
  void Continue(std::function<void()> work);

 private:
  void Run();

  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;  // guarded by mutex_
  bool ending_ = false;                        // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace costs::executor

#endif  // SERVICE_EXECUTOR_BOUNDED_EXECUTOR_H_
