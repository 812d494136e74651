// The uploads of TariffsService and CarbonService, over a real catalog.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "service/executor/testing/hold.h"
#include "service/rpc/testing/catalog_services_fixture.h"
#include "service/rpc/testing/status_details.h"

namespace costs::rpc {
namespace {

using testing::HasSubstr;

constexpr int64_t kMidnight = 1'700'006'400;  // 2023-11-15T00:00:00Z

class CatalogUploadsTest : public CatalogServicesTest {
 protected:
  // A day of half-hours from that day after kMidnight.
  static v1::UploadIntensitiesRequest Day(const std::string& region, int day, double actual) {
    v1::UploadIntensitiesRequest request;
    request.set_region(region);
    for (int64_t i = 0; i < 48; ++i) {
      v1::CarbonIntensity* intensity = request.add_intensities();
      intensity->mutable_valid_from()->set_seconds(kMidnight + int64_t{day} * 86400 + i * 1800);
      intensity->mutable_valid_to()->set_seconds(kMidnight + int64_t{day} * 86400 + (i + 1) * 1800);
      intensity->set_actual(actual);
    }
    return request;
  }

  // How many intensities the region has; -1: there is none of that name.
  int Stored(const std::string& region) {
    v1::ListIntensitiesRequest request;
    request.set_region(region);
    request.set_page_size(10000);
    v1::ListIntensitiesResponse response;
    const grpc::Status status = Call(carbon_, &v1::CarbonService::Stub::ListIntensities, request, &response);
    return status.ok() ? response.data_size() : -1;
  }
};

TEST_F(CatalogUploadsTest, Intensities_AreThereOnceTheUploadHasEnded) {
  Start();
  grpc::ClientContext context;
  v1::UploadIntensitiesResponse response;
  auto upload = carbon_->UploadIntensities(&context, &response);
  for (int day = 0; day < 100; ++day) ASSERT_TRUE(upload->Write(Day(day % 2 == 0 ? "GB" : "FR", day, 100)));
  EXPECT_EQ(Stored("GB"), -1) << "nothing is applied before the end";
  upload->WritesDone();
  const grpc::Status status = upload->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.region_count(), 2);
  EXPECT_EQ(response.received_count(), 4800);
  EXPECT_EQ(response.changed_count(), 4800);
  EXPECT_EQ(Stored("GB"), 2400);
  EXPECT_EQ(Stored("FR"), 2400);
}

TEST_F(CatalogUploadsTest, Prices_AreWhatAnElementThenFollows) {
  Start();
  grpc::ClientContext context;
  v1::UploadMarketPricesResponse response;
  auto upload = tariffs_->UploadMarketPrices(&context, &response);
  v1::UploadMarketPricesRequest request;
  request.set_market_series("day-ahead");
  request.set_currency_code("GBP");
  v1::MarketPrice* price = request.add_prices();
  price->mutable_valid_from()->set_seconds(kMidnight);
  price->mutable_valid_to()->set_seconds(kMidnight + 3600);
  price->set_rate(-0.05);
  ASSERT_TRUE(upload->Write(request));
  upload->WritesDone();
  const grpc::Status status = upload->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.series_count(), 1);

  v1::CreateTariffElementRequest create;
  create.mutable_tariff_element()->set_direction(v1::TariffRate::IMPORT);
  create.mutable_tariff_element()->set_type(v1::ElementType::COMMODITY);
  create.mutable_tariff_element()->set_currency_code("GBP");
  create.mutable_tariff_element()->set_market_rates(true);
  create.mutable_tariff_element()->set_market_series("day-ahead");
  v1::TariffElement element;
  const grpc::Status created = Call(tariffs_, &v1::TariffsService::Stub::CreateTariffElement, create, &element);
  EXPECT_TRUE(created.ok()) << created.error_message();
}

TEST_F(CatalogUploadsTest, FaultInTheMiddle_DropsTheWhole) {
  Start();
  grpc::ClientContext context;
  v1::UploadIntensitiesResponse response;
  auto upload = carbon_->UploadIntensities(&context, &response);
  upload->Write(Day("GB", 0, 100));
  upload->Write(Day("GB", 1, -5));
  upload->WritesDone();
  const grpc::Status status = upload->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "INVALID_FIELD");
  EXPECT_EQ(Stored("GB"), -1);
}

