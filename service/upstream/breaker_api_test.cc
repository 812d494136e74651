#include "service/upstream/breaker_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "service/upstream/spared.h"
#include "service/upstream/testing/hand_timers.h"
#include "service/upstream/testing/mock_costs_api.h"

namespace costs::upstream {
namespace {

using testing::HandTimers;
using testing::HeldCostsApi;
using testing::MakeCall;
using testing::Received;
using testing::SomeCost;
using testing::SomeError;
using Kind = UpstreamError::Kind;
using State = BreakerApi::State;

class BreakerApiTest : public ::testing::Test {
 protected:
  static BreakerApi::Options SomeOptions() {
    BreakerApi::Options options;
    options.window = absl::Seconds(10);
    options.least_calls = 4;
    options.failure_ratio = 0.5;
    options.open_for = absl::Seconds(1);
    options.open_at_most = absl::Seconds(3);
    options.probes = 2;
    options.fair_time = absl::Milliseconds(500);
    return options;
  }

  // A call that the child answers so. False: it was spared.
  bool Call(const CostResult& result) {
    Received received;
    const size_t asked = child_->asked();
    api_.CalculateInstantCost(MakeCall(), received.Done());
    if (child_->asked() == asked) {
      EXPECT_TRUE(received.error()->spared);
      return false;
    }
    child_->Answer(asked, result);
    EXPECT_EQ(received.count(), 1u);
    return true;
  }

  void Open() {
    for (int i = 0; i < 4; ++i) Call(SomeError(Kind::kUnavailable));
    ASSERT_EQ(api_.counters().state, State::kOpen);
  }

  State state() const { return api_.counters().state; }

