#include "tests/bench/slow_sync.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace {

int64_t Given() {
  const char* const text = getenv(costs::bench::kSyncDelayNanos);
  return text == nullptr ? 0 : atoll(text);
}

std::atomic<int64_t> delay_ns{Given()};

int SyncSlowly(long call, int file) {       // NOLINT(google-runtime-int): as syscall() has it
  const long result = syscall(call, file);  // NOLINT(google-runtime-int)
  const int64_t ns = delay_ns.load(std::memory_order_relaxed);
  if (ns > 0) {
    const timespec wait = {ns / 1'000'000'000, ns % 1'000'000'000};
    nanosleep(&wait, nullptr);
  }
  return static_cast<int>(result);
}

}  // namespace

// In the place of the C library's, also for SQLite's shared library.
extern "C" int fdatasync(int file) { return SyncSlowly(SYS_fdatasync, file); }
extern "C" int fsync(int file) { return SyncSlowly(SYS_fsync, file); }

namespace costs::bench {

void SetSyncDelayNanos(int64_t ns) { delay_ns.store(ns, std::memory_order_relaxed); }

}  // namespace costs::bench
