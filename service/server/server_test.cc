#include "service/server/server.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "energy/costs/v1/carbon_service.grpc.pb.h"
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
  config.sign_in.authentication = "none";
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

// An upload to a server of its own, its first message on the way.
class UploadUnderWay {
 public:
  explicit UploadUnderWay(absl::Duration drain_timeout) {
    config_ = ConfigFromFlags();
    config_.sign_in.authentication = "none";
    config_.grpc_listen = "127.0.0.1:0";
    config_.rest_listen = "";
    config_.store =
        testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name() + ".sqlite";
    config_.drain_timeout = drain_timeout;
    Start();
    upload_ = stub_->UploadIntensities(&context_, &response);
    Write(0);
    // What comes later on the same connection is answered, so the upload has arrived.
    EXPECT_EQ(Stored(), -1);
  }
  ~UploadUnderWay() { std::remove(config_.store.c_str()); }

  void Start() {
    absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(config_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ =
        v1::CarbonService::NewStub(grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
  }

  bool Write(int64_t hour) {
    v1::UploadIntensitiesRequest request;
    request.set_region("test-grid");
    v1::CarbonIntensity* intensity = request.add_intensities();
    intensity->mutable_valid_from()->set_seconds(1'700'006'400 + hour * 3600);
    intensity->mutable_valid_to()->set_seconds(1'700'006'400 + hour * 3600 + 3600);
    intensity->set_actual(100);
    return upload_->Write(request);
  }
  grpc::Status End() {
    upload_->WritesDone();
    return upload_->Finish();
  }

  // How many intensities there are; -1: no such region.
  int Stored() {
    grpc::ClientContext context;
    v1::ListIntensitiesRequest request;
    request.set_region("test-grid");
    v1::ListIntensitiesResponse page;
    return stub_->ListIntensities(&context, request, &page).ok() ? page.data_size() : -1;
  }

  std::unique_ptr<Server> server_;
  v1::UploadIntensitiesResponse response;

 private:
  ServerConfig config_;
  std::unique_ptr<v1::CarbonService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientWriter<v1::UploadIntensitiesRequest>> upload_;
};

TEST(Server, UploadUnderWay_MayEndWhileTheServerDrains) {
  UploadUnderWay upload(absl::Minutes(5));
  std::thread drain([&] { upload.server_->Drain(); });
  EXPECT_TRUE(upload.Write(1));
  const grpc::Status status = upload.End();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(upload.response.received_count(), 2);
  drain.join();
  upload.server_.reset();
  upload.Start();
  EXPECT_EQ(upload.Stored(), 2);
}

TEST(Server, UploadThatTakesTooLong_IsDroppedWhole) {
  UploadUnderWay upload(absl::Milliseconds(100));
  upload.server_->Drain();
  EXPECT_FALSE(upload.End().ok());
  upload.server_.reset();
  upload.Start();
  EXPECT_EQ(upload.Stored(), -1);
}

}  // namespace
}  // namespace costs::server
