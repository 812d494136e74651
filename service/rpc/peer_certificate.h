// What a client's certificate says of him, where a gRPC port has verified it.
#ifndef SERVICE_RPC_PEER_CERTIFICATE_H_
#define SERVICE_RPC_PEER_CERTIFICATE_H_

#include <grpcpp/server_context.h>

#include <optional>

#include "service/auth/authenticator.h"

namespace costs::rpc {

// Nothing where the client showed none, which plain text tells at once.
std::optional<auth::PeerCertificate> PeerCertificateOf(const grpc::ServerContextBase& context);

}  // namespace costs::rpc

#endif  // SERVICE_RPC_PEER_CERTIFICATE_H_
