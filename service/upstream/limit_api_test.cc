#include "service/upstream/limit_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/upstream/testing/hand_timers.h"
#include "service/upstream/testing/mock_costs_api.h"

namespace costs::upstream {
namespace {

using ::testing::ElementsAre;
using testing::HandTimers;
using testing::HeldCostsApi;
using testing::MakeCall;
using testing::MockCostsApi;
using testing::Received;
using testing::SomeCall;
using testing::SomeCost;
using testing::SomeError;
using Kind = UpstreamError::Kind;

class LimitApiTest : public ::testing::Test {
 protected:
  static LimitApi::Options SomeOptions() {
    LimitApi::Options options;
    options.most_under_way = 2;
    options.most_waiting = 3;
    options.look_every = absl::Milliseconds(100);
    return options;
  }

  Received& Call(std::shared_ptr<const CostCall> call = MakeCall()) {
    received_.emplace_back();
    api_.CalculateInstantCost(std::move(call), received_.back().Done());
    return received_.back();
  }

  static std::shared_ptr<const CostCall> Named(int i) {
    auto call = std::make_shared<CostCall>(SomeCall());
    call->record_reference_id = absl::StrCat(i);
    return call;
  }

  HandTimers timers_;
  const std::shared_ptr<HeldCostsApi> child_ = std::make_shared<HeldCostsApi>();
  LimitApi api_{SomeOptions(), &timers_, child_};
  std::deque<Received> received_;
};

TEST_F(LimitApiTest, MoreThanTheLimit_WaitAndAreAskedInOrder) {
  for (int i = 0; i < 5; ++i) Call(Named(i));
  EXPECT_EQ(child_->asked(), 2u);
  EXPECT_EQ(api_.counters().under_way, 2u);
  EXPECT_EQ(api_.counters().waiting, 3u);
  child_->Answer(1, SomeCost());
  child_->Answer(0, SomeError(Kind::kRefused));
  child_->Answer(2, SomeCost());
  ASSERT_EQ(child_->asked(), 5u);
  std::vector<std::string> order;
  for (size_t i = 0; i < 5; ++i) order.push_back(child_->call(i).record_reference_id);
  EXPECT_THAT(order, ElementsAre("0", "1", "2", "3", "4"));
  child_->Answer(3, SomeCost());
  child_->Answer(4, SomeCost());
  for (const Received& received : received_) EXPECT_EQ(received.count(), 1u);
  EXPECT_EQ(api_.counters().under_way, 0u);
  timers_.Advance(absl::Seconds(1));
  EXPECT_EQ(timers_.waiting(), 0u) << "nobody waits, so nobody looks";
}

TEST_F(LimitApiTest, MoreThanMayWait_AreRefusedAtOnce) {
  for (int i = 0; i < 5; ++i) Call();
  const Received& refused = Call();
  ASSERT_EQ(refused.count(), 1u);
  EXPECT_EQ(refused.error()->kind, Kind::kUnavailable);
  EXPECT_EQ(refused.error()->failure.reason, "OVERLOADED");
  EXPECT_FALSE(refused.error()->may_have_acted);
  EXPECT_TRUE(refused.error()->spared);
  EXPECT_EQ(refused.error()->retry_after, absl::Seconds(1));
  EXPECT_EQ(api_.counters().refused, 1);
  child_->Answer(0, SomeCost());
  EXPECT_EQ(Call().count(), 0u) << "there is room again";
  timers_.ShutDown();
  for (size_t i = 1; i < child_->asked(); ++i) child_->Answer(i, SomeCost());
}

TEST_F(LimitApiTest, DeadlineThatPassesWhileItWaits_LeavesTheQueueUnsent) {
  Call();
  Call();
  const Received& waits = Call(MakeCall(timers_.Now() + absl::Milliseconds(50)));
  const Received& waits_longer = Call(MakeCall(timers_.Now() + absl::Seconds(50)));
  timers_.Advance(absl::Milliseconds(49));
  EXPECT_EQ(waits.count(), 0u);
  timers_.Advance(absl::Milliseconds(1));
  ASSERT_EQ(waits.count(), 1u);
  EXPECT_EQ(waits.error()->kind, Kind::kTimedOut);
  EXPECT_FALSE(waits.error()->may_have_acted);
  EXPECT_EQ(waits_longer.count(), 0u);
  EXPECT_EQ(api_.counters().waiting, 1u);
  for (size_t i = 0; i < 3; ++i) child_->Answer(i, SomeCost());
}

TEST_F(LimitApiTest, CancelledWhileItWaits_LeavesTheQueueUnsent) {
  Call();
  Call();
  CostCall call = SomeCall();
  bool cancelled = false;
  call.cancelled = [&] { return cancelled; };
  const Received& waits = Call(std::make_shared<const CostCall>(call));
  timers_.Advance(absl::Seconds(1));
  EXPECT_EQ(waits.count(), 0u);
  cancelled = true;
  timers_.Advance(absl::Milliseconds(100));
  ASSERT_EQ(waits.count(), 1u);
  EXPECT_EQ(waits.error()->kind, Kind::kCancelled);
  EXPECT_FALSE(waits.error()->may_have_acted);
  child_->Answer(0, SomeCost());
  child_->Answer(1, SomeCost());
  EXPECT_EQ(child_->asked(), 2u);
}

TEST_F(LimitApiTest, CancelledWhenItsTurnComes_IsNotSentAndTheNextIs) {
  Call();
  Call();
  CostCall call = SomeCall();
  bool cancelled = false;
  call.cancelled = [&] { return cancelled; };
  const Received& waits = Call(std::make_shared<const CostCall>(call));
  const Received& next = Call();
  cancelled = true;
  child_->Answer(0, SomeCost());
  EXPECT_EQ(waits.error()->kind, Kind::kCancelled);
  EXPECT_EQ(child_->asked(), 3u);
  child_->Answer(2, SomeCost());
  EXPECT_NE(next.cost(), nullptr);
  child_->Answer(1, SomeCost());
}

TEST_F(LimitApiTest, TimersShutDown_AnswersWhatWaits) {
  Call();
  Call();
  const Received& waits = Call();
  timers_.ShutDown();
  ASSERT_EQ(waits.count(), 1u);
  EXPECT_EQ(waits.error()->kind, Kind::kUnavailable);
  EXPECT_FALSE(waits.error()->may_have_acted);
  EXPECT_EQ(Call().count(), 1u);
  child_->Answer(0, SomeCost());
  child_->Answer(1, SomeCost());
}

TEST_F(LimitApiTest, LongQueueOfCallsThatEndAtOnce_IsNoDeepRecursion) {
  constexpr size_t kWaiting = 200'000;
  LimitApi::Options options;
  options.most_under_way = 1;
  options.most_waiting = kWaiting;
  const auto child = std::make_shared<MockCostsApi>();
  CostsApi::Done first;
  EXPECT_CALL(*child, CalculateInstantCost)
      .WillOnce([&](std::shared_ptr<const CostCall>, CostsApi::Done done) { first = std::move(done); })
      .WillRepeatedly(testing::Answers(SomeCost()));
  LimitApi api(options, &timers_, child);
  size_t answered = 0;
  const auto call = MakeCall();
  for (size_t i = 0; i <= kWaiting; ++i) api.CalculateInstantCost(call, [&](const CostResult&) { ++answered; });
  first(SomeCost());
  EXPECT_EQ(answered, kWaiting + 1);
}

}  // namespace
}  // namespace costs::upstream
