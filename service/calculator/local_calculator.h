// The Calculator that computes: validates each record and prices it on the
// current snapshot of the caller's catalog.
//
// The whole batch is priced on one snapshot, on the calling thread, and `done`
// runs before Calculate returns. Thread-safe.
#ifndef SERVICE_CALCULATOR_LOCAL_CALCULATOR_H_
#define SERVICE_CALCULATOR_LOCAL_CALCULATOR_H_

#include <cstddef>
#include <functional>

#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/calculator/usage_source.h"
#include "service/catalog/snapshot_source.h"

namespace costs::calculator {

class LocalCalculator final : public Calculator {
 public:
  struct Limits {
    size_t breakdown_records = 100;    // in a call that asks for breakdowns
    size_t breakdown_segments = 2000;  // of one record
  };

  // `catalogs` must outlive this; records of a caller whose catalog is not open fail
  // with UNAVAILABLE (opening_calculator.h opens it). `now` may be called from any
  // thread. `usage` says what was used before a record with a tiered price
  // that does not say so itself, and must outlive this; null: nothing was.
  LocalCalculator(const catalog::SnapshotSource* catalogs, std::function<absl::Time()> now, Limits limits,
                  const UsageSource* usage = nullptr);

  void Calculate(Batch* batch, std::function<void()> done) override;

 private:
  const catalog::SnapshotSource* const catalogs_;
  const std::function<absl::Time()> now_;
  const Limits limits_;
  const UsageSource* const usage_;
};

}  // namespace costs::calculator

#endif  // SERVICE_CALCULATOR_LOCAL_CALCULATOR_H_
