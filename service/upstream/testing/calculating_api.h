// A CostsApi without a network: what a Calculator of this process answers, or what a
// test says instead.
//
//   CalculatingApi api(&local);
//   api.instead = [](const CostCall& call) -> std::optional<UpstreamError> { … };
//
// Answers before the call returns, unless it is held. Thread-safe; `instead` is set
// while no call is under way.
#ifndef SERVICE_UPSTREAM_TESTING_CALCULATING_API_H_
#define SERVICE_UPSTREAM_TESTING_CALCULATING_API_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/upstream/costs_api.h"

namespace costs::upstream::testing {

class CalculatingApi final : public CostsApi {
 public:
  explicit CalculatingApi(calculator::Calculator* calculator) : calculator_(calculator) {}

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override;

  // Holds calls back until Release(), which answers those held so far.
  void Hold();
  void Release();

  // All calls so far.
  std::vector<std::shared_ptr<const CostCall>> calls() const;

  // Nothing: the calculator is asked.
  std::function<std::optional<UpstreamError>(const CostCall& call)> instead;

 private:
  struct Held {
    std::shared_ptr<const CostCall> call;
    Done done;
  };
  void Answer(const std::shared_ptr<const CostCall>& call, const Done& done);

  calculator::Calculator* const calculator_;
  mutable std::mutex mutex_;
  bool holding_ = false;                                // guarded by mutex_
  std::vector<Held> held_;                              // guarded by mutex_
  std::vector<std::shared_ptr<const CostCall>> calls_;  // guarded by mutex_
};

// What a calculator answered, as an upstream would have.
CostResult ResultOf(const calculator::Outcome& outcome, absl::Time time_created);

}  // namespace costs::upstream::testing

#endif  // SERVICE_UPSTREAM_TESTING_CALCULATING_API_H_
