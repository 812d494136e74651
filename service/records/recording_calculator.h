// The Calculator that stores what it answers: a wrapper around one that prices. A
// batch is answered when its records are durable, in one transaction; records that
// are simulations (non_persistent), and records without a price, are not stored.
//
// A record whose price depends on the usage before it is priced inside the
// transaction that stores it, after all that was stored before it, earlier records
// of its own batch included; so a meter's readings get the same figures one by one
// and in batches. A simulation of such a record asks for the committed usage.
//
// A record that cannot be stored is answered with a Failure that says whether to
// try again; the caller then cannot tell whether it was stored, and may submit it
// again: the same submission is stored once.
//
// Thread-safe.
#ifndef SERVICE_RECORDS_RECORDING_CALCULATOR_H_
#define SERVICE_RECORDS_RECORDING_CALCULATOR_H_

#include <functional>

#include "service/calculator/calculator.h"
#include "service/calculator/usage_source.h"
#include "service/executor/bounded_executor.h"
#include "service/records/record_store.h"

namespace costs::records {

// Puts every question off (kUsageDeferred): for the child, which runs on threads
// that must not block.
const calculator::UsageSource& DeferringUsage();

class RecordingCalculator final : public calculator::Calculator {
 public:
  // What is pointed to outlives this, and every batch that is under way.
  struct Options {
    // Prices; asks DeferringUsage() for usage.
    calculator::Calculator* child = nullptr;
    RecordStore* store = nullptr;
    // Prices with that usage, and is done when it returns. May block.
    std::function<void(calculator::Batch* batch, const calculator::UsageSource& usage)> price;
    // For simulations, which may wait for the store.
    executor::BoundedExecutor* blocking = nullptr;
  };

  explicit RecordingCalculator(Options options);

  void Calculate(calculator::Batch* batch, std::function<void()> done) override;

 private:
  class Recording;

  const Options options_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_RECORDING_CALCULATOR_H_
