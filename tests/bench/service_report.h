// The service beside a bare gRPC echo of the same messages, as ratios.
//
// All servers run at the same time, pinned to one core; the client is pinned to
// another. Each round measures every load on every server, one after the other,
// the servers in another order each round, so that what disturbs the machine
// disturbs all of them. A comparison is the median of its rounds' ratios; where
// other processes took more than a tenth of the cores' time in a round, its ratio
// of throughputs does not count (if that happened in every round, all count).
//
// For each load L (unary, stream1: single records, stream1000: chunks) there are
//   L_vs_echo_callback, L_vs_echo_cq      the service's records a second by the
//                                         echo's; 1 is as fast as the bare echo
//   echo_cq_vs_echo_callback_L            the two server APIs of gRPC
// and each of them with `_cpu` after its name: the inverse ratio of server CPU
// time per record, so more than 1 means less CPU time than the other one.
#ifndef TESTS_BENCH_SERVICE_REPORT_H_
#define TESTS_BENCH_SERVICE_REPORT_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/bench/name_filter.h"

namespace costs::bench {

struct ReportOptions {
  // Program and arguments. Each prints `grpc HOST:PORT` on standard output when
  // it is ready.
  std::vector<std::string> service;
  std::vector<std::string> echo_callback;
  std::vector<std::string> echo_cq;

  int rounds = 5;
  absl::Duration duration = absl::Seconds(2);  // of one measurement
  absl::Duration warm_up = absl::Milliseconds(300);
  int connections = 1;  // of the unary load
};

// Measures what the comparisons that pass `only` need, and starts only the
// servers that they need. Writes a line `NAME RATIO` for each to `out`, and the
// absolute figures to `details`. Pins the calling thread. All servers have ended
// when it returns. NOT_FOUND where no comparison passes; else the first failure.
absl::Status RunServiceReport(const ReportOptions& options, const NameFilter& only, std::ostream& out,
                              std::ostream& details);

}  // namespace costs::bench

#endif  // TESTS_BENCH_SERVICE_REPORT_H_
