// The Calculator that gives each record to the one for its account's and location's
// mode. The table may be replaced at any time, and holds for the batches that come
// after. Thread-safe.
#ifndef SERVICE_UPSTREAM_MODE_CALCULATOR_H_
#define SERVICE_UPSTREAM_MODE_CALCULATOR_H_

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "service/calculator/calculator.h"
#include "service/upstream/mode_table.h"

namespace costs::upstream {

class ModeCalculator final : public calculator::Calculator {
 public:
  // By Mode; none is null, and all outlive this.
  using Children = std::array<calculator::Calculator*, kModes>;

  ModeCalculator(const Children& children, ModeTable table)
      : children_(children), table_(std::make_shared<const ModeTable>(std::move(table))) {}

  void SetTable(ModeTable table);

  void Calculate(calculator::Batch* batch, std::function<void()> done) override;

 private:
  const Children children_;
  std::mutex mutex_;
  std::shared_ptr<const ModeTable> table_;  // guarded by mutex_
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_MODE_CALCULATOR_H_
