#include "service/upstream/retry_api.h"

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

using testing::Answers;
using testing::HandTimers;
using ::testing::InSequence;
using testing::MakeCall;
using testing::MockCostsApi;
using testing::Received;
using testing::SomeCall;
using testing::SomeCost;
using testing::SomeError;
using Kind = UpstreamError::Kind;

class RetryApiTest : public ::testing::Test {
 protected:
  RetryApi Make(const RetryApi::Options& options = {}) {
    return RetryApi(
        options, &timers_, [this] { return random_; }, child_);
  }

  HandTimers timers_;
  double random_ = 0.5;
  const std::shared_ptr<MockCostsApi> child_ = std::make_shared<MockCostsApi>();
  Received received_;
};

TEST_F(RetryApiTest, FailureThatMayPass_IsTriedAgainAfterAJitteredPauseThatDoubles) {
  RetryApi api = Make();
  EXPECT_CALL(*child_, CalculateInstantCost)
      .WillOnce(Answers(SomeError(Kind::kUnavailable)))
      .WillOnce(Answers(SomeError(Kind::kTimedOut, true)))
      .WillOnce(Answers(SomeCost()));
  const absl::Time start = timers_.Now();
  api.CalculateInstantCost(MakeCall(), received_.Done());
  timers_.Advance(absl::Milliseconds(49));
  EXPECT_EQ(received_.count(), 0u);
  timers_.Advance(absl::Milliseconds(101));  // half of 100 ms, and half of 200
  ASSERT_NE(received_.cost(), nullptr);
  EXPECT_EQ(timers_.Now() - start, absl::Milliseconds(150));
  EXPECT_EQ(api.counters().retries, 2);
}

TEST_F(RetryApiTest, LastAttempt_GivesItsError) {
  RetryApi api = Make();
  EXPECT_CALL(*child_, CalculateInstantCost)
      .Times(3)
      .WillRepeatedly(Answers(SomeError(Kind::kUnavailable, false, 500)));
  api.CalculateInstantCost(MakeCall(), received_.Done());
  timers_.Advance(absl::Seconds(1));
  ASSERT_NE(received_.error(), nullptr);
  EXPECT_EQ(received_.error()->http_status, 500);
}

struct Case {
  std::string what;
  UpstreamError error;
  bool again;
};

TEST_F(RetryApiTest, EachKind_IsTriedAgainOnlyWhereItHelps) {
  const Case cases[] = {
      {"connection refused", SomeError(Kind::kUnavailable), true},
      {"a broken connection", SomeError(Kind::kUnavailable, true), true},
      {"500", SomeError(Kind::kUnavailable, true, 500), true},
      {"rate limited", SomeError(Kind::kRateLimited, false, 429), true},
      {"too slow", SomeError(Kind::kTimedOut, true), true},
      {"truncated", SomeError(Kind::kBadAnswer, true, 200), true},
      {"400", SomeError(Kind::kRefused, false, 400), false},
      {"422", SomeError(Kind::kRefused, false, 422), false},
      {"a refusal after which it may have acted", SomeError(Kind::kRefused, true, 404), false},
      {"403", SomeError(Kind::kBadCredentials, false, 403), false},
      {"cancelled", SomeError(Kind::kCancelled), false},
      {"an open breaker", SparedAsDown("is down", absl::Seconds(1)), false},
      {"a full queue", SparedAsOverloaded("is busy", absl::Seconds(1)), false},
  };
  for (const Case& c : cases) {
    for (const bool non_persistent : {false, true}) {
      SCOPED_TRACE(c.what);
      const auto child = std::make_shared<MockCostsApi>();
      RetryApi api(
          {}, &timers_, [] { return 0.0; }, child);
      EXPECT_CALL(*child, CalculateInstantCost).Times(c.again ? 3 : 1).WillRepeatedly(Answers(c.error));
      CostCall call = SomeCall();
      call.non_persistent = non_persistent;
      Received received;
      api.CalculateInstantCost(std::make_shared<const CostCall>(call), received.Done());
      timers_.Advance(absl::Seconds(1));
      ASSERT_EQ(received.count(), 1u);
      EXPECT_EQ(received.error()->kind, c.error.kind);
    }
  }
}

TEST_F(RetryApiTest, ErrorAfterAnAttemptThatMayHaveActed_SaysSo) {
  RetryApi api = Make();
  EXPECT_CALL(*child_, CalculateInstantCost)
      .WillOnce(Answers(SomeError(Kind::kBadAnswer, true, 200)))
      .WillRepeatedly(Answers(SomeError(Kind::kUnavailable, false)));
  api.CalculateInstantCost(MakeCall(), received_.Done());
  timers_.Advance(absl::Seconds(1));
  ASSERT_NE(received_.error(), nullptr);
  EXPECT_TRUE(received_.error()->may_have_acted);
}

