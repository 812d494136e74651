// What costsd is told: every setting with its type, default and range.
//
// Read once at start, from flags (or a file of flags, --flagfile) into a plain
// value that the rest of the server is given. Nothing else reads flags.
#ifndef SERVICE_SERVER_CONFIG_H_
#define SERVICE_SERVER_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/server/limits_config.h"
#include "service/server/sign_in_config.h"
#include "service/server/telemetry_config.h"
#include "service/server/transport_config.h"
#include "service/server/upstream_config.h"

namespace costs::server {

struct ServerConfig {
  std::string grpc_listen;  // host:port; port 0: any free one
  std::string rest_listen;  // host:port; empty: no REST face
  std::string catalog;      // a directory; with a store, what fills it once; may be empty then
  // An SQLite file, or the URL of a PostgreSQL database (which may have a password:
  // see StoreName); empty: the catalog is its files, and read-only.
  std::string store;

  // Whose the entries of the catalog's files are; without authentication, whose every
  // call is.
  std::string account_id;
  bool live_mode = true;

  SignInConfig sign_in;

  uint32_t batch_limit = 0;         // records
  uint32_t stream_chunk_limit = 0;  // records
  uint32_t grpc_message_limit = 0;  // bytes of a request message
  uint32_t rest_body_limit = 0;     // bytes
  uint32_t rest_bulk_limit = 0;     // bytes of a bulk submission
  uint32_t rest_connections = 0;
  uint32_t rest_threads = 0;

  LimitsConfig limits;
  TransportConfig transport;
  UpstreamConfig upstream;
  TelemetryConfig telemetry;

  std::string scheduling = "auto";  // or normal, batch

  absl::Duration drain_delay;    // from NOT_SERVING to refusing new calls
  absl::Duration drain_timeout;  // for the calls in flight
};

// The settings as the flags have them. Call after the command line was parsed.
ServerConfig ConfigFromFlags();

// The store as one may log it: a path, or "postgres://HOST/DATABASE" alone.
std::string StoreName(const ServerConfig& config);

// Whether the threads are scheduled as SCHED_BATCH. What asks an upstream for each record has a
// thread that works through its answers and wakes others at each; if those interrupt it each
// time, little more than half as many records are answered (docs/decisions/0040).
bool UsesBatchScheduling(const ServerConfig& config);

// What is wrong with them, each naming the flag, its limit and the remedy;
// empty where nothing is.
std::vector<std::string> CheckConfig(const ServerConfig& config);

}  // namespace costs::server

#endif  // SERVICE_SERVER_CONFIG_H_
