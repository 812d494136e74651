// What costsd is told about how much is asked of it: limits by account, and of all work
// together. Those of connections are in transport_config.h.
#ifndef SERVICE_SERVER_LIMITS_CONFIG_H_
#define SERVICE_SERVER_LIMITS_CONFIG_H_

#include <cstdint>

#include "absl/time/time.h"
#include "service/auth/account_limits.h"
#include "service/server/setting_check.h"

namespace costs::server {

struct LimitsConfig {
  uint32_t account_requests_per_second = 0;  // 0: no limit
  uint32_t account_request_burst = 0;        // 0: as many as in a second
  uint32_t account_streams = 0;              // at once; 0: no limit
  uint32_t records_in_flight = 0;
  absl::Duration records_target_delay;  // 0: no target
};

// The settings as the flags have them. Call after the command line was parsed.
LimitsConfig LimitsFromFlags();

void CheckLimits(const LimitsConfig& config, SettingCheck* check);

auth::AccountLimits::Options AccountLimitsOf(const LimitsConfig& config);

}  // namespace costs::server

#endif  // SERVICE_SERVER_LIMITS_CONFIG_H_