  HandTimers timers_;
  const std::shared_ptr<HeldCostsApi> child_ = std::make_shared<HeldCostsApi>();
  BreakerApi api_{SomeOptions(), &timers_, child_};
};

TEST_F(BreakerApiTest, FailuresAtTheRatio_OpenItOnceThereAreEnoughCalls) {
  Call(SomeCost());
  Call(SomeError(Kind::kUnavailable));
  Call(SomeCost());
  EXPECT_EQ(state(), State::kClosed) << "too few";
  Call(SomeError(Kind::kTimedOut));  // given no time to speak of
  EXPECT_EQ(state(), State::kClosed);
  Call(SomeError(Kind::kBadAnswer, true, 200));
  EXPECT_EQ(state(), State::kOpen);
  EXPECT_EQ(api_.counters().opened, 1);
}

TEST_F(BreakerApiTest, FailuresUnderTheRatio_LeaveItClosed) {
  for (int i = 0; i < 100; ++i) Call(i % 5 > 2 ? CostResult(SomeError(Kind::kUnavailable)) : CostResult(SomeCost()));
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerApiTest, FailuresOutsideTheWindow_AreForgotten) {
  for (int i = 0; i < 3; ++i) Call(SomeError(Kind::kUnavailable));
  timers_.Advance(absl::Seconds(11));
  for (int i = 0; i < 3; ++i) Call(SomeCost());
  Call(SomeError(Kind::kUnavailable));
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerApiTest, Open_AnswersAtOnceAndSaysWhenToComeAgain) {
  Open();
  timers_.Advance(absl::Milliseconds(400));
  Received received;
  api_.CalculateInstantCost(MakeCall(), received.Done());
  ASSERT_EQ(received.count(), 1u);
  EXPECT_EQ(received.error()->kind, Kind::kUnavailable);
  EXPECT_FALSE(received.error()->may_have_acted);
  EXPECT_TRUE(received.error()->spared);
  EXPECT_EQ(received.error()->retry_after, absl::Milliseconds(600));
  EXPECT_EQ(received.error()->failure.retry_after, absl::Milliseconds(600));
  EXPECT_EQ(received.error()->failure.reason, "UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(child_->asked(), 4u);
  EXPECT_EQ(api_.counters().spared, 1);
}

TEST_F(BreakerApiTest, HalfOpen_LetsOneProbeThroughAtATime) {
  Open();
  timers_.Advance(absl::Seconds(1));
  Received probe;
  Received other;
  api_.CalculateInstantCost(MakeCall(), probe.Done());
  EXPECT_EQ(state(), State::kHalfOpen);
  api_.CalculateInstantCost(MakeCall(), other.Done());
  EXPECT_EQ(child_->asked(), 5u);
  EXPECT_TRUE(other.error()->spared);
  child_->Answer(4, SomeCost());
  EXPECT_NE(probe.cost(), nullptr);
  EXPECT_EQ(state(), State::kHalfOpen);
  EXPECT_TRUE(Call(SomeCost()));
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerApiTest, SpareAll_IsTrueWhileNoCallWouldGoThrough) {
  EXPECT_FALSE(api_.SpareAll(5));
  Open();
  EXPECT_TRUE(api_.SpareAll(5));
  EXPECT_EQ(api_.counters().spared, 5);
  timers_.Advance(absl::Seconds(1));
  EXPECT_FALSE(api_.SpareAll(5));  // one would be a probe
  Received probe;
  api_.CalculateInstantCost(MakeCall(), probe.Done());
  EXPECT_TRUE(api_.SpareAll(2));
  EXPECT_EQ(api_.counters().spared, 7);
  child_->Answer(4, SomeCost());
  EXPECT_FALSE(api_.SpareAll(1));
  EXPECT_TRUE(Call(SomeCost()));
  EXPECT_EQ(state(), State::kClosed);
  EXPECT_FALSE(api_.SpareAll(1));
}

TEST_F(BreakerApiTest, BadProbe_OpensItForTwiceAsLongUpToTheMost) {
  Open();
  for (const absl::Duration open_for : {absl::Seconds(1), absl::Seconds(2), absl::Seconds(3), absl::Seconds(3)}) {
    timers_.Advance(open_for - absl::Milliseconds(1));
    EXPECT_FALSE(Call(SomeCost()));
    timers_.Advance(absl::Milliseconds(1));
    EXPECT_TRUE(Call(SomeError(Kind::kUnavailable)));
    EXPECT_EQ(state(), State::kOpen);
  }
  EXPECT_EQ(api_.counters().opened, 1) << "only once from closed";
}

TEST_F(BreakerApiTest, ClosedAgain_BeginsAnew) {
  Open();
  timers_.Advance(absl::Seconds(1));
  Call(SomeCost());
  Call(SomeCost());
  for (int i = 0; i < 3; ++i) Call(SomeError(Kind::kUnavailable));
  EXPECT_EQ(state(), State::kClosed) << "the failures from before count no longer";
  Call(SomeError(Kind::kUnavailable));
  EXPECT_EQ(state(), State::kOpen);
  timers_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Call(SomeCost())) << "nor does how long it was open";
}

TEST_F(BreakerApiTest, ProbeThatSaysNothing_IsFollowedByAnother) {
  Open();
  timers_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Call(SomeError(Kind::kCancelled)));
  EXPECT_EQ(state(), State::kHalfOpen);
  EXPECT_TRUE(Call(SomeCost()));
  EXPECT_TRUE(Call(SomeCost()));
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerApiTest, AnswerFromBeforeItOpened_IsNoProbe) {
  Received late;
  api_.CalculateInstantCost(MakeCall(), late.Done());
  for (int i = 0; i < 4; ++i) Call(SomeError(Kind::kUnavailable));
  ASSERT_EQ(state(), State::kOpen);
  timers_.Advance(absl::Seconds(1));
  Received probe;
  api_.CalculateInstantCost(MakeCall(), probe.Done());
  child_->Answer(0, SomeError(Kind::kUnavailable));
  EXPECT_EQ(state(), State::kHalfOpen);
  EXPECT_FALSE(Call(SomeCost())) << "the probe is still under way";
  child_->Answer(5, SomeCost());
  EXPECT_TRUE(Call(SomeCost()));
  EXPECT_EQ(state(), State::kClosed);
}

TEST_F(BreakerApiTest, EachResult_IsGoodBadOrSaysNothing) {
  const struct {
    std::string what;
    UpstreamError error;
    bool opens;
  } cases[] = {
      {"no connection", SomeError(Kind::kUnavailable), true},
      {"500", SomeError(Kind::kUnavailable, true, 500), true},
      {"503 without a word of load", SomeError(Kind::kUnavailable, true, 503), true},
      {"503 that sheds load", SomeError(Kind::kUnavailable, false, 503), false},
      {"HTML", SomeError(Kind::kBadAnswer, true, 200), true},
      {"429", SomeError(Kind::kRateLimited, false, 429), false},
      {"403", SomeError(Kind::kBadCredentials, false, 403), false},
      {"404", SomeError(Kind::kRefused, false, 404), false},
      {"422", SomeError(Kind::kRefused, false, 422), false},
      {"cancelled", SomeError(Kind::kCancelled, true), false},
      {"spared by a wrapper below", SparedAsDown("is down", absl::Seconds(1)), false},
  };
  for (const auto& c : cases) {
    BreakerApi api(SomeOptions(), &timers_, child_);
    for (int i = 0; i < 10; ++i) {
      Received received;
      const size_t asked = child_->asked();
      api.CalculateInstantCost(MakeCall(), received.Done());
      if (child_->asked() > asked) child_->Answer(asked, c.error);
    }
    EXPECT_EQ(api.counters().state == State::kOpen, c.opens) << c.what;
  }
}

TEST_F(BreakerApiTest, TimeOut_CountsOnlyWhereTheCallHadAFairTime) {
  for (const bool fair : {false, true}) {
    BreakerApi api(SomeOptions(), &timers_, child_);
    const absl::Duration time = fair ? absl::Seconds(1) : absl::Milliseconds(10);
    for (int i = 0; i < 4; ++i) {
      Received received;
      const size_t asked = child_->asked();
      api.CalculateInstantCost(MakeCall(timers_.Now() + time), received.Done());
      timers_.Advance(time);
      child_->Answer(asked, SomeError(Kind::kTimedOut, true));
    }
    EXPECT_EQ(api.counters().state == State::kOpen, fair);
  }
}

}  // namespace
}  // namespace costs::upstream
