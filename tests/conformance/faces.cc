#include "tests/conformance/faces.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace costs::conformance {

Faces::Faces(std::shared_ptr<const catalog::Snapshot> snapshot, const Wrap& wrap)
    : local_(&catalog_, [] { return absl::Now(); }, {}) {
  catalog_.Set(std::move(snapshot));
  if (wrap) wrapped_ = wrap(&local_);
  calculator::Calculator* const calculator = wrapped_ != nullptr ? wrapped_.get() : &local_;
  service_ = std::make_unique<rpc::CostsService>(calculator, &caller_, rpc::CostsServiceOptions());

  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(service_.get());
  builder.SetMaxReceiveMessageSize(kGrpcMessageLimit);
  grpc_ = builder.BuildAndStart();
  grpc_port_ = static_cast<uint16_t>(port);
  channel_ = NewChannel();
  stub_ = energy::costs::v1::CostsService::NewStub(channel_);

  rest::ServerOptions options;
  options.calculator = calculator;
  options.authenticator = &caller_;
  rest_ = std::make_unique<rest::Server>(std::move(options));
  const absl::StatusOr<uint16_t> rest_port = rest_->Start();
  if (grpc_ == nullptr || !rest_port.ok()) {
    std::fprintf(stderr, "the servers cannot start: %s\n", rest_port.status().ToString().c_str());
    std::abort();
  }
  rest_port_ = *rest_port;
}

Faces::~Faces() { StopGrpc(); }

std::shared_ptr<grpc::Channel> Faces::NewChannel(grpc::ChannelArguments arguments) const {
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", grpc_port_), grpc::InsecureChannelCredentials(),
                                   arguments);
}

void Faces::StopGrpc() {
  if (grpc_ == nullptr) return;
  grpc_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
  grpc_.reset();
}

}  // namespace costs::conformance
