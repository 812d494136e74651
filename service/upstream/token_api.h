// A CostsApi that logs in: calls without authorization get the service's own token.
//
// The first call logs in, and however many come meanwhile wait for that one login. Past
// `renew_at` of a token's life the next call renews it in the background, and goes on
// with the one at hand; so an idle service does not log in. A 403 ends the token, and
// the call is asked once more with a new one: it surely was not acted on. After a login
// that failed, or a new token that is not taken, there is a pause that doubles, in which
// calls without a token are answered at once, with the failure of the login.
//
// Calls with the caller's own authorization go through untouched. A token is for live or
// for test data, as the login says; a call of the other mode is refused, because its
// record would be stored among the wrong ones. Thread-safe; when it is destroyed it
// waits for the login that is under way.
#ifndef SERVICE_UPSTREAM_TOKEN_API_H_
#define SERVICE_UPSTREAM_TOKEN_API_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "service/upstream/calls_under_way.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/login_api.h"
#include "service/upstream/timers.h"

namespace costs::upstream {

class TokenApi final : public CostsApi {
 public:
  struct Options {
    double renew_at = 0.8;  // of a token's life
    absl::Duration login_timeout = absl::Seconds(5);
    absl::Duration first_pause = absl::Milliseconds(500);  // after a login that failed
    absl::Duration longest_pause = absl::Seconds(30);
  };

  struct Counters {
    int64_t logins = 0;  // that succeeded; since the start
    int64_t failed_logins = 0;
  };

  // `timers` tell the time, and outlive this.
  TokenApi(const Options& options, const Timers* timers, std::shared_ptr<LoginApi> login,
           std::shared_ptr<CostsApi> child);
  ~TokenApi() override;

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) override;

  // A token for a request that is no CostCall.
  struct Authorization {
    std::string header;  // "Bearer …"
    bool live_mode = false;
    int64_t number = 0;
  };
  using AuthorizeResult = std::variant<Authorization, UpstreamError>;

  // Runs `take` once, perhaps before it returns. `refused`: the number of a token that the
  // upstream did not take, and that is not given again.
  void Authorize(std::optional<int64_t> refused, std::function<void(AuthorizeResult)> take);

  // That token was taken, as an answer shows.
  void Took(int64_t number);

  // Why a call of that mode cannot be made with a token of the other.
  static UpstreamError OtherMode(bool live_mode);

  Counters counters() const;

 private:
  class Session;

  const std::shared_ptr<LoginApi> login_;
  const std::shared_ptr<CostsApi> child_;
  const std::shared_ptr<CallsUnderWay> under_way_;  // logins
  const std::shared_ptr<Session> session_;          // shared with callbacks
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_TOKEN_API_H_
