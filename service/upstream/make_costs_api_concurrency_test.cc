// Callers on many threads, over a client that fails in every way and keeps what it was
// asked to store: what callers are told of a record is true, whatever happens.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/upstream/make_costs_api.h"
#include "service/upstream/testing/mock_costs_api.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

using testing::SomeCall;
using testing::SomeCost;
using testing::SomeError;
using Kind = UpstreamError::Kind;

// Answers on threads of its own, now and then not before it has to.
class FlakyClient final : public CostsApi, public LoginApi {
 public:
  FlakyClient() {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this, i] { Run(static_cast<unsigned>(i)); });
  }
  ~FlakyClient() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      EXPECT_TRUE(waiting_.empty()) << "calls are under way";
      over_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, CostsApi::Done done) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      waiting_.push_back({std::move(call), std::move(done)});
    }
    changed_.notify_one();
  }

  void Login(absl::Time, LoginApi::Done done) override {
    const int64_t login = ++logins_;
    if (login % 3 == 0) return done(SomeError(Kind::kUnavailable, false, 500));
    done(LoginAnswer{absl::StrCat(login), absl::Hours(1), true});
  }

  bool Stored(const std::string& reference) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return stored_.count(reference) == 1;
  }

 private:
  struct Call {
    std::shared_ptr<const CostCall> call;
    CostsApi::Done done;
    bool silent = false;
  };

  void Run(unsigned seed) {
    std::mt19937 generator(seed);
    for (;;) {
      Call next;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        next = std::move(waiting_.front());
        waiting_.pop_front();
      }
      if (std::optional<CostResult> result = Answer(&next, generator() % 100)) {
        next.done(std::move(*result));
        continue;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      const std::lock_guard<std::mutex> lock(mutex_);
      waiting_.push_back(std::move(next));
    }
  }

  void Store(const CostCall& call) {
    const std::lock_guard<std::mutex> lock(mutex_);
    stored_.insert(call.record_reference_id);
  }

  // Nothing: not yet.
  std::optional<CostResult> Answer(Call* next, unsigned chance) {
    const CostCall& call = *next->call;
    if (call.cancelled()) return Cancelled(next->silent);
    if (absl::Now() >= call.deadline) return TimedOut(next->silent);
    if (next->silent) return std::nullopt;
    if (chance < 3) {
      Store(call);
      next->silent = true;
      return std::nullopt;
    }
    if (chance < 6) return SomeError(Kind::kUnavailable, false);
    if (chance < 8) return SomeError(Kind::kRateLimited, false, 429);
    if (chance < 10) return SomeError(Kind::kRefused, false, 422);
    if (chance < 12) return SomeError(Kind::kBadCredentials, false, 403);
    Store(call);
    if (chance < 16) return SomeError(Kind::kBadAnswer, true, 200);
    return SomeCost(call.record_reference_id);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Call> waiting_;
  std::set<std::string> stored_;
  bool over_ = false;
  std::atomic<int64_t> logins_{0};
  std::vector<std::thread> threads_;
};

CostsApiOptions HastyOptions() {
  CostsApiOptions options;
  options.deadline.look_every = absl::Milliseconds(2);
  options.attempt_timeout = absl::Milliseconds(30);
  options.retry.first_pause = absl::Milliseconds(2);
  options.limit.most_under_way = 8;
  options.limit.most_waiting = 16;
  options.limit.look_every = absl::Milliseconds(2);
  options.breaker.least_calls = 10;
  options.breaker.failure_ratio = 0.2;
  options.breaker.open_for = absl::Milliseconds(1);
  options.breaker.open_at_most = absl::Milliseconds(5);
  options.breaker.fair_time = absl::ZeroDuration();
  options.token.first_pause = absl::Milliseconds(1);
  options.token.longest_pause = absl::Milliseconds(5);
  return options;
}

// What became of the records of a test.
struct Told {
  std::atomic<int> made{0};
  std::atomic<int> answered{0};
  std::atomic<int> costs{0};
};

