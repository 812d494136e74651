#include "service/upstream/make_costs_api.h"

#include <string>
#include <utility>

#include "absl/random/random.h"

namespace costs::upstream {
namespace {

using telemetry::Figure;

double RandomShare() {
  thread_local absl::BitGen generator;
  return absl::Uniform(generator, 0.0, 1.0);
}

DeadlineApi::Options AttemptOptions(const CostsApiOptions& options) {
  DeadlineApi::Options attempt = options.deadline;
  attempt.longest = options.attempt_timeout;
  return attempt;
}

}  // namespace

// From the bottom up. What has a reason to be above or below another:
// - requests counts what is asked, calls what is answered: first and last.
// - token is under all that counts or waits: a login is part of the attempt that needs
//   it, and its failure one of the upstream's. Its second question after a 403 is no
//   retry: nothing was acted on, so it costs no budget.
// - the attempt's deadline is under what judges attempts: a lost one is a failure.
// - breaker under throttle: what the breaker spares is no push back, and a probe is not
//   thrown away by chance.
// - both under limit: what waited is judged when its turn comes, not when it came; and
//   when the breaker opens, the queue is empty at once.
// - limit under retry: who pauses has no place. Each attempt passes the breaker, so that
//   retries end when it opens, and are counted.
// - coalescing over retry: one retry for all who wait for the same.
// - the caller's deadline over all that waits: it is the promise to the caller.
std::unique_ptr<CostsApiStack> MakeCostsApi(const CostsApiOptions& options, std::shared_ptr<CostsApi> client,
                                            std::shared_ptr<LoginApi> login, std::unique_ptr<Timers> timers,
                                            std::function<double()> random) {
  if (timers == nullptr) timers = std::make_unique<ThreadTimers>();
  if (random == nullptr) random = RandomShare;
  Timers* const t = timers.get();
  std::unique_ptr<CostsApiStack> stack(new CostsApiStack(std::move(timers)));

  std::shared_ptr<CostsApi> top = stack->requests_ = std::make_shared<MetricsApi>(t, std::move(client));
  if (login != nullptr) {
    top = stack->token_ = std::make_shared<TokenApi>(options.token, t, std::move(login), std::move(top));
  }
  top = stack->attempt_ = std::make_shared<DeadlineApi>(AttemptOptions(options), t, std::move(top));
  top = stack->breaker_ = std::make_shared<BreakerApi>(options.breaker, t, std::move(top));
  top = stack->throttle_ = std::make_shared<ThrottleApi>(options.throttle, t, random, std::move(top));
  top = stack->limit_ = std::make_shared<LimitApi>(options.limit, t, std::move(top));
  top = stack->retry_ = std::make_shared<RetryApi>(options.retry, t, random, std::move(top));
  if (options.coalesce) top = stack->coalescing_ = std::make_shared<CoalescingApi>(t, std::move(top));
  top = stack->deadline_ = std::make_shared<DeadlineApi>(options.deadline, t, std::move(top));
  stack->top_ = stack->calls_ = std::make_shared<MetricsApi>(t, std::move(top));
  return stack;
}

// First whatever waits is answered, then each wrapper goes before the one under it;
// those that answer early wait for what is still under way there.
CostsApiStack::~CostsApiStack() {
  timers_->ShutDown();
  top_ = nullptr;
  calls_ = nullptr;
  deadline_ = nullptr;
  coalescing_ = nullptr;
  retry_ = nullptr;
  limit_ = nullptr;
  throttle_ = nullptr;
  breaker_ = nullptr;
  attempt_ = nullptr;
  token_ = nullptr;
  requests_ = nullptr;
}

void CostsApiStack::CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) {
  top_->CalculateInstantCost(std::move(call), std::move(done));
}

std::vector<Figure> CostsApiStack::Figures() const {
  std::vector<Figure> figures = calls_->Figures("costs_upstream_calls", "Calls of the upstream costs API");
  for (Figure& figure : requests_->Figures("costs_upstream_requests", "Requests to the upstream costs API")) {
    figures.push_back(std::move(figure));
  }
  const auto add = [&](std::string name, std::string help, Figure::Kind kind, double value) {
    figures.push_back({"costs_upstream_" + std::move(name), std::move(help), kind, value});
  };
  const auto count = [&](std::string name, std::string help, int64_t value) {
    add(std::move(name), std::move(help), Figure::Kind::kCounter, static_cast<double>(value));
  };
  const auto gauge = [&](std::string name, std::string help, double value) {
    add(std::move(name), std::move(help), Figure::Kind::kGauge, value);
  };
  const BreakerApi::Counters breaker = breaker_->counters();
  gauge("breaker_state", "Of the circuit breaker: 0 closed, 1 half open, 2 open.", static_cast<int>(breaker.state));
  count("breaker_opened_total", "How often the circuit breaker opened.", breaker.opened);
  count("breaker_spared_total", "Requests that the open circuit breaker spared the upstream.", breaker.spared);
  count("throttled_total", "Requests that were not made because the upstream pushes back.", throttle_->spared());
  const LimitApi::Counters limit = limit_->counters();
  gauge("limit_under_way", "Requests that have a place among those at once.", static_cast<double>(limit.under_way));
  gauge("limit_waiting", "Requests that wait for a place.", static_cast<double>(limit.waiting));
  count("limit_refused_total", "Requests that were not made because too many waited.", limit.refused);
  const RetryApi::Counters retry = retry_->counters();
  count("retries_total", "Requests that were made again.", retry.retries);
  count("retries_denied_total", "Requests that were not made again for want of budget.", retry.denied);
  count("coalesced_total", "Calls that shared another's request.", coalescing_ == nullptr ? 0 : coalescing_->joined());
  count("answered_for_total", "Calls that were answered without the upstream, because their time was over.",
        deadline_->answered_for());
  count("attempts_answered_for_total", "Requests that were given up because their time was over.",
        attempt_->answered_for());
  if (token_ != nullptr) {
    const TokenApi::Counters token = token_->counters();
    count("logins_total", "Logins that succeeded.", token.logins);
    count("logins_failed_total", "Logins that failed, or whose token was not taken.", token.failed_logins);
  }
  return figures;
}

}  // namespace costs::upstream
