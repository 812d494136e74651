#include "service/upstream/coalescing_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "service/upstream/deadline_api.h"
#include "service/upstream/testing/hand_timers.h"
#include "service/upstream/testing/mock_costs_api.h"

namespace costs::upstream {
namespace {

using testing::HandTimers;
using testing::HeldCostsApi;
using testing::MakeCall;
using testing::Received;
using testing::SomeCall;
using testing::SomeCost;
using testing::SomeError;
using Kind = UpstreamError::Kind;

class CoalescingApiTest : public ::testing::Test {
 protected:
  Received& Call(const CostCall& call) {
    received_.emplace_back();
    api_->CalculateInstantCost(std::make_shared<const CostCall>(call), received_.back().Done());
    return received_.back();
  }

  CostCall In(absl::Duration time) {
    CostCall call = SomeCall();
    call.deadline = timers_.Now() + time;
    return call;
  }

  HandTimers timers_;
  const std::shared_ptr<HeldCostsApi> child_ = std::make_shared<HeldCostsApi>();
  const std::shared_ptr<CoalescingApi> api_ = std::make_shared<CoalescingApi>(&timers_, child_);
  std::deque<Received> received_;
};

TEST_F(CoalescingApiTest, IdenticalCallsUnderWay_AreAskedOnce) {
  for (int i = 0; i < 5; ++i) Call(SomeCall());
  EXPECT_EQ(child_->asked(), 1u);
  EXPECT_EQ(api_->joined(), 4);
  child_->Answer(0, SomeCost("mre_1"));
  for (const Received& received : received_) {
    ASSERT_EQ(received.count(), 1u);
    EXPECT_EQ(received.cost()->id, "mre_1");
  }
  Call(SomeCall());
  EXPECT_EQ(child_->asked(), 2u) << "what has ended is not joined";
  child_->Answer(1, SomeCost());
}

TEST_F(CoalescingApiTest, AnError_IsEverybodys) {
  Received& first = Call(SomeCall());
  Received& second = Call(SomeCall());
  child_->Answer(0, SomeError(Kind::kRefused, false, 422));
  EXPECT_EQ(first.error()->http_status, 422);
  EXPECT_EQ(second.error()->http_status, 422);
}

TEST_F(CoalescingApiTest, AnyDifference_IsAskedByItself) {
  const std::function<void(CostCall*)> differences[] = {
      [](CostCall* c) { c->account_id += "2"; },
      [](CostCall* c) { c->live_mode = false; },
      [](CostCall* c) { c->location_id += "2"; },
      [](CostCall* c) { c->device_id = "dev_1"; },
      [](CostCall* c) { c->session_reference_id = "s"; },
      [](CostCall* c) { c->record_reference_id = "r"; },
      [](CostCall* c) { c->direction = engine::Direction::kExport; },
      [](CostCall* c) { c->tariff_rate = engine::TariffRate::kLocal; },
      [](CostCall* c) { c->units = engine::Units::kKw; },
      [](CostCall* c) { c->value += 1e-9; },
      [](CostCall* c) { c->interval.start.ns -= 1; },
      [](CostCall* c) { c->interval.end.ns += 1; },
      [](CostCall* c) { c->confidence = 0.5; },
      [](CostCall* c) { c->include_tariff = false; },
      [](CostCall* c) { c->include_carbon = false; },
      [](CostCall* c) { c->non_persistent = true; },
      [](CostCall* c) { c->authorization = "Bearer of another"; },
  };
  size_t asked = 0;
  for (const auto& change : differences) {
    Call(SomeCall());
    CostCall other = SomeCall();
    change(&other);
    Call(other);
    EXPECT_EQ(child_->asked(), asked + 2) << "difference " << asked / 2;
    child_->Answer(asked, SomeCost());
    child_->Answer(asked + 1, SomeCost());
    asked += 2;
  }
}

TEST_F(CoalescingApiTest, SameRecordWithOtherContentInBetween_IsNotJoinedAcross) {
  // A, B, A: the record must end as A, so the second A may not be the first.
  CostCall other = SomeCall();
  other.value = 2;
  Call(SomeCall());
  Received& b = Call(other);
  child_->Answer(1, SomeCost("B"));
  EXPECT_EQ(b.cost()->id, "B");
  Received& last = Call(SomeCall());
  ASSERT_EQ(child_->asked(), 3u);
  child_->Answer(0, SomeCost("first A"));
  EXPECT_EQ(last.count(), 0u);
  child_->Answer(2, SomeCost("last A"));
  EXPECT_EQ(last.cost()->id, "last A");
}

TEST_F(CoalescingApiTest, SimulationInBetween_ChangesNothing) {
  CostCall simulation = SomeCall();
  simulation.value = 2;
  simulation.non_persistent = true;
  Call(SomeCall());
  Call(simulation);
  Call(SomeCall());
  EXPECT_EQ(child_->asked(), 2u);
  child_->Answer(0, SomeCost());
  child_->Answer(1, SomeCost());
}

TEST_F(CoalescingApiTest, SharedCall_IsGivenUpOnlyWhenAllHaveCancelled) {
  bool first_cancelled = false;
  bool second_cancelled = false;
  CostCall first = SomeCall();
  first.cancelled = [&] { return first_cancelled; };
  CostCall second = SomeCall();
  second.cancelled = [&] { return second_cancelled; };
  Call(first);
  Call(second);
  EXPECT_FALSE(child_->call(0).cancelled());
  first_cancelled = true;
  EXPECT_FALSE(child_->call(0).cancelled());
  second_cancelled = true;
  EXPECT_TRUE(child_->call(0).cancelled());
  child_->Answer(0, SomeError(Kind::kCancelled, true));
  EXPECT_EQ(child_->asked(), 1u);
  for (const Received& received : received_) EXPECT_EQ(received.error()->kind, Kind::kCancelled);
}

TEST_F(CoalescingApiTest, WaiterWhoAllowsMoreTime_IsAskedForAgain) {
  Received& hasty = Call(In(absl::Seconds(1)));
  Received& patient = Call(In(absl::Seconds(3)));
  Received& most_patient = Call(In(absl::Seconds(5)));
  timers_.Advance(absl::Seconds(1));
  child_->Answer(0, SomeError(Kind::kTimedOut, true));
  ASSERT_EQ(hasty.count(), 1u);
  EXPECT_EQ(patient.count(), 0u);
  ASSERT_EQ(child_->asked(), 2u);
  EXPECT_EQ(child_->call(1).deadline, timers_.Now() + absl::Seconds(4));
  Received& joins = Call(In(absl::Seconds(1)));
  EXPECT_EQ(child_->asked(), 2u);
  child_->Answer(1, SomeCost());
  EXPECT_NE(patient.cost(), nullptr);
  EXPECT_NE(most_patient.cost(), nullptr);
  EXPECT_NE(joins.cost(), nullptr);
}

TEST_F(CoalescingApiTest, WaiterWhoWasAskedForAgain_IsToldThatTheFirstCallMayHaveActed) {
  Call(In(absl::Seconds(1)));
  Received& patient = Call(In(absl::Seconds(3)));
  timers_.Advance(absl::Seconds(1));
  child_->Answer(0, SomeError(Kind::kTimedOut, true));
  child_->Answer(1, SomeError(Kind::kUnavailable, false));
  EXPECT_TRUE(patient.error()->may_have_acted);
}

TEST_F(CoalescingApiTest, JoinedAfterTheOthersHadCancelled_IsAskedForAgain) {
  CostCall first = SomeCall();
  first.cancelled = [] { return true; };
  Call(first);
  Received& joins = Call(SomeCall());
  child_->Answer(0, SomeError(Kind::kCancelled, false));
  ASSERT_EQ(child_->asked(), 2u);
  child_->Answer(1, SomeCost());
  EXPECT_NE(joins.cost(), nullptr);
}

TEST_F(CoalescingApiTest, UnderDeadlines_EachCallerKeepsItsOwn) {
  DeadlineApi api({}, &timers_, api_);
  Received patient;
  Received hasty;
  api.CalculateInstantCost(MakeCall(timers_.Now() + absl::Seconds(5)), patient.Done());
  api.CalculateInstantCost(MakeCall(timers_.Now() + absl::Seconds(1)), hasty.Done());
  EXPECT_EQ(child_->asked(), 1u);
  timers_.Advance(absl::Seconds(1));
  ASSERT_EQ(hasty.count(), 1u);
  EXPECT_EQ(hasty.error()->kind, Kind::kTimedOut);
  EXPECT_FALSE(child_->call(0).cancelled());
  child_->Answer(0, SomeCost());
  EXPECT_NE(patient.cost(), nullptr);
  EXPECT_EQ(hasty.count(), 1u);
}

}  // namespace
}  // namespace costs::upstream
