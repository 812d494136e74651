#include "client/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/client_interceptor.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace costs {
namespace {

using grpc::experimental::InterceptionHookPoints;

// An answer of 10000 records in full is some 5 MiB; gRPC's own limit is 4.
constexpr int kLargestMessage = 64 << 20;
// The server permits a ping each 10 s.
constexpr int kKeepaliveMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;

// The same as deploy/clients/service_config.json.
constexpr char kServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "healthCheckConfig": {"serviceName": ""},
  "methodConfig": [
    {
      "name": [
        {"service": "energy.costs.v1.CostsService"},
        {"service": "energy.costs.v1.MeterRecordsService"}
      ],
      "waitForReady": true,
      "timeout": "30s",
      "retryPolicy": {
        "maxAttempts": 5,
        "initialBackoff": "0.2s",
        "maxBackoff": "5s",
        "backoffMultiplier": 3,
        "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"]
      }
    },
    {
      "name": [{"service": "energy.costs.v1.CostsService", "method": "StreamInstantCosts"}],
      "waitForReady": true
    }
  ]
})";

// Adds `authorization` to a call, over plain text, too, which call credentials do not; who
// opens the channel has seen to that it may be.
class Authorizer final : public grpc::experimental::Interceptor {
 public:
  explicit Authorizer(const Connection& connection) : connection_(connection) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    if (failed_) {
      // Its operations are ours to answer: none was sent.
      if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_RECV_STATUS)) {
        *batch->GetRecvStatus() = *failed_;
      }
      if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_RECV_MESSAGE)) {
        batch->FailHijackedRecvMessage();
      }
      if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) {
        batch->FailHijackedSendMessage();
      }
      return batch->Proceed();
    }
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      const absl::StatusOr<std::string> authorization = connection_.authorization();
      if (!authorization.ok()) {
        failed_ = grpc::Status(static_cast<grpc::StatusCode>(authorization.status().code()),
                               std::string(authorization.status().message()));
        return batch->Hijack();
      }
      sent_ = *authorization;
      batch->GetSendInitialMetadata()->emplace("authorization", sent_);
    }
    if (connection_.refused != nullptr && batch->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_STATUS) &&
        batch->GetRecvStatus()->error_code() == grpc::StatusCode::UNAUTHENTICATED) {
      connection_.refused(sent_);
    }
    batch->Proceed();
  }

 private:
  const Connection& connection_;  // the factory's
  std::string sent_;
  std::optional<grpc::Status> failed_;
};

class AuthorizerFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit AuthorizerFactory(Connection connection) : connection_(std::move(connection)) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(grpc::experimental::ClientRpcInfo*) override {
    return new Authorizer(connection_);
  }

 private:
  const Connection connection_;
};

}  // namespace

std::string ServiceConfig() { return kServiceConfig; }

std::shared_ptr<grpc::Channel> OpenChannel(const Connection& connection) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kLargestMessage);
  if (connection.wait_for_ready) arguments.SetServiceConfigJSON(ServiceConfig());
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (connection.tls.enabled) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = connection.tls.ca_pem;
    options.pem_cert_chain = connection.tls.certificate_pem;
    options.pem_private_key = connection.tls.key_pem;
    credentials = grpc::SslCredentials(options);
  }
  if (connection.authorization == nullptr) {
    return grpc::CreateCustomChannel(connection.address, credentials, arguments);
  }
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<AuthorizerFactory>(connection));
  return grpc::experimental::CreateCustomChannelWithInterceptors(connection.address, credentials, arguments,
                                                                 std::move(interceptors));
}

bool StaysOnThisMachine(absl::string_view address) {
  absl::ConsumePrefix(&address, "dns:");
  absl::ConsumePrefix(&address, "///");
  if (absl::StartsWith(address, "unix:")) return true;
  const absl::string_view host = address.substr(0, address.rfind(':'));
  return host == "localhost" || absl::StartsWith(host, "127.") || host == "[::1]" || host == "::1";
}

}  // namespace costs
