// GetMeterRecord of costsd, as fast as it answers: how many a second.
//
// One thread on one completion queue, so many calls in flight; requests are serialised
// beforehand, and an answer must be a record but is not parsed.
#ifndef TESTS_BENCH_LOOK_UP_CLIENT_H_
#define TESTS_BENCH_LOOK_UP_CLIENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace costs::bench {

struct LookUpOptions {
  std::string address;           // host:port, plain text
  std::vector<std::string> ids;  // of records that are there, in this order and from the start again
  int connections = 4;
  int in_flight = 64;
  absl::Duration warm_up = absl::Seconds(1);
  absl::Duration duration = absl::Seconds(3);
};

// An error where a call failed, or the server cannot be reached.
absl::StatusOr<double> LookUpsPerSecond(const LookUpOptions& options);

}  // namespace costs::bench

#endif  // TESTS_BENCH_LOOK_UP_CLIENT_H_
