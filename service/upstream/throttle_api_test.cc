#include "service/upstream/throttle_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "absl/time/time.h"
#include "service/upstream/spared.h"
#include "service/upstream/testing/hand_timers.h"
#include "service/upstream/testing/mock_costs_api.h"

namespace costs::upstream {
namespace {

using testing::HandTimers;
using testing::MakeCall;
using testing::MockCostsApi;
using testing::Received;
using testing::SomeCost;
using testing::SomeError;
using Kind = UpstreamError::Kind;

class ThrottleApiTest : public ::testing::Test {
 protected:
  ThrottleApiTest() {
    ON_CALL(*child_, CalculateInstantCost)
        .WillByDefault([this](std::shared_ptr<const CostCall>, const CostsApi::Done& done) {
          ++asked_;
          done(answer_());
        });
  }

  // How many of `count` calls, 10 ms apart, the child is asked.
  int Asked(int count) {
    const int before = asked_;
    for (int i = 0; i < count; ++i) {
      Received received;
      api_.CalculateInstantCost(MakeCall(), received.Done());
      EXPECT_EQ(received.count(), 1u);
      timers_.Advance(absl::Milliseconds(10));
    }
    return asked_ - before;
  }

  HandTimers timers_;
  std::mt19937 generator_{1};
  std::function<CostResult()> answer_ = [] { return SomeCost(); };
  int asked_ = 0;
  const std::shared_ptr<::testing::NiceMock<MockCostsApi>> child_ =
      std::make_shared<::testing::NiceMock<MockCostsApi>>();
  ThrottleApi api_{{}, &timers_, [this] { return std::uniform_real_distribution<>(0, 1)(generator_); }, child_};
};

TEST_F(ThrottleApiTest, UpstreamThatTakesAll_IsAskedAll) {
  EXPECT_EQ(Asked(1000), 1000);
  EXPECT_EQ(api_.spared(), 0);
}

TEST_F(ThrottleApiTest, UpstreamThatTakesHalf_IsAskedAll) {
  int i = 0;
  answer_ = [&i]() -> CostResult {
    if (++i % 2 == 0) return SomeError(Kind::kRateLimited, false, 429);
    return SomeCost();
  };
  EXPECT_GT(Asked(1000), 900) << "twice what it takes is still asked";
}

TEST_F(ThrottleApiTest, UpstreamThatTakesLittle_IsAskedAboutTwiceThat) {
  // It takes ten calls a second of a hundred, and pushes back in both ways.
  absl::Time taken_until;
  int i = 0;
  answer_ = [&]() -> CostResult {
    if (timers_.Now() >= taken_until) {
      taken_until = timers_.Now() + absl::Milliseconds(100);
      return SomeCost();
    }
    return ++i % 2 == 0 ? SomeError(Kind::kRateLimited, false, 429) : SomeError(Kind::kUnavailable, false, 503);
  };
  Asked(12'000);  // the window fills
  const int asked = Asked(6'000);
  EXPECT_GT(asked, 400);
  EXPECT_LT(asked, 1200);
  EXPECT_EQ(api_.spared(), 18'000 - asked_);
}

TEST_F(ThrottleApiTest, UpstreamThatTakesNothing_IsStillAskedNowAndThenAndNoticedWhenItRecovers) {
  answer_ = [] { return SomeError(Kind::kRateLimited, false, 429); };
  Asked(1000);
  const int asked = Asked(2000);
  EXPECT_GT(asked, 100);
  EXPECT_LT(asked, 400);
  answer_ = [] { return SomeCost(); };
  Asked(48'000);
  EXPECT_EQ(Asked(1000), 1000);
}

TEST_F(ThrottleApiTest, SparedCall_SaysSo) {
  answer_ = [] { return SomeError(Kind::kRateLimited, false, 429); };
  Asked(1000);
  for (int i = 0; i < 1000; ++i) {
    Received received;
    const int asked = asked_;
    api_.CalculateInstantCost(MakeCall(), received.Done());
    if (asked_ > asked) continue;
    EXPECT_EQ(received.error()->kind, Kind::kUnavailable);
    EXPECT_TRUE(received.error()->spared);
    EXPECT_FALSE(received.error()->may_have_acted);
    EXPECT_EQ(received.error()->retry_after, absl::Seconds(1));
    EXPECT_EQ(received.error()->failure.reason, "OVERLOADED");
    return;
  }
  FAIL() << "none was spared";
}

TEST_F(ThrottleApiTest, WhatIsNoPushBack_IsNoReasonToAskLess) {
  const UpstreamError errors[] = {
      SomeError(Kind::kUnavailable),     SomeError(Kind::kUnavailable, true, 500),
      SomeError(Kind::kTimedOut, true),  SomeError(Kind::kRefused, false, 422),
      SomeError(Kind::kCancelled, true), SparedAsDown("is down", absl::Seconds(1)),
  };
  for (const UpstreamError& error : errors) {
    answer_ = [&error] { return error; };
    EXPECT_EQ(Asked(200), 200);
  }
}

}  // namespace
}  // namespace costs::upstream
