#include "service/server/grpc_port.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/rpc/tls_credentials.h"
#include "spdlog/spdlog.h"
#include "src/proto/grpc/health/v1/health.pb.h"

namespace costs::server {
namespace {

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

void LimitMessages(const ServerConfig& config, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(static_cast<int>(config.grpc_message_limit));
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(config.transport.grpc_metadata_limit));
  // gRPC unpacks a compressed message before it looks at the limit, a thousand
  // times its size if need be. The messages are too small to gain by it anyway.
  for (grpc_compression_algorithm algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    builder->SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
}

void LimitConnections(const TransportConfig& config, grpc::ServerBuilder* builder) {
  grpc::ResourceQuota quota("costsd");
  quota.Resize(config.grpc_memory_quota);
  builder->SetResourceQuota(quota);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(config.grpc_streams));
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Milliseconds(config.handshake_timeout));
  // Peers that are gone without a word, whether or not they have calls.
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(config.grpc_keepalive_time));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(config.grpc_keepalive_timeout));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Idle clients may ask every 10 s whether the connection lives; who asks more often
  // is sent away at the third time too many.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  if (config.grpc_connection_idle > absl::ZeroDuration()) {
    builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(config.grpc_connection_idle));
  }
  if (config.grpc_connection_age > absl::ZeroDuration()) {
    builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(config.grpc_connection_age));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcPort>> GrpcPort::Start(const ServerConfig& config,
                                                          const std::vector<grpc::Service*>& services,
                                                          const tls::Certificates* certificates,
                                                          rpc::InterceptorFactories observers) {
  // A port that is taken is an error, not a second server beside the first.
  rpc::ConnectionAcceptor::Options accepting;
  accepting.listen = config.grpc_listen;
  accepting.connections = config.transport.grpc_connections;
  accepting.stall_timeout = config.transport.grpc_stall_timeout;
  accepting.log = [](absl::string_view line) { spdlog::warn("grpc: {}", std::string(line)); };
  absl::StatusOr<std::unique_ptr<rpc::ConnectionAcceptor>> acceptor =
      rpc::ConnectionAcceptor::Listen(std::move(accepting));
  if (!acceptor.ok()) {
    return absl::UnavailableError(absl::StrCat("cannot listen on --grpc_listen=", config.grpc_listen, ": ",
                                               acceptor.status().message(),
                                               "; is the port taken, or the host not ours?"));
  }
  std::unique_ptr<GrpcPort> port(new GrpcPort(*std::move(acceptor)));

  // Health is served by gRPC itself; its descriptor, which reflection shows,
  // comes with the generated code that this names.
  (void)grpc::health::v1::HealthCheckRequest::descriptor();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  for (grpc::Service* service : services) builder.RegisterService(service);
  if (!observers.empty()) builder.experimental().SetInterceptorCreators(std::move(observers));
  LimitMessages(config, &builder);
  LimitConnections(config.transport, &builder);
  port->credentials_ = certificates != nullptr ? rpc::TlsCredentials(certificates) : grpc::InsecureServerCredentials();
  port->taking_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, port->credentials_);
  port->server_ = builder.BuildAndStart();
  if (port->server_ == nullptr) return absl::UnavailableError("the gRPC port cannot be served");
  port->acceptor_->Start([taking = port->taking_.get()](int listener, int fd) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = listener;
    connection.fd = fd;
    taking->HandleNewConnection(&connection);
  });
  return port;
}

// The accepting thread ends before what it hands connections to.
GrpcPort::~GrpcPort() { acceptor_->Stop(); }

}  // namespace costs::server
