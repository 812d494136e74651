#include "service/upstream/forwarding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/upstream/testing/hand_timers.h"
#include "service/upstream/testing/mock_costs_api.h"

namespace costs::upstream {
namespace {

using ::testing::Contains;
using testing::HandTimers;
using testing::HeldCostsApi;
using ::testing::IsSupersetOf;
using testing::MockLoginApi;
using ::testing::Not;
using Kind = UpstreamError::Kind;

class ForwardingTest : public ::testing::Test {
 protected:
  struct Sent {
    HttpRequest request;
    absl::Time deadline;
    CurlClient::Done done;
  };

  ForwardingTest() {
    ON_CALL(*login_, Login).WillByDefault([this](absl::Time, LoginApi::Done done) {
      logins_.push_back(std::move(done));
    });
  }

  Forwarding::Options Options(bool own_token) {
    Forwarding::Options options;
    options.send = [this](HttpRequest request, absl::Time deadline, std::function<bool()>, CurlClient::Done done) {
      sent_.push_back({std::move(request), deadline, std::move(done)});
    };
    options.tokens = own_token ? &tokens_ : nullptr;
    options.now = [this] { return timers_.Now(); };
    return options;
  }

  static ForwardCall Call() {
    ForwardCall call;
    call.method = "PUT";
    call.target = "/meters/interval";
    call.body = "[]";
    call.live_mode = true;
    call.authorization = "Bearer the-callers";
    return call;
  }

  void Send(Forwarding* forwarding, ForwardCall call = Call()) {
    forwarding->Send(std::move(call), [this](ForwardResult result) { results_.push_back(std::move(result)); });
  }

  void LogIn(const std::string& token, bool live_mode = true) {
    std::exchange(logins_.back(), nullptr)(LoginAnswer{token, absl::Hours(1), live_mode});
  }

  void Answer(int status, const std::string& body) {
    HttpAnswer answer;
    answer.status = status;
    answer.body = body;
    std::exchange(sent_.back().done, nullptr)(std::move(answer));
  }

  HandTimers timers_;
  std::shared_ptr<::testing::NiceMock<MockLoginApi>> login_ = std::make_shared<::testing::NiceMock<MockLoginApi>>();
  std::deque<LoginApi::Done> logins_;
  TokenApi tokens_{TokenApi::Options(), &timers_, login_, std::make_shared<HeldCostsApi>()};
  std::deque<Sent> sent_;
  std::vector<ForwardResult> results_;
};

TEST_F(ForwardingTest, CallersAuthorization_GoesOn) {
  Forwarding forwarding(Options(/*own_token=*/false));
  ForwardCall call = Call();
  call.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  Send(&forwarding, std::move(call));
  ASSERT_EQ(sent_.size(), 1u);
  const HttpRequest& request = sent_[0].request;
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/meters/interval");
  EXPECT_EQ(request.body, "[]");
  EXPECT_THAT(request.headers, IsSupersetOf({"Authorization: Bearer the-callers", "Content-Type: application/json",
                                             "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}));
  EXPECT_EQ(sent_[0].deadline, timers_.Now() + absl::Seconds(10));
  Answer(201, R"({"id":"mba_1"})");
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(std::get<HttpAnswer>(results_[0]).status, 201);
  EXPECT_EQ(std::get<HttpAnswer>(results_[0]).body, R"({"id":"mba_1"})");

  // It is the caller's that was not taken.
  Send(&forwarding);
  Answer(403, "{}");
  EXPECT_EQ(std::get<UpstreamError>(results_.at(1)).kind, Kind::kBadCredentials);
  EXPECT_EQ(sent_.size(), 2u);
}

TEST_F(ForwardingTest, OwnToken_IsRenewedOnceWhereItIsNotTaken) {
  Forwarding forwarding(Options(/*own_token=*/true));
  Send(&forwarding);
  EXPECT_TRUE(sent_.empty());
  LogIn("one");
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_THAT(sent_[0].request.headers, Contains("Authorization: Bearer one"));
  EXPECT_THAT(sent_[0].request.headers, Not(Contains("Authorization: Bearer the-callers")));
  Answer(403, "{}");
  ASSERT_EQ(logins_.size(), 2u);
  LogIn("two");
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_THAT(sent_[1].request.headers, Contains("Authorization: Bearer two"));
  EXPECT_EQ(sent_[1].request.body, "[]");
  Answer(200, "{}");
  EXPECT_EQ(std::get<HttpAnswer>(results_.at(0)).status, 200);

  Send(&forwarding);
  Answer(403, "{}");
  LogIn("three");
  Answer(403, "{}");
  EXPECT_EQ(std::get<UpstreamError>(results_.at(1)).kind, Kind::kBadCredentials);
  EXPECT_EQ(sent_.size(), 4u);
}

TEST_F(ForwardingTest, OtherMode_IsNotSent) {
  Forwarding forwarding(Options(/*own_token=*/true));
  Send(&forwarding);
  LogIn("test", /*live_mode=*/false);
  EXPECT_TRUE(sent_.empty());
  EXPECT_EQ(std::get<UpstreamError>(results_.at(0)).failure.reason, "UPSTREAM_OTHER_MODE");
}

TEST_F(ForwardingTest, WhatIsNoAnswer_IsAnError) {
  Forwarding forwarding(Options(/*own_token=*/false));
  const struct {
    int status;
    const char* body;
    Kind kind;
  } cases[] = {{200, "<html>", Kind::kBadAnswer},
               {200, "", Kind::kBadAnswer},
               {200, R"({"id":)", Kind::kBadAnswer},
               {429, "{}", Kind::kRateLimited},
               {503, "", Kind::kUnavailable}};
  for (const auto& c : cases) {
    Send(&forwarding);
    Answer(c.status, c.body);
    const auto* error = std::get_if<UpstreamError>(&results_.back());
    ASSERT_NE(error, nullptr) << c.status << c.body;
    EXPECT_EQ(error->kind, c.kind) << c.status << c.body;
  }
  Send(&forwarding);
  const std::string refusal = R"({"object":"error","code":"batch_not_found","message":"there is no such batch"})";
  Answer(404, refusal);
  EXPECT_EQ(std::get<HttpAnswer>(results_.back()).status, 404);
  EXPECT_EQ(std::get<HttpAnswer>(results_.back()).body, refusal);
  const size_t sent = sent_.size();
  ForwardCall late = Call();
  late.deadline = timers_.Now();
  Send(&forwarding, std::move(late));
  EXPECT_EQ(std::get<UpstreamError>(results_.back()).kind, Kind::kTimedOut);
  ForwardCall gone = Call();
  gone.cancelled = [] { return true; };
  Send(&forwarding, std::move(gone));
  EXPECT_EQ(std::get<UpstreamError>(results_.back()).kind, Kind::kCancelled);
  EXPECT_EQ(sent_.size(), sent);
}

}  // namespace
}  // namespace costs::upstream
