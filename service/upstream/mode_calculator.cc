#include "service/upstream/mode_calculator.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

#include "service/upstream/partial_batch.h"

namespace costs::upstream {
namespace {

using calculator::Batch;

// A batch whose records have several modes; gone when all of its parts are done.
struct Split {
  Batch* batch = nullptr;
  std::function<void()> done;
  std::vector<std::unique_ptr<PartialBatch>> parts;
  std::atomic<size_t> left{0};

  void PartDone() {
    if (--left > 0) return;
    auto owners = std::make_shared<std::vector<std::shared_ptr<const void>>>();
    for (const std::unique_ptr<PartialBatch>& part : parts) {
      part->PutBack();
      batch->time_created = std::max(batch->time_created, part->batch()->time_created);
      owners->push_back(part->batch()->keep_alive);
    }
    batch->catalog_version = 0;
    batch->keep_alive = std::move(owners);
    done();
  }
};

}  // namespace

void ModeCalculator::SetTable(ModeTable table) {
  auto replacement = std::make_shared<const ModeTable>(std::move(table));
  const std::lock_guard<std::mutex> lock(mutex_);
  table_.swap(replacement);
}

void ModeCalculator::Calculate(Batch* batch, std::function<void()> done) {
  std::shared_ptr<const ModeTable> table;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    table = table_;
  }
  std::array<std::vector<size_t>, kModes> by_mode;
  for (size_t i = 0; i < batch->submissions.size(); ++i) {
    const Mode mode = table->ModeOf(batch->caller.account_id, batch->submissions[i].location_id);
    by_mode[static_cast<size_t>(mode)].push_back(i);
  }
  auto split = std::make_shared<Split>();
  std::vector<calculator::Calculator*> children;
  for (size_t mode = 0; mode < kModes; ++mode) {
    if (by_mode[mode].size() == batch->submissions.size()) return children_[mode]->Calculate(batch, std::move(done));
    if (by_mode[mode].empty()) continue;
    split->parts.push_back(std::make_unique<PartialBatch>(batch, std::move(by_mode[mode])));
    children.push_back(children_[mode]);
  }
  split->batch = batch;
  split->done = std::move(done);
  split->left = split->parts.size();
  batch->time_created = absl::InfinitePast();
  for (size_t k = 0; k < children.size(); ++k) {
    children[k]->Calculate(split->parts[k]->batch(), [split] { split->PartDone(); });
  }
}

}  // namespace costs::upstream
