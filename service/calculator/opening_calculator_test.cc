#include "service/calculator/opening_calculator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/testing/calculations.h"
#include "service/catalog/refusal.h"
#include "service/catalog/snapshot.h"

namespace costs::calculator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Catalogs that are opened when the test says so.
class HeldCatalogs final : public catalog::SnapshotSource {
 public:
  std::shared_ptr<const catalog::Snapshot> Find(absl::string_view account_id, bool live_mode) const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return open_.count(absl::StrCat(account_id, live_mode ? "" : " test")) > 0 ? snapshot_ : nullptr;
  }
  absl::StatusOr<std::shared_ptr<const catalog::Snapshot>> Open(const catalog::Tenant& tenant) override {
    std::unique_lock<std::mutex> lock(mutex_);
    ++opens_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return released_; });
    if (!failure_.ok()) return failure_;
    open_.insert(absl::StrCat(tenant.account_id, tenant.live_mode ? "" : " test"));
    return snapshot_;
  }

  void AwaitOpens(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return opens_ >= count; });
  }
  int opens() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return opens_;
  }
  void Release(const absl::Status& failure = absl::OkStatus()) {
    const std::lock_guard<std::mutex> lock(mutex_);
    released_ = true;
    failure_ = failure;
    changed_.notify_all();
  }

 private:
  const std::shared_ptr<const catalog::Snapshot> snapshot_ = testing::MakeSnapshot(testing::DocumentationCatalog());
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> open_;
  absl::Status failure_;
  bool released_ = false;
  int opens_ = 0;
};

// Notes whose batches it is given, and of which record, in which order.
class NotingCalculator final : public Calculator {
 public:
  explicit NotingCalculator(Calculator* child) : child_(child) {}
  void Calculate(Batch* batch, std::function<void()> done) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      given_.push_back(absl::StrCat(batch->caller.account_id, ":", batch->submissions[0].record_reference_id));
    }
    child_->Calculate(batch, std::move(done));
  }
  std::vector<std::string> given() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return given_;
  }

 private:
  Calculator* const child_;
  std::mutex mutex_;
  std::vector<std::string> given_;
};

// One record of an account's on its way.
struct Call {
  Call(std::string account_id, std::string reference_id, bool live_mode = true)
      : account(std::move(account_id)), reference(std::move(reference_id)) {
    submission.record_reference_id = reference;
    batch.caller.account_id = account;
    batch.caller.live_mode = live_mode;
    batch.submissions = absl::MakeConstSpan(&submission, 1);
    batch.outcomes = absl::MakeSpan(&outcome, 1);
  }
  void Start(Calculator* calculator) {
    calculator->Calculate(&batch, [this] { over.set_value(); });
  }
  void Wait() { over.get_future().wait(); }

  const std::string account;
  const std::string reference;
  Submission submission = testing::DocumentationSubmission();
  Outcome outcome;
  Batch batch;
  std::promise<void> over;
};

class OpeningCalculatorTest : public ::testing::Test {
 protected:
  void Make(size_t most_waiting = 100) {
    OpeningCalculator::Options options;
    options.child = &noting_;
    options.catalogs = &catalogs_;
    options.now = testing::FixedClock();
    options.most_waiting = most_waiting;
    opening_ = std::make_unique<OpeningCalculator>(std::move(options));
  }

  HeldCatalogs catalogs_;
  LocalCalculator local_{&catalogs_, testing::FixedClock(), {}};
  NotingCalculator noting_{&local_};
  std::unique_ptr<OpeningCalculator> opening_;
};

TEST_F(OpeningCalculatorTest, NotOpen_IsOpenedOnceAndThenPriced) {
  Make();
  catalogs_.Release();
  Call first("acc_a", "1");
  first.Start(opening_.get());
  first.Wait();
  ASSERT_TRUE(first.outcome.ok()) << first.outcome.failure->message;
  EXPECT_TRUE(first.outcome.record.tariff.has_value());
  Call second("acc_a", "2");
  second.Start(opening_.get());
  second.Wait();
  EXPECT_EQ(catalogs_.opens(), 1);
  Call test_mode("acc_a", "3", /*live_mode=*/false);
  test_mode.Start(opening_.get());
  test_mode.Wait();
  EXPECT_EQ(catalogs_.opens(), 2) << "the other mode has a catalog of its own";
}

TEST_F(OpeningCalculatorTest, BatchesThatCameMeanwhile_AreHandedOnInTheirOrder) {
  Make();
  std::vector<std::unique_ptr<Call>> calls;
  for (const char* name : {"1", "2", "3"}) calls.push_back(std::make_unique<Call>("acc_a", name));
  for (auto& call : calls) call->Start(opening_.get());
  catalogs_.AwaitOpens(1);
  EXPECT_THAT(noting_.given(), IsEmpty());
  catalogs_.Release();
  for (auto& call : calls) call->Wait();
  EXPECT_THAT(noting_.given(), ElementsAre("acc_a:1", "acc_a:2", "acc_a:3"));
  EXPECT_EQ(catalogs_.opens(), 1);
}

