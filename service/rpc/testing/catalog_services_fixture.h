// The three services of the catalog on a free port, over a catalog in memory.
// For tests.
#ifndef SERVICE_RPC_TESTING_CATALOG_SERVICES_FIXTURE_H_
#define SERVICE_RPC_TESTING_CATALOG_SERVICES_FIXTURE_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "energy/costs/v1/carbon_service.grpc.pb.h"
#include "energy/costs/v1/locations_service.grpc.pb.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "service/auth/authenticator.h"
#include "service/catalog/catalogs.h"
#include "service/executor/catalog_threads.h"
#include "service/rpc/carbon_service.h"
#include "service/rpc/catalog_calls.h"
#include "service/rpc/locations_service.h"
#include "service/rpc/tariffs_service.h"

namespace costs::rpc {

namespace v1 = energy::costs::v1;

class CatalogServicesTest : public testing::Test {
 protected:
  ~CatalogServicesTest() override {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
  }

  void Start(RatesFunctions rates = {}, bool read_only = false, size_t most_uploads = 4, size_t most_waiting = 8) {
    catalog::Catalogs::Options options;
    options.read_only = read_only;
    absl::StatusOr<std::unique_ptr<catalog::Catalogs>> catalogs = catalog::Catalogs::Open(std::move(options));
    ASSERT_TRUE(catalogs.ok()) << catalogs.status();
    catalogs_ = *std::move(catalogs);
    threads_ = std::make_unique<executor::CatalogThreads>(most_waiting);
    calls_ = std::make_unique<CatalogCalls>(catalogs_.get(), threads_.get(), &caller_,
                                            CatalogCalls::Options{most_uploads, [this](absl::string_view line) {
                                                                    const std::lock_guard<std::mutex> lock(log_mutex_);
                                                                    absl::StrAppend(&log_, line, "\n");
                                                                  }});
    tariffs_service_ = std::make_unique<TariffsService>(calls_.get(), std::move(rates));
    carbon_service_ = std::make_unique<CarbonService>(calls_.get());
    locations_service_ = std::make_unique<LocationsService>(calls_.get());
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(tariffs_service_.get());
    builder.RegisterService(carbon_service_.get());
    builder.RegisterService(locations_service_.get());
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
    tariffs_ = v1::TariffsService::NewStub(channel_);
    carbon_ = v1::CarbonService::NewStub(channel_);
    locations_ = v1::LocationsService::NewStub(channel_);
  }

  // One unary call: Call(locations_, &v1::LocationsService::Stub::GetLocation, request, &response).
  template <typename Stub, typename Request, typename Response>
  static grpc::Status Call(const std::unique_ptr<Stub>& stub,
                           grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                           const Request& request, Response* response) {
    grpc::ClientContext context;
    return (stub.get()->*method)(&context, request, response);
  }

  grpc::Status CreateLocation(const std::string& id, v1::Location* created = nullptr) {
    v1::CreateLocationRequest request;
    request.mutable_location()->set_id(id);
    request.mutable_location()->set_timezone("Europe/London");
    request.mutable_location()->set_currency_code("GBP");
    v1::Location location;
    return Call(locations_, &v1::LocationsService::Stub::CreateLocation, request,
                created == nullptr ? &location : created);
  }

  grpc::Status GetLocation(const std::string& id, v1::Location* location) {
    v1::GetLocationRequest request;
    request.set_id(id);
    return Call(locations_, &v1::LocationsService::Stub::GetLocation, request, location);
  }

  // What the server wrote to its log.
  std::string log() {
    const std::lock_guard<std::mutex> lock(log_mutex_);
    return log_;
  }

  const catalog::Tenant tenant_{"acc_test", true};
  auth::FixedIdentity caller_{tenant_};
  std::mutex log_mutex_;
  std::string log_;
  std::unique_ptr<catalog::Catalogs> catalogs_;
  std::unique_ptr<executor::CatalogThreads> threads_;
  std::unique_ptr<CatalogCalls> calls_;
  std::unique_ptr<TariffsService> tariffs_service_;
  std::unique_ptr<CarbonService> carbon_service_;
  std::unique_ptr<LocationsService> locations_service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::TariffsService::Stub> tariffs_;
  std::unique_ptr<v1::CarbonService::Stub> carbon_;
  std::unique_ptr<v1::LocationsService::Stub> locations_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_TESTING_CATALOG_SERVICES_FIXTURE_H_
