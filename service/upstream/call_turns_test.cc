#include "service/upstream/call_turns.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace costs::upstream {
namespace {

CallTurns::Key KeyFrom(int number) {
  CallTurns::Key key{};
  key[0] = static_cast<uint8_t>(number);
  key[1] = static_cast<uint8_t>(number >> 8);
  return key;
}

// What happened, in its order, and the ends of calls that are under way.
struct Journal {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::vector<std::pair<std::string, std::function<void()>>> overs;

  void Add(std::string line) {
    const std::lock_guard<std::mutex> lock(mutex);
    lines.push_back(std::move(line));
  }
  std::vector<std::string> All() {
    const std::lock_guard<std::mutex> lock(mutex);
    return lines;
  }
  // Ends the call of that name.
  void End(const std::string& name) {
    std::function<void()> over;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      for (auto it = overs.begin(); it != overs.end(); ++it) {
        if (it->first != name) continue;
        over = std::move(it->second);
        overs.erase(it);
        break;
      }
    }
    ASSERT_TRUE(over != nullptr) << name;
    over();
  }
};

class TestCalls final : public CallTurns::Calls {
 public:
  // `keys`: of each call; negative: none.
  TestCalls(std::string name, std::vector<int> keys, Journal* journal)
      : name_(std::move(name)), keys_(std::move(keys)), journal_(journal) {}

  size_t count() const override { return keys_.size(); }
  std::optional<CallTurns::Key> KeyOf(size_t i) const override {
    if (keys_[i] < 0) return std::nullopt;
    return KeyFrom(keys_[i]);
  }
  bool Unwanted(absl::Time) const override { return unwanted.load(); }
  void Start(size_t i, std::function<void()> over) override {
    const std::string call = name_ + std::to_string(i);
    journal_->Add(call);
    if (at_once) return over();
    const std::lock_guard<std::mutex> lock(journal_->mutex);
    journal_->overs.emplace_back(call, std::move(over));
  }
  void Drop(size_t i) override {
    journal_->Add("-" + name_ + std::to_string(i));
    ++dropped;
  }

  bool at_once = false;
  std::atomic<bool> unwanted{false};
  std::atomic<int> dropped{0};

 private:
  const std::string name_;
  const std::vector<int> keys_;
  Journal* const journal_;
};

using Lines = std::vector<std::string>;

TEST(CallTurns, MoreCallsThanPlaces_WaitForOne) {
  Journal journal;
  CallTurns turns(2, absl::Now);
  turns.Add(std::make_shared<TestCalls>("a", std::vector<int>{-1, -1, -1, -1}, &journal));
  EXPECT_EQ(journal.All(), (Lines{"a0", "a1"}));
  journal.End("a1");
  EXPECT_EQ(journal.All(), (Lines{"a0", "a1", "a2"}));
  journal.End("a0");
  journal.End("a2");
  journal.End("a3");
  EXPECT_EQ(journal.All(), (Lines{"a0", "a1", "a2", "a3"}));
}

TEST(CallTurns, SeveralBatches_TakeTurns) {
  Journal journal;
  CallTurns turns(1, absl::Now);
  turns.Add(std::make_shared<TestCalls>("a", std::vector<int>{-1, -1, -1}, &journal));
  turns.Add(std::make_shared<TestCalls>("b", std::vector<int>{-1}, &journal));
  for (const char* call : {"a0", "a1", "b0", "a2"}) journal.End(call);
  EXPECT_EQ(journal.All(), (Lines{"a0", "a1", "b0", "a2"}));
}

TEST(CallTurns, SameRecord_IsStoredOneAfterTheOtherInTheirOrder) {
  Journal journal;
  CallTurns turns(10, absl::Now);
  turns.Add(std::make_shared<TestCalls>("a", std::vector<int>{1, 2, 1, 1}, &journal));
  turns.Add(std::make_shared<TestCalls>("b", std::vector<int>{1, -1}, &journal));
  EXPECT_EQ(journal.All(), (Lines{"a0", "a1", "b1"}));
  journal.End("a0");
  EXPECT_EQ(journal.All(), (Lines{"a0", "a1", "b1", "a2"}));
  journal.End("b1");
  journal.End("a1");
  journal.End("a2");
  journal.End("a3");
  journal.End("b0");
  EXPECT_EQ(journal.All(), (Lines{"a0", "a1", "b1", "a2", "a3", "b0"}));
  // The record is free again.
  turns.Add(std::make_shared<TestCalls>("c", std::vector<int>{1}, &journal));
  journal.End("c0");
}

