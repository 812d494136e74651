#include "client/login.h"

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace costs {
namespace {

using energy::costs::v1::LoginResponse;

class TokenKeeperTest : public ::testing::Test {
 protected:
  absl::StatusOr<LoginResponse> LogIn() {
    ++logins_;
    if (!refusal_.ok()) return refusal_;
    LoginResponse response;
    response.set_bearer_token(absl::StrCat("t", logins_.load()));
    response.set_expires_in(100);
    return response;
  }

  std::atomic<int> logins_{0};
  absl::Status refusal_;
  std::atomic<int64_t> second_{1'000};
  TokenKeeper keeper_{[this] { return LogIn(); }, [this] { return absl::FromUnixSeconds(second_); }};
};

TEST_F(TokenKeeperTest, Token_IsKeptUntilItsLastFifth) {
  EXPECT_EQ(keeper_.Authorization().value(), "Bearer t1");
  second_ += 79;
  EXPECT_EQ(keeper_.Authorization().value(), "Bearer t1");
  second_ += 1;
  EXPECT_EQ(keeper_.Authorization().value(), "Bearer t2");
  second_ += 500;
  EXPECT_EQ(keeper_.Authorization().value(), "Bearer t3");
}

TEST_F(TokenKeeperTest, LoginThatFails_IsAnErrorOnceTheTokenHasEnded) {
  ASSERT_TRUE(keeper_.Authorization().ok());
  refusal_ = absl::UnavailableError("down");
  second_ += 85;
  EXPECT_EQ(keeper_.Authorization().value(), "Bearer t1");
  EXPECT_EQ(keeper_.Authorization().value(), "Bearer t1");
  EXPECT_EQ(logins_, 2);  // and not again at once
  second_ += 10;
  EXPECT_EQ(keeper_.Authorization().value(), "Bearer t1");
  EXPECT_EQ(logins_, 3);
  second_ += 5;
  EXPECT_EQ(keeper_.Authorization().status(), refusal_);
  refusal_ = absl::OkStatus();
  EXPECT_EQ(keeper_.Authorization().value(), "Bearer t5");
}

TEST_F(TokenKeeperTest, TokenThatWasRefused_IsReplaced) {
  ASSERT_TRUE(keeper_.Authorization().ok());
  keeper_.Forget("Bearer of another time");
  EXPECT_EQ(keeper_.Authorization().value(), "Bearer t1");
  keeper_.Forget("Bearer t1");
  EXPECT_EQ(keeper_.Authorization().value(), "Bearer t2");
}

TEST(TokenKeeper, OneLogsIn_HoweverManyCall) {
  std::atomic<int> logins{0};
  std::promise<void> go;
  const std::shared_future<void> may_go = go.get_future().share();
  TokenKeeper keeper(
      [&]() -> absl::StatusOr<LoginResponse> {
        ++logins;
        may_go.wait();
        LoginResponse response;
        response.set_bearer_token("t");
        response.set_expires_in(100);
        return response;
      },
      [] { return absl::FromUnixSeconds(0); });
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&keeper] { EXPECT_EQ(keeper.Authorization().value(), "Bearer t"); });
  }
  go.set_value();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(logins, 1);
}

}  // namespace
}  // namespace costs
