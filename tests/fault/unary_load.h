// Callers who store one half-hour after another by CalculateInstantCost, with the settings
// that clients are told to use, and never try again by themselves: whatever fails, fails
// for good.
#ifndef TESTS_FAULT_UNARY_LOAD_H_
#define TESTS_FAULT_UNARY_LOAD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "tests/fault/meter_feed.h"

namespace costs::fault {

// Start and Finish from one thread.
class UnaryLoad {
 public:
  // `target`: gRPC's, perhaps of several addresses. Half-hours of the location from
  // `start_s` on.
  UnaryLoad(const std::string& target, const std::string& service_config, std::string location_id, int64_t start_s,
            int callers);
  ~UnaryLoad();

  void Start();
  // When the calls under way have ended.
  void Finish();

  int64_t answered() const { return answered_; }
  // The longest that a call took.
  absl::Duration longest() const;

  // After Finish(): the records that were sent, in the order of their times.
  const std::vector<FedRecord>& records() const { return records_; }
  // How calls ended that failed.
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  void Run();

  const std::string location_id_;
  const int64_t start_s_;
  const int callers_;
  const std::unique_ptr<energy::costs::v1::CostsService::Stub> stub_;
  std::atomic<bool> finishing_{false};
  std::atomic<int64_t> answered_{0};
  std::vector<std::thread> threads_;

  mutable std::mutex mutex_;
  std::vector<FedRecord> records_;     // guarded by mutex_ until Finish()
  std::vector<std::string> failures_;  // guarded by mutex_ until Finish()
  absl::Duration longest_;             // guarded by mutex_
};

}  // namespace costs::fault

#endif  // TESTS_FAULT_UNARY_LOAD_H_
