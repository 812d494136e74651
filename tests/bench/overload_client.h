// Calls at a given rate, whether or not the server keeps up (an open loop), as they come
// from many callers who do not wait for each other; or as fast as they are answered.
//
// One thread on one completion queue. Requests are serialised beforehand, and the times in
// them written over at each use: 500 meters, each with its next records. A call counts
// as good where it was answered with results before its deadline; refusals (UNAVAILABLE)
// and deadlines that passed are counted, and any other end fails the measurement.
#ifndef TESTS_BENCH_OVERLOAD_CLIENT_H_
#define TESTS_BENCH_OVERLOAD_CLIENT_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace costs::bench {

struct OverloadOptions {
  std::string address;  // host:port, plain text
  pid_t server_pid = 0;
  int connections = 16;
  int batch_records = 0;  // of a BatchCalculateInstantCosts; 0: CalculateInstantCost
  bool non_persistent = false;
  // Calls a second; 0: `in_flight` at any time, the next when one is answered.
  double calls_per_second = 0;
  int in_flight = 64;
  // All that were made of this server: their records are not sent again.
  uint64_t calls_before = 0;
  absl::Duration deadline = absl::Seconds(2);  // of each call
  absl::Duration warm_up = absl::Seconds(1);
  absl::Duration duration = absl::Seconds(5);
};

struct OverloadResult {
  uint64_t calls = 0;     // also those that do not count
  double offered = 0;     // calls a second
  double good = 0;        // calls a second
  double refused = 0;     // calls a second
  double late = 0;        // calls a second
  absl::Duration median;  // of the good ones
  absl::Duration p99;
  int64_t server_bytes = 0;  // its largest resident size while measured
};

// An error where a call ended otherwise, or the server cannot be reached.
absl::StatusOr<OverloadResult> RunOverload(const OverloadOptions& options);

}  // namespace costs::bench

#endif  // TESTS_BENCH_OVERLOAD_CLIENT_H_