// A caller's next record; two in four are identical to another thread's.
std::shared_ptr<const CostCall> NextCall(int thread, int i, std::mt19937* generator,
                                         const std::shared_ptr<std::atomic<bool>>& cancelled) {
  auto call = std::make_shared<CostCall>(SomeCall());
  const int record = i % 4 < 2 ? i : (thread + 1) * 1'000'000 + i;
  call->record_reference_id = absl::StrCat(record);
  call->interval.start = engine::Instant::FromSeconds(record);
  call->interval.end = engine::Instant::FromSeconds(record + 1);
  call->deadline = absl::Now() + absl::Milliseconds(20 + (*generator)() % 200);
  call->cancelled = [cancelled] { return cancelled->load(); };
  return call;
}

void CallAndCheck(CostsApiStack* stack, FlakyClient* client, const std::shared_ptr<const CostCall>& call, Told* told) {
  ++told->made;
  auto once = std::make_shared<std::atomic<int>>(0);
  stack->CalculateInstantCost(call, [=](const CostResult& result) {
    EXPECT_EQ(++*once, 1);
    if (const UpstreamCost* const cost = std::get_if<UpstreamCost>(&result)) {
      EXPECT_EQ(cost->id, call->record_reference_id) << "another record's answer";
      EXPECT_TRUE(client->Stored(call->record_reference_id)) << "a record is lost";
      ++told->costs;
    }
    ++told->answered;
  });
}

void CallFromManyThreads(CostsApiStack* stack, FlakyClient* client, int calls, bool wait, Told* told) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([=] {
      std::mt19937 generator(static_cast<unsigned>(t));
      for (int i = 0; i < calls; ++i) {
        const auto cancelled = std::make_shared<std::atomic<bool>>(false);
        CallAndCheck(stack, client, NextCall(t, i, &generator, cancelled), told);
        if (i % 11 == 0) *cancelled = true;
        // About as many at once as there are places and places to wait.
        while (wait && told->made - told->answered > 20) std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(MakeCostsApi, ManyCallersAndAFlakyClient_EachIsAnsweredOnceAndTruly) {
  const auto client = std::make_shared<FlakyClient>();
  Told told;
  auto stack = MakeCostsApi(HastyOptions(), client, client);
  CallFromManyThreads(stack.get(), client.get(), 1000, /*wait=*/true, &told);
  stack = nullptr;
  EXPECT_EQ(told.answered, 4000);
  EXPECT_GT(told.costs, 100);
}

TEST(MakeCostsApi, DestroyedWhileCallsWait_AnswersEachOnce) {
  for (int i = 0; i < 20; ++i) {
    const auto client = std::make_shared<FlakyClient>();
    Told told;
    auto stack = MakeCostsApi(HastyOptions(), client, client);
    CallFromManyThreads(stack.get(), client.get(), 20, /*wait=*/false, &told);
    stack = nullptr;
    EXPECT_EQ(told.answered, 80);
  }
}

TEST(MakeCostsApi, SurelyNotActedOn_IsNotStored) {
  const auto client = std::make_shared<FlakyClient>();
  auto stack = MakeCostsApi(HastyOptions(), client, client);
  std::mutex mutex;
  std::set<std::string> not_acted_on;
  std::atomic<int> open{0};
  for (int i = 0; i < 4000; ++i) {
    std::mt19937 generator(static_cast<unsigned>(i));
    // None is identical to another.
    const auto call = NextCall(/*thread=*/0, 4 * i + 2, &generator, std::make_shared<std::atomic<bool>>(false));
    ++open;
    stack->CalculateInstantCost(call, [&, call](const CostResult& result) {
      const UpstreamError* const error = std::get_if<UpstreamError>(&result);
      if (error != nullptr && !error->may_have_acted) {
        const std::lock_guard<std::mutex> lock(mutex);
        not_acted_on.insert(call->record_reference_id);
      }
      --open;
    });
    while (open > 20) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  stack = nullptr;
  EXPECT_GT(not_acted_on.size(), 10u);
  for (const std::string& reference : not_acted_on) EXPECT_FALSE(client->Stored(reference)) << reference;
}

}  // namespace
}  // namespace costs::upstream
