#include "service/upstream/deadline_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include "absl/time/time.h"
#include "service/upstream/testing/hand_timers.h"
#include "service/upstream/testing/mock_costs_api.h"

namespace costs::upstream {
namespace {

using testing::Answers;
using testing::HandTimers;
using testing::HeldCostsApi;
using testing::MakeCall;
using testing::MockCostsApi;
using testing::Received;
using testing::SomeCall;
using testing::SomeCost;
using testing::SomeError;
using ::testing::StrictMock;
using Kind = UpstreamError::Kind;

class DeadlineApiTest : public ::testing::Test {
 protected:
  std::shared_ptr<const CostCall> In(absl::Duration time) { return MakeCall(timers_.Now() + time); }

  HandTimers timers_;
  const std::shared_ptr<HeldCostsApi> child_ = std::make_shared<HeldCostsApi>();
  Received received_;
};

TEST_F(DeadlineApiTest, AnswerInTime_IsPassedOnAndNothingWaits) {
  DeadlineApi api({}, &timers_, child_);
  api.CalculateInstantCost(In(absl::Seconds(1)), received_.Done());
  EXPECT_EQ(timers_.waiting(), 1u);
  child_->Answer(0, SomeCost());
  ASSERT_NE(received_.cost(), nullptr);
  EXPECT_EQ(timers_.waiting(), 0u);
  EXPECT_EQ(api.answered_for(), 0);
}

TEST_F(DeadlineApiTest, Child_HasTheCallersDeadlineLessAMargin) {
  DeadlineApi::Options options;
  options.margin = absl::Milliseconds(20);
  options.default_timeout = absl::Seconds(7);
  DeadlineApi api(options, &timers_, child_);
  const absl::Time now = timers_.Now();
  api.CalculateInstantCost(In(absl::Seconds(1)), received_.Done());
  api.CalculateInstantCost(In(absl::Milliseconds(100)), received_.Done());
  api.CalculateInstantCost(MakeCall(), received_.Done());
  EXPECT_EQ(child_->call(0).deadline, now + absl::Milliseconds(980));
  EXPECT_EQ(child_->call(1).deadline, now + absl::Milliseconds(90)) << "a tenth of the time at most";
  EXPECT_EQ(child_->call(2).deadline, now + absl::Milliseconds(6980)) << "where there is none";
  for (size_t i = 0; i < 3; ++i) child_->Answer(i, SomeCost());
}

TEST_F(DeadlineApiTest, LongestTime_HoldsWhateverTheCallerAllows) {
  DeadlineApi::Options options;
  options.margin = absl::ZeroDuration();
  options.longest = absl::Seconds(2);
  DeadlineApi api(options, &timers_, child_);
  const absl::Time now = timers_.Now();
  api.CalculateInstantCost(In(absl::Hours(1)), received_.Done());
  api.CalculateInstantCost(MakeCall(), received_.Done());
  EXPECT_EQ(child_->call(0).deadline, now + absl::Seconds(2));
  EXPECT_EQ(child_->call(1).deadline, now + absl::Seconds(2));
  for (size_t i = 0; i < 2; ++i) child_->Answer(i, SomeCost());
}

TEST_F(DeadlineApiTest, ChildThatIsLate_IsAnsweredForAndItsAnswerGoesNowhere) {
  DeadlineApi api({}, &timers_, child_);
  api.CalculateInstantCost(In(absl::Seconds(1)), received_.Done());
  EXPECT_FALSE(child_->call(0).cancelled());
  timers_.Advance(absl::Milliseconds(985));
  EXPECT_EQ(received_.count(), 0u) << "the child may still be about to answer";
  timers_.Advance(absl::Milliseconds(5));
  ASSERT_EQ(received_.count(), 1u);
  ASSERT_NE(received_.error(), nullptr);
  EXPECT_EQ(received_.error()->kind, Kind::kTimedOut);
  EXPECT_TRUE(received_.error()->may_have_acted);
  EXPECT_EQ(received_.error()->failure.code, absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(child_->call(0).cancelled()) << "the child shall give up";
  EXPECT_EQ(api.answered_for(), 1);
  child_->Answer(0, SomeCost());
  EXPECT_EQ(received_.count(), 1u);
}

TEST_F(DeadlineApiTest, ChildThatKeepsItsDeadline_SaysItselfWhetherItActed) {
  DeadlineApi api({}, &timers_, child_);
  api.CalculateInstantCost(In(absl::Seconds(1)), received_.Done());
  timers_.Advance(absl::Milliseconds(980));
  child_->Answer(0, SomeError(Kind::kTimedOut, /*may_have_acted=*/false));
  EXPECT_FALSE(received_.error()->may_have_acted);
}

TEST_F(DeadlineApiTest, DeadlineThatIsPast_IsNotAsked) {
  const auto child = std::make_shared<StrictMock<MockCostsApi>>();
  DeadlineApi api({}, &timers_, child);
  api.CalculateInstantCost(In(absl::ZeroDuration()), received_.Done());
  EXPECT_EQ(received_.error()->kind, Kind::kTimedOut);
  EXPECT_FALSE(received_.error()->may_have_acted);
}

TEST_F(DeadlineApiTest, CancelledCall_IsAnsweredForSoon) {
  DeadlineApi::Options options;
  options.look_every = absl::Milliseconds(100);
  DeadlineApi api(options, &timers_, child_);
  CostCall call = SomeCall();
  std::atomic<bool> cancelled{false};
  call.cancelled = [&] { return cancelled.load(); };
  api.CalculateInstantCost(std::make_shared<const CostCall>(call), received_.Done());
  timers_.Advance(absl::Seconds(1));
  EXPECT_EQ(received_.count(), 0u);
  cancelled = true;
  EXPECT_TRUE(child_->call(0).cancelled());
  timers_.Advance(absl::Milliseconds(100));
  ASSERT_EQ(received_.count(), 1u);
  EXPECT_EQ(received_.error()->kind, Kind::kCancelled);
  child_->Answer(0, SomeCost());
  EXPECT_EQ(received_.count(), 1u);
  EXPECT_EQ(timers_.waiting(), 0u);

  Received second;
  api.CalculateInstantCost(std::make_shared<const CostCall>(call), second.Done());
  EXPECT_EQ(second.error()->kind, Kind::kCancelled);
  EXPECT_FALSE(second.error()->may_have_acted);
  EXPECT_EQ(child_->asked(), 1u);
}

TEST_F(DeadlineApiTest, TimersShutDown_AnswersAllThatWaits) {
  DeadlineApi api({}, &timers_, child_);
  api.CalculateInstantCost(In(absl::Hours(1)), received_.Done());
  timers_.ShutDown();
  ASSERT_EQ(received_.count(), 1u);
  EXPECT_EQ(received_.error()->kind, Kind::kUnavailable);
  EXPECT_TRUE(received_.error()->may_have_acted);
  Received second;
  api.CalculateInstantCost(In(absl::Hours(1)), second.Done());
  EXPECT_EQ(second.error()->kind, Kind::kUnavailable);
  for (size_t i = 0; i < child_->asked(); ++i) child_->Answer(i, SomeCost());
}

TEST_F(DeadlineApiTest, Destroyed_WaitsForTheChildsLateAnswer) {
  auto api = std::make_unique<DeadlineApi>(DeadlineApi::Options(), &timers_, child_);
  api->CalculateInstantCost(In(absl::Seconds(1)), received_.Done());
  timers_.Advance(absl::Seconds(2));
  ASSERT_EQ(received_.count(), 1u);
  std::atomic<bool> answered{false};
  std::promise<void> begun;
  std::thread ends([&] {
    begun.set_value();
    api.reset();
    EXPECT_TRUE(answered);
  });
  begun.get_future().wait();
  answered = true;
  child_->Answer(0, SomeCost());
  ends.join();
}

TEST_F(DeadlineApiTest, ChildThatAnswersAtOnce_LeavesNoTimer) {
  const auto child = std::make_shared<MockCostsApi>();
  EXPECT_CALL(*child, CalculateInstantCost).WillOnce(Answers(SomeCost()));
  DeadlineApi api({}, &timers_, child);
  api.CalculateInstantCost(In(absl::Seconds(1)), received_.Done());
  EXPECT_NE(received_.cost(), nullptr);
  EXPECT_EQ(timers_.waiting(), 0u);
}

}  // namespace
}  // namespace costs::upstream
