// Both faces of the service in this process, over one LocalCalculator: gRPC and
// REST on free ports of the loopback interface.
//
//   Faces faces(snapshot);
//   faces.stub()->CalculateInstantCost(…);
//   rest::RawClient client(faces.rest_port());
//
// Owns all of it. Thread-safe once made.
#ifndef TESTS_CONFORMANCE_FACES_H_
#define TESTS_CONFORMANCE_FACES_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "service/auth/authenticator.h"
#include "service/calculator/calculator.h"
#include "service/calculator/local_calculator.h"
#include "service/catalog/snapshot.h"
#include "service/rest/server.h"
#include "service/rpc/costs_service.h"

namespace costs::conformance {

inline constexpr char kAccount[] = "acc_conformance";
inline constexpr int kGrpcMessageLimit = 16 << 20;  // the server's default

class Faces {
 public:
  using Wrap = std::function<std::unique_ptr<calculator::Calculator>(calculator::Calculator*)>;

  // `wrap`, where given, makes what stands between the faces and the calculator.
  explicit Faces(std::shared_ptr<const catalog::Snapshot> snapshot, const Wrap& wrap = nullptr);
  ~Faces();

  energy::costs::v1::CostsService::Stub* stub() { return stub_.get(); }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // One of its own: channels are otherwise shared.
  std::shared_ptr<grpc::Channel> NewChannel(grpc::ChannelArguments arguments = {}) const;
  uint16_t grpc_port() const { return grpc_port_; }
  uint16_t rest_port() const { return rest_port_; }
  rpc::CostsService& service() { return *service_; }

  // Ends the gRPC server; what is in flight has ten seconds.
  void StopGrpc();

 private:
  auth::FixedIdentity caller_{{kAccount, true}};
  catalog::SnapshotHolder catalog_;
  calculator::LocalCalculator local_;
  std::unique_ptr<calculator::Calculator> wrapped_;  // or null
  std::unique_ptr<rpc::CostsService> service_;
  std::unique_ptr<grpc::Server> grpc_;
  std::unique_ptr<rest::Server> rest_;
  uint16_t grpc_port_ = 0;
  uint16_t rest_port_ = 0;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<energy::costs::v1::CostsService::Stub> stub_;
};

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_FACES_H_
