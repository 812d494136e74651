// MeterRecordsService and the reports of CostsService, called over gRPC.
#include "service/rpc/meter_records_service.h"

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/testing/calculations.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/records/testing/recorded_meters.h"
#include "service/rpc/costs_service.h"
#include "service/rpc/testing/status_details.h"

namespace costs::rpc {
namespace {

namespace v1 = energy::costs::v1;
using calculator::testing::kLocation;
using calculator::testing::Submit;

std::string ReasonOf(const grpc::Status& status) { return DetailOf<google::rpc::ErrorInfo>(status).reason(); }

class MeterRecordsServiceTest : public testing::Test {
 protected:
  void Start(bool with_store = true, size_t most_waiting = 8) {
    threads_ = std::make_unique<executor::RecordThreads>(most_waiting);
    records::CallContext context = meters_.context();
    if (!with_store) context.store = nullptr;
    records_ = std::make_unique<records::RecordsCalls>(context);
    reports_ = std::make_unique<records::Reports>(context);
    calls_ = std::make_unique<UnaryCalls>("meter records", &caller_, [](absl::string_view) {});
    service_ = std::make_unique<MeterRecordsService>(records_.get(), threads_.get(), calls_.get());
    costs_service_ = std::make_unique<CostsService>(&local_, &caller_, CostsServiceOptions{},
                                                    CostsServiceReports{reports_.get(), threads_.get(), calls_.get()});
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    builder.RegisterService(costs_service_.get());
    server_ = builder.BuildAndStart();
    const auto channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
    stub_ = v1::MeterRecordsService::NewStub(channel);
    costs_ = v1::CostsService::NewStub(channel);
  }

  ~MeterRecordsServiceTest() override {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
  }

  template <typename Stub, typename Request, typename Response>
  static grpc::Status Call(const std::unique_ptr<Stub>& stub,
                           grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                           const Request& request, Response* response) {
    grpc::ClientContext context;
    response->Clear();
    return (stub.get()->*method)(&context, request, response);
  }

  records::testing::RecordedMeters meters_{calculator::testing::OneLocation({engine::testing::Flat("0.2")})};
  auth::FixedIdentity caller_{meters_.tenant()};
  calculator::LocalCalculator local_{&meters_.snapshots(), calculator::testing::FixedClock(), {}};
  std::unique_ptr<executor::RecordThreads> threads_;
  std::unique_ptr<records::RecordsCalls> records_;
  std::unique_ptr<records::Reports> reports_;
  std::unique_ptr<UnaryCalls> calls_;
  std::unique_ptr<MeterRecordsService> service_;
  std::unique_ptr<CostsService> costs_service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::MeterRecordsService::Stub> stub_;
  std::unique_ptr<v1::CostsService::Stub> costs_;
};

TEST_F(MeterRecordsServiceTest, Record_IsLookedUpListedAndDeleted) {
  Start();
  const std::string id = meters_.Store({Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z")})[0];
  v1::GetMeterRecordRequest get;
  get.set_id(id);
  v1::MeterRecord record;
  ASSERT_TRUE(Call(stub_, &v1::MeterRecordsService::Stub::GetMeterRecord, get, &record).ok());
  EXPECT_EQ(record.data().tariff().value(), 0.2);

  v1::ListMeterRecordsResponse list;
  ASSERT_TRUE(Call(stub_, &v1::MeterRecordsService::Stub::ListMeterRecords, {}, &list).ok());
  ASSERT_EQ(list.data_size(), 1);
  EXPECT_EQ(list.data(0).SerializeAsString(), record.SerializeAsString());

  v1::ListMeterRecordRevisionsRequest revisions;
  revisions.set_id(id);
  v1::ListMeterRecordRevisionsResponse history;
  ASSERT_TRUE(Call(stub_, &v1::MeterRecordsService::Stub::ListMeterRecordRevisions, revisions, &history).ok());
  EXPECT_EQ(history.data_size(), 1);

  v1::DeleteMeterRecordRequest gone;
  gone.set_id(id);
  google::protobuf::Empty empty;
  ASSERT_TRUE(Call(stub_, &v1::MeterRecordsService::Stub::DeleteMeterRecord, gone, &empty).ok());
  const grpc::Status status = Call(stub_, &v1::MeterRecordsService::Stub::GetMeterRecord, get, &record);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status), "METER_RECORD_NOT_FOUND");
}

TEST_F(MeterRecordsServiceTest, FaultyFields_AreViolations) {
  Start();
  v1::ListMeterRecordsRequest request;
  request.set_record_reference_id("alone");
  request.set_page_size(-1);
  v1::ListMeterRecordsResponse list;
  const grpc::Status status = Call(stub_, &v1::MeterRecordsService::Stub::ListMeterRecords, request, &list);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations_size(), 2);
}

TEST_F(MeterRecordsServiceTest, Reports_OfLocationAndSession) {
  Start();
  calculator::Submission submission = Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z");
  submission.session_reference_id = "charge";
  meters_.Store({submission});
  v1::GetIntervalCostsRequest interval;
  interval.set_id(std::string(kLocation));
  interval.set_aggregation(v1::Aggregation::MONTH);
  interval.mutable_period()->mutable_start_time()->set_seconds(1'685'577'600);
  interval.mutable_period()->mutable_end_time()->set_seconds(1'688'169'600);
  v1::GetIntervalCostsResponse costs;
  ASSERT_TRUE(Call(costs_, &v1::CostsService::Stub::GetIntervalCosts, interval, &costs).ok());
  ASSERT_EQ(costs.data_size(), 1);
  EXPECT_EQ(costs.data(0).tariff().value(), 0.2);

  v1::GetSessionCostsRequest session;
  session.set_session_reference_id("charge");
  v1::GetSessionCostsResponse of_session;
  ASSERT_TRUE(Call(costs_, &v1::CostsService::Stub::GetSessionCosts, session, &of_session).ok());
  EXPECT_EQ(of_session.data(0).energy().value(), 1000);
  session.set_session_reference_id("none");
  EXPECT_EQ(ReasonOf(Call(costs_, &v1::CostsService::Stub::GetSessionCosts, session, &of_session)),
            "SESSION_NOT_FOUND");
}

TEST_F(MeterRecordsServiceTest, WithoutStore_FailedPrecondition) {
  Start(/*with_store=*/false);
  v1::MeterRecord record;
  grpc::Status status = Call(stub_, &v1::MeterRecordsService::Stub::GetMeterRecord, {}, &record);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "NO_RECORD_STORE");
  v1::GetIntervalCostsResponse costs;
  status = Call(costs_, &v1::CostsService::Stub::GetIntervalCosts, {}, &costs);
  EXPECT_EQ(ReasonOf(status), "NO_RECORD_STORE");
}

TEST_F(MeterRecordsServiceTest, TooManyCalls_AreRefusedAtOnce) {
  Start(/*with_store=*/true, /*most_waiting=*/0);
  v1::ListMeterRecordsResponse list;
  const grpc::Status status = Call(stub_, &v1::MeterRecordsService::Stub::ListMeterRecords, {}, &list);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
}

}  // namespace
}  // namespace costs::rpc
