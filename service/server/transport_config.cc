#include "service/server/transport_config.h"

#include <cstdint>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "service/server/loopback.h"

ABSL_FLAG(std::string, tls_certificate, "",
          "PEM file of the server's certificate, then those between it and its CA: both ports speak TLS. It is read "
          "again when it changes.");
ABSL_FLAG(std::string, tls_private_key, "", "PEM file of the certificate's private key, not encrypted.");
ABSL_FLAG(std::string, tls_client_ca, "",
          "PEM file of the CAs that clients' certificates are verified against: clients are asked for one.");
ABSL_FLAG(std::string, tls_client_certificates, "",
          "optional or required: whether a client must show a certificate; empty: required where --tls_client_ca is "
          "given.");
ABSL_FLAG(bool, allow_plaintext, false,
          "Lets a port beyond loopback speak plain text, as behind a proxy that ends TLS or in a mesh.");
ABSL_FLAG(absl::Duration, handshake_timeout, absl::Seconds(10),
          "How long a new connection's TLS handshake, and on the gRPC port HTTP/2's beginning, may take, 100ms to 2m.");
ABSL_FLAG(uint32_t, grpc_connections, 1024, "Most open connections of the gRPC port, 1 to 65536; more are closed.");
ABSL_FLAG(uint32_t, grpc_streams, 100, "Most calls at once of a gRPC connection, 1 to 65536; more wait at the client.");
ABSL_FLAG(uint32_t, grpc_metadata_limit, 8 << 10, "Most bytes in the metadata of a gRPC call, 1024 to 65536.");
ABSL_FLAG(uint64_t, grpc_memory_quota, uint64_t{256} << 20,
          "Bytes that gRPC may use for its connections and calls, 16777216 to 1099511627776; past it, it sheds them.");
ABSL_FLAG(absl::Duration, grpc_keepalive_time, absl::Minutes(1),
          "How often a gRPC connection without traffic is asked whether its peer lives, 1s to 24h.");
ABSL_FLAG(absl::Duration, grpc_keepalive_timeout, absl::Seconds(20),
          "How long that peer may take to answer, 1s to 1h.");
ABSL_FLAG(absl::Duration, grpc_stall_timeout, absl::Minutes(2),
          "A gRPC peer whose machine takes or acknowledges no byte for so long is cut off, 1s to 24h; 0: never.");
ABSL_FLAG(absl::Duration, grpc_connection_idle, absl::ZeroDuration(),
          "A gRPC connection without a call for so long is closed, 0 to 24h; 0: never.");
ABSL_FLAG(absl::Duration, grpc_connection_age, absl::ZeroDuration(),
          "A gRPC connection of this age takes no new calls and is closed after its last, 0 to 168h; 0: never.");
ABSL_FLAG(uint64_t, rest_large_bodies, uint64_t{256} << 20,
          "Most bytes of all REST bodies under way that are larger than --rest_body_limit, 1048576 to 1099511627776.");

