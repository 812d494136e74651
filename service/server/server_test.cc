#include "service/server/server.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "service/server/config.h"
#include "tools/cpp/runfiles/runfiles.h"

namespace costs::server {
namespace {

namespace v1 = energy::costs::v1;

std::unique_ptr<Server> StartServer() {
  std::string error;
  std::unique_ptr<bazel::tools::cpp::runfiles::Runfiles> runfiles(
      bazel::tools::cpp::runfiles::Runfiles::CreateForTest(&error));
  EXPECT_NE(runfiles, nullptr) << error;
  ServerConfig config = ConfigFromFlags();
  config.grpc_listen = "127.0.0.1:0";
  config.rest_listen = "127.0.0.1:0";
  config.catalog = runfiles->Rlocation("instant_costs/service/catalog/demo");
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(config);
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

// Unpacked, a message of a few kilobytes can be one of gigabytes.
TEST(Server, CompressedRequest_IsRefusedAsItIs) {
  const std::unique_ptr<Server> server = StartServer();
  const std::unique_ptr<v1::CostsService::Stub> stub =
      v1::CostsService::NewStub(grpc::CreateChannel(server->grpc_address(), grpc::InsecureChannelCredentials()));
  v1::CalculateInstantCostRequest request;
  request.mutable_record()->set_location_id(std::string(100'000, 'x'));
  for (const grpc_compression_algorithm algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_NONE}) {
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    v1::MeterRecord record;
    const grpc::Status status = stub->CalculateInstantCost(&context, request, &record);
    EXPECT_EQ(status.error_code(),
              algorithm == GRPC_COMPRESS_NONE ? grpc::StatusCode::INVALID_ARGUMENT : grpc::StatusCode::UNIMPLEMENTED)
        << status.error_message();
  }
  server->Drain();
}

}  // namespace
}  // namespace costs::server
