// The unary calls and the batches of CostsService.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "service/rpc/testing/costs_service_fixture.h"
#include "service/rpc/testing/status_details.h"

namespace costs::rpc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using CostsServiceCallsTest = CostsServiceTest;

TEST_F(CostsServiceCallsTest, DocumentationExample_PrintsTheDocumentationsJson) {
  v1::CalculateInstantCostRequest request;
  *request.mutable_record() = DocumentationRecord();
  request.mutable_record()->set_device_id("dev_65e6d8334c8d715963d99db3");
  request.mutable_record()->set_session_reference_id("SESSION1234567890");
  request.mutable_record()->set_record_reference_id("MET1234567890");
  grpc::ClientContext context;
  v1::MeterRecord record;
  ASSERT_TRUE(stub_->CalculateInstantCost(&context, request, &record).ok());
  EXPECT_THAT(record.id(), testing::MatchesRegex("mre_[0-9a-f]{24}"));
  EXPECT_LT(std::abs(record.time_created().seconds() - absl::ToUnixSeconds(absl::Now())), 60);
  record.set_id("mre_65e641b570b2901d3a40199d");
  record.mutable_time_created()->set_seconds(1643711580);
  record.mutable_time_created()->set_nanos(0);
  std::string json;
  ASSERT_TRUE(google::protobuf::util::MessageToJsonString(record, &json).ok());
  EXPECT_EQ(json,
            R"({"id":"mre_65e641b570b2901d3a40199d","object":"meter_record","live_mode":true,"direction":"IMPORT",)"
            R"("tariff_rate":"IMPORT","currency_code":"GBP","energy_units":"WH","carbon_units":"gCO2eq","request":{)"
            R"("location_id":"loc_641b90b758fb8e6293716e40","device_id":"dev_65e6d8334c8d715963d99db3",)"
            R"("session_reference_id":"SESSION1234567890","record_reference_id":"MET1234567890",)"
            R"("direction":"IMPORT","tariff_rate":"IMPORT","measurand":"TRANSFERRED","units":"W","value":20567,)"
            R"("start_time":"2022-02-01T10:30:00Z","end_time":"2022-02-01T11:00:00Z","confidence":1,)"
            R"("non_persistent":false},"data":{"start_time":"2022-02-01T10:30:00Z",)"
            R"("end_time":"2022-02-01T11:00:00Z","session_reference_id":"SESSION1234567890",)"
            R"("record_reference_id":"MET1234567890","energy":{"value":10284},)"
            R"("tariff":{"value":928.372,"confidence":1},"carbon":{"value":35.24,"confidence":0.8}},)"
            R"("time_created":"2022-02-01T10:33:00Z","account_id":"acc_test"})");
}

TEST_F(CostsServiceCallsTest, EmptyRequest_ReportsEveryViolationAtOnce) {
  grpc::ClientContext context;
  v1::MeterRecord record;
  const grpc::Status status = stub_->CalculateInstantCost(&context, {}, &record);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "INVALID_FIELD");
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).domain(), "costs.energy");
  std::vector<std::string> fields;
  const auto bad = DetailOf<google::rpc::BadRequest>(status);
  for (const auto& violation : bad.field_violations()) {
    fields.push_back(violation.field());
    EXPECT_FALSE(violation.description().empty());
  }
  EXPECT_THAT(fields, UnorderedElementsAre("record.location_id", "record.units", "record.value", "record.start_time",
                                           "record.end_time"));
}

struct RefusalCase {
  const char* name;
  std::function<void(v1::CalculateInstantCostRequest*)> change;
  grpc::StatusCode code;
  const char* reason;
  const char* message;
};

TEST_F(CostsServiceCallsTest, Refusals_HaveTheContractsCodeAndReason) {
  const RefusalCase cases[] = {
      {"unknown location", [](auto* r) { r->mutable_record()->set_location_id("loc_nowhere"); },
       grpc::StatusCode::NOT_FOUND, "LOCATION_NOT_FOUND", "loc_nowhere"},
      {"no export tariff", [](auto* r) { r->mutable_record()->set_direction(v1::Direction::EXPORT); },
       grpc::StatusCode::FAILED_PRECONDITION, "NO_TARIFF_CONNECTED", "EXPORT"},
      {"before the contract",
       [](auto* r) {
         r->mutable_record()->mutable_start_time()->set_seconds(999'999'000);
         r->mutable_record()->mutable_end_time()->set_seconds(1'000'000'600);
       },
       grpc::StatusCode::FAILED_PRECONDITION, "NO_PRICE_DATA", "2001-09-09T01:30:00Z"},
      {"unknown enum number", [](auto* r) { r->mutable_record()->set_units(static_cast<v1::Units::Value>(77)); },
       grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "units"},
      {"offered", [](auto* r) { r->mutable_record()->set_measurand(v1::Measurand::OFFERED); },
       grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "measurand"},
      {"not a number", [](auto* r) { r->mutable_record()->set_value(std::nan("")); },
       grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "value"},
      {"bad nanos", [](auto* r) { r->mutable_record()->mutable_start_time()->set_nanos(-1); },
       grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "start_time"},
  };
  for (const RefusalCase& c : cases) {
    SCOPED_TRACE(c.name);
    v1::CalculateInstantCostRequest request;
    *request.mutable_record() = DocumentationRecord();
    c.change(&request);
    grpc::ClientContext context;
    v1::MeterRecord record;
    const grpc::Status status = stub_->CalculateInstantCost(&context, request, &record);
    EXPECT_EQ(status.error_code(), c.code);
    EXPECT_THAT(status.error_message(), HasSubstr(c.message));
    EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), c.reason);
  }
}

