// A program that this process starts, perhaps pinned to one core, and ends.
//
// The child dies with its parent; the destructor ends it (SIGTERM, after a
// moment SIGKILL) and waits for it. Nothing else is ever signalled. Its standard
// error is the parent's.
//
// Not thread-safe: one ChildProcess belongs to one thread.
#ifndef TESTS_BENCH_CHILD_PROCESS_H_
#define TESTS_BENCH_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace costs::bench {

// The cores that this process may run on, in order.
std::vector<int> AllowedCores();

// Pins the calling thread, and the threads it will start, to one core.
void PinToCore(int core);

class ChildProcess {
 public:
  // Starts `command` (program and arguments) on `core`, or on any.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const std::vector<std::string>& command,
                                                             absl::optional<int> core = absl::nullopt);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }

  // Ends it at once, as kill -9 does, and waits for it.
  void Kill();

  // The next line of its standard output, without the newline. UNAVAILABLE where
  // the output ends first, DEADLINE_EXCEEDED where the time does.
  absl::StatusOr<std::string> ReadLine(absl::Duration timeout);

  // All the rest of its standard output.
  absl::StatusOr<std::string> ReadAll(absl::Duration timeout);

 private:
  ChildProcess(pid_t pid, int output) : pid_(pid), output_(output) {}
  // Reads some more into buffer_. False: the output has ended.
  absl::StatusOr<bool> ReadMore(absl::Time deadline);

  const pid_t pid_;
  bool ended_ = false;  // and waited for
  const int output_;
  std::string buffer_;
};

}  // namespace costs::bench

#endif  // TESTS_BENCH_CHILD_PROCESS_H_
