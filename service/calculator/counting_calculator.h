// The Calculator that counts what its child answers: records by how they were answered,
// for metrics. It changes nothing. Thread-safe.
#ifndef SERVICE_CALCULATOR_COUNTING_CALCULATOR_H_
#define SERVICE_CALCULATOR_COUNTING_CALCULATOR_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "service/calculator/calculator.h"
#include "service/telemetry/figure.h"

namespace costs::calculator {

class CountingCalculator final : public Calculator {
 public:
  // `child` outlives this.
  explicit CountingCalculator(Calculator* child) : child_(child) {}

  void Calculate(Batch* batch, std::function<void()> done) override;

  // costs_records_priced_total by what was found and how sure it is,
  // costs_records_refused_total by reason.
  std::vector<telemetry::Figure> Figures() const;

 private:
  // What is known of a figure of a record.
  enum Known { kNone, kForecast, kSure, kKnown };

  void Count(const Batch& batch);

  Calculator* const child_;
  // By what is known of its cost, and of its carbon.
  std::array<std::array<std::atomic<uint64_t>, kKnown>, kKnown> priced_{};
  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> refused_;  // guarded by mutex_; by reason
};

}  // namespace costs::calculator

#endif  // SERVICE_CALCULATOR_COUNTING_CALCULATOR_H_