// Bytes that are no request must not pass for an empty one.
TEST_F(CostsServiceCallsTest, BatchThatCannotBeRead_IsRefusedByName) {
  const grpc::Slice slice("\xff\xff\xff\xff");
  grpc::ByteBuffer request(&slice, 1), response;
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  grpc::Status status;
  auto call =
      stub.PrepareUnaryCall(&context, "/energy.costs.v1.CostsService/BatchCalculateInstantCosts", request, &queue);
  call->StartCall();
  call->Finish(&response, &status, &call);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations(0).field(), "records");
}

// What is refused unread is not given to the calculator, nor looked at.
TEST_F(CostsServiceCallsTest, BatchThatIsShed_IsRefusedUnread) {
  std::vector<size_t> asked;
  CostsServiceOptions options;
  options.shed = [&](size_t records) {
    asked.push_back(records);
    auto failure = std::make_unique<calculator::Failure>();
    failure->code = absl::StatusCode::kUnavailable;
    failure->reason = "OVERLOADED";
    failure->message = "later";
    failure->retry_after = absl::Seconds(2);
    return failure;
  };
  StartServer(&local_, options);
  v1::BatchCalculateInstantCostsRequest request;  // without a record: it would be refused otherwise
  v1::BatchCalculateInstantCostsResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub_->BatchCalculateInstantCosts(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "OVERLOADED");
  EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(status).retry_delay().seconds(), 2);
  EXPECT_THAT(asked, testing::ElementsAre(1));
}

TEST_F(CostsServiceCallsTest, IncludeFlags_LeaveOutWhatIsNotWanted) {
  v1::CalculateInstantCostRequest request;
  *request.mutable_record() = DocumentationRecord();
  request.mutable_record()->set_location_id("loc_without_tariff");
  request.set_include_tariff(false);
  request.set_non_persistent(true);
  grpc::ClientContext context;
  v1::MeterRecord record;
  ASSERT_TRUE(stub_->CalculateInstantCost(&context, request, &record).ok());
  EXPECT_FALSE(record.data().has_tariff());
  EXPECT_FALSE(record.data().has_carbon());
  EXPECT_EQ(record.data().energy().value(), 10284);
  EXPECT_TRUE(record.request().non_persistent());
}

TEST_F(CostsServiceCallsTest, Breakdown_AddsUp) {
  v1::CalculateInstantCostRequest request;
  *request.mutable_record() = DocumentationRecord();
  request.set_include_breakdown(true);
  grpc::ClientContext context;
  v1::MeterRecord record;
  ASSERT_TRUE(stub_->CalculateInstantCost(&context, request, &record).ok());
  ASSERT_EQ(record.data().breakdown_size(), 1);
  const v1::BreakdownSegment& segment = record.data().breakdown(0);
  EXPECT_EQ(segment.energy(), 10284);
  EXPECT_EQ(segment.cost(), 928.372);
  EXPECT_EQ(segment.carbon(), 35.24);
  EXPECT_EQ(segment.intensity(), 3.426848836);
  ASSERT_EQ(segment.rates_size(), 1);
  EXPECT_EQ(segment.rates(0).tariff_element_id(), "trf_documentation");
  EXPECT_EQ(segment.rates(0).rate(), 90.277823698);
}

TEST_F(CostsServiceCallsTest, Batch_AnswersEachRecordInOrder) {
  v1::BatchCalculateInstantCostsRequest request;
  *request.add_records() = DocumentationRecord();
  *request.add_records() = DocumentationRecord();
  request.mutable_records(1)->clear_value();
  *request.add_records() = DocumentationRecord();
  request.mutable_records(2)->set_value(0);
  grpc::ClientContext context;
  v1::BatchCalculateInstantCostsResponse response;
  ASSERT_TRUE(stub_->BatchCalculateInstantCosts(&context, request, &response).ok());
  ASSERT_EQ(response.items_size(), 3);
  EXPECT_EQ(response.items(0).result().data().tariff().value(), 928.372);
  EXPECT_EQ(response.items(0).result().object(), "meter_record");
  EXPECT_EQ(response.items(1).status().code(), static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(response.items(1).status()).field_violations(0).field(),
            "records[1].value");
  EXPECT_TRUE(response.items(2).result().data().tariff().has_value());
  EXPECT_EQ(response.items(2).result().data().tariff().value(), 0);
}

TEST_F(CostsServiceCallsTest, BatchOfNoneOrTooMany_IsRefused) {
  for (int count : {0, 1001}) {
    v1::BatchCalculateInstantCostsRequest request;
    for (int i = 0; i < count; ++i) *request.add_records() = DocumentationRecord();
    grpc::ClientContext context;
    v1::BatchCalculateInstantCostsResponse response;
    const grpc::Status status = stub_->BatchCalculateInstantCosts(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations(0).field(), "records");
  }
}

TEST_F(CostsServiceCallsTest, MessageOverTheLimit_IsResourceExhausted) {
  v1::BatchCalculateInstantCostsRequest request;
  *request.add_records() = DocumentationRecord();
  request.mutable_records(0)->set_record_reference_id(std::string(17 << 20, 'x'));
  grpc::ClientContext context;
  v1::BatchCalculateInstantCostsResponse response;
  EXPECT_EQ(stub_->BatchCalculateInstantCosts(&context, request, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace costs::rpc
