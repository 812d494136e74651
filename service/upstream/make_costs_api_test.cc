// The whole stack over a client that fails as it is told to.
#include "service/upstream/make_costs_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/upstream/testing/hand_timers.h"
#include "service/upstream/testing/mock_costs_api.h"

namespace costs::upstream {
namespace {

using testing::Answers;
using testing::HandTimers;
using testing::MakeCall;
using testing::MockCostsApi;
using testing::MockLoginApi;
using testing::Received;
using testing::SomeCall;
using testing::SomeCost;
using testing::SomeError;
using Kind = UpstreamError::Kind;

class MakeCostsApiTest : public ::testing::Test {
 protected:
  MakeCostsApiTest() {
    // Keeps its promise of CostsApi: no answer comes later than the deadline.
    ON_CALL(*client_, CalculateInstantCost)
        .WillByDefault([this](std::shared_ptr<const CostCall> call, CostsApi::Done done) {
          asked_.push_back(call);
          script_(std::move(call), std::move(done));
        });
    ON_CALL(*login_, Login).WillByDefault([this](absl::Time, const LoginApi::Done& done) {
      done(LoginAnswer{absl::StrCat("token", ++logins_), absl::Hours(1), true});
    });
    Make({});
  }

  void Make(const CostsApiOptions& options) {
    auto timers = std::make_unique<HandTimers>();
    stack_ = nullptr;
    timers_ = timers.get();
    stack_ = MakeCostsApi(options, client_, login_, std::move(timers), [] { return 0.5; });
  }

  Received& Call(std::shared_ptr<const CostCall> call) {
    received_.emplace_back();
    stack_->CalculateInstantCost(std::move(call), received_.back().Done());
    return received_.back();
  }

