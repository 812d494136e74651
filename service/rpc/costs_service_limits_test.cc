// The streams of an account that has limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "service/auth/account_limits.h"
#include "service/rpc/testing/costs_service_fixture.h"
#include "service/rpc/testing/status_details.h"

namespace costs::rpc {
namespace {

class CostsServiceLimitsTest : public CostsServiceTest {
 protected:
  ~CostsServiceLimitsTest() override { StopServer(); }

  void Limit(auth::AccountLimits::Options options) {
    StopServer();
    limits_ = std::make_unique<auth::AccountLimits>(std::move(options));
    StartServer(&local_, {1000, 10000, limits_.get()});
  }

  // An open stream; it has answered one record, so that it is known to be open.
  struct Stream {
    explicit Stream(v1::CostsService::Stub* stub, absl::Time deadline = absl::InfiniteFuture()) {
      if (deadline != absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(deadline));
      calls = stub->StreamInstantCosts(&context);
    }
    bool Ask() {
      v1::StreamInstantCostsRequest request;
      *request.add_records()->mutable_record() = DocumentationRecord();
      v1::StreamInstantCostsResponse response;
      return calls->Write(request) && calls->Read(&response) && response.outcomes(0).has_result();
    }
    grpc::Status End() {
      calls->WritesDone();
      v1::StreamInstantCostsResponse response;
      while (calls->Read(&response)) {
      }
      return calls->Finish();
    }

    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::StreamInstantCostsRequest, v1::StreamInstantCostsResponse>> calls;
  };

  // The end of a stream is told to the client before the server lets it go.
  void AwaitRoom() {
    while (!limits_->OpenStream("acc_test").ok()) std::this_thread::yield();
  }

  std::unique_ptr<auth::AccountLimits> limits_;
};

TEST_F(CostsServiceLimitsTest, Stream_BeyondTheAccountsNumber_IsRefusedUntilOneEnds) {
  Limit({0, 1, /*streams=*/2, absl::Now});
  Stream first(stub_.get()), second(stub_.get());
  ASSERT_TRUE(first.Ask() && second.Ask());

  Stream third(stub_.get());
  const grpc::Status refused = third.End();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(refused).reason(), "RATE_LIMITED");
  EXPECT_GE(DetailOf<google::rpc::RetryInfo>(refused).retry_delay().seconds(), 1);
  EXPECT_TRUE(first.Ask()) << "the others go on";

  EXPECT_TRUE(first.End().ok());
  AwaitRoom();
  Stream fourth(stub_.get());
  EXPECT_TRUE(fourth.Ask());
  EXPECT_TRUE(fourth.End().ok());
  // One that breaks off makes room as well.
  second.context.TryCancel();
  EXPECT_EQ(second.End().error_code(), grpc::StatusCode::CANCELLED);
  AwaitRoom();
}

TEST_F(CostsServiceLimitsTest, Stream_FasterThanTheAccountMay_IsReadAtItsRate) {
  constexpr int kChunks = 30;
  constexpr uint32_t kRate = 50, kBurst = 10;
  Limit({kRate, kBurst, 0, absl::Now});
  const absl::Time begin = absl::Now();
  Stream stream(stub_.get());
  for (int i = 0; i < kChunks; ++i) ASSERT_TRUE(stream.Ask()) << i;
  EXPECT_TRUE(stream.End().ok());
  // The last one was read only when the ones before it had been paid for.
  EXPECT_GE(absl::Now() - begin, absl::Seconds(1) * (kChunks - 1 - kBurst) / kRate);
}

// An account so far beyond its rate that its streams would wait for hours.
TEST_F(CostsServiceLimitsTest, StreamThatWaits_IsCancelled_EndsAtOnce) {
  const absl::Time now = absl::Now();
  Limit({1, 1, 1, [now] { return now; }});
  for (int i = 0; i < 3; ++i) {
    Stream stream(stub_.get());
    ASSERT_TRUE(stream.Ask());
    stream.context.TryCancel();
    EXPECT_EQ(stream.End().error_code(), grpc::StatusCode::CANCELLED);
    AwaitRoom();
  }
}

TEST_F(CostsServiceLimitsTest, StreamThatWaits_ServerDrains_EndsAtOnceWithAllAnswered) {
  const absl::Time now = absl::Now();
  Limit({1, 1, 0, [now] { return now; }});
  Stream stream(stub_.get());
  ASSERT_TRUE(stream.Ask());
  service_->EndStreams();
  const grpc::Status ended = stream.End();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNAVAILABLE);
  while (service_->calls_in_flight() > 0) std::this_thread::yield();
}

TEST_F(CostsServiceLimitsTest, StreamThatWaits_DeadlinePasses_Ends) {
  const absl::Time now = absl::Now();
  Limit({1, 1, 0, [now] { return now; }});
  Stream stream(stub_.get(), absl::Now() + absl::Milliseconds(300));
  while (stream.Ask()) {
  }
  EXPECT_EQ(stream.End().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  while (service_->calls_in_flight() > 0) std::this_thread::yield();
}

}  // namespace
}  // namespace costs::rpc