TEST_F(OpeningCalculatorTest, OneThatIsBeingOpened_HoldsUpNobodyWhoseIsOpen) {
  Make();
  catalogs_.Release();
  Call open("acc_b", "1");
  open.Start(opening_.get());
  open.Wait();

  HeldCatalogs held;
  ASSERT_EQ(held.Find("acc_b", true), nullptr);
  // A source in which acc_b is open, and acc_a is about to be.
  class Both final : public catalog::SnapshotSource {
   public:
    Both(const catalog::SnapshotSource* ready, catalog::SnapshotSource* slow) : ready_(ready), slow_(slow) {}
    std::shared_ptr<const catalog::Snapshot> Find(absl::string_view account_id, bool live_mode) const override {
      return account_id == "acc_b" ? ready_->Find(account_id, live_mode) : slow_->Find(account_id, live_mode);
    }
    absl::StatusOr<std::shared_ptr<const catalog::Snapshot>> Open(const catalog::Tenant& tenant) override {
      return slow_->Open(tenant);
    }

   private:
    const catalog::SnapshotSource* const ready_;
    catalog::SnapshotSource* const slow_;
  } both(&catalogs_, &held);
  LocalCalculator local(&both, testing::FixedClock(), {});
  OpeningCalculator::Options options;
  options.child = &local;
  options.catalogs = &both;
  options.now = testing::FixedClock();
  OpeningCalculator opening(std::move(options));
  Call slow("acc_a", "1");
  slow.Start(&opening);
  held.AwaitOpens(1);
  Call quick("acc_b", "2");
  quick.Start(&opening);
  quick.Wait();
  EXPECT_TRUE(quick.outcome.ok());
  held.Release();
  slow.Wait();
  EXPECT_TRUE(slow.outcome.ok());
}

TEST_F(OpeningCalculatorTest, CannotBeOpened_FailsWithWhyAndIsTriedAgain) {
  Make();
  catalogs_.Release(catalog::WithRetryAfter(
      catalog::Refuse(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE", "the store is away"), absl::Seconds(1)));
  Call call("acc_a", "1");
  call.Start(opening_.get());
  call.Wait();
  ASSERT_FALSE(call.outcome.ok());
  EXPECT_EQ(call.outcome.failure->code, absl::StatusCode::kUnavailable);
  EXPECT_EQ(call.outcome.failure->reason, "STORE_UNAVAILABLE");
  EXPECT_EQ(call.outcome.failure->message, "the store is away");
  EXPECT_EQ(call.outcome.failure->retry_after, absl::Seconds(1));
  EXPECT_EQ(call.batch.time_created, testing::FixedClock()());
  EXPECT_THAT(noting_.given(), IsEmpty());
  catalogs_.Release();
  Call again("acc_a", "2");
  again.Start(opening_.get());
  again.Wait();
  EXPECT_TRUE(again.outcome.ok());
}

TEST_F(OpeningCalculatorTest, ErrorThatIsNoRefusal_IsNotTold) {
  Make();
  catalogs_.Release(absl::InternalError("/secret/path"));
  Call call("acc_a", "1");
  call.Start(opening_.get());
  call.Wait();
  EXPECT_EQ(call.outcome.failure->message, "the account's catalog could not be opened");
}

TEST_F(OpeningCalculatorTest, TooManyWait_AreRefusedAtOnce) {
  Make(/*most_waiting=*/2);
  std::vector<std::unique_ptr<Call>> calls;
  for (const char* name : {"1", "2", "3"}) calls.push_back(std::make_unique<Call>("acc_a", name));
  for (auto& call : calls) call->Start(opening_.get());
  calls[2]->Wait();
  ASSERT_FALSE(calls[2]->outcome.ok());
  EXPECT_EQ(calls[2]->outcome.failure->reason, "OVERLOADED");
  catalogs_.Release();
  calls[0]->Wait();
  calls[1]->Wait();
  EXPECT_TRUE(calls[0]->outcome.ok());
  EXPECT_TRUE(calls[1]->outcome.ok());
}

TEST_F(OpeningCalculatorTest, ManyCallers_KeepEachTheirOrder) {
  Make(/*most_waiting=*/10'000);
  constexpr int kThreads = 4, kCalls = 200;
  std::vector<std::vector<std::unique_ptr<Call>>> calls(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kCalls; ++j) {
        calls[i].push_back(std::make_unique<Call>(absl::StrCat("acc_", i), absl::StrCat(j)));
        calls[i].back()->Start(opening_.get());
        if (i == 0 && j == kCalls / 2) catalogs_.Release();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (auto& of_thread : calls) {
    for (auto& call : of_thread) call->Wait();
  }
  std::vector<int> next(kThreads);
  for (const std::string& given : noting_.given()) {
    const int account = given[4] - '0';
    EXPECT_EQ(given, absl::StrCat("acc_", account, ":", next[account]++));
  }
  for (int count : next) EXPECT_EQ(count, kCalls);
}

}  // namespace
}  // namespace costs::calculator
