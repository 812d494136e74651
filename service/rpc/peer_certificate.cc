#include "service/rpc/peer_certificate.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include <string>
#include <utility>
#include <vector>

namespace costs::rpc {
namespace {

// Without those that have a NUL in them, which two readers may take for different names.
std::vector<std::string> Values(const grpc::AuthContext& context, const char* property) {
  std::vector<std::string> values;
  for (const grpc::string_ref& value : context.FindPropertyValues(property)) {
    std::string text(value.data(), value.size());
    if (!text.empty() && text.find('\0') == std::string::npos) values.push_back(std::move(text));
  }
  return values;
}

}  // namespace

std::optional<auth::PeerCertificate> PeerCertificateOf(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) return std::nullopt;
  auth::PeerCertificate names;
  names.uris = Values(*peer, GRPC_PEER_URI_PROPERTY_NAME);
  names.dns_names = Values(*peer, GRPC_PEER_DNS_PROPERTY_NAME);
  std::vector<std::string> common_names = Values(*peer, GRPC_X509_CN_PROPERTY_NAME);
  if (!common_names.empty()) names.common_name = std::move(common_names.front());
  return names;
}

}  // namespace costs::rpc
