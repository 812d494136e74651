#include "client/testing/fake_costs_service.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace costs {
namespace {

google::rpc::Status Refusal(grpc::StatusCode code, const char* message, const char* reason) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("costs.energy");
  status.add_details()->PackFrom(info);
  return status;
}

// OK where the record is priced.
google::rpc::Status Price(const v1::MeterRecordSubmission& record, v1::MeterRecord* answer) {
  if (record.location_id() == "loc_unknown") {
    return Refusal(grpc::StatusCode::NOT_FOUND, "there is no location loc_unknown", "LOCATION_NOT_FOUND");
  }
  if (record.location_id() == "loc_invalid") {
    google::rpc::Status status =
        Refusal(grpc::StatusCode::INVALID_ARGUMENT, "the record has 2 faults", "INVALID_FIELD");
    google::rpc::BadRequest bad_request;
    auto* violation = bad_request.add_field_violations();
    violation->set_field("value");
    violation->set_description("must be at least 0");
    violation = bad_request.add_field_violations();
    violation->set_field("end_time");
    violation->set_description("must be after start_time");
    status.add_details()->PackFrom(bad_request);
    return status;
  }
  answer->set_id(absl::StrCat("mre_", record.record_reference_id()));
  v1::MeterRecordData* const data = answer->mutable_data();
  *data->mutable_start_time() = record.start_time();
  *data->mutable_end_time() = record.end_time();
  data->mutable_energy()->set_value(std::round(record.value()));
  data->mutable_tariff()->set_value(record.value() * 2 / 1000);
  data->mutable_tariff()->set_confidence(1);
  data->mutable_carbon()->set_value(record.value() / 10);
  data->mutable_carbon()->set_confidence(0.8);
  return google::rpc::Status();
}

}  // namespace

FakeCostsService::FakeCostsService(FakeBehaviour behaviour) : behaviour_(std::move(behaviour)) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  address_ = absl::StrCat("127.0.0.1:", port);
}

FakeCostsService::~FakeCostsService() { server_->Shutdown(std::chrono::system_clock::now()); }

std::unique_ptr<v1::CostsService::Stub> FakeCostsService::NewStub() const {
  return v1::CostsService::NewStub(NewChannel());
}

std::shared_ptr<grpc::Channel> FakeCostsService::NewChannel() const {
  return grpc::CreateChannel(address_, grpc::InsecureChannelCredentials());
}

grpc::Status FakeCostsService::CalculateInstantCost(grpc::ServerContext* context,
                                                    const v1::CalculateInstantCostRequest* request,
                                                    v1::MeterRecord* response) {
  last_call_ = *request;
  while (behaviour_.hang && !context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const google::rpc::Status refusal = Price(request->record(), response);
  if (refusal.code() != 0) {
    return grpc::Status(static_cast<grpc::StatusCode>(refusal.code()), refusal.message(), refusal.SerializeAsString());
  }
  response->set_object("meter_record");
  response->set_live_mode(false);
  response->set_direction(v1::Direction::IMPORT);
  response->set_tariff_rate(v1::TariffRate::IMPORT);
  response->set_currency_code("GBP");
  response->set_energy_units(v1::Units::WH);
  response->set_carbon_units("gCO2eq");
  *response->mutable_request() = request->record();
  if (request->include_breakdown()) {
    v1::BreakdownSegment* const segment = response->mutable_data()->add_breakdown();
    *segment->mutable_start_time() = request->record().start_time();
    *segment->mutable_end_time() = request->record().end_time();
    segment->set_energy(response->data().energy().value());
    segment->set_cost(response->data().tariff().value());
    segment->set_carbon(response->data().carbon().value());
    v1::ElementRate* const rate = segment->add_rates();
    rate->set_tariff_element_id("tre_1");
    rate->set_rate(2);
    rate->set_confidence(1);
  }
  return grpc::Status::OK;
}

grpc::Status FakeCostsService::StreamInstantCosts(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::StreamInstantCostsResponse, v1::StreamInstantCostsRequest>* stream) {
  ++streams_;
  while (behaviour_.hang && !context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  v1::StreamInstantCostsRequest request;
  v1::StreamInstantCostsResponse response;
  int64_t answers = 0;
  const auto write = [&] {
    if (response.outcomes_size() > 0) stream->Write(response);
    response.Clear();
  };
  while (stream->Read(&request)) {
    records_ += request.records_size();
    largest_chunk_ = std::max<int64_t>(largest_chunk_, request.records_size());
    for (const v1::SequencedSubmission& submission : request.records()) {
      if (answers == behaviour_.end_after) {
        write();
        return behaviour_.end_status;
      }
      v1::SequencedOutcome* const outcome = response.add_outcomes();
      outcome->set_sequence(submission.sequence() + (answers == behaviour_.wrong_sequence_at ? 7 : 0));
      if (answers != behaviour_.empty_answer_at) {
        google::rpc::Status refusal = Price(submission.record(), outcome->mutable_result());
        if (submission.record().value() == behaviour_.unavailable_at && unavailable_ < behaviour_.unavailable_times) {
          ++unavailable_;
          refusal = Refusal(grpc::StatusCode::UNAVAILABLE, "try again", "STORE_UNAVAILABLE");
        }
        if (refusal.code() != 0) *outcome->mutable_status() = std::move(refusal);
      }
      ++answers;
      if (response.outcomes_size() == behaviour_.answers_per_message) write();
    }
    if (behaviour_.answers_per_message == 0) write();
    request.clear_records();
    last_chunk_options_ = request;
  }
  if (behaviour_.one_too_many) response.add_outcomes()->set_sequence(answers);
  write();
  return answers == behaviour_.end_after ? behaviour_.end_status : grpc::Status::OK;
}

}  // namespace costs
