// What libcurl alone gets from a costs API: the reference for the proxy. One thread, one
// multi handle, kept connections, prebuilt requests, answers that are only checked for
// their status.
#ifndef TESTS_BENCH_BARE_CURL_H_
#define TESTS_BENCH_BARE_CURL_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace costs::bench {

struct BareCurlOptions {
  std::string url;                  // of POST requests
  std::vector<std::string> bodies;  // JSON, in turn
  std::string ca;                   // PEM file of who signed the server's certificate; empty: the system's
  int in_flight = 64;
  absl::Duration warm_up = absl::Milliseconds(300);
  absl::Duration duration = absl::Seconds(2);
};

// Requests answered with 200 a second; INTERNAL where one is not.
absl::StatusOr<double> RunBareCurl(const BareCurlOptions& options);

}  // namespace costs::bench

#endif  // TESTS_BENCH_BARE_CURL_H_
