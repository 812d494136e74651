// OpenSSL's context of a TLS server, made of key material: TLS 1.2 or newer with
// OpenSSL's own ciphers, no compression and no renegotiation.
#ifndef SERVICE_TLS_SERVER_CONTEXT_H_
#define SERVICE_TLS_SERVER_CONTEXT_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::tls {

enum class ClientCertificates;
struct KeyMaterial;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

// `protocol` is what ALPN chooses, such as "http/1.1"; a client who offers others only
// is refused. INVALID_ARGUMENT: what OpenSSL has against the material.
absl::StatusOr<Context> MakeServerContext(const KeyMaterial& material, ClientCertificates client_certificates,
                                          const char* protocol);

}  // namespace costs::tls

#endif  // SERVICE_TLS_SERVER_CONTEXT_H_