TEST(CallTurns, UnwantedThatWait_AreDroppedThoughNoPlaceIsFree) {
  Journal journal;
  CallTurns turns(1, absl::Now);
  auto blocking = std::make_shared<TestCalls>("a", std::vector<int>{1}, &journal);
  auto waiting = std::make_shared<TestCalls>("b", std::vector<int>{-1, -1, 1}, &journal);
  turns.Add(blocking);
  turns.Add(waiting);
  waiting->unwanted = true;
  while (waiting->dropped < 3) absl::SleepFor(absl::Milliseconds(1));
  journal.End("a0");
  EXPECT_EQ(journal.All(), (Lines{"a0", "-b0", "-b1", "-b2"}));
}

TEST(CallTurns, UnwantedThatWaitForARecord_AreDropped) {
  Journal journal;
  CallTurns turns(10, absl::Now);
  turns.Add(std::make_shared<TestCalls>("a", std::vector<int>{1}, &journal));
  auto waiting = std::make_shared<TestCalls>("b", std::vector<int>{1}, &journal);
  auto behind = std::make_shared<TestCalls>("c", std::vector<int>{1}, &journal);
  turns.Add(waiting);
  turns.Add(behind);
  waiting->unwanted = true;
  while (waiting->dropped < 1) absl::SleepFor(absl::Milliseconds(1));
  journal.End("a0");
  EXPECT_EQ(journal.All(), (Lines{"a0", "-b0", "c0"}));
  journal.End("c0");
}

TEST(CallTurns, CallsThatEndAtOnce_NeedNoStack) {
  Journal journal;
  CallTurns turns(1, absl::Now);
  auto calls = std::make_shared<TestCalls>("a", std::vector<int>(100'000, -1), &journal);
  calls->at_once = true;
  turns.Add(calls);
  EXPECT_EQ(journal.All().size(), 100'000u);
}

TEST(CallTurns, ManyThreads_EachCallOnceAndNeverTwoOfARecord) {
  constexpr int kThreads = 4, kBatches = 50, kCalls = 20, kRecords = 5;
  struct Counts {
    std::atomic<int> under_way{0}, most{0}, over{0};
    std::atomic<int> of_record[kRecords] = {};
    std::atomic<bool> doubled{false};
  } counts;
  class Counting final : public CallTurns::Calls {
   public:
    explicit Counting(Counts* counts) : counts_(*counts) {}
    size_t count() const override { return kCalls; }
    std::optional<CallTurns::Key> KeyOf(size_t i) const override { return KeyFrom(static_cast<int>(i % kRecords)); }
    bool Unwanted(absl::Time) const override { return false; }
    void Start(size_t i, std::function<void()> over) override {
      const int now = ++counts_.under_way;
      int most = counts_.most.load();
      while (now > most && !counts_.most.compare_exchange_weak(most, now)) {
      }
      if (++counts_.of_record[i % kRecords] > 1) counts_.doubled = true;
      // These calls may be gone before the thread is.
      std::thread([counts = &counts_, i, over = std::move(over)] {
        --counts->of_record[i % kRecords];
        --counts->under_way;
        ++counts->over;
        over();
      }).detach();
    }
    void Drop(size_t) override { counts_.doubled = true; }

   private:
    Counts& counts_;
  };
  {
    CallTurns turns(3, absl::Now);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int b = 0; b < kBatches; ++b) turns.Add(std::make_shared<Counting>(&counts));
      });
    }
    for (std::thread& thread : threads) thread.join();
    while (counts.over < kThreads * kBatches * kCalls) absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_EQ(counts.over, kThreads * kBatches * kCalls);
  EXPECT_LE(counts.most, 3);
  EXPECT_FALSE(counts.doubled);
}

}  // namespace
}  // namespace costs::upstream