TEST_F(RetryApiTest, RefusalAfterAnAttemptThatMayHaveActed_SaysSo) {
  RetryApi api = Make();
  EXPECT_CALL(*child_, CalculateInstantCost)
      .WillOnce(Answers(SomeError(Kind::kTimedOut, true)))
      .WillOnce(Answers(SomeError(Kind::kRefused, false, 422)));
  api.CalculateInstantCost(MakeCall(), received_.Done());
  timers_.Advance(absl::Seconds(1));
  EXPECT_EQ(received_.error()->kind, Kind::kRefused);
  EXPECT_TRUE(received_.error()->may_have_acted);
}

TEST_F(RetryApiTest, RetryAfter_IsHonoured) {
  RetryApi api = Make();
  UpstreamError error = SomeError(Kind::kRateLimited, false, 429);
  error.retry_after = absl::Seconds(3);
  EXPECT_CALL(*child_, CalculateInstantCost).WillOnce(Answers(error)).WillOnce(Answers(SomeCost()));
  api.CalculateInstantCost(MakeCall(timers_.Now() + absl::Seconds(10)), received_.Done());
  timers_.Advance(absl::Seconds(3));
  EXPECT_EQ(received_.count(), 0u);
  timers_.Advance(absl::Milliseconds(50));
  EXPECT_NE(received_.cost(), nullptr);
}

TEST_F(RetryApiTest, PauseBeyondTheDeadline_IsNotSlept) {
  RetryApi api = Make();
  UpstreamError error = SomeError(Kind::kRateLimited, false, 429);
  error.retry_after = absl::Seconds(3);
  EXPECT_CALL(*child_, CalculateInstantCost).WillOnce(Answers(error));
  api.CalculateInstantCost(MakeCall(timers_.Now() + absl::Seconds(3)), received_.Done());
  ASSERT_EQ(received_.count(), 1u) << "at once";
  EXPECT_EQ(received_.error()->kind, Kind::kRateLimited);
  EXPECT_EQ(received_.error()->retry_after, absl::Seconds(3));
  EXPECT_EQ(timers_.waiting(), 0u);
}

TEST_F(RetryApiTest, Budget_BoundsWhatIsAskedWhenEverythingFails) {
  RetryApi::Options options;
  options.budget_ratio = 0.1;
  options.most_saved = 5;
  RetryApi api = Make(options);
  int asked = 0;
  EXPECT_CALL(*child_, CalculateInstantCost)
      .WillRepeatedly([&](std::shared_ptr<const CostCall>, const CostsApi::Done& done) {
        ++asked;
        done(SomeError(Kind::kUnavailable, true, 500));
      });
  constexpr int kCalls = 1000;
  for (int i = 0; i < kCalls; ++i) {
    api.CalculateInstantCost(MakeCall(), received_.Done());
    timers_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(received_.count(), static_cast<size_t>(kCalls));
  EXPECT_GE(asked, kCalls + kCalls / 10);
  EXPECT_LE(asked, kCalls + kCalls / 10 + 5);
  EXPECT_EQ(api.counters().retries, asked - kCalls);
  EXPECT_GT(api.counters().denied, 0);
}

TEST_F(RetryApiTest, CancelledWhileItPauses_IsNotAskedAgain) {
  RetryApi api = Make();
  EXPECT_CALL(*child_, CalculateInstantCost).WillOnce(Answers(SomeError(Kind::kUnavailable, true)));
  CostCall call = SomeCall();
  bool cancelled = false;
  call.cancelled = [&] { return cancelled; };
  api.CalculateInstantCost(std::make_shared<const CostCall>(call), received_.Done());
  cancelled = true;
  timers_.Advance(absl::Seconds(1));
  ASSERT_EQ(received_.count(), 1u);
  EXPECT_EQ(received_.error()->kind, Kind::kCancelled);
  EXPECT_TRUE(received_.error()->may_have_acted);
}

TEST_F(RetryApiTest, TimersShutDown_AnswersWithTheErrorAtHand) {
  RetryApi api = Make();
  EXPECT_CALL(*child_, CalculateInstantCost).WillOnce(Answers(SomeError(Kind::kUnavailable, true, 502)));
  api.CalculateInstantCost(MakeCall(), received_.Done());
  timers_.ShutDown();
  ASSERT_EQ(received_.count(), 1u);
  EXPECT_EQ(received_.error()->http_status, 502);
}

}  // namespace
}  // namespace costs::upstream