  // A record of its own for each number.
  std::shared_ptr<const CostCall> Record(int i, absl::Duration time = absl::Seconds(5)) {
    auto call = std::make_shared<CostCall>(SomeCall());
    call->interval.start = engine::Instant::FromSeconds(1'700'000'000 + 1800 * i);
    call->interval.end = engine::Instant::FromSeconds(1'700'001'800 + 1800 * i);
    call->deadline = timers_->Now() + time;
    return call;
  }

  // Answers with `error` until it says otherwise.
  void Fail(const UpstreamError& error) {
    script_ = [error](const auto&, const CostsApi::Done& done) { done(error); };
  }
  void Succeed() {
    script_ = [](const auto&, const CostsApi::Done& done) { done(SomeCost()); };
  }
  // Nothing comes until the deadline, or until it is told to give up.
  void BeSilent() {
    script_ = [this](const std::shared_ptr<const CostCall>& call, CostsApi::Done done) {
      held_.emplace_back(call, std::move(done));
    };
  }
  void GiveUp() {
    for (auto& [call, done] : std::exchange(held_, {})) done(SomeError(Kind::kCancelled, true));
  }

  double Value(const std::string& name) const {
    for (const telemetry::Figure& figure : stack_->Figures()) {
      if (figure.name == "costs_upstream_" + name) return figure.value;
    }
    ADD_FAILURE() << name;
    return -1;
  }

  std::function<void(std::shared_ptr<const CostCall>, CostsApi::Done)> script_ =
      [](const auto&, const CostsApi::Done& done) { done(SomeCost()); };
  std::vector<std::shared_ptr<const CostCall>> asked_;
  std::vector<std::pair<std::shared_ptr<const CostCall>, CostsApi::Done>> held_;
  int logins_ = 0;
  const std::shared_ptr<::testing::NiceMock<MockCostsApi>> client_ =
      std::make_shared<::testing::NiceMock<MockCostsApi>>();
  const std::shared_ptr<::testing::NiceMock<MockLoginApi>> login_ =
      std::make_shared<::testing::NiceMock<MockLoginApi>>();
  std::deque<Received> received_;
  HandTimers* timers_ = nullptr;  // the stack's
  std::unique_ptr<CostsApiStack> stack_;
};

TEST_F(MakeCostsApiTest, Call_IsAskedWithATokenAndWithinItsTime) {
  const auto call = Record(1);
  EXPECT_NE(Call(call).cost(), nullptr);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0]->authorization, "Bearer token1");
  EXPECT_EQ(asked_[0]->location_id, call->location_id);
  EXPECT_EQ(asked_[0]->value, call->value);
  EXPECT_LT(asked_[0]->deadline, call->deadline);
  EXPECT_EQ(timers_->waiting(), 0u);
  EXPECT_EQ(Value("calls_costs_total"), 1);
  EXPECT_EQ(Value("requests_costs_total"), 1);
  EXPECT_EQ(Value("logins_total"), 1);
}

TEST_F(MakeCostsApiTest, WithoutLogin_CallsOwnAuthorizationIsAskedWith) {
  stack_ = MakeCostsApi({}, client_, nullptr, std::make_unique<HandTimers>());
  CostCall call = SomeCall();
  call.authorization = "Bearer of the caller";
  EXPECT_NE(Call(std::make_shared<const CostCall>(call)).cost(), nullptr);
  EXPECT_EQ(asked_.at(0)->authorization, "Bearer of the caller");
  EXPECT_EQ(logins_, 0);
}

TEST_F(MakeCostsApiTest, StormOfFailures_OpensTheBreakerAndEndsWithTheStorm) {
  Fail(SomeError(Kind::kUnavailable, true, 500));
  for (int i = 0; i < 200; ++i) {
    Call(Record(i));
    timers_->Advance(absl::Milliseconds(1));
  }
  EXPECT_TRUE(stack_->IsOpen());
  EXPECT_LT(asked_.size(), 60u) << "after it opened nothing was asked, retries included";
  EXPECT_TRUE(received_.back().error()->spared);
  timers_->Advance(absl::Milliseconds(600));
  for (const Received& received : received_) EXPECT_EQ(received.count(), 1u) << "each is answered once";

  Succeed();
  timers_->Advance(absl::Seconds(5));
  EXPECT_NE(Call(Record(1000)).cost(), nullptr) << "a probe";
  EXPECT_NE(Call(Record(1001)).cost(), nullptr) << "another";
  EXPECT_FALSE(stack_->IsOpen());
  for (int i = 0; i < 100; ++i) EXPECT_NE(Call(Record(2000 + i)).cost(), nullptr);
  EXPECT_EQ(Value("breaker_opened_total"), 1);
  EXPECT_EQ(Value("throttled_total"), 0) << "a dead upstream does not push back";
}

TEST_F(MakeCostsApiTest, OpenBreaker_AnswersAtOnceWithoutRetries) {
  Fail(SomeError(Kind::kUnavailable));
  for (int i = 0; i < 50; ++i) Call(Record(i));
  ASSERT_TRUE(stack_->IsOpen());
  const double retries = Value("retries_total");
  Received& received = Call(Record(100));
  ASSERT_EQ(received.count(), 1u) << "without waiting for anything";
  EXPECT_FALSE(received.error()->may_have_acted);
  EXPECT_EQ(Value("retries_total"), retries);
  timers_->Advance(absl::Seconds(1));
}

TEST_F(MakeCostsApiTest, ForbiddenInTheMiddle_LogsInOnceAndLosesNothing) {
  std::string good = "Bearer token1";
  script_ = [&](const std::shared_ptr<const CostCall>& call, const CostsApi::Done& done) {
    if (call->authorization == good) return done(SomeCost());
    done(SomeError(Kind::kBadCredentials, false, 403));
  };
  for (int i = 0; i < 20; ++i) Call(Record(i));
  good = "Bearer token2";
  for (int i = 20; i < 40; ++i) Call(Record(i));
  for (const Received& received : received_) {
    ASSERT_EQ(received.count(), 1u);
    EXPECT_NE(received.cost(), nullptr);
  }
  EXPECT_EQ(logins_, 2);
  EXPECT_EQ(asked_.size(), 41u);
  EXPECT_EQ(Value("retries_total"), 0) << "a renewal costs no budget";
}

TEST_F(MakeCostsApiTest, LostRequest_IsTriedAgainWithinTheCallersTime) {
  CostsApiOptions options;
  options.attempt_timeout = absl::Seconds(1);
  Make(options);
  BeSilent();
  Received& received = Call(Record(1, absl::Seconds(5)));
  Succeed();
  timers_->Advance(absl::Seconds(2));
  EXPECT_EQ(asked_.size(), 2u);
  EXPECT_NE(received.cost(), nullptr);
  GiveUp();
}

TEST_F(MakeCostsApiTest, SilentUpstream_NoCallOutlivesItsDeadline) {
  BeSilent();
  for (int i = 0; i < 200; ++i) Call(Record(i, absl::Milliseconds(1000)));
  timers_->Advance(absl::Milliseconds(1000));
  std::set<int64_t> sent;
  for (const auto& call : asked_) sent.insert(call->interval.start.ns);
  EXPECT_LT(sent.size(), received_.size()) << "some waited for a place";
  for (int i = 0; i < 200; ++i) {
    const Received& received = received_[static_cast<size_t>(i)];
    ASSERT_EQ(received.count(), 1u);
    const bool was_sent = sent.count(Record(i)->interval.start.ns) == 1;
    EXPECT_EQ(received.error()->may_have_acted, was_sent) << i;
    // The breaker spares what waited when it opened.
    if (was_sent) {
      EXPECT_EQ(received.error()->kind, Kind::kTimedOut) << i;
    }
  }
  for (const auto& [call, done] : held_) EXPECT_TRUE(call->cancelled());
  GiveUp();
  EXPECT_EQ(Value("limit_under_way"), 0);
  EXPECT_EQ(Value("calls_under_way"), 0);
}

TEST_F(MakeCostsApiTest, PushBack_IsThrottledAndDoesNotOpenTheBreaker) {
  UpstreamError error = SomeError(Kind::kRateLimited, false, 429);
  error.retry_after = absl::Seconds(30);
  Fail(error);
  for (int i = 0; i < 200; ++i) {
    Received& received = Call(Record(i));
    ASSERT_EQ(received.count(), 1u) << "Retry-After is past the deadline: nobody sleeps";
  }
  EXPECT_FALSE(stack_->IsOpen());
  EXPECT_GT(Value("throttled_total"), 100);
}

TEST_F(MakeCostsApiTest, IdenticalCallsInAStorm_ShareTheirRetries) {
  Fail(SomeError(Kind::kUnavailable, false, 503));
  const auto call = Record(1);
  for (int i = 0; i < 10; ++i) Call(call);
  Succeed();
  timers_->Advance(absl::Seconds(1));
  EXPECT_EQ(asked_.size(), 2u);
  for (const Received& received : received_) EXPECT_NE(received.cost(), nullptr);
  EXPECT_EQ(Value("coalesced_total"), 9);
}

TEST_F(MakeCostsApiTest, WithoutCoalescing_EachIsAsked) {
  CostsApiOptions options;
  options.coalesce = false;
  Make(options);
  BeSilent();
  const auto call = Record(1);
  Call(call);
  Call(call);
  EXPECT_EQ(asked_.size(), 2u);
  GiveUp();
  timers_->ShutDown();
}

TEST_F(MakeCostsApiTest, DestroyedWhileCallsWait_AnswersEachOnce) {
  CostsApiOptions options;
  options.limit.most_under_way = 2;
  Make(options);
  Fail(SomeError(Kind::kUnavailable, true, 500));
  Call(Record(0));  // pauses before it is tried again
  BeSilent();
  for (int i = 1; i < 10; ++i) Call(Record(i));
  EXPECT_EQ(Value("limit_waiting"), 7);
  timers_->ShutDown();
  for (const Received& received : received_) {
    ASSERT_EQ(received.count(), 1u);
    EXPECT_EQ(received.error()->kind, Kind::kUnavailable);
  }
  for (const auto& [call, done] : held_) EXPECT_TRUE(call->cancelled());
  GiveUp();
  stack_ = nullptr;
  for (const Received& received : received_) EXPECT_EQ(received.count(), 1u);
}

TEST_F(MakeCostsApiTest, Figures_HaveEachNameOnce) {
  std::map<std::string, int> names;
  for (const telemetry::Figure& figure : stack_->Figures()) {
    EXPECT_EQ(++names[figure.name], 1) << figure.name;
    EXPECT_EQ(figure.name.rfind("costs_upstream_", 0), 0u) << figure.name;
    EXPECT_FALSE(figure.help.empty()) << figure.name;
  }
}

}  // namespace
}  // namespace costs::upstream
