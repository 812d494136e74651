#include "client/cli/testing/fake_catalog_services.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace costs::cli {

FakeCatalogServices::FakeCatalogServices(const grpc::Status& status) {
  tariffs_.status = status;
  carbon_.status = status;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&tariffs_);
  builder.RegisterService(&carbon_);
  server_ = builder.BuildAndStart();
  address_ = absl::StrCat("127.0.0.1:", port);
}

FakeCatalogServices::~FakeCatalogServices() { server_->Shutdown(std::chrono::system_clock::now()); }

std::unique_ptr<v1::TariffsService::Stub> FakeCatalogServices::NewTariffsStub() const {
  return v1::TariffsService::NewStub(grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
}

std::unique_ptr<v1::CarbonService::Stub> FakeCatalogServices::NewCarbonStub() const {
  return v1::CarbonService::NewStub(grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
}

grpc::Status FakeCatalogServices::Tariffs::UploadMarketPrices(grpc::ServerContext* /*context*/,
                                                              grpc::ServerReader<v1::UploadMarketPricesRequest>* reader,
                                                              v1::UploadMarketPricesResponse* response) {
  v1::UploadMarketPricesRequest request;
  int count = 0;
  while (reader->Read(&request)) {
    count += request.prices_size();
    prices.push_back(request);
    if (!status.ok()) return status;
  }
  response->set_series_count(1);
  response->set_received_count(count);
  response->set_changed_count(count);
  response->set_catalog_version("v7");
  return status;
}

grpc::Status FakeCatalogServices::Tariffs::CreateTariffElement(grpc::ServerContext* /*context*/,
                                                               const v1::CreateTariffElementRequest* request,
                                                               v1::TariffElement* response) {
  if (!status.ok()) return status;
  elements.push_back(request->tariff_element());
  *response = request->tariff_element();
  return status;
}

grpc::Status FakeCatalogServices::Tariffs::CreateSpecialDayCalendar(grpc::ServerContext* /*context*/,
                                                                    const v1::CreateSpecialDayCalendarRequest* request,
                                                                    v1::SpecialDayCalendar* response) {
  if (!status.ok()) return status;
  calendars.push_back(request->special_day_calendar());
  *response = request->special_day_calendar();
  return status;
}

grpc::Status FakeCatalogServices::Carbon::UploadIntensities(grpc::ServerContext* /*context*/,
                                                            grpc::ServerReader<v1::UploadIntensitiesRequest>* reader,
                                                            v1::UploadIntensitiesResponse* response) {
  v1::UploadIntensitiesRequest request;
  int count = 0;
  while (reader->Read(&request)) {
    count += request.intensities_size();
    intensities.push_back(request);
    if (!status.ok()) return status;
  }
  response->set_region_count(1);
  response->set_received_count(count);
  response->set_changed_count(count);
  response->set_catalog_version("v8");
  return status;
}

}  // namespace costs::cli
