#include "service/auth/account_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/auth/limited_authenticator.h"
#include "service/auth/refusals.h"
#include "service/catalog/refusal.h"

namespace costs::auth {
namespace {

using ::testing::HasSubstr;

class AccountLimitsTest : public ::testing::Test {
 protected:
  AccountLimits::Options Limits(uint32_t requests_per_second, uint32_t burst, uint32_t streams = 0) {
    return {requests_per_second, burst, streams, [this] { return now_; }};
  }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

TEST_F(AccountLimitsTest, TakeRequest_WithoutALimit_IsAlwaysTaken) {
  AccountLimits limits(Limits(0, 1));
  EXPECT_FALSE(limits.counts_requests());
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(limits.TakeRequest("acc_1").ok());
  EXPECT_EQ(limits.accounts(), 0);
}

TEST_F(AccountLimitsTest, TakeRequest_BeyondTheBurst_IsRefusedWithWhenThereIsRoom) {
  AccountLimits limits(Limits(4, 3));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(limits.TakeRequest("acc_1").ok()) << i;
  const absl::Status refusal = limits.TakeRequest("acc_1");
  EXPECT_EQ(refusal.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(catalog::ReasonOf(refusal), "RATE_LIMITED");
  EXPECT_EQ(catalog::RetryAfterOf(refusal), absl::Milliseconds(250));
  EXPECT_THAT(std::string(refusal.message()), HasSubstr("4 requests a second"));

  now_ += absl::Milliseconds(249);
  EXPECT_FALSE(limits.TakeRequest("acc_1").ok());
  now_ += absl::Milliseconds(1);  // as it was told
  EXPECT_TRUE(limits.TakeRequest("acc_1").ok());
  EXPECT_FALSE(limits.TakeRequest("acc_1").ok());
}

// A law of any limiter of rate r and burst b: in no interval of t seconds are more than
// b + r t taken; and who keeps asking gets that many, but for one.
TEST_F(AccountLimitsTest, TakeRequest_AskedAllTheTime_GivesTheRateAndTheBurst) {
  AccountLimits limits(Limits(10, 5));
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    taken += limits.TakeRequest("acc_1").ok();
    now_ += absl::Milliseconds(1);
    const double most = 5 + 10 * (i + 1) / 1000.0;
    ASSERT_LE(taken, most + 1e-9);
    ASSERT_GE(taken, std::min<double>(i + 1, most - 1.01));
  }
}

TEST_F(AccountLimitsTest, TakeRequest_AfterALongPause_SavesUpNoMoreThanTheBurst) {
  AccountLimits limits(Limits(1, 2));
  ASSERT_TRUE(limits.TakeRequest("acc_1").ok());
  now_ += absl::Hours(24);
  EXPECT_TRUE(limits.TakeRequest("acc_1").ok());
  EXPECT_TRUE(limits.TakeRequest("acc_1").ok());
  EXPECT_FALSE(limits.TakeRequest("acc_1").ok());
}

TEST_F(AccountLimitsTest, TakeRequest_OfAnotherAccount_IsCountedForItself) {
  AccountLimits limits(Limits(1, 1));
  ASSERT_TRUE(limits.TakeRequest("acc_1").ok());
  EXPECT_FALSE(limits.TakeRequest("acc_1").ok());
  EXPECT_TRUE(limits.TakeRequest("acc_2").ok());
}

TEST_F(AccountLimitsTest, TakeRequest_ClockGoesBack_WaitsNoLongerThanTheStep) {
  AccountLimits limits(Limits(1, 1));
  ASSERT_TRUE(limits.TakeRequest("acc_1").ok());
  now_ -= absl::Seconds(5);
  EXPECT_EQ(catalog::RetryAfterOf(limits.TakeRequest("acc_1")), absl::Seconds(6));
}

TEST_F(AccountLimitsTest, IdleAccounts_OfManyThatCame_AreForgotten) {
  AccountLimits limits(Limits(1'000, 10));
  for (int i = 0; i < 200'000; ++i) {
    ASSERT_TRUE(limits.TakeRequest(absl::StrCat("acc_", i)).ok());
    now_ += absl::Milliseconds(1);
  }
  EXPECT_LT(limits.accounts(), 20'000);
}

TEST_F(AccountLimitsTest, OpenStream_BeyondTheLimit_IsRefusedUntilOneEnds) {
  AccountLimits limits(Limits(0, 1, 2));
  std::optional<StreamLease> first = *limits.OpenStream("acc_1");
  const absl::StatusOr<StreamLease> second = limits.OpenStream("acc_1");
  ASSERT_TRUE(second.ok());
  const absl::Status refusal = limits.OpenStream("acc_1").status();
  EXPECT_EQ(refusal.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(catalog::ReasonOf(refusal), "RATE_LIMITED");
  EXPECT_TRUE(catalog::RetryAfterOf(refusal).has_value());
  EXPECT_THAT(std::string(refusal.message()), HasSubstr("its limit is 2"));
  EXPECT_TRUE(limits.OpenStream("acc_2").ok());

  StreamLease moved = *std::move(first);
  first.reset();  // what was moved from ends nothing
  EXPECT_FALSE(limits.OpenStream("acc_1").ok());
  moved = StreamLease();
  EXPECT_TRUE(limits.OpenStream("acc_1").ok());
}

TEST_F(AccountLimitsTest, TakeChunk_FasterThanTheRate_WaitsAtTheEvenRate) {
  AccountLimits limits(Limits(2, 2));
  const absl::StatusOr<StreamLease> one = limits.OpenStream("acc_1");
  const absl::StatusOr<StreamLease> other = limits.OpenStream("acc_1");
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_EQ(one->TakeChunk(), absl::ZeroDuration());
  EXPECT_EQ(other->TakeChunk(), absl::Milliseconds(500));
  EXPECT_EQ(one->TakeChunk(), absl::Milliseconds(1'000));
  EXPECT_EQ(catalog::RetryAfterOf(limits.TakeRequest("acc_1")), absl::Milliseconds(1'000));
  now_ += absl::Seconds(1);
  EXPECT_TRUE(limits.TakeRequest("acc_1").ok());
}

TEST_F(AccountLimitsTest, TakeChunk_WithoutALimit_NeverWaits) {
  AccountLimits limits(Limits(0, 1));
  const absl::StatusOr<StreamLease> stream = limits.OpenStream("acc_1");
  ASSERT_TRUE(stream.ok());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(stream->TakeChunk(), absl::ZeroDuration());
  EXPECT_EQ(StreamLease().TakeChunk(), absl::ZeroDuration());
}

TEST_F(AccountLimitsTest, ManyThreads_TakeExactlyWhatThereIs) {
  AccountLimits limits(Limits(1, 1'000, 10));
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1'000; ++k) {
        taken += limits.TakeRequest("acc_1").ok();
        const absl::StatusOr<StreamLease> lease = limits.OpenStream("acc_1");
        ASSERT_TRUE(lease.ok());  // 4 at once
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 1'000);
  std::vector<StreamLease> leases;
  for (int i = 0; i < 10; ++i) {
    absl::StatusOr<StreamLease> lease = limits.OpenStream("acc_1");
    ASSERT_TRUE(lease.ok()) << i;
    leases.push_back(*std::move(lease));
  }
  EXPECT_FALSE(limits.OpenStream("acc_1").ok());
}

TEST_F(AccountLimitsTest, LimitedAuthenticator_CountsCallersAndNoStrangers) {
  class Bouncer final : public Authenticator {
   public:
    absl::StatusOr<std::shared_ptr<const Identity>> Authenticate(const Credentials& credentials) override {
      if (credentials.authorization.empty()) return NoCredentials();
      return std::make_shared<const Identity>(
          Identity{{std::string(credentials.authorization), credentials.certificate == nullptr}});
    }
  } bouncer;
  AccountLimits limits(Limits(1, 2));
  LimitedAuthenticator authenticator(&bouncer, &limits);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(catalog::ReasonOf(authenticator.Authenticate({"", nullptr}).status()), "BAD_CREDENTIALS");
  }
  EXPECT_EQ(limits.accounts(), 0);
  const absl::StatusOr<std::shared_ptr<const Identity>> identity = authenticator.Authenticate({"acc_1", nullptr});
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ((*identity)->tenant.account_id, "acc_1");
  // Live and test mode are one account's.
  const PeerCertificate certificate;
  EXPECT_TRUE(authenticator.Authenticate({"acc_1", &certificate}).ok());
  EXPECT_EQ(catalog::ReasonOf(authenticator.Authenticate({"acc_1", nullptr}).status()), "RATE_LIMITED");
}

}  // namespace
}  // namespace costs::auth
