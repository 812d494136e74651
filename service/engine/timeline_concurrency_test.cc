// For ThreadSanitizer: threads that need the same years at the same moment.
#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "service/engine/timeline.h"

namespace costs::engine {
namespace {

// An hour's rate is its number; counts how often it is asked.
class Hourly final : public PieceSource {
 public:
  explicit Hourly(std::atomic<int>* compilations) : compilations_(compilations) {}

  void AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const override {
    ++*compilations_;
    for (int64_t at = start; at < end; at += 3600) pieces->push_back({at, at + 3600, at / 3600 % 1000});
  }

 private:
  std::atomic<int>* const compilations_;
};

TEST(TimelineConcurrency, ManyOnTheSameYears_AllSeeTheSame) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 25;
  constexpr std::array<int64_t, 3> kHours = {450'000, 458'760, 467'544};  // in different years
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int> compilations{0};
    const Timeline timeline(std::make_unique<Hourly>(&compilations), 0);
    std::atomic<int> waiting{kThreads};
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        // All at once.
        --waiting;
        while (waiting > 0) std::this_thread::yield();
        for (size_t i = 0; i < kHours.size(); ++i) {
          const int64_t hour = kHours[(i + static_cast<size_t>(t)) % kHours.size()];
          const Interval interval{Instant::FromSeconds(hour * 3600), Instant::FromSeconds(hour * 3600 + 7200)};
          const Int128 want = Int128{hour % 1000 + (hour + 1) % 1000} * 3600 * kNanosPerSecond;
          ASSERT_TRUE(timeline.Integrate(interval).area == want);
          Int128 visited = 0;
          timeline.Visit(interval, [&](const Timeline::Stretch& stretch) {
            visited += Int128{stretch.rate} * stretch.interval.nanos();
            return true;
          });
          ASSERT_TRUE(visited == want);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_GE(compilations, 3);
    EXPECT_LE(compilations, 3 * kThreads);
    const int before = compilations;
    timeline.Integrate({Instant::FromSeconds(kHours[0] * 3600), Instant::FromSeconds(kHours[0] * 3600 + 1)});
    EXPECT_EQ(compilations, before) << "a year was compiled again";
  }
}

}  // namespace
}  // namespace costs::engine
