#include "tests/bench/load_client.h"

#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/bench/sample_records.h"

namespace costs::bench {
namespace {

using energy::costs::v1::CalculateInstantCostRequest;
using energy::costs::v1::CostsService;
using energy::costs::v1::MeterRecord;
using energy::costs::v1::SequencedOutcome;
using energy::costs::v1::StreamInstantCostsRequest;
using energy::costs::v1::StreamInstantCostsResponse;
using ::testing::HasSubstr;

enum class Manner {
  kProper,         // a message of answers for each message of records
  kSplit,          // a message for each record
  kGrouped,        // answers up to 7 messages of records at once
  kRefuse,         // a status for each record
  kWrongSequence,  // skips a number now and then
  kFail,           // ends every call with an error
  kNoCost,         // leaves the tariff out
  kSilent,         // takes records and answers nothing
  kEndAtOnce,      // ends a stream, with OK, before its first answer
};

// Answers in a given manner.
class FakeService : public CostsService::Service {
 public:
  explicit FakeService(Manner manner) : manner_(manner) {}

  grpc::Status CalculateInstantCost(grpc::ServerContext* context, const CalculateInstantCostRequest*,
                                    MeterRecord* response) override {
    if (manner_ == Manner::kFail) return Failure();
    *response = SampleAnswer();
    if (manner_ == Manner::kNoCost) response->mutable_data()->clear_tariff();
    while (manner_ == Manner::kSilent && !context->IsCancelled()) usleep(1000);
    return grpc::Status::OK;
  }

  grpc::Status StreamInstantCosts(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<StreamInstantCostsResponse, StreamInstantCostsRequest>* stream) override {
    if (manner_ == Manner::kEndAtOnce) return grpc::Status::OK;
    StreamInstantCostsRequest request;
    StreamInstantCostsResponse response;
    for (int messages = 1; stream->Read(&request); ++messages) {
      if (manner_ == Manner::kFail) return Failure();
      for (const auto& record : request.records()) {
        Answer(record.sequence(), response.add_outcomes());
        if (manner_ == Manner::kSplit) Send(stream, &response);
      }
      // A window's last messages must be answered, whatever the group.
      if (manner_ != Manner::kGrouped || messages % 7 == 0 || messages % 64 == 0) Send(stream, &response);
    }
    Send(stream, &response);
    return grpc::Status::OK;
  }

 private:
  static grpc::Status Failure() { return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "not today"); }

  void Answer(uint64_t sequence, SequencedOutcome* outcome) const {
    const bool wrong = manner_ == Manner::kWrongSequence && sequence % 100 == 99;
    outcome->set_sequence(wrong ? sequence + 1 : sequence);
    if (manner_ == Manner::kRefuse) {
      outcome->mutable_status()->set_message("unknown location");
      return;
    }
    *outcome->mutable_result() = SampleLeanAnswer();
    if (manner_ == Manner::kNoCost) outcome->mutable_result()->mutable_data()->clear_tariff();
  }

  void Send(grpc::ServerReaderWriter<StreamInstantCostsResponse, StreamInstantCostsRequest>* stream,
            StreamInstantCostsResponse* response) const {
    if (response->outcomes_size() > 0 && manner_ != Manner::kSilent) stream->Write(*response);
    response->Clear();
  }

