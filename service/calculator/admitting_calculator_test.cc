#include "service/calculator/admitting_calculator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace costs::calculator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A batch of so many records, and what became of it.
struct Call {
  explicit Call(size_t records, bool may_wait = false) : submissions(records), outcomes(records) {
    batch.submissions = submissions;
    batch.outcomes = absl::MakeSpan(outcomes);
    batch.may_wait = may_wait;
  }
  bool refused() const { return done && !outcomes[0].ok(); }

  std::vector<Submission> submissions;
  std::vector<Outcome> outcomes;
  Batch batch;
  bool done = false;
};

// Ends what it was given when the test says so.
class HeldCalculator final : public Calculator {
 public:
  void Calculate(Batch* batch, std::function<void()> done) override {
    given.push_back(batch);
    dones_.push_back(std::move(done));
  }
  void EndOldest() {
    const std::function<void()> done = std::move(dones_.front());
    dones_.pop_front();
    done();
  }
  void EndAll() {
    while (!dones_.empty()) EndOldest();
  }
  size_t under_way() const { return dones_.size(); }

  std::vector<Batch*> given;

 private:
  std::deque<std::function<void()>> dones_;
};

class AdmittingCalculatorTest : public ::testing::Test {
 protected:
  // 8 records at once, of which streams leave 1 to others.
  AdmittingCalculatorTest() : admitting_(OptionsOf(this)) {}
  ~AdmittingCalculatorTest() override { child_.EndAll(); }

  Call* Start(size_t records, bool may_wait = false) {
    calls_.push_back(std::make_unique<Call>(records, may_wait));
    Call* const call = calls_.back().get();
    admitting_.Calculate(&call->batch, [call] { call->done = true; });
    return call;
  }

  static AdmittingCalculator::Options OptionsOf(AdmittingCalculatorTest* test) {
    AdmittingCalculator::Options options;
    options.child = &test->child_;
    options.most_records = 8;
    options.most_waiting = 20;
    options.retry_after = absl::Seconds(3);
    options.refused = [test](absl::Time) { test->told_.push_back("refused"); };
    options.let_in = [test](absl::Time) { test->told_.push_back("let in"); };
    return options;
  }

  std::vector<std::string> told_;
  std::vector<std::unique_ptr<Call>> calls_;
  HeldCalculator child_;
  AdmittingCalculator admitting_;
};

TEST_F(AdmittingCalculatorTest, Batch_WithinTheBound_IsHandedOn) {
  Call* const one = Start(3);
  Call* const other = Start(5);
  EXPECT_THAT(child_.given, ElementsAre(&one->batch, &other->batch));
  EXPECT_EQ(admitting_.figures().under_way, 8);
  child_.EndAll();
  EXPECT_TRUE(one->done && other->done);
  EXPECT_EQ(admitting_.figures().under_way, 0);
  EXPECT_EQ(admitting_.figures().refused_total, 0);
}

TEST_F(AdmittingCalculatorTest, Batch_PastTheBound_IsRefusedAtOnceAndUntouched) {
  Start(8);
  Call* const late = Start(2);
  ASSERT_TRUE(late->refused());
  EXPECT_EQ(child_.given.size(), 1);
  for (const Outcome& outcome : late->outcomes) {
    ASSERT_NE(outcome.failure, nullptr);
    EXPECT_EQ(outcome.failure->code, absl::StatusCode::kUnavailable);
    EXPECT_EQ(outcome.failure->reason, "OVERLOADED");
    EXPECT_EQ(outcome.failure->retry_after, absl::Seconds(3));
    EXPECT_THAT(outcome.failure->message, HasSubstr("try again after 3s"));
  }
  EXPECT_EQ(admitting_.figures().refused_total, 2);
  child_.EndAll();
  EXPECT_FALSE(Start(2)->refused());
}

TEST_F(AdmittingCalculatorTest, Batch_LargerThanTheBound_IsLetInAlone) {
  Start(1);
  EXPECT_TRUE(Start(9)->refused());
  child_.EndAll();
  Call* const alone = Start(9);
  EXPECT_FALSE(alone->done);
  EXPECT_TRUE(Start(1)->refused());
  child_.EndAll();
  EXPECT_TRUE(alone->done && !alone->refused());
}

TEST_F(AdmittingCalculatorTest, WhatBecomesOfEachBatch_IsTold) {
  EXPECT_EQ(admitting_.RefusalOf(8), nullptr);
  Start(8);
  EXPECT_NE(admitting_.RefusalOf(1), nullptr);
  Start(1);
  Start(1, /*may_wait=*/true);  // and is neither
  EXPECT_THAT(told_, ElementsAre("let in", "refused", "refused"));
}

TEST_F(AdmittingCalculatorTest, Chunks_PastTheBound_WaitAndAreLetInInOrder) {
  Call* const first = Start(6, /*may_wait=*/true);
  Call* const second = Start(4, /*may_wait=*/true);
  Call* const third = Start(1, /*may_wait=*/true);  // there is room for it, but not before the second
  EXPECT_THAT(child_.given, ElementsAre(&first->batch));
  EXPECT_EQ(admitting_.figures().waiting, 5);
  child_.EndOldest();
  EXPECT_THAT(child_.given, ElementsAre(&first->batch, &second->batch, &third->batch));
  EXPECT_EQ(admitting_.figures().waiting, 0);
  EXPECT_FALSE(second->done);
}

