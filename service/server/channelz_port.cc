#include "service/server/channelz_port.h"

#include <grpcpp/ext/channelz_service_plugin.h>

#include <chrono>

#include "absl/strings/str_cat.h"

namespace costs::server {

absl::StatusOr<std::unique_ptr<ChannelzPort>> ChannelzPort::Start(const std::string& listen) {
  grpc::channelz::experimental::InitChannelzService();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on --channelz_listen=", listen, "; is the port taken, or the host not ours?"));
  }
  std::string address = absl::StrCat(listen.substr(0, listen.rfind(':')), ":", port);
  return std::unique_ptr<ChannelzPort>(new ChannelzPort(std::move(server), std::move(address)));
}

// Whoever still looks is cut off.
ChannelzPort::~ChannelzPort() { server_->Shutdown(std::chrono::system_clock::now()); }

}  // namespace costs::server
