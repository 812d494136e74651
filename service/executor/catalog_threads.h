// The threads that the faces call the catalog on. A catalog makes one change at
// a time, so one thread makes them all: a long one delays the next change, and
// no reading. Thread-safe.
#ifndef SERVICE_EXECUTOR_CATALOG_THREADS_H_
#define SERVICE_EXECUTOR_CATALOG_THREADS_H_

#include <cstddef>

#include "service/executor/bounded_executor.h"

namespace costs::executor {

struct CatalogThreads {
  explicit CatalogThreads(size_t most_waiting = 256)
      : reading({/*threads=*/2, most_waiting}), changing({/*threads=*/1, most_waiting}) {}

  BoundedExecutor reading;
  BoundedExecutor changing;
};

}  // namespace costs::executor

#endif  // SERVICE_EXECUTOR_CATALOG_THREADS_H_
