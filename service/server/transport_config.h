// What costsd is told about its ports' connections: TLS, and how much of them it
// puts up with.
#ifndef SERVICE_SERVER_TRANSPORT_CONFIG_H_
#define SERVICE_SERVER_TRANSPORT_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/server/setting_check.h"
#include "service/tls/certificates.h"

namespace costs::server {

struct TransportConfig {
  // TLS of both ports, where the certificate is given.
  std::string tls_certificate;
  std::string tls_private_key;
  std::string tls_client_ca;
  std::string tls_client_certificates;  // optional, required; empty: required where there is a CA
  bool allow_plaintext = false;         // also beyond loopback

  absl::Duration handshake_timeout;

  uint32_t grpc_connections = 0;
  uint32_t grpc_streams = 0;         // at once, of a connection
  uint32_t grpc_metadata_limit = 0;  // bytes of a call's metadata
  uint64_t grpc_memory_quota = 0;    // bytes
  absl::Duration grpc_keepalive_time;
  absl::Duration grpc_keepalive_timeout;
  absl::Duration grpc_stall_timeout;
  absl::Duration grpc_connection_idle;  // 0: for ever
  absl::Duration grpc_connection_age;   // 0: for ever

  uint64_t rest_large_bodies = 0;  // bytes
};

// As the flags have it. Call after the command line was parsed.
TransportConfig TransportFromFlags();

bool UsesTls(const TransportConfig& config);
tls::Files TlsFiles(const TransportConfig& config);
tls::ClientCertificates ClientCertificatesOf(const TransportConfig& config);

void CheckTransport(const TransportConfig& config, SettingCheck* check);
// Whether a port may speak plain text at `listen`, the value of `flag`.
void CheckPlaintext(const TransportConfig& config, absl::string_view flag, absl::string_view listen,
                    SettingCheck* check);

}  // namespace costs::server

#endif  // SERVICE_SERVER_TRANSPORT_CONFIG_H_
