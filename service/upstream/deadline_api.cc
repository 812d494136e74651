#include "service/upstream/deadline_api.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>

#include "service/upstream/spared.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {

// One that is waited for; owned by its timer and by the child's callbacks.
class DeadlineApi::Call : public std::enable_shared_from_this<Call> {
 public:
  Call(Timers* timers, absl::Duration look_every, std::shared_ptr<std::atomic<int64_t>> answered_for,
       absl::Time answer_at, std::function<bool()> cancelled, Done done)
      : timers_(timers),
        look_every_(look_every),
        answered_for_(std::move(answered_for)),
        answer_at_(answer_at),
        cancelled_(std::move(cancelled)),
        done_(std::move(done)) {}

  bool answered() const { return answered_; }
  bool cancelled() const { return cancelled_ != nullptr && cancelled_(); }

  // The next look at the time, and at whether anybody still waits.
  void Watch(absl::Time now) {
    const absl::Time next = cancelled_ == nullptr ? answer_at_ : std::min(answer_at_, now + look_every_);
    const Timers::Timer timer =
        timers_->At(next, [self = shared_from_this()](Timers::Why why) { self->Look(why == Timers::Why::kOver); });
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!answered_) {
        timer_ = timer;
        return;
      }
    }
    timers_->Cancel(timer);
  }

  // The first answer counts.
  bool Answer(CostResult result) {
    Timers::Timer timer;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (answered_) return false;
      answered_ = true;
      timer = timer_;
    }
    timers_->Cancel(timer);
    std::exchange(done_, nullptr)(std::move(result));
    return true;
  }

 private:
  void Look(bool over) {
    const absl::Time now = timers_->Now();
    // The child may have sent it: who knows better has answered by now.
    if (over) {
      AnswerFor(SparedAsStopping(/*may_have_acted=*/true));
    } else if (cancelled()) {
      AnswerFor(Cancelled(/*may_have_acted=*/true));
    } else if (now >= answer_at_) {
      AnswerFor(TimedOut(/*may_have_acted=*/true));
    } else if (!answered_) {
      Watch(now);
    }
  }

  void AnswerFor(UpstreamError error) {
    const std::shared_ptr<std::atomic<int64_t>> answered_for = answered_for_;
    if (Answer(std::move(error))) ++*answered_for;
  }

  Timers* const timers_;
  const absl::Duration look_every_;
  const std::shared_ptr<std::atomic<int64_t>> answered_for_;
  const absl::Time answer_at_;
  const std::function<bool()> cancelled_;
  Done done_;  // whose it is who sets answered_

  std::mutex mutex_;
  std::atomic<bool> answered_{false};  // set under mutex_
  Timers::Timer timer_;                // guarded by mutex_
};

DeadlineApi::DeadlineApi(const Options& options, Timers* timers, std::shared_ptr<CostsApi> child)
    : options_(options),
      timers_(timers),
      child_(std::move(child)),
      under_way_(std::make_shared<CallsUnderWay>()),
      answered_for_(std::make_shared<std::atomic<int64_t>>(0)) {}

DeadlineApi::~DeadlineApi() { under_way_->Await(); }

void DeadlineApi::CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) {
  const absl::Time now = timers_->Now();
  absl::Time deadline = call->deadline == absl::InfiniteFuture() ? now + options_.default_timeout : call->deadline;
  deadline = std::min(deadline, now + options_.longest);
  if (now >= deadline) return done(TimedOut(/*may_have_acted=*/false));
  const absl::Duration margin = std::min(options_.margin, (deadline - now) / 10);

  auto waiting = std::make_shared<Call>(timers_, options_.look_every, answered_for_, deadline - margin / 2,
                                        call->cancelled, std::move(done));
  if (waiting->cancelled()) {
    waiting->Answer(Cancelled(/*may_have_acted=*/false));
    return;
  }
  auto shorter = std::make_shared<CostCall>(*call);
  shorter->deadline = deadline - margin;
  shorter->cancelled = [waiting] { return waiting->answered() || waiting->cancelled(); };
  // For this call of the child, and for its answer: neither outlives this.
  const std::shared_ptr<CallsUnderWay> under_way = under_way_;
  under_way->Begin();
  under_way->Begin();
  waiting->Watch(now);
  child_->CalculateInstantCost(std::move(shorter), [waiting, under_way](CostResult result) {
    waiting->Answer(std::move(result));
    under_way->End();
  });
  under_way->End();
}

}  // namespace costs::upstream
