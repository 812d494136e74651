// The gRPC port of a costsd: its services, TLS and limits of connections, as its
// settings say.
//
// Owned and driven by one thread.
#ifndef SERVICE_SERVER_GRPC_PORT_H_
#define SERVICE_SERVER_GRPC_PORT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "service/rpc/call_observer.h"
#include "service/rpc/connection_acceptor.h"
#include "service/server/config.h"
#include "service/tls/certificates.h"

namespace costs::server {

class GrpcPort {
 public:
  // Services and certificates (null: plain text) outlive the port.
  static absl::StatusOr<std::unique_ptr<GrpcPort>> Start(const ServerConfig& config,
                                                         const std::vector<grpc::Service*>& services,
                                                         const tls::Certificates* certificates,
                                                         rpc::InterceptorFactories observers = {});
  ~GrpcPort();

  int port() const { return acceptor_->port(); }
  grpc::Server* server() { return server_.get(); }
  // Takes no new connections; those that are open go on.
  void StopAccepting() { acceptor_->Stop(); }

 private:
  explicit GrpcPort(std::unique_ptr<rpc::ConnectionAcceptor> acceptor) : acceptor_(std::move(acceptor)) {}

  // In this order: gRPC asks the credentials until the server is gone.
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> taking_;
  std::unique_ptr<rpc::ConnectionAcceptor> acceptor_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_GRPC_PORT_H_
