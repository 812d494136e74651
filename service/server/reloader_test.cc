#include "service/server/reloader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

namespace costs::server {
namespace {

// Counts runs and lets a test wait for the next one.
class Runs {
 public:
  void Add() {
    std::lock_guard<std::mutex> lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void Await(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  int count() {
    std::lock_guard<std::mutex> lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST(Reloader, Request_RunsTheTaskOnAnotherThread) {
  Runs runs;
  std::thread::id ran_on;
  {
    Reloader reloader([&] {
      ran_on = std::this_thread::get_id();
      runs.Add();
    });
    reloader.Request();
    runs.Await(1);
    reloader.Request();
    runs.Await(2);
  }
  EXPECT_NE(ran_on, std::this_thread::get_id());
  EXPECT_EQ(runs.count(), 2);
}

TEST(Reloader, RequestsDuringARun_AreJoinedIntoOneMore) {
  Runs runs;
  std::promise<void> begun, go;
  std::atomic<bool> first{true};
  Reloader reloader([&] {
    if (first.exchange(false)) {
      begun.set_value();
      go.get_future().wait();
    }
    runs.Add();
  });
  reloader.Request();
  begun.get_future().wait();
  for (int i = 0; i < 10; ++i) reloader.Request();
  go.set_value();
  runs.Await(2);
  reloader.Request();
  runs.Await(3);
  EXPECT_EQ(runs.count(), 3);
}

TEST(Reloader, ManyRequesters_TheLastRequestIsServed) {
  std::atomic<int> asked{0}, seen{0};
  Runs runs;
  Reloader reloader([&] {
    seen = asked.load();
    runs.Add();
  });
  std::vector<std::thread> requesters;
  requesters.reserve(4);
  for (int i = 0; i < 4; ++i) {
    requesters.emplace_back([&] {
      for (int n = 0; n < 500; ++n) {
        ++asked;
        reloader.Request();
      }
    });
  }
  for (std::thread& requester : requesters) requester.join();
  const int before = runs.count();
  reloader.Request();
  runs.Await(before + 1);
  EXPECT_EQ(seen, 2000);
}

TEST(Reloader, DestroyedAtOnce_DoesNotRun) {
  Reloader reloader([] { FAIL(); });
}

}  // namespace
}  // namespace costs::server
