#include "service/calculator/admission_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <deque>

namespace costs::calculator {
namespace {

constexpr absl::Duration kStep = absl::Milliseconds(1);

// A store that works off what is given to it, in order, in groups: each takes what is
// there, and is done when the store's rate allows.
class Store {
 public:
  explicit Store(AdmissionLimit* limit) : limit_(limit) {}

  // Offers batches of 100 records at `offered` records a second, and works at `rate`, for
  // so long.
  void Run(absl::Duration time, double offered, double rate) {
    const absl::Time end = now_ + time;
    for (; now_ < end; now_ += kStep) {
      to_offer_ += offered * absl::ToDoubleSeconds(kStep);
      for (; to_offer_ >= 100; to_offer_ -= 100) Offer();
      Work(rate * absl::ToDoubleSeconds(kStep));
    }
  }

  void Forget() { worst_wait_ = absl::ZeroDuration(), done_ = refused_ = 0; }

  absl::Duration worst_wait() const { return worst_wait_; }
  size_t done() const { return done_; }
  size_t refused() const { return refused_; }
  size_t bound() const { return limit_->Records(now_); }

 private:
  struct Batch {
    absl::Time begin;
  };

  void Offer() {
    if (under_way_ > 0 && under_way_ + 100 > limit_->Records(now_)) {
      refused_ += 100;
      return;
    }
    if (under_way_ == 0) limit_->WorkBegins(now_);
    under_way_ += 100;
    line_.push_back({now_});
  }

  void Work(double records) {
    if (in_work_ == 0) in_work_ = std::min<size_t>(line_.size(), 5);
    if (in_work_ == 0) return;
    worked_ += records;
    if (worked_ < 100 * static_cast<double>(in_work_)) return;
    worked_ -= 100 * static_cast<double>(in_work_);
    for (; in_work_ > 0; --in_work_) {
      worst_wait_ = std::max(worst_wait_, now_ - line_.front().begin);
      line_.pop_front();
      under_way_ -= 100;
      done_ += 100;
      limit_->Done(100, under_way_, now_);
    }
  }

  AdmissionLimit* const limit_;
  absl::Time now_ = absl::UnixEpoch();
  std::deque<Batch> line_;
  size_t in_work_ = 0;  // batches, of the front
  double worked_ = 0, to_offer_ = 0;
  size_t under_way_ = 0, done_ = 0, refused_ = 0;
  absl::Duration worst_wait_;
};

AdmissionLimit::Options WithTarget(absl::Duration target) {
  AdmissionLimit::Options options;
  options.target = target;
  return options;
}

TEST(AdmissionLimitTest, NoTarget_AlwaysTheMost) {
  AdmissionLimit limit(WithTarget(absl::InfiniteDuration()));
  Store store(&limit);
  store.Run(absl::Seconds(20), 100'000, 10'000);
  EXPECT_EQ(store.bound(), 50'000);
  EXPECT_GT(store.worst_wait(), absl::Seconds(4));
}

TEST(AdmissionLimitTest, FasterThanIsAsked_NothingIsRefused) {
  AdmissionLimit limit(WithTarget(absl::Milliseconds(500)));
  Store store(&limit);
  store.Run(absl::Seconds(60), 9'000, 10'000);
  EXPECT_EQ(store.refused(), 0);
  EXPECT_EQ(store.bound(), 50'000);
}

TEST(AdmissionLimitTest, FourTimesTheRate_WaitsAreNearTheTargetAndTheStoreNeverIdle) {
  for (const double rate : {5'000.0, 25'000.0, 100'000.0}) {
    AdmissionLimit limit(WithTarget(absl::Milliseconds(500)));
    Store store(&limit);
    store.Run(absl::Seconds(8), 4 * rate, rate);  // fills, is found out, and what was let in too many is done
    store.Forget();
    store.Run(absl::Seconds(20), 4 * rate, rate);
    EXPECT_LE(store.worst_wait(), absl::Milliseconds(1'000)) << rate;
    EXPECT_GE(store.done(), 0.98 * 20 * rate) << rate;
  }
}

TEST(AdmissionLimitTest, StoreSlowsDownTenfold_WaitsComeBackToTheTarget) {
  AdmissionLimit limit(WithTarget(absl::Milliseconds(500)));
  Store store(&limit);
  store.Run(absl::Seconds(5), 100'000, 50'000);
  store.Run(absl::Seconds(15), 100'000, 5'000);  // 50,000 may be there when it slows down
  store.Forget();
  store.Run(absl::Seconds(20), 100'000, 5'000);
  EXPECT_LE(store.worst_wait(), absl::Milliseconds(1'000));
  EXPECT_GE(store.done(), 0.95 * 20 * 5'000);
}

TEST(AdmissionLimitTest, StoreIsFastAgain_TheBoundGrowsAgain) {
  AdmissionLimit limit(WithTarget(absl::Milliseconds(500)));
  Store store(&limit);
  store.Run(absl::Seconds(10), 100'000, 5'000);
  EXPECT_LT(store.bound(), 5'000);
  store.Run(absl::Seconds(5), 50'000, 200'000);
  EXPECT_EQ(store.bound(), 50'000);
}

TEST(AdmissionLimitTest, StoreDoesNothing_TheLeastIsLetIn) {
  AdmissionLimit limit(WithTarget(absl::Milliseconds(500)));
  Store store(&limit);
  store.Run(absl::Seconds(2), 10'000, 20'000);
  store.Run(absl::Seconds(1), 10'000, 0);
  EXPECT_EQ(store.bound(), 1'000);
  store.Run(absl::Seconds(5), 10'000, 50'000);
  EXPECT_EQ(store.bound(), 50'000);
}

TEST(AdmissionLimitTest, BurstAfterAPause_IsNotTakenForALine) {
  AdmissionLimit limit(WithTarget(absl::Milliseconds(500)));
  Store store(&limit);
  for (int i = 0; i < 10; ++i) {
    store.Run(absl::Seconds(5), 1'000, 10'000);
    store.Run(absl::Milliseconds(10), 300'000, 10'000);  // 3,000 records at once
  }
  EXPECT_EQ(store.refused(), 0);
}

TEST(AdmissionLimitTest, SlowStore_NeverLessThanTheLeast) {
  AdmissionLimit limit(WithTarget(absl::Milliseconds(500)));
  Store store(&limit);
  store.Run(absl::Seconds(60), 10'000, 200);
  EXPECT_EQ(store.bound(), 1'000);
  EXPECT_GE(store.done(), 0.8 * 60 * 200);
}

}  // namespace
}  // namespace costs::calculator