TEST_F(AdmittingCalculatorTest, Chunks_HoweverMany_LeaveRoomForASingleRecord) {
  Start(7, /*may_wait=*/true);
  Start(1, /*may_wait=*/true);
  EXPECT_EQ(admitting_.figures().waiting, 1);
  EXPECT_FALSE(Start(1)->refused());
  EXPECT_TRUE(Start(1)->refused());
}

TEST_F(AdmittingCalculatorTest, Chunks_MoreThanMayWait_AreRefused) {
  Start(7, /*may_wait=*/true);
  Call* const large = Start(30, /*may_wait=*/true);  // alone it may be as large as it is
  EXPECT_FALSE(large->done);
  EXPECT_TRUE(Start(1, /*may_wait=*/true)->refused());
  child_.EndAll();
  EXPECT_TRUE(large->done && !large->refused());
}

// A calculator that is done before it returns must not take a step deeper into the
// stack for each batch that waits.
TEST(AdmittingCalculator, AMillionWaiting_AllLetInAtOnce_NeedNoStack) {
  class Instant final : public Calculator {
   public:
    void Calculate(Batch* batch, std::function<void()> done) override {
      if (!held_) {
        held_ = std::move(done);
        return;
      }
      ++calculated;
      (void)batch;
      done();
    }
    void Release() { held_(); }
    size_t calculated = 0;

   private:
    std::function<void()> held_;
  } child;
  AdmittingCalculator admitting({&child, 1, 2'000'000, absl::Seconds(1)});
  Call first(1);
  admitting.Calculate(&first.batch, [] {});
  Call call(1, /*may_wait=*/true);  // they do not look into it
  size_t done = 0;
  for (int i = 0; i < 1'000'000; ++i) admitting.Calculate(&call.batch, [&done] { ++done; });
  EXPECT_EQ(done, 0);
  child.Release();
  EXPECT_EQ(done, 1'000'000);
  EXPECT_EQ(child.calculated, 1'000'000);
}

// Threads that submit, and others that end, at random: everything ends, the bound holds,
// and each stream's chunks keep their order.
TEST(AdmittingCalculator, ManyThreads_BoundAndOrderHold_NothingIsLost) {
  constexpr size_t kBound = 64;
  constexpr int kStreams = 4;
  constexpr int kChunks = 3'000;

  class Threaded final : public Calculator {
   public:
    Threaded() {
      for (int i = 0; i < 3; ++i) threads_.emplace_back([this] { End(); });
    }
    ~Threaded() override {
      ending_ = true;
      for (std::thread& thread : threads_) thread.join();
    }
    void Calculate(Batch* batch, std::function<void()> done) override {
      const size_t records = under_way_ += batch->submissions.size();
      if (records > kBound) ++too_many;
      const std::lock_guard<std::mutex> lock(mutex_);
      order.push_back(batch);
      dones_.emplace_back(batch->submissions.size(), std::move(done));
    }
    std::atomic<int> too_many{0};
    std::vector<Batch*> order;

   private:
    void End() {
      while (true) {
        std::pair<size_t, std::function<void()>> next;
        {
          const std::lock_guard<std::mutex> lock(mutex_);
          if (dones_.empty() && ending_) return;
          if (!dones_.empty()) {
            next = std::move(dones_.front());
            dones_.pop_front();
          }
        }
        if (!next.second) {
          std::this_thread::yield();
          continue;
        }
        under_way_ -= next.first;
        next.second();
      }
    }
    std::atomic<size_t> under_way_{0};
    std::atomic<bool> ending_{false};
    std::mutex mutex_;
    std::deque<std::pair<size_t, std::function<void()>>> dones_;
    std::vector<std::thread> threads_;
  };

  std::vector<std::vector<std::unique_ptr<Call>>> streams(kStreams);
  std::atomic<int> done{0}, refused{0};
  {
    Threaded child;
    AdmittingCalculator admitting({&child, kBound, 100'000'000, absl::Seconds(1)});
    std::vector<std::thread> callers;
    for (int s = 0; s < kStreams; ++s) {
      callers.emplace_back([&, s] {
        std::mt19937 random(static_cast<uint32_t>(s));
        for (int i = 0; i < kChunks; ++i) {
          streams[s].push_back(std::make_unique<Call>(1 + random() % 20, /*may_wait=*/true));
          admitting.Calculate(&streams[s].back()->batch, [&done] { ++done; });
        }
      });
    }
    std::atomic<int> singles{0};
    std::vector<std::unique_ptr<Call>> single_calls;
    std::thread single([&] {
      for (int i = 0; i < kChunks; ++i) {
        single_calls.push_back(std::make_unique<Call>(1));
        Call* const call = single_calls.back().get();
        admitting.Calculate(&call->batch, [&, call] {
          if (!call->outcomes[0].ok()) ++refused;
          ++singles;
        });
      }
    });
    for (std::thread& caller : callers) caller.join();
    single.join();
    while (done < kStreams * kChunks || singles < kChunks) std::this_thread::yield();
    EXPECT_EQ(child.too_many, 0);
    EXPECT_EQ(admitting.figures().under_way, 0);
    EXPECT_EQ(admitting.figures().waiting, 0);
    EXPECT_EQ(admitting.figures().refused_total, static_cast<uint64_t>(refused));
    for (const auto& stream : streams) {
      size_t next = 0;
      for (Batch* batch : child.order) {
        if (next < stream.size() && batch == &stream[next]->batch) ++next;
      }
      EXPECT_EQ(next, stream.size()) << "out of order";
    }
  }
}

}  // namespace
}  // namespace costs::calculator
