#include "client/cli/testing/fake_tariffs_service.h"

#include <chrono>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace costs::cli {
namespace {

constexpr int64_t kHour = 3'600;

grpc::Status Unknown() { return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no location loc_unknown"); }

}  // namespace

FakeTariffsService::FakeTariffsService() {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  address_ = absl::StrCat("127.0.0.1:", port);
}

FakeTariffsService::~FakeTariffsService() { server_->Shutdown(std::chrono::system_clock::now()); }

std::unique_ptr<v1::TariffsService::Stub> FakeTariffsService::NewStub() const {
  return v1::TariffsService::NewStub(grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
}

std::vector<v1::ListRatesRequest> FakeTariffsService::listed() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return listed_;
}

std::vector<v1::FindSlotsRequest> FakeTariffsService::found() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return found_;
}

grpc::Status FakeTariffsService::ListRates(grpc::ServerContext*, const v1::ListRatesRequest* request,
                                           v1::ListRatesResponse* response) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    listed_.push_back(*request);
  }
  if (request->location_id() == "loc_unknown") return Unknown();
  response->set_location_id(request->location_id());
  response->set_location_timezone("Europe/London");
  response->set_currency_code("GBP");
  response->set_direction(v1::TariffRate::IMPORT);
  for (int64_t at = request->start_time().seconds(); at < request->end_time().seconds(); at += kHour) {
    v1::TimelineEntry* const entry = response->add_data();
    entry->mutable_valid_from()->set_seconds(at);
    entry->mutable_valid_to()->set_seconds(at + kHour);
    const auto hour = static_cast<double>(at / kHour % 24);
    entry->mutable_tariff()->set_rate((10 + hour) / 100);
    entry->mutable_tariff()->set_confidence(1);
    entry->mutable_carbon()->set_intensity(100 + hour);
    entry->mutable_carbon()->set_confidence(1);
  }
  return grpc::Status::OK;
}

grpc::Status FakeTariffsService::FindSlots(grpc::ServerContext*, const v1::FindSlotsRequest* request,
                                           v1::FindSlotsResponse* response) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    found_.push_back(*request);
  }
  if (request->location_id() == "loc_unknown") return Unknown();
  response->set_location_id(request->location_id());
  response->set_location_timezone("Europe/London");
  response->set_currency_code("GBP");
  v1::Slot* const slot = response->add_data();
  *slot->mutable_start_time() = request->start_time();
  slot->mutable_end_time()->set_seconds(request->start_time().seconds() + int64_t{60} * request->duration());
  slot->mutable_tariff()->set_rate_avg(0.125);
  slot->mutable_tariff()->set_confidence(1);
  return grpc::Status::OK;
}

}  // namespace costs::cli
