#include "service/upstream/call_turns.h"

#include <chrono>
#include <utility>

namespace costs::upstream {
namespace {

constexpr std::chrono::milliseconds kSweepEvery{10};

}  // namespace

CallTurns::CallTurns(size_t under_way, std::function<absl::Time()> now)
    : now_(std::move(now)), free_(under_way), sweeping_([this] { SweepAgainAndAgain(); }) {}

CallTurns::~CallTurns() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    idle_.wait(lock, [this] { return running_ == 0 && !pumping_; });
    stop_ = true;
  }
  waiting_.notify_one();
  sweeping_.join();
}

void CallTurns::Add(std::shared_ptr<Calls> calls) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    batches_.push_back({std::move(calls)});
  }
  Pump();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (asleep_ && !(batches_.empty() && storing_.empty())) waiting_.notify_one();
}

void CallTurns::Pump() {
  std::unique_lock<std::mutex> lock(mutex_);
  // Who does it now looks again before he stops.
  if (pumping_) return;
  pumping_ = true;
  while (std::optional<Call> call = Take()) {
    lock.unlock();
    call->calls->Start(call->i, [this, key = call->key] { Over(key); });
    call.reset();
    lock.lock();
  }
  pumping_ = false;
  idle_.notify_all();
}

std::optional<CallTurns::Call> CallTurns::Take() {
  if (!next_.empty()) {
    Call call = std::move(next_.front());
    next_.pop_front();
    return call;
  }
  while (free_ > 0 && !batches_.empty()) {
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    Call call{batch.calls, batch.next, batch.calls->KeyOf(batch.next)};
    if (++batch.next < batch.calls->count()) batches_.push_back(std::move(batch));
    if (call.key) {
      const auto [waiting, first] = storing_.try_emplace(*call.key);
      if (!first) {
        waiting->second.push_back(std::move(call));
        continue;
      }
    }
    --free_;
    ++running_;
    return call;
  }
  return std::nullopt;
}

void CallTurns::Over(const std::optional<Key>& key) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto storing = key ? storing_.find(*key) : storing_.end();
    if (storing != storing_.end() && !storing->second.empty()) {
      // The next that stores the same record has its place.
      next_.push_back(std::move(storing->second.front()));
      storing->second.pop_front();
      ++running_;
    } else {
      if (storing != storing_.end()) storing_.erase(storing);
      ++free_;
    }
  }
  Pump();
  const std::lock_guard<std::mutex> lock(mutex_);
  --running_;
  idle_.notify_all();
}

void CallTurns::SweepAgainAndAgain() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    asleep_ = true;
    waiting_.wait(lock, [this] { return stop_ || !batches_.empty() || !storing_.empty(); });
    asleep_ = false;
    if (stop_) return;
    waiting_.wait_for(lock, kSweepEvery, [this] { return stop_; });
    const std::vector<Call> unwanted = Unwanted();
    if (unwanted.empty()) continue;
    // Or else the owner could take this for idle.
    ++running_;
    lock.unlock();
    for (const Call& call : unwanted) call.calls->Drop(call.i);
    lock.lock();
    --running_;
    idle_.notify_all();
  }
}

std::vector<CallTurns::Call> CallTurns::Unwanted() {
  const absl::Time now = now_();
  std::vector<Call> unwanted;
  std::deque<Batch> wanted;
  for (Batch& batch : batches_) {
    if (!batch.calls->Unwanted(now)) {
      wanted.push_back(std::move(batch));
      continue;
    }
    for (size_t i = batch.next; i < batch.calls->count(); ++i) unwanted.push_back({batch.calls, i, std::nullopt});
  }
  batches_ = std::move(wanted);
  for (auto& [key, waiting] : storing_) {
    std::deque<Call> kept;
    for (Call& call : waiting) {
      if (call.calls->Unwanted(now)) {
        unwanted.push_back(std::move(call));
      } else {
        kept.push_back(std::move(call));
      }
    }
    waiting = std::move(kept);
  }
  return unwanted;
}

}  // namespace costs::upstream
