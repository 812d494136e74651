#include "service/upstream/limit_api.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "service/upstream/spared.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

struct Waiting {
  std::shared_ptr<const CostCall> call;
  CostsApi::Done done;
};

bool IsCancelled(const CostCall& call) { return call.cancelled != nullptr && call.cancelled(); }

}  // namespace

class LimitApi::Queue : public std::enable_shared_from_this<Queue> {
 public:
  Queue(const Options& options, Timers* timers, CostsApi* child) : options_(options), timers_(timers), child_(child) {}

  void Enter(Waiting waiting) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (waiting_.empty() && counters_.under_way < options_.most_under_way) {
      ++counters_.under_way;
      lock.unlock();
      return Begin(std::move(waiting));
    }
    if (counters_.under_way + waiting_.size() >= options_.most_under_way + options_.most_waiting) {
      ++counters_.refused;
      lock.unlock();
      return waiting.done(SparedAsOverloaded("has as many calls as it may have, and more wait", options_.retry_after));
    }
    waiting_.push_back(std::move(waiting));
    lock.unlock();
    Advance();
    lock.lock();
    if (waiting_.empty() || std::exchange(looking_, true)) return;
    lock.unlock();
    LookLater();
  }

  Counters counters() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    Counters counters = counters_;
    counters.waiting = waiting_.size();
    return counters;
  }

 private:
  // Begins calls while there is room. One thread at a time, so that calls that end at
  // once do not begin each other ever deeper: whoever else comes leaves it to that one.
  void Advance() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (std::exchange(advancing_, true)) return;
    while (!waiting_.empty() && counters_.under_way < options_.most_under_way) {
      Waiting next = std::move(waiting_.front());
      waiting_.pop_front();
      ++counters_.under_way;
      lock.unlock();
      Begin(std::move(next));
      lock.lock();
    }
    advancing_ = false;
  }

  void Begin(Waiting next) {
    if (IsCancelled(*next.call) || timers_->Now() >= next.call->deadline) {
      Leave();
      return Answer(next);
    }
    const std::shared_ptr<const CostCall> call = next.call;
    child_->CalculateInstantCost(call, [self = shared_from_this(), done = std::move(next.done)](CostResult result) {
      self->Leave();
      self->Advance();
      done(std::move(result));
    });
  }

  void Leave() {
    const std::lock_guard<std::mutex> lock(mutex_);
    --counters_.under_way;
  }

  // One whose time is over, or that nobody waits for.
  static void Answer(const Waiting& waiting) {
    waiting.done(IsCancelled(*waiting.call) ? Cancelled(/*may_have_acted=*/false) : TimedOut(/*may_have_acted=*/false));
  }

  // `looking_` is true: there is one such timer while anything waits.
  void LookLater() {
    const absl::Time now = timers_->Now();
    absl::Time next = now + options_.look_every;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (waiting_.empty()) {
        looking_ = false;
        return;
      }
      for (const Waiting& waiting : waiting_) next = std::min(next, waiting.call->deadline);
    }
    timers_->At(std::max(next, now + absl::Milliseconds(1)),
                [self = shared_from_this()](Timers::Why why) { self->Look(why == Timers::Why::kOver); });
  }

  void Look(bool over) {
    if (over) return EndAll();
    const absl::Time now = timers_->Now();
    std::vector<std::shared_ptr<const CostCall>> calls;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const Waiting& waiting : waiting_) calls.push_back(waiting.call);
    }
    // Whether a call is cancelled is asked without the lock; meanwhile some may begin.
    const auto is_wanted = [now](const auto& call) { return now < call->deadline && !IsCancelled(*call); };
    calls.erase(std::remove_if(calls.begin(), calls.end(), is_wanted), calls.end());
    for (const Waiting& waiting : TakeOut(std::move(calls))) Answer(waiting);
    LookLater();
  }

  std::vector<Waiting> TakeOut(std::vector<std::shared_ptr<const CostCall>> calls) {
    std::vector<Waiting> taken;
    if (calls.empty()) return taken;
    std::sort(calls.begin(), calls.end());
    const std::lock_guard<std::mutex> lock(mutex_);
    std::deque<Waiting> rest;
    for (Waiting& waiting : waiting_) {
      if (std::binary_search(calls.begin(), calls.end(), waiting.call)) {
        taken.push_back(std::move(waiting));
      } else {
        rest.push_back(std::move(waiting));
      }
    }
    waiting_ = std::move(rest);
    return taken;
  }

  void EndAll() {
    std::deque<Waiting> all;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      all.swap(waiting_);
      looking_ = false;
    }
    for (const Waiting& waiting : all) waiting.done(SparedAsStopping(/*may_have_acted=*/false));
  }

  const Options options_;
  Timers* const timers_;
  CostsApi* const child_;  // lives while a call is under way

  mutable std::mutex mutex_;
  std::deque<Waiting> waiting_;  // guarded by mutex_
  Counters counters_;            // guarded by mutex_; `waiting` is not kept
  bool advancing_ = false;       // guarded by mutex_
  bool looking_ = false;         // guarded by mutex_
};

LimitApi::LimitApi(const Options& options, Timers* timers, std::shared_ptr<CostsApi> child)
    : child_(std::move(child)), queue_(std::make_shared<Queue>(options, timers, child_.get())) {}

void LimitApi::CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) {
  queue_->Enter({std::move(call), std::move(done)});
}

LimitApi::Counters LimitApi::counters() const { return queue_->counters(); }

}  // namespace costs::upstream
