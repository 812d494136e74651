// Some of the records of a batch, given to a calculator apart from the others; for
// calculators that send records different ways.
//
//   PartialBatch part(batch, {1, 4});
//   calculator->Calculate(part.batch(), [&] { part.PutBack(); });
//
// One thread's at a time.
#ifndef SERVICE_UPSTREAM_PARTIAL_BATCH_H_
#define SERVICE_UPSTREAM_PARTIAL_BATCH_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "service/calculator/calculator.h"

namespace costs::upstream {

class PartialBatch {
 public:
  // `indices` are of the records of `of`, which outlives this.
  PartialBatch(calculator::Batch* of, std::vector<size_t> indices)
      : of_(of), indices_(std::move(indices)), outcomes_(indices_.size()) {
    submissions_.reserve(indices_.size());
    for (size_t i : indices_) submissions_.push_back(of_->submissions[i]);
    batch_.caller = of_->caller;
    batch_.options = of_->options;
    batch_.submissions = submissions_;
    batch_.outcomes = absl::MakeSpan(outcomes_);
  }
  PartialBatch(const PartialBatch&) = delete;
  PartialBatch& operator=(const PartialBatch&) = delete;

  calculator::Batch* batch() { return &batch_; }

  // Moves the outcomes to their places. Whoever calls it holds on to batch()->keep_alive.
  void PutBack() {
    for (size_t k = 0; k < indices_.size(); ++k) of_->outcomes[indices_[k]] = std::move(outcomes_[k]);
  }

 private:
  calculator::Batch* const of_;
  const std::vector<size_t> indices_;
  std::vector<calculator::Submission> submissions_;
  std::vector<calculator::Outcome> outcomes_;
  calculator::Batch batch_;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_PARTIAL_BATCH_H_
