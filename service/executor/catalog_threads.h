// The threads that the faces call the catalog on. A catalog makes one change at
// a time, so one thread makes them all: a long one delays the next change, and
// no reading. Thread-safe.
#ifndef SERVICE_EXECUTOR_CATALOG_THREADS_H_
#define SERVICE_EXECUTOR_CATALOG_THREADS_H_

#include "service/executor/bounded_executor.h"

namespace costs::executor {

struct CatalogThreads {
  BoundedExecutor reading{{/*threads=*/2, /*most_waiting=*/256}};
  BoundedExecutor changing{{/*threads=*/1, /*most_waiting=*/256}};
};

}  // namespace costs::executor

#endif  // SERVICE_EXECUTOR_CATALOG_THREADS_H_
