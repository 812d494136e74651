#include "service/upstream/coalescing_api.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace costs::upstream {
namespace {

// What the upstream knows a record by, and who asks. Simulations are by themselves:
// they overwrite nothing.
using RecordKey = std::tuple<std::string, bool, std::string, std::string, engine::Direction, engine::TariffRate,
                             int64_t, int64_t, bool>;

RecordKey KeyOf(const CostCall& call) {
  return {call.account_id,        call.live_mode,
          call.authorization,     call.device_id.empty() ? call.location_id : call.device_id,
          call.direction,         call.tariff_rate,
          call.interval.start.ns, call.interval.end.ns,
          call.non_persistent};
}

// All that is asked. A new field of CostCall does not compile before it is named here.
auto Content(const CostCall& call) {
  const auto& [account_id, live_mode, location_id, device_id, session_reference_id, record_reference_id, direction,
               tariff_rate, units, value, interval, confidence, include_tariff, include_carbon, non_persistent,
               authorization, traceparent, deadline, cancelled] = call;
  (void)traceparent;  // that of the first counts
  (void)deadline;
  (void)cancelled;
  return std::tie(account_id, live_mode, location_id, device_id, session_reference_id, record_reference_id, direction,
                  tariff_rate, units, value, interval, confidence, include_tariff, include_carbon, non_persistent,
                  authorization);
}

struct Waiting {
  std::shared_ptr<const CostCall> call;
  CostsApi::Done done;

  bool IsCancelled() const { return call->cancelled != nullptr && call->cancelled(); }
};

// Calls that are asked for as one.
struct Group {
  explicit Group(std::shared_ptr<const CostCall> its_content) : content(std::move(its_content)) {}

  std::shared_ptr<const CostCall> content;
  std::mutex mutex;
  std::vector<Waiting> waiting;  // guarded by mutex
  bool closed = false;           // guarded by mutex: it is being answered, nobody joins

  bool Join(const Waiting& one) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (closed) return false;
    waiting.push_back(one);
    return true;
  }

  std::vector<Waiting> Close() {
    const std::lock_guard<std::mutex> lock(mutex);
    closed = true;
    return std::move(waiting);
  }

  // Whether nobody waits any longer.
  bool IsCancelled() {
    std::vector<std::shared_ptr<const CostCall>> calls;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      if (closed) return true;
      for (const Waiting& one : waiting) {
        if (one.call->cancelled == nullptr) return false;
        calls.push_back(one.call);
      }
    }
    return std::all_of(calls.begin(), calls.end(), [](const auto& call) { return call->cancelled(); });
  }
};

}  // namespace

class CoalescingApi::Groups : public std::enable_shared_from_this<Groups> {
 public:
  Groups(const Timers* timers, CostsApi* child) : timers_(timers), child_(child) {}

  void Enter(Waiting one) {
    const std::shared_ptr<const CostCall> call = one.call;
    auto group = std::make_shared<Group>(call);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      std::shared_ptr<Group>& last = last_[KeyOf(*call)];
      if (last != nullptr && Content(*last->content) == Content(*call) && last->Join(one)) {
        ++joined_;
        return;
      }
      group->Join(one);
      last = group;
    }
    Ask(std::move(group), *call);
  }

  int64_t joined() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return joined_;
  }

 private:
  void Ask(std::shared_ptr<Group> group, const CostCall& first) {
    auto shared = std::make_shared<CostCall>(first);
    shared->cancelled = [group] { return group->IsCancelled(); };
    child_->CalculateInstantCost(
        std::move(shared), [self = shared_from_this(), group](CostResult result) { self->Answered(group, result); });
  }

  void Answered(const std::shared_ptr<Group>& group, const CostResult& result) {
    std::vector<Waiting> waiting = group->Close();
    std::vector<Waiting> left;
    if (const UpstreamError* const error = std::get_if<UpstreamError>(&result)) left = TakeLeft(*error, &waiting);
    if (left.empty()) {
      Forget(group);
    } else {
      AskAgain(group, std::move(left));
    }
    for (const Waiting& one : waiting) one.done(result);
  }

  // Of those who wait, those whose own time is not over: the shared call ended early for
  // them.
  std::vector<Waiting> TakeLeft(const UpstreamError& error, std::vector<Waiting>* waiting) const {
    std::vector<Waiting> left;
    if (error.kind != UpstreamError::Kind::kTimedOut && error.kind != UpstreamError::Kind::kCancelled) return left;
    const absl::Time now = timers_->Now();
    std::vector<Waiting> ended;
    for (size_t i = 0; i < waiting->size(); ++i) {
      Waiting& one = (*waiting)[i];
      // The first one had all the time it wanted.
      const bool waits = i > 0 && now < one.call->deadline && !one.IsCancelled();
      (waits ? left : ended).push_back(std::move(one));
    }
    *waiting = std::move(ended);
    if (error.may_have_acted) {
      for (Waiting& one : left) {
        one.done = [done = std::move(one.done)](CostResult result) {
          if (UpstreamError* const again = std::get_if<UpstreamError>(&result)) again->may_have_acted = true;
          done(std::move(result));
        };
      }
    }
    return left;
  }

  void AskAgain(const std::shared_ptr<Group>& group, std::vector<Waiting> left) {
    // The first of the new group is the one that waits longest, so that all are served.
    std::stable_sort(left.begin(), left.end(),
                     [](const Waiting& a, const Waiting& b) { return a.call->deadline > b.call->deadline; });
    const std::shared_ptr<const CostCall> call = left.front().call;
    auto again = std::make_shared<Group>(call);
    for (const Waiting& one : left) again->Join(one);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = last_.find(KeyOf(*call));
      if (found != last_.end() && found->second == group) found->second = again;
    }
    Ask(std::move(again), *call);
  }

  void Forget(const std::shared_ptr<Group>& group) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = last_.find(KeyOf(*group->content));
    if (found != last_.end() && found->second == group) last_.erase(found);
  }

  const Timers* const timers_;
  CostsApi* const child_;  // lives while a call is under way

  mutable std::mutex mutex_;  // may be held when a group's is taken, not the other way
  absl::flat_hash_map<RecordKey, std::shared_ptr<Group>> last_;  // guarded by mutex_: the last that began
  int64_t joined_ = 0;                                           // guarded by mutex_
};

CoalescingApi::CoalescingApi(const Timers* timers, std::shared_ptr<CostsApi> child)
    : child_(std::move(child)), groups_(std::make_shared<Groups>(timers, child_.get())) {}

void CoalescingApi::CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) {
  groups_->Enter({std::move(call), std::move(done)});
}

int64_t CoalescingApi::joined() const { return groups_->joined(); }

}  // namespace costs::upstream
