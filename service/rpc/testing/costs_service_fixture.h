// A CostsService on a free port, over the documentation's catalog. For tests.
#ifndef SERVICE_RPC_TESTING_COSTS_SERVICE_FIXTURE_H_
#define SERVICE_RPC_TESTING_COSTS_SERVICE_FIXTURE_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "service/auth/authenticator.h"
#include "service/calculator/local_calculator.h"
#include "service/catalog/snapshot.h"
#include "service/rpc/costs_service.h"

namespace costs::rpc {

namespace v1 = energy::costs::v1;

inline constexpr char kLocation[] = "loc_641b90b758fb8e6293716e40";

inline engine::Decimal Number(absl::string_view text) { return *engine::Decimal::Parse(text); }

// The documentation's location: one fixed rate, one forecast of carbon.
inline std::shared_ptr<const catalog::Snapshot> DocumentationCatalog() {
  engine::Rate rate;
  rate.fixed = Number("90.277823698");
  auto element = std::make_shared<engine::TariffElement>();
  element->id = "trf_documentation";
  element->currency_code = "GBP";
  element->schedule = std::make_shared<engine::Schedule>(
      *engine::Schedule::Create({{engine::kAllMonths, {{engine::kAllDays, {{0, 86400, rate}}}}}}));
  element->contract_start = engine::Instant::FromSeconds(1'000'000'000);
  const engine::Interval february{engine::Instant::FromSeconds(1643673600), engine::Instant::FromSeconds(1646092800)};
  catalog::CatalogContent content;
  content.elements = {element};
  content.carbon = {std::make_shared<engine::CarbonSeries>(
      *engine::CarbonSeries::Create("documentation", {{february, Number("3.426848836"), std::nullopt}}))};
  content.locations = {{kLocation, "Europe/London", "GBP", "documentation", {"trf_documentation"}},
                       {"loc_without_tariff", "Europe/London", "GBP", "", {}}};
  return *catalog::Snapshot::Create(1, std::move(content));
}

class CostsServiceTest : public testing::Test {
 protected:
  CostsServiceTest() : local_(&catalog_, [] { return absl::Now(); }, {}) {
    catalog_.Set(DocumentationCatalog());
    StartServer(&local_);
  }

  ~CostsServiceTest() override { StopServer(); }

  void StartServer(calculator::Calculator* calculator, const CostsServiceOptions& options = {1000, 10000}) {
    StopServer();
    service_ = std::make_unique<CostsService>(calculator, &caller_, options);
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    builder.SetMaxReceiveMessageSize(16 << 20);
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
    stub_ = v1::CostsService::NewStub(channel_);
  }

  void StopServer() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
    server_.reset();
  }

  static v1::MeterRecordSubmission DocumentationRecord() {
    v1::MeterRecordSubmission record;
    record.set_location_id(kLocation);
    record.set_units(v1::Units::W);
    record.set_value(20567);
    record.mutable_start_time()->set_seconds(1643711400);
    record.mutable_end_time()->set_seconds(1643713200);
    return record;
  }

  auth::FixedIdentity caller_{{"acc_test", true}};
  catalog::SnapshotHolder catalog_;
  calculator::LocalCalculator local_;
  std::unique_ptr<CostsService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::CostsService::Stub> stub_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_TESTING_COSTS_SERVICE_FIXTURE_H_
