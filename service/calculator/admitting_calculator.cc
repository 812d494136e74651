#include "service/calculator/admitting_calculator.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"

namespace costs::calculator {

absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

AdmittingCalculator::AdmittingCalculator(const Options& options)
    : options_(options),
      limit_({options.most_records, std::min(options.least_records, options.most_records), options.target_delay}) {}

void AdmittingCalculator::Calculate(Batch* batch, std::function<void()> done) {
  if (batch->may_wait) return Await(batch, std::move(done));
  if (!TryEnter(batch->submissions.size(), Who::kOne)) return Refuse(batch, done);
  if (options_.let_in) options_.let_in(options_.clock());
  Run(batch, std::move(done));
}

AdmittingCalculator::Figures AdmittingCalculator::figures() const {
  return {under_way_.load(), BoundFor(Who::kOne), waiting_.load(), refused_.load()};
}

size_t AdmittingCalculator::BoundFor(Who who) const {
  const size_t bound = limit_.Records(options_.clock());
  return who == Who::kOne ? bound : bound - bound / 8;
}

bool AdmittingCalculator::TryEnter(size_t records, Who who) {
  const size_t bound = BoundFor(who);
  size_t under_way = under_way_.load();
  do {
    if (under_way > 0 && under_way + records > bound) return false;
  } while (!under_way_.compare_exchange_weak(under_way, under_way + records));
  if (under_way == 0) limit_.WorkBegins(options_.clock());
  return true;
}

void AdmittingCalculator::Run(Batch* batch, std::function<void()> done) {
  const size_t records = batch->submissions.size();
  options_.child->Calculate(batch, [this, records, done = std::move(done)] {
    const size_t left = under_way_ -= records;
    limit_.Done(records, left, options_.clock());
    // Whoever begins to wait looks again for room after he has said that he waits.
    if (waiting_.load() > 0) LetIn();
    done();  // the last: this may be gone after it
  });
}

void AdmittingCalculator::Await(Batch* batch, std::function<void()> done) {
  const size_t records = batch->submissions.size();
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (queue_.empty() && !letting_in_ && TryEnter(records, Who::kOneThatMayWait)) {
      // The order is the caller's own: he hands on one batch after the other.
      lock.unlock();
      return Run(batch, std::move(done));
    }
    if (waiting_.load() > 0 && waiting_.load() + records > options_.most_waiting) {
      lock.unlock();
      return Refuse(batch, done);
    }
    queue_.push_back({batch, std::move(done)});
    waiting_ += records;
  }
  LetIn();
}

void AdmittingCalculator::LetIn() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (letting_in_) return;
  letting_in_ = true;
  // Room that is made from now on by another thread, which then sees somebody letting
  // in and leaves, is seen here: it is made before that thread takes the mutex.
  while (!queue_.empty() && TryEnter(queue_.front().batch->submissions.size(), Who::kOneThatMayWait)) {
    Waiting next = std::move(queue_.front());
    queue_.pop_front();
    waiting_ -= next.batch->submissions.size();
    lock.unlock();
    Run(next.batch, std::move(next.done));
    lock.lock();
  }
  letting_in_ = false;
}

std::unique_ptr<const Failure> AdmittingCalculator::RefusalOf(size_t records) const {
  const size_t under_way = under_way_.load();
  if (under_way == 0 || under_way + records <= BoundFor(Who::kOne)) return nullptr;
  CountRefused(records);
  return Overloaded();
}

void AdmittingCalculator::CountRefused(size_t records) const {
  refused_ += records;
  if (options_.refused) options_.refused(options_.clock());
}

void AdmittingCalculator::Refuse(Batch* batch, const std::function<void()>& done) {
  CountRefused(batch->submissions.size());
  for (Outcome& outcome : batch->outcomes) outcome.failure = Overloaded();
  done();
}

std::unique_ptr<const Failure> AdmittingCalculator::Overloaded() const {
  auto failure = std::make_unique<Failure>();
  failure->code = absl::StatusCode::kUnavailable;
  failure->reason = "OVERLOADED";
  failure->message = absl::StrCat("the service has more to do than it can; nothing was done; try again after ",
                                  absl::FormatDuration(options_.retry_after));
  failure->retry_after = options_.retry_after;
  return failure;
}

}  // namespace costs::calculator
