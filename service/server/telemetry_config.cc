#include "service/server/telemetry_config.h"

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "service/server/loopback.h"

ABSL_FLAG(
    std::string, admin_listen, "",
    "Address of the operator's port (GET /metrics for Prometheus, /statusz, /healthz), host:port, in plain text and "
    "open to whoever reaches it, such as 127.0.0.1:9090; port 0 takes a free one; empty: none.");
ABSL_FLAG(
    std::string, channelz_listen, "",
    "Address of a gRPC port of its own for channelz (connections, streams and their state), host:port on loopback, "
    "in plain text; port 0 takes a free one; empty: none.");
ABSL_FLAG(std::string, log_calls, "failed",
          "Calls that the log tells of, a line each: none; failed: those that failed by no fault of the caller; all.");
ABSL_FLAG(std::string, log_format, "text", "The log's lines: text, or json, an object each.");

namespace costs::server {

TelemetryConfig TelemetryFromFlags() {
  TelemetryConfig config;
  config.admin_listen = absl::GetFlag(FLAGS_admin_listen);
  config.channelz_listen = absl::GetFlag(FLAGS_channelz_listen);
  config.log_calls = absl::GetFlag(FLAGS_log_calls);
  config.log_format = absl::GetFlag(FLAGS_log_format);
  return config;
}

void CheckTelemetry(const TelemetryConfig& config, SettingCheck* check) {
  if (!config.admin_listen.empty()) check->Address("admin_listen", config.admin_listen);
  if (!config.channelz_listen.empty() && check->Address("channelz_listen", config.channelz_listen) &&
      !IsLoopback(config.channelz_listen)) {
    check->Fault("channelz_listen",
                 absl::StrCat("is '", config.channelz_listen, "', but tells who is connected; write 127.0.0.1:PORT"));
  }
  if (config.log_calls != "none" && config.log_calls != "failed" && config.log_calls != "all") {
    check->Fault("log_calls", absl::StrCat("is '", config.log_calls, "'; write none, failed or all"));
  }
  if (config.log_format != "text" && config.log_format != "json") {
    check->Fault("log_format", absl::StrCat("is '", config.log_format, "'; write text or json"));
  }
}

telemetry::LoggedCalls LoggedCallsOf(const TelemetryConfig& config) {
  if (config.log_calls == "all") return telemetry::LoggedCalls::kAll;
  return config.log_calls == "none" ? telemetry::LoggedCalls::kNone : telemetry::LoggedCalls::kFailed;
}

}  // namespace costs::server
