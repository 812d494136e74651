// The threads that the faces call the records on. Reading, small changes and bulk
// submissions wait for different things (a disk, a commit, the pricing of thousands
// of records), so none of them waits for another. Thread-safe.
#ifndef SERVICE_EXECUTOR_RECORD_THREADS_H_
#define SERVICE_EXECUTOR_RECORD_THREADS_H_

#include <cstddef>

#include "service/executor/bounded_executor.h"

namespace costs::executor {

struct RecordThreads {
  explicit RecordThreads(size_t most_waiting = 256)
      : reading({/*threads=*/4, most_waiting}),
        changing({/*threads=*/2, most_waiting}),
        // Each may hold a body of some MiB.
        bulk({/*threads=*/4, most_waiting < 16 ? most_waiting : 16}) {}

  BoundedExecutor reading;
  BoundedExecutor changing;
  BoundedExecutor bulk;
};

}  // namespace costs::executor

#endif  // SERVICE_EXECUTOR_RECORD_THREADS_H_
