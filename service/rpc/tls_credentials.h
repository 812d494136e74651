// gRPC's credentials of a server whose certificates may change while it runs.
//
// gRPC's own watcher of files (FileWatcherCertificateProvider of 1.51) leaves it to the
// operator that key and certificate fit together whenever it reads them; these ask
// Certificates, which has checked that, at each new connection.
#ifndef SERVICE_RPC_TLS_CREDENTIALS_H_
#define SERVICE_RPC_TLS_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "service/tls/certificates.h"

namespace costs::rpc {

// The certificates outlive the credentials, and those the server. For one port.
std::shared_ptr<grpc::ServerCredentials> TlsCredentials(const tls::Certificates* certificates);

}  // namespace costs::rpc

#endif  // SERVICE_RPC_TLS_CREDENTIALS_H_
