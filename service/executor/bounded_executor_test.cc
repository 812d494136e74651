#include "service/executor/bounded_executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "service/executor/testing/hold.h"

namespace costs::executor {
namespace {

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
      if (i % 50 == 49) CatchUp(&executor);
    }
  }
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(BoundedExecutor, TooMuchWaiting_IsRefusedUntilThereIsRoom) {
  std::atomic<int> ran{0};
  {
    BoundedExecutor executor({1, 2});
    Hold hold(&executor);
    EXPECT_TRUE(executor.TryRun([&] { ++ran; })) << "what runs does not wait";
    EXPECT_TRUE(executor.TryRun([&] { ++ran; }));
    EXPECT_FALSE(executor.TryRun([&] { ran += 100; }));
    executor.Continue([&] { ran += 10; });  // is taken all the same
    hold.Release();
    CatchUp(&executor);
    EXPECT_EQ(ran, 12);
    EXPECT_TRUE(executor.TryRun([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 13) << "what was taken runs before the executor ends";
}

TEST(BoundedExecutor, TwoThreads_RunSideBySide) {
  BoundedExecutor executor({2, 10});
  Hold one(&executor);
  Hold other(&executor);  // returns, so it was begun beside the first
}

TEST(BoundedExecutor, WorkThatIsDone_LetsGoOfWhatItHeld) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  BoundedExecutor executor({1, 10});
  ASSERT_TRUE(executor.TryRun([held] { (void)*held; }));
  held.reset();
  CatchUp(&executor);
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
