// What costsd is told of another costs API and of when to ask it: a part of
// ServerConfig (config.h).
//
// The key of this service's account there is in a file, never in a flag.
#ifndef SERVICE_SERVER_UPSTREAM_CONFIG_H_
#define SERVICE_SERVER_UPSTREAM_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/server/setting_check.h"

namespace costs::server {

struct UpstreamConfig {
  std::string mode;        // compute, proxy, fallback or shadow
  std::string modes_file;  // of accounts and locations with another mode; empty: none
  std::string url;         // https://HOST[:PORT][/PATH]
  std::string release;     // zero or anode
  std::string ca;          // PEM; empty: the system's CAs
  std::string client_certificate;
  std::string client_key;
  std::string account_id;    // who this service is there
  std::string api_key_file;  // its key
  bool pass_authorization = false;
  std::string proxy;         // empty: none
  uint32_t connections = 0;  // open at once
  uint32_t calls = 0;        // under way at once
  uint32_t shadow_calls = 0;
  std::string shadow_file;  // of the last differences; empty: none
  absl::Duration timeout;   // of a call, whatever the caller's deadline
  absl::Duration connect_timeout;

  // Whether the upstream is ever asked.
  bool used() const { return mode != "compute" || !modes_file.empty(); }
};

// The settings as the flags have them. Call after the command line was parsed.
UpstreamConfig UpstreamFromFlags();

void CheckUpstream(const UpstreamConfig& config, SettingCheck* check);

// The key that the file has, without the line's end. An error names the file, and
// tells nothing of what is in it.
absl::StatusOr<std::string> ReadApiKey(const std::string& path);

}  // namespace costs::server

#endif  // SERVICE_SERVER_UPSTREAM_CONFIG_H_
