// gRPC's own view of its connections and calls (grpc.channelz.v1), on a port by itself: it
// tells who is connected, so it is not for callers.
#ifndef SERVICE_SERVER_CHANNELZ_PORT_H_
#define SERVICE_SERVER_CHANNELZ_PORT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace costs::server {

class ChannelzPort {
 public:
  // `listen` is host:port; port 0 takes a free one. From then on every gRPC server that is
  // made in this process has channelz, so it is for after the others.
  static absl::StatusOr<std::unique_ptr<ChannelzPort>> Start(const std::string& listen);
  ~ChannelzPort();

  // host:port that is being listened on.
  const std::string& address() const { return address_; }

 private:
  ChannelzPort(std::unique_ptr<grpc::Server> server, std::string address)
      : server_(std::move(server)), address_(std::move(address)) {}

  const std::unique_ptr<grpc::Server> server_;
  const std::string address_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_CHANNELZ_PORT_H_
