// A disk that takes longer to sync than this machine's: fdatasync() and fsync() of this
// process sync for real and then wait. It is what separates a laptop's drive with a
// volatile cache (0.2 ms) from a cloud's block storage (1 to 5 ms).
#ifndef TESTS_BENCH_SLOW_SYNC_H_
#define TESTS_BENCH_SLOW_SYNC_H_

#include "absl/time/time.h"

namespace costs::bench {

// Beyond what each sync takes by itself. Zero at the start of the process.
void SetSyncDelay(absl::Duration delay);

}  // namespace costs::bench

#endif  // TESTS_BENCH_SLOW_SYNC_H_
