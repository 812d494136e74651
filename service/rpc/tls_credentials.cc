#include "service/rpc/tls_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <mutex>
#include <string>

namespace costs::rpc {
namespace {

grpc_ssl_client_certificate_request_type RequestType(tls::ClientCertificates client_certificates) {
  switch (client_certificates) {
    case tls::ClientCertificates::kNone:
      return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    case tls::ClientCertificates::kOptional:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case tls::ClientCertificates::kRequired:
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
}

class Credentials final : public grpc::ServerCredentials {
 public:
  explicit Credentials(const tls::Certificates* certificates)
      : certificates_(certificates),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                RequestType(certificates->client_certificates()), Fetch, this))) {}
  ~Credentials() override { grpc_server_credentials_release(credentials_); }

  // gRPC's hook for metadata; who calls is told elsewhere.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status Fetch(void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<Credentials*>(self)->FetchInto(config);
  }

  // At each new connection; gRPC keeps what it had where it is told that nothing is new.
  grpc_ssl_certificate_config_reload_status FetchInto(grpc_ssl_server_certificate_config** config) {
    std::shared_ptr<const tls::KeyMaterial> current = certificates_->current();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (current == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {current->private_key.c_str(), current->certificate_chain.c_str()};
    // gRPC insists on CAs, also where it asks no client for a certificate.
    const std::string& cas = current->client_ca.empty() ? current->certificate_chain : current->client_ca;
    *config = grpc_ssl_server_certificate_config_create(cas.c_str(), &pair, 1);
    given_ = std::move(current);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const tls::Certificates* const certificates_;
  std::mutex mutex_;
  std::shared_ptr<const tls::KeyMaterial> given_;  // guarded by mutex_
  grpc_server_credentials* const credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> TlsCredentials(const tls::Certificates* certificates) {
  return std::make_shared<Credentials>(certificates);
}

}  // namespace costs::rpc
