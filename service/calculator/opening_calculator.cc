#include "service/calculator/opening_calculator.h"

#include <memory>
#include <optional>

#include "absl/base/optimization.h"
#include "service/catalog/refusal.h"

namespace costs::calculator {

void OpeningCalculator::Calculate(Batch* batch, std::function<void()> done) {
  const Caller& caller = batch->caller;
  if (ABSL_PREDICT_TRUE(waiting_.load() == 0 &&
                        options_.catalogs->Find(caller.account_id, caller.live_mode) != nullptr)) {
    return options_.child->Calculate(batch, std::move(done));
  }
  Await(batch, std::move(done));
}

void OpeningCalculator::Await(Batch* batch, std::function<void()> done) {
  const TenantKey key(std::string(batch->caller.account_id), batch->caller.live_mode);
  Waiting waiting{batch, std::move(done)};
  bool too_many = false;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto queue = queues_.find(key);
    if (queue == queues_.end() && options_.catalogs->Find(key.first, key.second) != nullptr) {
      // It is others' catalogs that are being opened.
      lock.unlock();
      return options_.child->Calculate(batch, std::move(waiting.done));
    }
    too_many = waiting_.load() >= options_.most_waiting;
    if (!too_many && queue != queues_.end()) {
      ++waiting_;
      queue->second.push_back(std::move(waiting));
      return;
    }
    if (!too_many) {
      // While the mutex is held, nobody looks for the queue that this begins with.
      too_many = !opening_.TryRun([this, key] { Open(key); });
      if (!too_many) {
        ++waiting_;
        queues_[key].push_back(std::move(waiting));
        return;
      }
    }
  }
  Fail(waiting, catalog::Overloaded("too many calls wait for their catalog to be opened; try again in a second",
                                    absl::Seconds(1)));
}

void OpeningCalculator::Open(const TenantKey& key) {
  if (const absl::Status opened = options_.catalogs->Open({key.first, key.second}).status(); !opened.ok()) {
    return FailAll(key, opened);
  }
  for (;;) {
    std::optional<Waiting> next;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto queue = queues_.find(key);
      if (queue->second.empty()) {
        queues_.erase(queue);
        return;
      }
      next = std::move(queue->second.front());
      queue->second.pop_front();
    }
    options_.child->Calculate(next->batch, std::move(next->done));
    // Only now may a later batch go past the queue.
    --waiting_;
  }
}

// Whoever comes after one that was told so makes it be tried again.
void OpeningCalculator::FailAll(const TenantKey& key, const absl::Status& status) {
  decltype(queues_)::mapped_type failed;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto queue = queues_.find(key);
    failed = std::move(queue->second);
    queues_.erase(queue);
    waiting_ -= failed.size();
  }
  for (const Waiting& waiting : failed) Fail(waiting, status);
}

void OpeningCalculator::Fail(const Waiting& waiting, const absl::Status& status) const {
  Failure failure;
  failure.code = status.code();
  failure.reason = catalog::ReasonOf(status);
  // What is no refusal is not for a caller's eyes.
  failure.message =
      failure.reason.empty() ? "the account's catalog could not be opened" : std::string(status.message());
  if (const auto retry = catalog::RetryAfterOf(status)) failure.retry_after = *retry;
  waiting.batch->time_created = options_.now();
  for (Outcome& outcome : waiting.batch->outcomes) outcome.failure = std::make_unique<Failure>(failure);
  waiting.done();
}

}  // namespace costs::calculator
