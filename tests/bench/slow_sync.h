// A disk that takes longer to sync than this machine's: fdatasync() and fsync() of this
// process sync for real and then wait. It is what separates a laptop's drive with a
// volatile cache (0.2 ms) from a cloud's block storage (1 to 5 ms). As a shared library
// that another program loads first (LD_PRELOAD=preloaded_slow_sync.so), of that program.
#ifndef TESTS_BENCH_SLOW_SYNC_H_
#define TESTS_BENCH_SLOW_SYNC_H_

#include <cstdint>

namespace costs::bench {

// The environment's variable of the delay at the start of the process; else it is 0.
inline constexpr char kSyncDelayNanos[] = "COSTS_SYNC_DELAY_NANOS";

// Beyond what each sync takes by itself.
void SetSyncDelayNanos(int64_t ns);

}  // namespace costs::bench

#endif  // TESTS_BENCH_SLOW_SYNC_H_
