#include "service/tls/server_context.h"

#include <openssl/err.h>

#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/tls/certificates.h"
#include "service/tls/pem.h"

namespace costs::tls {
namespace {

// A client who speaks no ALPN gets the protocol all the same.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                   unsigned int in_length, void* protocol) {
  const char* const ours = static_cast<const char*>(protocol);
  const size_t length = std::strlen(ours);
  for (unsigned int at = 0; at < in_length; at += 1u + in[at]) {
    if (at + 1u + in[at] > in_length) break;
    if (in[at] != length || std::memcmp(in + at + 1, ours, length) != 0) continue;
    *out = in + at + 1;
    *out_length = in[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

absl::Status Failed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("OpenSSL does not take the ", what, ": ", TakeError()));
}

absl::Status UseChain(SSL_CTX* context, const KeyMaterial& material) {
  std::vector<Certificate> chain = ParseCertificates(material.certificate_chain);
  bool encrypted = false;
  const Key key = ParseKey(material.private_key, &encrypted);
  if (chain.empty()) return absl::InvalidArgumentError("there is no certificate");
  if (key == nullptr) return absl::InvalidArgumentError("there is no private key");
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) return Failed("certificate");
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return Failed("certificate's chain");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) return Failed("private key");
  if (SSL_CTX_check_private_key(context) != 1) return Failed("private key");
  return absl::OkStatus();
}

absl::Status VerifyClients(SSL_CTX* context, const KeyMaterial& material, ClientCertificates client_certificates) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const Certificate& ca : ParseCertificates(material.client_ca)) {
    if (X509_STORE_add_cert(store, ca.get()) != 1) return Failed("clients' CA");
    if (SSL_CTX_add_client_CA(context, ca.get()) != 1) return Failed("clients' CA");
  }
  int mode = SSL_VERIFY_PEER;
  if (client_certificates == ClientCertificates::kRequired) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(context, mode, nullptr);
  // A resumed session would not look at the certificate again, which may have expired.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Context> MakeServerContext(const KeyMaterial& material, ClientCertificates client_certificates,
                                          const char* protocol) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return Failed("settings");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // An idle connection needs no buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, const_cast<char*>(protocol));
  absl::Status used = UseChain(context.get(), material);
  if (used.ok() && client_certificates != ClientCertificates::kNone) {
    used = VerifyClients(context.get(), material, client_certificates);
  }
  if (!used.ok()) return used;
  return context;
}

}  // namespace costs::tls
