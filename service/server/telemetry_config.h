// What costsd is told about what it tells its operator: the admin port and the log.
#ifndef SERVICE_SERVER_TELEMETRY_CONFIG_H_
#define SERVICE_SERVER_TELEMETRY_CONFIG_H_

#include <string>

#include "service/server/setting_check.h"
#include "service/telemetry/call_log.h"

namespace costs::server {

struct TelemetryConfig {
  std::string admin_listen;     // host:port; empty: no admin port
  std::string channelz_listen;  // host:port; empty: none
  std::string log_calls;        // none, failed or all
  std::string log_format;       // text or json
};

// The settings as the flags have them. Call after the command line was parsed.
TelemetryConfig TelemetryFromFlags();

void CheckTelemetry(const TelemetryConfig& config, SettingCheck* check);

// Of a config that was checked.
telemetry::LoggedCalls LoggedCallsOf(const TelemetryConfig& config);

}  // namespace costs::server

#endif  // SERVICE_SERVER_TELEMETRY_CONFIG_H_
