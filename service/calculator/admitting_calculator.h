// The Calculator that bounds how many records are under way: a wrapper around one that
// takes its time, such as one that stores. So memory has an end, and what is let in is
// answered soon, however much more is asked for. The bound follows how fast the work is
// done (AdmissionLimit).
//
// Past the bound the newest are refused at once (UNAVAILABLE, OVERLOADED, with when to
// try again), before anything is done for them. Batches of a caller who can be slowed
// down (Batch::may_wait: the chunks of a stream, whose reading then stops) wait instead,
// and are let in in the order in which they came. A part of the bound is kept free of
// them for the others, so that bulk does not drive out single calls.
//
// Thread-safe.
#ifndef SERVICE_CALCULATOR_ADMITTING_CALCULATOR_H_
#define SERVICE_CALCULATOR_ADMITTING_CALCULATOR_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/time/time.h"
#include "service/calculator/admission_limit.h"
#include "service/calculator/calculator.h"

namespace costs::calculator {

// Time since some moment, which never goes back.
absl::Time SteadyNow();

class AdmittingCalculator final : public Calculator {
 public:
  struct Options {
    Calculator* child = nullptr;      // outlives this
    size_t most_records = 50'000;     // under way; a larger batch is let in where nothing else is
    size_t most_waiting = 1'000'000;  // records of batches that may wait; beyond it they are refused, too
    absl::Duration retry_after = absl::Seconds(1);
    // What the last record let in shall wait at most; infinite: the bound stays at the most.
    absl::Duration target_delay = absl::InfiniteDuration();
    size_t least_records = 1'000;  // of the bound, however slow the child is
    std::function<absl::Time()> clock = SteadyNow;
    // Told, on the caller's thread, that a batch was refused, or let in at once; may be null.
    std::function<void(absl::Time now)> refused = nullptr;
    std::function<void(absl::Time now)> let_in = nullptr;
  };
  // Every batch is done before this ends.
  explicit AdmittingCalculator(const Options& options);

  void Calculate(Batch* batch, std::function<void()> done) override;

  // The refusal of so many records, where there is no room for them now; else null. For a
  // caller who would have work to do before he has a batch; if he goes on, it may still
  // be refused.
  std::unique_ptr<const Failure> RefusalOf(size_t records) const;

  struct Figures {
    size_t under_way = 0;        // records
    size_t bound = 0;            // records
    size_t waiting = 0;          // records
    uint64_t refused_total = 0;  // records
  };
  Figures figures() const;

 private:
  struct Waiting {
    Batch* batch;
    std::function<void()> done;
  };

  enum class Who { kOne, kOneThatMayWait };

  // What may be under way for him to be let in.
  size_t BoundFor(Who who) const;
  // Takes room for so many records, where the bound leaves it.
  bool TryEnter(size_t records, Who who);
  void Run(Batch* batch, std::function<void()> done);
  void Await(Batch* batch, std::function<void()> done);
  // Lets in what waits, as far as there is room.
  void LetIn();
  void Refuse(Batch* batch, const std::function<void()>& done);
  void CountRefused(size_t records) const;
  std::unique_ptr<const Failure> Overloaded() const;

  const Options options_;
  AdmissionLimit limit_;
  std::atomic<size_t> under_way_{0};
  mutable std::atomic<uint64_t> refused_{0};
  std::atomic<size_t> waiting_{0};  // records; changed under mutex_

  std::mutex mutex_;
  std::deque<Waiting> queue_;  // guarded by mutex_
  bool letting_in_ = false;    // guarded by mutex_: a thread does, one at a time, in order
};

}  // namespace costs::calculator

#endif  // SERVICE_CALCULATOR_ADMITTING_CALCULATOR_H_
