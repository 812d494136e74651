// Another costs API, as this service calls it: one record's cost at a time.
//
// CurlCostsApi speaks the REST contract; every other CostsApi wraps one and has one
// concern: its token, the deadline, trying again, a circuit breaker, a limit. They
// are stacked in make_costs_api.h, and UpstreamCalculator makes of the topmost a
// Calculator.
//
//   api->CalculateInstantCost(call, [](CostResult result) { … });
#ifndef SERVICE_UPSTREAM_COSTS_API_H_
#define SERVICE_UPSTREAM_COSTS_API_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/engine/meter_record.h"

namespace costs::upstream {

// A record that was found valid, with its defaults resolved. Owns its text: a call
// may outlive the batch that it was made for.
struct CostCall {
  std::string account_id;  // who asks, here
  bool live_mode = false;

  std::string location_id;
  std::string device_id;
  std::string session_reference_id;
  std::string record_reference_id;
  engine::Direction direction = engine::Direction::kImport;
  engine::TariffRate tariff_rate = engine::TariffRate::kImport;
  engine::Units units = engine::Units::kUnspecified;
  double value = 0;
  engine::Interval interval;
  double confidence = 1;
  bool include_tariff = true;
  bool include_carbon = true;
  bool non_persistent = false;

  // `Authorization` of the caller, where it is passed on; a wrapper fills it with the
  // service's own where it is not.
  std::string authorization;
  // The caller's trace, which the upstream is told; empty: none.
  std::string traceparent;
  // No answer is of use after this.
  absl::Time deadline = absl::InfiniteFuture();
  // True once the answer is no longer wanted; may be called from any thread, until the
  // call is done. Null: never.
  std::function<bool()> cancelled;
};

// What the upstream answered with. Figures are as exact as its JSON has them.
struct UpstreamCost {
  std::string id;  // "mre_…"; the upstream's
  std::string currency_code;
  int64_t energy_wh = 0;
  std::optional<calculator::TariffFigure> tariff;
  std::optional<calculator::CarbonFigure> carbon;
  absl::Time time_created;
};

// Why there is no cost. What a wrapper has to know of it is said by fields, never by
// the words of the failure.
struct UpstreamError {
  enum class Kind {
    kRefused,         // the contract's refusal: the same call will be refused again
    kBadCredentials,  // 403: with another token it may go
    kRateLimited,     // 429
    kUnavailable,     // no connection, 5xx, or a wrapper that did not ask at all
    kTimedOut,        // the deadline has passed, or the upstream was too slow
    kBadAnswer,       // an answer that is not the contract's: truncated, HTML, too large
    kCancelled,
  };
  Kind kind = Kind::kUnavailable;

  // Whether the upstream may have acted on the call, and so may have stored the record.
  // False only where that is certain: nothing was sent, or it said that it did not.
  bool may_have_acted = false;
  // A wrapper did not ask the upstream, to spare it or because it cannot be asked now;
  // to ask again before `retry_after` is of no use.
  bool spared = false;

  int http_status = 0;                        // 0: there was no answer
  std::optional<absl::Duration> retry_after;  // as the upstream asked for, or a wrapper that did not ask it

  // For the caller: UPSTREAM_UNAVAILABLE and its like, or the contract's own reason.
  calculator::Failure failure;
};

using CostResult = std::variant<UpstreamCost, UpstreamError>;

class CostsApi {
 public:
  using Done = std::function<void(CostResult result)>;

  // No call is under way: each `done` has returned.
  virtual ~CostsApi() = default;

  // Runs `done` once, perhaps before it returns, perhaps on another thread; `done`
  // does not block. Never later than a moment after call->deadline. Thread-safe.
  virtual void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) = 0;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_COSTS_API_H_
