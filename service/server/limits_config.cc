#include "service/server/limits_config.h"

#include "absl/flags/flag.h"

ABSL_FLAG(uint32_t, account_requests_per_second, 0,
          "Most requests of an account in a second, over both ports and both of its modes, 1 to 1000000; a chunk of a "
          "stream is one; what comes beyond is refused (RATE_LIMITED, 429), and a stream is read more slowly. 0: no "
          "limit.");
ABSL_FLAG(uint32_t, account_request_burst, 0,
          "Most requests of an account at once, after a pause, 1 to 1000000; 0: as many as "
          "--account_requests_per_second.");
ABSL_FLAG(uint32_t, account_streams, 1000,
          "Most streams of an account at once (StreamInstantCosts and uploads), 1 to 1000000; 0: no limit.");
ABSL_FLAG(uint32_t, records_in_flight, 50'000,
          "Most meter records under way, of all callers, 1000 to 10000000; what comes beyond is refused at once "
          "(OVERLOADED, 503), and streams wait. A record takes about a kilobyte.");
ABSL_FLAG(absl::Duration, records_target_delay, absl::Milliseconds(500),
          "What the last meter record let in shall wait for those in front of it, 10ms to 1m: where the store is slow, "
          "fewer than --records_in_flight are let in, but 1000 at least. 0: always --records_in_flight.");

namespace costs::server {

LimitsConfig LimitsFromFlags() {
  LimitsConfig config;
  config.account_requests_per_second = absl::GetFlag(FLAGS_account_requests_per_second);
  config.account_request_burst = absl::GetFlag(FLAGS_account_request_burst);
  config.account_streams = absl::GetFlag(FLAGS_account_streams);
  config.records_in_flight = absl::GetFlag(FLAGS_records_in_flight);
  config.records_target_delay = absl::GetFlag(FLAGS_records_target_delay);
  return config;
}

void CheckLimits(const LimitsConfig& config, SettingCheck* check) {
  constexpr uint32_t kMost = 1'000'000;
  check->Range("account_requests_per_second", config.account_requests_per_second, 0, kMost);
  check->Range("account_request_burst", config.account_request_burst, 0, kMost);
  if (config.account_request_burst > 0 && config.account_requests_per_second == 0) {
    check->Fault("account_request_burst", "has a meaning only with --account_requests_per_second; set that, too");
  }
  check->Range("account_streams", config.account_streams, 0, kMost);
  check->Range("records_in_flight", config.records_in_flight, 1'000, 10'000'000);
  if (config.records_target_delay != absl::ZeroDuration()) {
    check->Range("records_target_delay", config.records_target_delay, absl::Milliseconds(10), absl::Minutes(1));
  }
}

auth::AccountLimits::Options AccountLimitsOf(const LimitsConfig& config) {
  auth::AccountLimits::Options options;
  options.requests_per_second = config.account_requests_per_second;
  options.burst = config.account_request_burst > 0 ? config.account_request_burst : config.account_requests_per_second;
  options.streams = config.account_streams;
  return options;
}

}  // namespace costs::server