  const Manner manner_;
};

absl::StatusOr<LoadResult> Measure(Load load, Manner manner) {
  FakeService service(manner);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  LoadOptions options;
  options.address = absl::StrCat("127.0.0.1:", port);
  options.server_pid = getpid();
  options.load = load;
  options.warm_up = absl::Milliseconds(10);
  options.duration = absl::Milliseconds(100);
  options.patience = manner == Manner::kSilent ? absl::Milliseconds(200) : absl::Seconds(20);
  options.calls_in_flight = 8;
  absl::StatusOr<LoadResult> result = RunLoad(options);
  server->Shutdown();
  return result;
}

constexpr Load kLoads[] = {Load::kUnary, Load::kSingleRecordStream, Load::kChunkStream};

TEST(RunLoad, ProperServer_MeasuresRateCpuAndSize) {
  for (const Load load : kLoads) {
    const absl::StatusOr<LoadResult> result = Measure(load, Manner::kProper);
    ASSERT_TRUE(result.ok()) << LoadName(load) << ": " << result.status();
    EXPECT_GT(result->records, 0) << LoadName(load);
    EXPECT_GT(result->records_per_second, 0) << LoadName(load);
    EXPECT_GT(result->server_cpu_us_per_record, 0) << LoadName(load);
    const size_t least = load == Load::kUnary ? SampleAnswer().ByteSizeLong() : SampleLeanAnswer().ByteSizeLong();
    EXPECT_GE(result->answer_bytes_per_record, least) << LoadName(load);
    EXPECT_LE(result->answer_bytes_per_record, least + 16) << LoadName(load);
  }
}

TEST(RunLoad, AnswersGroupedOtherwise_CountsRecordsNotMessages) {
  for (const Load load : {Load::kSingleRecordStream, Load::kChunkStream}) {
    const absl::StatusOr<LoadResult> result = Measure(load, Manner::kSplit);
    ASSERT_TRUE(result.ok()) << LoadName(load) << ": " << result.status();
    EXPECT_LE(result->answer_bytes_per_record, SampleLeanAnswer().ByteSizeLong() + 16) << LoadName(load);
  }
  const absl::StatusOr<LoadResult> result = Measure(Load::kSingleRecordStream, Manner::kGrouped);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_LE(result->answer_bytes_per_record, SampleLeanAnswer().ByteSizeLong() + 16);
}

struct BadCase {
  Load load;
  Manner manner;
  absl::StatusCode code;
  std::string message;
};

TEST(RunLoad, ServerMisbehaves_FailsAndSaysHow) {
  const absl::StatusCode kInternal = absl::StatusCode::kInternal;
  const BadCase cases[] = {
      {Load::kUnary, Manner::kFail, absl::StatusCode::kFailedPrecondition, "not today"},
      {Load::kSingleRecordStream, Manner::kFail, absl::StatusCode::kFailedPrecondition, "not today"},
      {Load::kUnary, Manner::kNoCost, kInternal, "lacks energy, tariff or carbon"},
      {Load::kChunkStream, Manner::kNoCost, kInternal, "lacks energy, tariff or carbon"},
      {Load::kSingleRecordStream, Manner::kRefuse, kInternal, "unknown location"},
      {Load::kSingleRecordStream, Manner::kWrongSequence, kInternal, "wrong sequence number"},
      {Load::kChunkStream, Manner::kWrongSequence, kInternal, "wrong sequence number"},
      {Load::kChunkStream, Manner::kEndAtOnce, kInternal, "ended the load"},
      {Load::kUnary, Manner::kSilent, absl::StatusCode::kDeadlineExceeded, "stopped answering"},
      {Load::kSingleRecordStream, Manner::kSilent, absl::StatusCode::kDeadlineExceeded, "stopped answering"},
      {Load::kChunkStream, Manner::kSilent, absl::StatusCode::kDeadlineExceeded, "stopped answering"},
  };
  for (const BadCase& bad : cases) {
    const absl::StatusOr<LoadResult> result = Measure(bad.load, bad.manner);
    EXPECT_EQ(result.status().code(), bad.code) << LoadName(bad.load) << ": " << result.status();
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(bad.message)) << LoadName(bad.load);
  }
}

TEST(RunLoad, NobodyListens_Unavailable) {
  LoadOptions options;
  options.address = "127.0.0.1:1";
  options.patience = absl::Milliseconds(50);
  EXPECT_EQ(RunLoad(options).status().code(), absl::StatusCode::kUnavailable);
}

TEST(SampleRecords, Submissions_DifferInContentNotInSize) {
  const size_t size = SampleSubmission(0).ByteSizeLong();
  for (int i = 1; i < kSampleRecords; ++i) {
    ASSERT_EQ(SampleSubmission(i).ByteSizeLong(), size) << i;
    ASSERT_NE(SampleSubmission(i).value(), SampleSubmission(i - 1).value()) << i;
    ASSERT_NE(SampleSubmission(i).start_time().seconds(), SampleSubmission(i - 1).start_time().seconds()) << i;
  }
}

}  // namespace
}  // namespace costs::bench
