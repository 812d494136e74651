#include "service/upstream/token_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "service/upstream/testing/hand_timers.h"
#include "service/upstream/testing/mock_costs_api.h"

namespace costs::upstream {
namespace {

using testing::HandTimers;
using testing::HeldCostsApi;
using testing::MakeCall;
using testing::MockLoginApi;
using testing::Received;
using testing::SomeCall;
using testing::SomeCost;
using testing::SomeError;
using Kind = UpstreamError::Kind;

class TokenApiTest : public ::testing::Test {
 protected:
  TokenApiTest() {
    ON_CALL(*login_, Login).WillByDefault([this](absl::Time deadline, LoginApi::Done done) {
      login_deadline_ = deadline;
      logins_.push_back(std::move(done));
    });
    api_ = std::make_unique<TokenApi>(TokenApi::Options(), &timers_, login_, child_);
  }

  Received& Call(std::shared_ptr<const CostCall> call = MakeCall()) {
    received_.emplace_back();
    api_->CalculateInstantCost(std::move(call), received_.back().Done());
    return received_.back();
  }

  // Answers the last login.
  void LogIn(std::string token, absl::Duration expires_in = absl::Hours(1), bool live_mode = true) {
    const LoginApi::Done done = std::exchange(logins_.back(), nullptr);
    done(LoginAnswer{std::move(token), expires_in, live_mode});
  }

  void FailLogin(UpstreamError error) {
    const LoginApi::Done done = std::exchange(logins_.back(), nullptr);
    done(std::move(error));
  }

  // The last call's, at the child.
  std::string authorization() const { return child_->call(child_->asked() - 1).authorization; }

  void AnswerLast(const CostResult& result) { child_->Answer(child_->asked() - 1, result); }

