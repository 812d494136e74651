// The Calculator that has the caller's catalog opened before his records are priced:
// a wrapper around one that prices on open catalogs (LocalCalculator).
//
// Where it is open, as it is from an account's first call on, this costs a look-up.
// Otherwise the batch waits while a thread that may block opens it, and later batches
// of the same tenant wait behind it: the child is given them in the order in which
// they came. Where it cannot be opened, they fail with why (UNAVAILABLE,
// STORE_UNAVAILABLE, with when to try again); so do those that are too many.
//
// Owns one thread. Thread-safe.
#ifndef SERVICE_CALCULATOR_OPENING_CALCULATOR_H_
#define SERVICE_CALCULATOR_OPENING_CALCULATOR_H_

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/catalog/snapshot_source.h"
#include "service/catalog/tenant.h"
#include "service/executor/bounded_executor.h"

namespace costs::calculator {

class OpeningCalculator final : public Calculator {
 public:
  // What is pointed to outlives this.
  struct Options {
    Calculator* child = nullptr;
    catalog::SnapshotSource* catalogs = nullptr;
    std::function<absl::Time()> now;
    size_t most_waiting = 1'000;  // batches, of all tenants
  };

  explicit OpeningCalculator(Options options)
      : options_(std::move(options)), opening_({/*threads=*/1, options_.most_waiting}) {}
  // Every batch that waits is handed on before this ends.
  ~OpeningCalculator() override = default;

  void Calculate(Batch* batch, std::function<void()> done) override;

 private:
  struct Waiting {
    Batch* batch;
    std::function<void()> done;
  };
  using Queue = std::deque<Waiting>;
  using TenantKey = std::pair<std::string, bool>;

  void Await(Batch* batch, std::function<void()> done);
  // Opens the tenant's catalog, and hands on what waits for it.
  void Open(const TenantKey& key);
  void FailAll(const TenantKey& key, const absl::Status& status);
  void Fail(const Waiting& waiting, const absl::Status& status) const;

  const Options options_;
  std::atomic<size_t> waiting_{0};  // batches in queues, and those that are being handed on
  std::mutex mutex_;
  std::map<TenantKey, Queue> queues_;  // guarded by mutex_; one is there while its catalog is opened
  executor::BoundedExecutor opening_;  // the last: its thread uses all of this
};

}  // namespace costs::calculator

#endif  // SERVICE_CALCULATOR_OPENING_CALCULATOR_H_
