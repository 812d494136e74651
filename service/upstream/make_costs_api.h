// The upstream as the rest of the service asks it: the client at the bottom, and a
// wrapper for each concern around it, in the order that
// docs/decisions/0029-order-of-the-upstreams-wrappers.md gives the reasons for.
//
//   auto client = CurlCostsApi::Start(…);   // both a CostsApi and a LoginApi
//   std::shared_ptr<CurlCostsApi> shared = std::move(*client);
//   auto upstream = MakeCostsApi({}, shared, shared);
//
//   caller → metrics → deadline → coalescing → retry → limit → throttle → breaker
//          → deadline of an attempt → token → metrics of requests → client
#ifndef SERVICE_UPSTREAM_MAKE_COSTS_API_H_
#define SERVICE_UPSTREAM_MAKE_COSTS_API_H_

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/telemetry/figure.h"
#include "service/upstream/breaker_api.h"
#include "service/upstream/coalescing_api.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/deadline_api.h"
#include "service/upstream/limit_api.h"
#include "service/upstream/login_api.h"
#include "service/upstream/metrics_api.h"
#include "service/upstream/retry_api.h"
#include "service/upstream/throttle_api.h"
#include "service/upstream/timers.h"
#include "service/upstream/token_api.h"

namespace costs::upstream {

// Each wrapper's own, plain values; the defaults are for an upstream in the same region.
struct CostsApiOptions {
  DeadlineApi::Options deadline;  // of a call; `longest` bounds every caller's
  // Of one attempt, so that a request that is lost leaves time for another.
  absl::Duration attempt_timeout = absl::Seconds(10);
  bool coalesce = true;
  RetryApi::Options retry;
  LimitApi::Options limit;
  ThrottleApi::Options throttle;
  BreakerApi::Options breaker;
  TokenApi::Options token;
};

// Thread-safe. May be destroyed while calls wait: they are answered (UNAVAILABLE), and
// it waits for what is under way at the client, which is told to give up.
class CostsApiStack final : public CostsApi {
 public:
  ~CostsApiStack() override;

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override;

  // Whether the upstream is left alone at the moment.
  bool IsOpen() const { return breaker_->counters().state == BreakerApi::State::kOpen; }

  // Whether so many calls that come now would all be spared; see BreakerApi.
  bool SpareAll(int64_t calls) { return breaker_->SpareAll(calls); }

  // Null: there is no login.
  TokenApi* tokens() { return token_.get(); }

  // All that the wrappers count; names begin with costs_upstream_.
  std::vector<telemetry::Figure> Figures() const;

 private:
  friend std::unique_ptr<CostsApiStack> MakeCostsApi(const CostsApiOptions& options, std::shared_ptr<CostsApi> client,
                                                     std::shared_ptr<LoginApi> login, std::unique_ptr<Timers> timers,
                                                     std::function<double()> random);

  explicit CostsApiStack(std::unique_ptr<Timers> timers) : timers_(std::move(timers)) {}

  const std::unique_ptr<Timers> timers_;  // outlives the wrappers
  std::shared_ptr<CostsApi> top_;
  // Of what is under `top_`, for their figures.
  std::shared_ptr<MetricsApi> calls_;
  std::shared_ptr<DeadlineApi> deadline_;
  std::shared_ptr<CoalescingApi> coalescing_;  // null: not coalesced
  std::shared_ptr<RetryApi> retry_;
  std::shared_ptr<LimitApi> limit_;
  std::shared_ptr<ThrottleApi> throttle_;
  std::shared_ptr<BreakerApi> breaker_;
  std::shared_ptr<DeadlineApi> attempt_;
  std::shared_ptr<TokenApi> token_;  // null: there is no login
  std::shared_ptr<MetricsApi> requests_;
};

// Without `login` every call has to bring the caller's own authorization. `timers` and
// `random` (numbers of [0, 1), from any thread) are the real ones where they are null.
std::unique_ptr<CostsApiStack> MakeCostsApi(const CostsApiOptions& options, std::shared_ptr<CostsApi> client,
                                            std::shared_ptr<LoginApi> login, std::unique_ptr<Timers> timers = nullptr,
                                            std::function<double()> random = nullptr);

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_MAKE_COSTS_API_H_