// Sends the bytes as messages of an UploadIntensities call.
grpc::Status UploadBytes(const std::shared_ptr<grpc::Channel>& channel, const std::vector<std::string>& messages) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  auto call = stub.PrepareCall(&context, "/energy.costs.v1.CarbonService/UploadIntensities", &queue);
  int steps = 0;
  const auto wait = [&] {
    void* tag = nullptr;
    bool ok = false;
    ++steps;
    return queue.Next(&tag, &ok) && ok;
  };
  call->StartCall(&steps);
  bool ok = wait();
  for (const std::string& message : messages) {
    if (!ok) break;
    grpc::Slice slice(message);
    call->Write(grpc::ByteBuffer(&slice, 1), &steps);
    ok = wait();
  }
  if (ok) {
    call->WritesDone(&steps);
    wait();
  }
  grpc::ByteBuffer response;
  call->Read(&response, &steps);
  wait();
  grpc::Status status;
  call->Finish(&status, &steps);
  wait();
  queue.Shutdown();
  void* tag = nullptr;
  while (queue.Next(&tag, &ok)) {
  }
  return status;
}

// gRPC's own reading would take it for the end, and half would be applied.
TEST_F(CatalogUploadsTest, MessageThatCannotBeRead_DropsTheWhole) {
  Start();
  ASSERT_TRUE(UploadBytes(channel_, {Day("FR", 0, 100).SerializeAsString()}).ok());
  const grpc::Status status = UploadBytes(channel_, {Day("GB", 0, 100).SerializeAsString(), "\xff\xff\xff"});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("cannot be read"));
  EXPECT_EQ(Stored("FR"), 48);
  EXPECT_EQ(Stored("GB"), -1);
}

// A stream that breaks off after all its messages looks like one that ends.
TEST_F(CatalogUploadsTest, UploadThatBreaksOff_IsNeverApplied) {
  Start();
  std::mt19937 random(20261124);
  for (int round = 0; round < 200; ++round) {
    const std::string region = absl::StrCat("R", round);
    grpc::ClientContext context;
    if (round % 3 == 2) {
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::microseconds(random() % 2000));
    }
    v1::UploadIntensitiesResponse response;
    auto upload = carbon_->UploadIntensities(&context, &response);
    for (unsigned message = 0; message <= random() % 3; ++message) {
      upload->Write(Day(region, static_cast<int>(message), 100));
    }
    if (round % 3 != 2) context.TryCancel();
    EXPECT_FALSE(upload->Finish().ok());
  }
  while (calls_->in_flight() > 0) std::this_thread::yield();
  for (int round = 0; round < 200; ++round) EXPECT_EQ(Stored(absl::StrCat("R", round)), -1) << round;
}

TEST_F(CatalogUploadsTest, ServerThatTakesNothingIn_StopsTheWriter) {
  Start();
  executor::Hold one(&threads_->reading), other(&threads_->reading);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  v1::UploadIntensitiesResponse response;
  auto upload = carbon_->UploadIntensities(&context, &response);
  v1::UploadIntensitiesRequest request = Day("GB", 0, 100);
  for (int day = 1; day < 200; ++day) request.MergeFrom(Day("", day, 100));
  request.set_region("GB");
  size_t bytes = 0;
  while (bytes < (size_t{1} << 30) && upload->Write(request)) bytes += request.ByteSizeLong();
  EXPECT_LT(bytes, size_t{64} << 20) << "of a gigabyte that the client would send";
  EXPECT_EQ(upload->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(CatalogUploadsTest, TooManyUploads_AreRefused) {
  Start({}, false, /*most_uploads=*/2);
  grpc::ClientContext contexts[3];
  v1::UploadIntensitiesResponse responses[3];
  auto first = carbon_->UploadIntensities(&contexts[0], &responses[0]);
  auto second = carbon_->UploadIntensities(&contexts[1], &responses[1]);
  while (calls_->in_flight() < 2) std::this_thread::yield();
  auto third = carbon_->UploadIntensities(&contexts[2], &responses[2]);
  const grpc::Status refused = third->Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(refused).reason(), "OVERLOADED");
  EXPECT_TRUE(first->Write(Day("GB", 0, 100)));
  first->WritesDone();
  EXPECT_TRUE(first->Finish().ok());
  second->WritesDone();
  (void)second->Finish();
  EXPECT_EQ(Stored("GB"), 48);
}

TEST_F(CatalogUploadsTest, ManyUploadersSideBySide_AllAreApplied) {
  Start({}, false, /*most_uploads=*/64);
  std::vector<std::thread> uploaders;
  uploaders.reserve(8);
  for (int uploader = 0; uploader < 8; ++uploader) {
    uploaders.emplace_back([this, uploader] {
      grpc::ClientContext context;
      v1::UploadIntensitiesResponse response;
      auto upload = carbon_->UploadIntensities(&context, &response);
      for (int day = 0; day < 30; ++day) upload->Write(Day(absl::StrCat("R", uploader % 4), day, 100 + uploader));
      upload->WritesDone();
      const grpc::Status status = upload->Finish();
      EXPECT_TRUE(status.ok()) << status.error_message();
    });
  }
  for (std::thread& uploader : uploaders) uploader.join();
  for (int region = 0; region < 4; ++region) EXPECT_EQ(Stored(absl::StrCat("R", region)), 30 * 48);
}

}  // namespace
}  // namespace costs::rpc