  HandTimers timers_;
  absl::Time login_deadline_;
  std::deque<LoginApi::Done> logins_;
  const std::shared_ptr<::testing::NiceMock<MockLoginApi>> login_ =
      std::make_shared<::testing::NiceMock<MockLoginApi>>();
  const std::shared_ptr<HeldCostsApi> child_ = std::make_shared<HeldCostsApi>();
  std::unique_ptr<TokenApi> api_;
  std::deque<Received> received_;
};

const UpstreamError& Forbidden() {
  static const auto* const error = new UpstreamError(SomeError(Kind::kBadCredentials, false, 403));
  return *error;
}

TEST_F(TokenApiTest, ManyCalls_WaitForOneLogin) {
  for (int i = 0; i < 5; ++i) Call();
  EXPECT_EQ(logins_.size(), 1u);
  EXPECT_EQ(login_deadline_, timers_.Now() + absl::Seconds(5));
  EXPECT_EQ(child_->asked(), 0u);
  LogIn("a.b.c");
  ASSERT_EQ(child_->asked(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(child_->call(i).authorization, "Bearer a.b.c");
    child_->Answer(i, SomeCost());
    EXPECT_NE(received_[i].cost(), nullptr);
  }
  Call();
  EXPECT_EQ(logins_.size(), 1u);
  AnswerLast(SomeCost());
  EXPECT_EQ(api_->counters().logins, 1);
}

TEST_F(TokenApiTest, CallersOwnAuthorization_GoesThroughUntouched) {
  CostCall call = SomeCall();
  call.authorization = "Bearer of the caller";
  call.live_mode = false;
  const auto given = std::make_shared<const CostCall>(call);
  Received& received = Call(given);
  EXPECT_EQ(logins_.size(), 0u);
  EXPECT_EQ(&child_->call(0), given.get());
  child_->Answer(0, Forbidden());
  EXPECT_EQ(received.error()->kind, Kind::kBadCredentials) << "it is the caller's to renew";
  EXPECT_EQ(logins_.size(), 0u);
}

TEST_F(TokenApiTest, TokenNearItsEnd_IsRenewedInTheBackground) {
  Call();
  LogIn("first");
  AnswerLast(SomeCost());
  timers_.Advance(absl::Minutes(47));
  Call();
  EXPECT_EQ(logins_.size(), 1u);
  AnswerLast(SomeCost());
  timers_.Advance(absl::Minutes(2));
  Call();
  Call();
  EXPECT_EQ(logins_.size(), 2u);
  EXPECT_EQ(child_->asked(), 4u) << "nobody waits for it";
  EXPECT_EQ(authorization(), "Bearer first");
  LogIn("second");
  Call();
  EXPECT_EQ(authorization(), "Bearer second");
  for (size_t i = 2; i < 5; ++i) child_->Answer(i, SomeCost());
}

TEST_F(TokenApiTest, TokenAtItsEnd_IsWaitedFor) {
  Call();
  LogIn("first");
  AnswerLast(SomeCost());
  timers_.Advance(absl::Hours(1));
  Received& received = Call();
  EXPECT_EQ(child_->asked(), 1u);
  LogIn("second");
  EXPECT_EQ(authorization(), "Bearer second");
  AnswerLast(SomeCost());
  EXPECT_NE(received.cost(), nullptr);
}

TEST_F(TokenApiTest, Forbidden_RenewsOnceForAllAndEachIsAskedOnceMore) {
  Call();
  LogIn("first");
  AnswerLast(SomeCost());
  for (int i = 0; i < 3; ++i) Call();
  for (size_t i = 1; i < 4; ++i) child_->Answer(i, Forbidden());
  EXPECT_EQ(logins_.size(), 2u);
  EXPECT_EQ(child_->asked(), 4u);
  LogIn("second");
  ASSERT_EQ(child_->asked(), 7u);
  EXPECT_EQ(authorization(), "Bearer second");
  child_->Answer(4, SomeCost());
  child_->Answer(5, SomeCost());
  child_->Answer(6, Forbidden());
  EXPECT_NE(received_[1].cost(), nullptr);
  EXPECT_NE(received_[2].cost(), nullptr);
  EXPECT_EQ(received_[3].error()->http_status, 403) << "once more, not for ever";
  EXPECT_EQ(logins_.size(), 2u);
  Call();
  EXPECT_EQ(authorization(), "Bearer second") << "the others' token is not ended by that";
  AnswerLast(SomeCost());
}

TEST_F(TokenApiTest, LateForbiddenOfAnOldToken_DoesNotEndTheNewOne) {
  Call();
  Call();
  LogIn("first");
  child_->Answer(0, Forbidden());
  LogIn("second");
  child_->Answer(1, Forbidden());
  EXPECT_EQ(logins_.size(), 2u);
  ASSERT_EQ(child_->asked(), 4u);
  EXPECT_EQ(authorization(), "Bearer second");
  child_->Answer(2, SomeCost());
  child_->Answer(3, SomeCost());
}

TEST_F(TokenApiTest, NewTokensThatAreNotTaken_ArePausedFor) {
  Received& received = Call();
  LogIn("first");
  AnswerLast(Forbidden());
  LogIn("second");
  AnswerLast(Forbidden());
  EXPECT_EQ(received.error()->http_status, 403);
  Received& paused = Call();
  EXPECT_EQ(logins_.size(), 2u);
  ASSERT_EQ(paused.count(), 1u);
  EXPECT_TRUE(paused.error()->spared);
  EXPECT_EQ(paused.error()->retry_after, absl::Milliseconds(500));
  timers_.Advance(absl::Milliseconds(500));
  Received& next = Call();
  LogIn("third");
  AnswerLast(SomeCost());
  EXPECT_NE(next.cost(), nullptr);
}

TEST_F(TokenApiTest, LoginThatFails_IsTheAnswerOfAllWhoWaitAndThenPauses) {
  Received& first = Call();
  Received& second = Call();
  FailLogin(SomeError(Kind::kUnavailable, /*may_have_acted=*/true, 500));
  for (Received* received : {&first, &second}) {
    ASSERT_EQ(received->count(), 1u);
    EXPECT_EQ(received->error()->http_status, 500);
    EXPECT_FALSE(received->error()->may_have_acted) << "the record was not sent";
    EXPECT_FALSE(received->error()->spared);
  }
  for (const absl::Duration pause : {absl::Milliseconds(500), absl::Seconds(1), absl::Seconds(2)}) {
    timers_.Advance(pause - absl::Milliseconds(1));
    const size_t logins = logins_.size();
    Received& spared = Call();
    EXPECT_EQ(logins_.size(), logins);
    EXPECT_TRUE(spared.error()->spared);
    timers_.Advance(absl::Milliseconds(1));
    Call();
    ASSERT_EQ(logins_.size(), logins + 1);
    FailLogin(SomeError(Kind::kBadCredentials, false, 403));
  }
  EXPECT_EQ(api_->counters().failed_logins, 4);
  EXPECT_EQ(child_->asked(), 0u);
}

TEST_F(TokenApiTest, LoginThatIsToldToWait_Waits) {
  UpstreamError error = SomeError(Kind::kRateLimited, false, 429);
  error.retry_after = absl::Seconds(20);
  Call();
  FailLogin(error);
  timers_.Advance(absl::Seconds(19));
  EXPECT_EQ(Call().error()->retry_after, absl::Seconds(1));
  timers_.Advance(absl::Seconds(1));
  Call();
  LogIn("first");
  AnswerLast(SomeCost());
}

TEST_F(TokenApiTest, RenewalThatFails_LeavesTheTokenAtHand) {
  Call();
  LogIn("first");
  AnswerLast(SomeCost());
  timers_.Advance(absl::Minutes(50));
  Call();
  FailLogin(SomeError(Kind::kUnavailable));
  Call();
  EXPECT_EQ(authorization(), "Bearer first");
  EXPECT_EQ(logins_.size(), 2u) << "it pauses";
  child_->Answer(1, SomeCost());
  child_->Answer(2, SomeCost());
}

TEST_F(TokenApiTest, CallOfTheOtherMode_IsRefused) {
  Received& received = Call();
  LogIn("a", absl::Hours(1), /*live_mode=*/false);
  EXPECT_EQ(child_->asked(), 0u);
  EXPECT_EQ(received.error()->kind, Kind::kRefused);
  EXPECT_EQ(received.error()->failure.reason, "UPSTREAM_OTHER_MODE");
  EXPECT_FALSE(received.error()->may_have_acted);
}

TEST_F(TokenApiTest, CallThatIsOverWhenTheTokenComes_IsNotSent) {
  CostCall call = SomeCall();
  call.cancelled = [] { return true; };
  Received& cancelled = Call(std::make_shared<const CostCall>(call));
  Received& late = Call(MakeCall(timers_.Now() + absl::Seconds(1)));
  timers_.Advance(absl::Seconds(1));
  LogIn("first");
  EXPECT_EQ(child_->asked(), 0u);
  EXPECT_EQ(cancelled.error()->kind, Kind::kCancelled);
  EXPECT_EQ(late.error()->kind, Kind::kTimedOut);
}

TEST_F(TokenApiTest, ForbiddenByAnother_IsRememberedAsOneThatMayHaveActed) {
  Received& received = Call();
  LogIn("first");
  AnswerLast(SomeError(Kind::kBadCredentials, /*may_have_acted=*/true, 403));  // a firewall's page
  LogIn("second");
  AnswerLast(SomeError(Kind::kUnavailable));
  EXPECT_TRUE(received.error()->may_have_acted);
}

TEST_F(TokenApiTest, Destroyed_WaitsForTheLogin) {
  Call();
  LogIn("first");
  AnswerLast(SomeCost());
  timers_.Advance(absl::Minutes(50));
  Call();
  AnswerLast(SomeCost());
  ASSERT_EQ(logins_.size(), 2u);
  std::atomic<bool> logged_in{false};
  std::thread ends([&] {
    api_.reset();
    EXPECT_TRUE(logged_in);
  });
  logged_in = true;
  LogIn("second");
  ends.join();
}

}  // namespace
}  // namespace costs::upstream
