#include "service/upstream/timers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "absl/time/clock.h"

namespace costs::upstream {
namespace {

using ::testing::ElementsAre;
using Why = Timers::Why;

TEST(ThreadTimers, Functions_RunInTheOrderOfTheirTimesAndNotBefore) {
  ThreadTimers timers;
  std::vector<int> order;  // only on the timers' thread, until the promise is kept
  std::promise<void> last;
  const absl::Time start = timers.Now();
  timers.At(start + absl::Milliseconds(40), [&](Why why) {
    EXPECT_EQ(why, Why::kDue);
    EXPECT_GE(absl::Now(), start + absl::Milliseconds(40));
    order.push_back(3);
    last.set_value();
  });
  timers.At(start + absl::Milliseconds(20), [&](Why) { order.push_back(1); });
  timers.At(start + absl::Milliseconds(20), [&](Why) { order.push_back(2); });
  last.get_future().wait();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST(ThreadTimers, TimeThatIsPast_RunsAtOnce) {
  ThreadTimers timers;
  std::promise<Why> ran;
  timers.At(absl::InfinitePast(), [&](Why why) { ran.set_value(why); });
  EXPECT_EQ(ran.get_future().get(), Why::kDue);
}

TEST(ThreadTimers, Cancelled_DoesNotRunAndLetsGo) {
  ThreadTimers timers;
  const auto held = std::make_shared<std::atomic<int>>(0);
  const Timers::Timer timer = timers.At(timers.Now() + absl::Hours(1), [held](Why) { ++*held; });
  EXPECT_EQ(held.use_count(), 2);
  EXPECT_TRUE(timers.Cancel(timer));
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(timers.Cancel(timer));
  EXPECT_FALSE(timers.Cancel({}));
  timers.ShutDown();
  EXPECT_EQ(*held, 0);
}

TEST(ThreadTimers, ShutDown_RunsAllThatWaitsAndWhatComesLater) {
  ThreadTimers timers;
  std::vector<Why> ran;
  timers.At(timers.Now() + absl::Hours(1), [&](Why why) { ran.push_back(why); });
  timers.At(absl::InfiniteFuture(), [&](Why why) {
    ran.push_back(why);
    timers.At(absl::InfiniteFuture(), [&](Why inner) { ran.push_back(inner); });
  });
  timers.ShutDown();
  EXPECT_THAT(ran, ElementsAre(Why::kOver, Why::kOver, Why::kOver));
  timers.At(timers.Now() + absl::Hours(1), [&](Why why) { ran.push_back(why); });
  EXPECT_THAT(ran, ElementsAre(Why::kOver, Why::kOver, Why::kOver, Why::kOver));
  timers.ShutDown();
}

TEST(ThreadTimers, FromManyThreads_EachFunctionRunsOnceOrIsCancelled) {
  constexpr int kThreads = 4;
  constexpr int kTimers = 2000;
  std::atomic<int> ran{0};
  std::atomic<int> cancelled{0};
  {
    ThreadTimers timers;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kTimers; ++i) {
          const auto timer = timers.At(timers.Now() + absl::Microseconds((i * 37 + t) % 300), [&](Why) { ++ran; });
          if (i % 3 == 0 && timers.Cancel(timer)) ++cancelled;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(ran + cancelled, kThreads * kTimers);
}

}  // namespace
}  // namespace costs::upstream