namespace costs::server {
namespace {

absl::string_view FlagOf(tls::Finding::File file) {
  switch (file) {
    case tls::Finding::File::kCertificate:
      return "tls_certificate";
    case tls::Finding::File::kPrivateKey:
      return "tls_private_key";
    case tls::Finding::File::kClientCa:
      return "tls_client_ca";
  }
  return "tls_certificate";
}

void CheckTls(const TransportConfig& config, SettingCheck* check) {
  const bool certificate = !config.tls_certificate.empty();
  const bool key = !config.tls_private_key.empty();
  if (certificate && !key) check->Fault("tls_private_key", "is missing; give the key of --tls_certificate");
  if (key && !certificate) check->Fault("tls_certificate", "is missing; give the certificate of --tls_private_key");
  if (!config.tls_client_ca.empty() && !certificate && !key) {
    check->Fault("tls_client_ca", "needs --tls_certificate and --tls_private_key");
  }
  const std::string& clients = config.tls_client_certificates;
  if (!clients.empty() && clients != "optional" && clients != "required") {
    check->Fault("tls_client_certificates", absl::StrCat("is '", clients, "'; it must be optional or required"));
  } else if (!clients.empty() && config.tls_client_ca.empty()) {
    check->Fault("tls_client_certificates", "needs --tls_client_ca, which they are verified against");
  }
  if (!certificate || !key) return;
  const tls::Files files = TlsFiles(config);
  for (const tls::Finding& fault : tls::Load(files).faults) {
    const std::string& path = fault.file == tls::Finding::File::kCertificate  ? files.certificate
                              : fault.file == tls::Finding::File::kPrivateKey ? files.private_key
                                                                              : files.client_ca;
    check->Fault(FlagOf(fault.file), absl::StrCat("names '", path, "', which ", fault.text));
  }
}

}  // namespace

TransportConfig TransportFromFlags() {
  TransportConfig config;
  config.tls_certificate = absl::GetFlag(FLAGS_tls_certificate);
  config.tls_private_key = absl::GetFlag(FLAGS_tls_private_key);
  config.tls_client_ca = absl::GetFlag(FLAGS_tls_client_ca);
  config.tls_client_certificates = absl::GetFlag(FLAGS_tls_client_certificates);
  config.allow_plaintext = absl::GetFlag(FLAGS_allow_plaintext);
  config.handshake_timeout = absl::GetFlag(FLAGS_handshake_timeout);
  config.grpc_connections = absl::GetFlag(FLAGS_grpc_connections);
  config.grpc_streams = absl::GetFlag(FLAGS_grpc_streams);
  config.grpc_metadata_limit = absl::GetFlag(FLAGS_grpc_metadata_limit);
  config.grpc_memory_quota = absl::GetFlag(FLAGS_grpc_memory_quota);
  config.grpc_keepalive_time = absl::GetFlag(FLAGS_grpc_keepalive_time);
  config.grpc_keepalive_timeout = absl::GetFlag(FLAGS_grpc_keepalive_timeout);
  config.grpc_stall_timeout = absl::GetFlag(FLAGS_grpc_stall_timeout);
  config.grpc_connection_idle = absl::GetFlag(FLAGS_grpc_connection_idle);
  config.grpc_connection_age = absl::GetFlag(FLAGS_grpc_connection_age);
  config.rest_large_bodies = absl::GetFlag(FLAGS_rest_large_bodies);
  return config;
}

bool UsesTls(const TransportConfig& config) { return !config.tls_certificate.empty(); }

tls::Files TlsFiles(const TransportConfig& config) {
  return {config.tls_certificate, config.tls_private_key, config.tls_client_ca};
}

tls::ClientCertificates ClientCertificatesOf(const TransportConfig& config) {
  if (config.tls_client_ca.empty()) return tls::ClientCertificates::kNone;
  return config.tls_client_certificates == "optional" ? tls::ClientCertificates::kOptional
                                                      : tls::ClientCertificates::kRequired;
}

void CheckTransport(const TransportConfig& config, SettingCheck* check) {
  CheckTls(config, check);
  check->Range("handshake_timeout", config.handshake_timeout, absl::Milliseconds(100), absl::Minutes(2));
  check->Range("grpc_connections", config.grpc_connections, 1, 65536);
  check->Range("grpc_streams", config.grpc_streams, 1, 65536);
  check->Range("grpc_metadata_limit", config.grpc_metadata_limit, 1024, 65536);
  check->Range("grpc_memory_quota", config.grpc_memory_quota, uint64_t{16} << 20, uint64_t{1} << 40);
  check->Range("grpc_keepalive_time", config.grpc_keepalive_time, absl::Seconds(1), absl::Hours(24));
  check->Range("grpc_keepalive_timeout", config.grpc_keepalive_timeout, absl::Seconds(1), absl::Hours(1));
  if (config.grpc_stall_timeout != absl::ZeroDuration()) {
    check->Range("grpc_stall_timeout", config.grpc_stall_timeout, absl::Seconds(1), absl::Hours(24));
  }
  check->Range("grpc_connection_idle", config.grpc_connection_idle, absl::Hours(24));
  check->Range("grpc_connection_age", config.grpc_connection_age, absl::Hours(168));
  check->Range("rest_large_bodies", config.rest_large_bodies, uint64_t{1} << 20, uint64_t{1} << 40);
}

void CheckPlaintext(const TransportConfig& config, absl::string_view flag, absl::string_view listen,
                    SettingCheck* check) {
  if (UsesTls(config) || config.allow_plaintext || IsLoopback(listen)) return;
  check->Fault(flag, absl::StrCat("is '", listen,
                                  "', beyond loopback, and would be plain text; give --tls_certificate and "
                                  "--tls_private_key, or --allow_plaintext where a proxy or mesh encrypts"));
}

}  // namespace costs::server
