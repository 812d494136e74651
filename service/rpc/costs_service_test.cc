#include "service/rpc/costs_service.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "service/calculator/local_calculator.h"
#include "service/catalog/snapshot.h"

namespace costs::rpc {
namespace {

namespace v1 = energy::costs::v1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr char kLocation[] = "loc_641b90b758fb8e6293716e40";

engine::Decimal Number(absl::string_view text) { return *engine::Decimal::Parse(text); }

// The documentation's location: one fixed rate, one forecast of carbon.
std::shared_ptr<const catalog::Snapshot> DocumentationCatalog() {
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

// Holds every batch until it is told to let them go.
class HeldCalculator final : public calculator::Calculator {
 public:
  explicit HeldCalculator(calculator::Calculator* child) : child_(child) {}
  ~HeldCalculator() override { JoinAll(); }

  void Calculate(calculator::Batch* batch, std::function<void()> done) override {
    std::lock_guard<std::mutex> lock(mutex_);
    threads_.emplace_back([this, batch, done = std::move(done)] {
      {
        std::unique_lock<std::mutex> wait(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(wait, [this] { return released_; });
      }
      child_->Calculate(batch, done);
    });
  }

  void AwaitWaiting(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void Release() {
    std::lock_guard<std::mutex> lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  void JoinAll() {
    Release();
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  calculator::Calculator* const child_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool released_ = false;
  std::vector<std::thread> threads_;
};

class CostsServiceTest : public testing::Test {
 protected:
  CostsServiceTest() : local_(&catalog_, [] { return absl::Now(); }, {}) {
    catalog_.Set(DocumentationCatalog());
    StartServer(&local_);
  }

  ~CostsServiceTest() override { StopServer(); }

  void StartServer(calculator::Calculator* calculator,
                   const CostsServiceOptions& options = {"acc_test", true, 1000, 10000}) {
    StopServer();
    service_ = std::make_unique<CostsService>(calculator, options);
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    builder.SetMaxReceiveMessageSize(16 << 20);
    server_ = builder.BuildAndStart();
    stub_ = v1::CostsService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
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

  template <typename Detail>
  static Detail DetailOf(const google::rpc::Status& status) {
    Detail detail;
    for (const google::protobuf::Any& any : status.details()) {
      if (any.Is<Detail>()) any.UnpackTo(&detail);
    }
    return detail;
  }
  template <typename Detail>
  static Detail DetailOf(const grpc::Status& status) {
    google::rpc::Status rich;
    EXPECT_TRUE(rich.ParseFromString(status.error_details()));
    EXPECT_EQ(rich.code(), static_cast<int>(status.error_code()));
    return DetailOf<Detail>(rich);
  }

  catalog::SnapshotHolder catalog_;
  calculator::LocalCalculator local_;
  std::unique_ptr<CostsService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::CostsService::Stub> stub_;
};

TEST_F(CostsServiceTest, DocumentationExample_PrintsTheDocumentationsJson) {
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

TEST_F(CostsServiceTest, EmptyRequest_ReportsEveryViolationAtOnce) {
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

TEST_F(CostsServiceTest, Refusals_HaveTheContractsCodeAndReason) {
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

TEST_F(CostsServiceTest, IncludeFlags_LeaveOutWhatIsNotWanted) {
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

TEST_F(CostsServiceTest, Breakdown_AddsUp) {
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

TEST_F(CostsServiceTest, Batch_AnswersEachRecordInOrder) {
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

TEST_F(CostsServiceTest, BatchOfNoneOrTooMany_IsRefused) {
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

// Sends chunks of the given sizes and reads all answers; record i asks for i W.
struct StreamRun {
  std::vector<uint64_t> sequences;
  std::vector<double> energies;
  int messages = 0;
  size_t largest_message = 0;
  grpc::Status status;
};

StreamRun RunStream(v1::CostsService::Stub* stub, const v1::MeterRecordSubmission& record,
                    const std::vector<int>& chunks, v1::MeterRecordView::Value view) {
  StreamRun run;
  grpc::ClientContext context;
  auto stream = stub->StreamInstantCosts(&context);
  std::thread writer([&] {
    uint64_t sequence = 0;
    for (int size : chunks) {
      v1::StreamInstantCostsRequest request;
      request.set_view(view);
      for (int i = 0; i < size; ++i) {
        v1::SequencedSubmission* item = request.add_records();
        *item->mutable_record() = record;
        item->mutable_record()->set_value(static_cast<double>(sequence % 100000) * 2);
        item->set_sequence(sequence++);
      }
      if (!stream->Write(request)) break;
    }
    stream->WritesDone();
  });
  v1::StreamInstantCostsResponse response;
  while (stream->Read(&response)) {
    ++run.messages;
    run.largest_message = std::max(run.largest_message, response.ByteSizeLong());
    for (const v1::SequencedOutcome& outcome : response.outcomes()) {
      run.sequences.push_back(outcome.sequence());
      run.energies.push_back(outcome.has_result() ? outcome.result().data().energy().value() : -1);
      EXPECT_EQ(outcome.result().has_request(), view == v1::MeterRecordView::FULL);
    }
  }
  writer.join();
  run.status = stream->Finish();
  return run;
}

TEST_F(CostsServiceTest, Stream_AnswersEveryRecordOnceInOrder) {
  for (v1::MeterRecordView::Value view : {v1::MeterRecordView::UNSPECIFIED, v1::MeterRecordView::FULL}) {
    for (const std::vector<int>& chunks :
         {std::vector<int>(3000, 1), std::vector<int>(40, 1000), std::vector<int>{10000, 1, 7, 10000, 999}}) {
      const StreamRun run = RunStream(stub_.get(), DocumentationRecord(), chunks, view);
      ASSERT_TRUE(run.status.ok()) << run.status.error_message();
      size_t total = 0;
      for (int size : chunks) total += static_cast<size_t>(size);
      ASSERT_EQ(run.sequences.size(), total);
      for (size_t i = 0; i < total; ++i) {
        ASSERT_EQ(run.sequences[i], i);
        ASSERT_EQ(run.energies[i], static_cast<double>(i % 100000)) << "half an hour at twice as many watts";
      }
      EXPECT_LT(run.largest_message, size_t{4} << 20);
    }
  }
}

TEST_F(CostsServiceTest, StreamViewsAndFailuresMixed_EachRecordIsAsAsked) {
  grpc::ClientContext context;
  auto stream = stub_->StreamInstantCosts(&context);
  for (int round = 0; round < 200; ++round) {
    v1::StreamInstantCostsRequest request;
    const bool full = round % 2 == 0;
    request.set_view(full ? v1::MeterRecordView::FULL : v1::MeterRecordView::LEAN);
    request.set_include_carbon(round % 3 == 0);
    request.set_include_breakdown(round % 5 == 0);
    *request.add_records()->mutable_record() = DocumentationRecord();
    request.mutable_records(0)->mutable_record()->set_session_reference_id(round % 4 == 0 ? "s" : "");
    *request.add_records()->mutable_record() = DocumentationRecord();
    if (round % 7 == 0) request.mutable_records(1)->mutable_record()->clear_location_id();
    ASSERT_TRUE(stream->Write(request));
    v1::StreamInstantCostsResponse response;
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.outcomes_size(), 2);
    const v1::MeterRecord& record = response.outcomes(0).result();
    EXPECT_EQ(record.has_request(), full);
    EXPECT_EQ(record.object(), full ? "meter_record" : "");
    EXPECT_EQ(record.data().has_carbon(), round % 3 == 0);
    EXPECT_EQ(record.data().breakdown_size(), round % 5 == 0 ? 1 : 0);
    EXPECT_EQ(record.data().session_reference_id(), round % 4 == 0 ? "s" : "");
    ASSERT_EQ(response.outcomes(1).has_status(), round % 7 == 0);
    if (round % 7 == 0) {
      EXPECT_EQ(DetailOf<google::rpc::BadRequest>(response.outcomes(1).status()).field_violations(0).field(),
                "records[1].record.location_id");
    }
  }
  stream->WritesDone();
  v1::StreamInstantCostsResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(CostsServiceTest, StreamChunkTooLargeOrEmpty_EndsItAfterWhatWasAnswered) {
  StartServer(&local_, {"acc_test", true, 1000, 5});
  for (int bad : {0, 6}) {
    const StreamRun run = RunStream(stub_.get(), DocumentationRecord(), {5, 3, bad, 5}, v1::MeterRecordView::LEAN);
    EXPECT_EQ(run.sequences.size(), 8u);
    EXPECT_EQ(run.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(DetailOf<google::rpc::BadRequest>(run.status).field_violations(0).field(), "records");
  }
}

// A reader that stops: the server reads no more than what fits its bound and
// the transport's windows, so the writer gets stuck, and goes on when the
// reader does.
TEST_F(CostsServiceTest, StreamReaderThatStops_StopsTheWriter) {
  grpc::ClientContext context;
  auto stream = stub_->StreamInstantCosts(&context);
  constexpr int kChunks = 1500;  // about 250 MB of answers in the full view
  std::atomic<int> sent{0};
  std::thread writer([&] {
    v1::StreamInstantCostsRequest request;
    request.set_view(v1::MeterRecordView::FULL);
    for (int i = 0; i < 500; ++i) *request.add_records()->mutable_record() = DocumentationRecord();
    for (; sent < kChunks && stream->Write(request); ++sent) {
    }
    stream->WritesDone();
  });
  // Stuck: nothing more is sent for a while.
  int before = -1;
  for (int quiet = 0; quiet < 5;) {
    const int now = sent;
    quiet = now == before ? quiet + 1 : 0;
    before = now;
    absl::SleepFor(absl::Milliseconds(100));
  }
  EXPECT_LT(before, kChunks / 3);  // what the windows and sockets of the way hold
  size_t answered = 0;
  v1::StreamInstantCostsResponse response;
  while (stream->Read(&response)) answered += static_cast<size_t>(response.outcomes_size());
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(answered, size_t{kChunks} * 500);
}

TEST_F(CostsServiceTest, CallsCancelledWhileCalculating_EndWithoutHarm) {
  HeldCalculator held(&local_);
  StartServer(&held);
  grpc::ClientContext unary_context, stream_context;
  grpc::Status unary_status;
  std::thread unary([&] {
    v1::CalculateInstantCostRequest request;
    *request.mutable_record() = DocumentationRecord();
    v1::MeterRecord record;
    unary_status = stub_->CalculateInstantCost(&unary_context, request, &record);
  });
  auto stream = stub_->StreamInstantCosts(&stream_context);
  v1::StreamInstantCostsRequest chunk;
  *chunk.add_records()->mutable_record() = DocumentationRecord();
  ASSERT_TRUE(stream->Write(chunk));
  held.AwaitWaiting(2);
  unary_context.TryCancel();
  stream_context.TryCancel();
  unary.join();
  EXPECT_EQ(unary_status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  held.JoinAll();  // answers that nobody wants any more
  StopServer();
}

TEST_F(CostsServiceTest, DeadlineWhileCalculating_IsDeadlineExceeded) {
  HeldCalculator held(&local_);
  StartServer(&held);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  v1::CalculateInstantCostRequest request;
  *request.mutable_record() = DocumentationRecord();
  v1::MeterRecord record;
  EXPECT_EQ(stub_->CalculateInstantCost(&context, request, &record).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  held.JoinAll();
  StopServer();
}

TEST_F(CostsServiceTest, EndStreams_AnswersWhatWasReadThenUnavailable) {
  grpc::ClientContext context;
  auto stream = stub_->StreamInstantCosts(&context);
  v1::StreamInstantCostsRequest chunk;
  *chunk.add_records()->mutable_record() = DocumentationRecord();
  v1::StreamInstantCostsResponse response;
  ASSERT_TRUE(stream->Write(chunk));
  ASSERT_TRUE(stream->Read(&response));
  service_->EndStreams();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);

  grpc::ClientContext late_context;
  auto late = stub_->StreamInstantCosts(&late_context);
  EXPECT_FALSE(late->Read(&response));
  EXPECT_EQ(late->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

// Answers each batch on another thread, a little later.
class LaterCalculator final : public calculator::Calculator {
 public:
  explicit LaterCalculator(calculator::Calculator* child) : child_(child) {
    for (int i = 0; i < 3; ++i) {
      threads_[i] = std::thread([this] { Run(); });
    }
  }
  ~LaterCalculator() override {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void Calculate(calculator::Batch* batch, std::function<void()> done) override {
    std::lock_guard<std::mutex> lock(mutex_);
    work_.push_back([this, batch, done = std::move(done)] { child_->Calculate(batch, done); });
    changed_.notify_one();
  }

 private:
  void Run() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stop_ || !work_.empty(); });
      if (work_.empty()) return;
      std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }

  calculator::Calculator* const child_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  bool stop_ = false;
  std::array<std::thread, 3> threads_;
};

// Many callers who open streams and leave them in every way there is, also
// while an answer is being worked out on another thread: the server lives, and
// whoever stays gets all answers.
TEST_F(CostsServiceTest, StreamsLeftInEveryWay_HarmNobody) {
  for (const bool later : {false, true}) {
    LaterCalculator later_calculator(&local_);
    StartServer(later ? static_cast<calculator::Calculator*>(&later_calculator) : &local_);
    std::atomic<int> complete{0};
    std::vector<std::thread> callers;
    callers.reserve(8);
    for (unsigned caller = 0; caller < 8; ++caller) {
      callers.emplace_back([this, caller, &complete] {
        std::mt19937 random(caller);
        for (int round = 0; round < 60; ++round) {
          grpc::ClientContext context;
          const unsigned way = random() % 5;
          if (way == 4) {
            context.set_deadline(std::chrono::system_clock::now() + std::chrono::microseconds(random() % 3000));
          }
          auto stream = stub_->StreamInstantCosts(&context);
          const int chunks = static_cast<int>(random() % 20);
          const int leave_after = static_cast<int>(random() % 20);
          int sent = 0;
          int answered = 0;
          v1::StreamInstantCostsRequest request;
          v1::StreamInstantCostsResponse response;
          for (int i = 0; i < chunks; ++i) {
            request.clear_records();
            const int size = 1 + static_cast<int>(random() % 30);
            for (int k = 0; k < size; ++k) *request.add_records()->mutable_record() = DocumentationRecord();
            if (!stream->Write(request)) break;
            sent += size;
            if (way == 1 && i == leave_after) context.TryCancel();
            if (way == 2 && stream->Read(&response)) answered += response.outcomes_size();
          }
          stream->WritesDone();
          if (way != 3) {  // who reads nothing cancels at the end
            while (stream->Read(&response)) answered += response.outcomes_size();
          } else {
            context.TryCancel();
          }
          if (stream->Finish().ok()) {
            EXPECT_EQ(answered, sent);
            ++complete;
          }
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    EXPECT_GT(complete, 8 * 60 / 5);
    StopServer();
  }
}

TEST_F(CostsServiceTest, MessageOverTheLimit_IsResourceExhausted) {
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
