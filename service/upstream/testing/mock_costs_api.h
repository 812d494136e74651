// Costs APIs that answer as a test wants.
//
//   auto child = std::make_shared<NiceMock<MockCostsApi>>();
//   EXPECT_CALL(*child, CalculateInstantCost).WillOnce(Answers(SomeCost()));
//
//   auto child = std::make_shared<HeldCostsApi>();   // answers when it is told to
//   Received received;
//   api.CalculateInstantCost(MakeCall(), received.Done());
//   child->Answer(0, SomeError(Kind::kUnavailable));
#ifndef SERVICE_UPSTREAM_TESTING_MOCK_COSTS_API_H_
#define SERVICE_UPSTREAM_TESTING_MOCK_COSTS_API_H_

#include <gmock/gmock.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/login_api.h"

namespace costs::upstream::testing {

class MockCostsApi : public CostsApi {
 public:
  MOCK_METHOD(void, CalculateInstantCost, (std::shared_ptr<const CostCall> call, Done done), (override));
};

class MockLoginApi : public LoginApi {
 public:
  MOCK_METHOD(void, Login, (absl::Time deadline, Done done), (override));
};

// An action: answers at once.
inline auto Answers(CostResult result) {
  return [result = std::move(result)](const std::shared_ptr<const CostCall>&, const CostsApi::Done& done) {
    done(result);
  };
}

// Keeps the calls until the test answers them. Thread-safe.
class HeldCostsApi : public CostsApi {
 public:
  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    calls_.push_back({std::move(call), std::move(done)});
  }

  // How many calls have come.
  size_t asked() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return calls_.size();
  }

  const CostCall& call(size_t i) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return *calls_.at(i).call;
  }

  void Answer(size_t i, const CostResult& result) {
    Done done;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      done = std::exchange(calls_.at(i).done, nullptr);
    }
    done(result);
  }

 private:
  struct Held {
    std::shared_ptr<const CostCall> call;
    Done done;
  };

  mutable std::mutex mutex_;
  std::deque<Held> calls_;  // guarded by mutex_; elements stay where they are
};

// What a call was answered with. Outlives the call.
class Received {
 public:
  CostsApi::Done Done() {
    return [this](CostResult result) {
      const std::lock_guard<std::mutex> lock(mutex_);
      results_.push_back(std::move(result));
    };
  }

  size_t count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return results_.size();
  }

  // Of the only answer; null: it is a cost.
  const UpstreamError* error() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::get_if<UpstreamError>(&results_.at(0));
  }

  // Of the only answer; null: it is an error.
  const UpstreamCost* cost() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::get_if<UpstreamCost>(&results_.at(0));
  }

 private:
  mutable std::mutex mutex_;
  std::deque<CostResult> results_;  // guarded by mutex_
};

// A record of an account's and a location's, live, with tariff and carbon.
inline CostCall SomeCall() {
  CostCall call;
  call.account_id = "acc_000000000000000000000001";
  call.live_mode = true;
  call.location_id = "loc_000000000000000000000001";
  call.units = engine::Units::kKwh;
  call.value = 1.5;
  call.interval = {engine::Instant::FromSeconds(1'700'000'000), engine::Instant::FromSeconds(1'700'001'800)};
  return call;
}

inline std::shared_ptr<const CostCall> MakeCall() { return std::make_shared<const CostCall>(SomeCall()); }

inline std::shared_ptr<const CostCall> MakeCall(absl::Time deadline) {
  auto call = std::make_shared<CostCall>(SomeCall());
  call->deadline = deadline;
  return call;
}

inline UpstreamCost SomeCost(std::string id = "mre_000000000000000000000001") {
  UpstreamCost cost;
  cost.id = std::move(id);
  cost.currency_code = "GBP";
  cost.energy_wh = 1500;
  return cost;
}

inline UpstreamError SomeError(UpstreamError::Kind kind, bool may_have_acted = false, int http_status = 0) {
  UpstreamError error;
  error.kind = kind;
  error.may_have_acted = may_have_acted;
  error.http_status = http_status;
  error.failure.code = absl::StatusCode::kUnavailable;
  error.failure.reason = "UPSTREAM_UNAVAILABLE";
  return error;
}

}  // namespace costs::upstream::testing

#endif  // SERVICE_UPSTREAM_TESTING_MOCK_COSTS_API_H_
