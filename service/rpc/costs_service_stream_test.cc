// The streams of CostsService.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "service/rpc/testing/costs_service_fixture.h"
#include "service/rpc/testing/status_details.h"

namespace costs::rpc {
namespace {

using testing::HasSubstr;
using CostsServiceStreamTest = CostsServiceTest;

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

TEST_F(CostsServiceStreamTest, Stream_AnswersEveryRecordOnceInOrder) {
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

TEST_F(CostsServiceStreamTest, StreamViewsAndFailuresMixed_EachRecordIsAsAsked) {
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

TEST_F(CostsServiceStreamTest, StreamChunkTooLargeOrEmpty_EndsItAfterWhatWasAnswered) {
  StartServer(&local_, {1000, 5});
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
TEST_F(CostsServiceStreamTest, StreamReaderThatStops_StopsTheWriter) {
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

TEST_F(CostsServiceStreamTest, EndStreams_AnswersWhatWasReadThenUnavailable) {
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

// Holds batches back until so many have come, then answers them, the last one first.
class HoldingCalculator final : public calculator::Calculator {
 public:
  HoldingCalculator(calculator::Calculator* child, size_t wanted) : child_(child), wanted_(wanted) {}
  ~HoldingCalculator() override {
    for (std::thread& thread : threads_) thread.join();
  }

  void Calculate(calculator::Batch* batch, std::function<void()> done) override {
    std::lock_guard<std::mutex> lock(mutex_);
    held_.push_back({batch, std::move(done)});
    if (held_.size() < wanted_) return;
    threads_.emplace_back([this, held = std::exchange(held_, {})] {
      for (auto one = held.rbegin(); one != held.rend(); ++one) child_->Calculate(one->batch, one->done);
    });
  }

 private:
  struct Held {
    calculator::Batch* batch;
    std::function<void()> done;
  };

  calculator::Calculator* const child_;
  const size_t wanted_;
  std::mutex mutex_;
  std::vector<Held> held_;
  std::vector<std::thread> threads_;
};

// A chunk that waits to be stored keeps none that follow it waiting.
TEST_F(CostsServiceStreamTest, ChunksAreUnderWayTogether_AndAnsweredInOrder) {
  HoldingCalculator holding(&local_, 5);
  StartServer(&holding);
  const StreamRun run =
      RunStream(stub_.get(), DocumentationRecord(), {1, 7, 1, 100, 3, 1, 1, 1, 1, 1}, v1::MeterRecordView::LEAN);
  EXPECT_TRUE(run.status.ok()) << run.status.error_message();
  ASSERT_EQ(run.sequences.size(), 117u);
  for (uint64_t i = 0; i < run.sequences.size(); ++i) EXPECT_EQ(run.sequences[i], i);
  StopServer();
}

}  // namespace
}  // namespace costs::rpc
