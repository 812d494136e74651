#include "service/executor/bounded_executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace costs::executor {
namespace {

// Holds a thread of an executor until it is told to let go.
class Hold {
 public:
  std::function<void()> work() {
    return [this] {
      begun_.set_value();
      released_.get_future().wait();
    };
  }
  void AwaitBegun() { begun_.get_future().wait(); }
  void Release() { released_.set_value(); }

 private:
  std::promise<void> begun_, released_;
};

TEST(BoundedExecutor, Work_RunsInOrderOnAnotherThread) {
  std::vector<int> order;
  std::thread::id ran_on;
  {
    BoundedExecutor executor({1, 100});
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(executor.TryRun([&, i] {
        ran_on = std::this_thread::get_id();
        order.push_back(i);
      }));
      if (i % 50 == 49) {
        std::promise<void> caught_up;
        executor.Continue([&] { caught_up.set_value(); });
        caught_up.get_future().wait();
      }
    }
  }
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(BoundedExecutor, TooMuchWaiting_IsRefusedUntilThereIsRoom) {
  std::atomic<int> ran{0};
  Hold hold;
  {
    BoundedExecutor executor({1, 2});
    ASSERT_TRUE(executor.TryRun(hold.work()));
    hold.AwaitBegun();
    EXPECT_TRUE(executor.TryRun([&] { ++ran; })) << "what runs does not wait";
    EXPECT_TRUE(executor.TryRun([&] { ++ran; }));
    EXPECT_FALSE(executor.TryRun([&] { ran += 100; }));
    executor.Continue([&] { ran += 10; });  // is taken all the same
    hold.Release();
    std::promise<void> caught_up;
    executor.Continue([&] { caught_up.set_value(); });
    caught_up.get_future().wait();
    EXPECT_EQ(ran, 12);
    EXPECT_TRUE(executor.TryRun([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 13) << "what was taken runs before the executor ends";
}

TEST(BoundedExecutor, TwoThreads_RunSideBySide) {
  Hold one, other;
  BoundedExecutor executor({2, 10});
  ASSERT_TRUE(executor.TryRun(one.work()));
  ASSERT_TRUE(executor.TryRun(other.work()));
  one.AwaitBegun();
  other.AwaitBegun();
  one.Release();
  other.Release();
}

TEST(BoundedExecutor, WorkThatIsDone_LetsGoOfWhatItHeld) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  BoundedExecutor executor({1, 10});
  ASSERT_TRUE(executor.TryRun([held] { (void)*held; }));
  held.reset();
  std::promise<void> caught_up;
  executor.Continue([&] { caught_up.set_value(); });
  caught_up.get_future().wait();
  EXPECT_TRUE(watch.expired());
}

TEST(BoundedExecutor, ManyGivers_EveryPieceIsRunOnceOrRefused) {
  std::atomic<int> ran{0}, taken{0};
  {
    BoundedExecutor executor({3, 16});
    std::vector<std::thread> givers;
    givers.reserve(4);
    for (int giver = 0; giver < 4; ++giver) {
      givers.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) taken += executor.TryRun([&] { ++ran; }) ? 1 : 0;
      });
    }
    for (std::thread& giver : givers) giver.join();
  }
  EXPECT_EQ(ran, taken);
  EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace costs::executor
