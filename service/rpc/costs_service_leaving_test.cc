// Callers of CostsService who leave before they are answered.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "service/calculator/calculator.h"
#include "service/executor/bounded_executor.h"
#include "service/rpc/testing/costs_service_fixture.h"

namespace costs::rpc {
namespace {

using CostsServiceLeavingTest = CostsServiceTest;

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

TEST_F(CostsServiceLeavingTest, CallsCancelledWhileCalculating_EndWithoutHarm) {
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

TEST_F(CostsServiceLeavingTest, DeadlineWhileCalculating_IsDeadlineExceeded) {
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

// Answers each batch on another thread, a little later.
class LaterCalculator final : public calculator::Calculator {
 public:
  explicit LaterCalculator(calculator::Calculator* child) : child_(child) {}

  void Calculate(calculator::Batch* batch, std::function<void()> done) override {
    executor_.Continue([this, batch, done = std::move(done)] { child_->Calculate(batch, done); });
  }

 private:
  calculator::Calculator* const child_;
  executor::BoundedExecutor executor_{{/*threads=*/3}};
};

// Many callers who open streams and leave them in every way there is, also
// while an answer is being worked out on another thread: the server lives, and
// whoever stays gets all answers.
TEST_F(CostsServiceLeavingTest, StreamsLeftInEveryWay_HarmNobody) {
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

}  // namespace
}  // namespace costs::rpc
