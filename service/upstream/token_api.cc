#include "service/upstream/token_api.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

// A token that lives so short a time is used by those who waited for it, and no longer.
constexpr absl::Duration kLastMoments = absl::Seconds(1);

struct Token {
  std::string authorization;
  bool live_mode = false;
  absl::Time renew;
  absl::Time expires;
  int64_t number = 0;  // which login it is of
};

using TokenResult = std::variant<std::shared_ptr<const Token>, UpstreamError>;
using TakeToken = std::function<void(TokenResult result)>;

bool IsBadCredentials(const CostResult& result) {
  const UpstreamError* const error = std::get_if<UpstreamError>(&result);
  return error != nullptr && error->kind == UpstreamError::Kind::kBadCredentials;
}

// Otherwise it says nothing of the token.
bool IsAnswer(const CostResult& result) {
  const UpstreamError* const error = std::get_if<UpstreamError>(&result);
  return error == nullptr || error->http_status != 0;
}

}  // namespace

// The token, and how one is got.
class TokenApi::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(const Options& options, const Timers* timers, LoginApi* login, CostsApi* child,
          std::shared_ptr<CallsUnderWay> logins)
      : options_(options), timers_(timers), login_(login), child_(child), logins_(std::move(logins)) {}

  // `refused`: the number of a token that the upstream did not take. Runs `take` once.
  void GetToken(std::optional<int64_t> refused, TakeToken take) {
    const absl::Time now = timers_->Now();
    std::optional<TokenResult> result;
    bool log_in = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (refused) EndToken(*refused, now);
      const bool usable = token_ != nullptr && now < token_->expires - kLastMoments;
      if (usable) {
        result = token_;
      } else if (!logging_in_ && now < pause_until_) {
        result = Paused(now);
      } else {
        waiting_.push_back(std::move(take));
      }
      const bool wanted = !usable || now >= token_->renew;
      if (wanted && !logging_in_ && now >= pause_until_) log_in = logging_in_ = true;
    }
    if (result) take(std::move(*result));
    if (log_in) LogIn(now);
  }

  void Ask(const std::shared_ptr<const CostCall>& call, bool again, std::shared_ptr<const Token> token, Done done) {
    if (call->live_mode != token->live_mode) return done(OtherMode(call->live_mode));
    if (call->cancelled != nullptr && call->cancelled()) return done(Cancelled(/*may_have_acted=*/false));
    if (timers_->Now() >= call->deadline) return done(TimedOut(/*may_have_acted=*/false));
    auto authorized = std::make_shared<CostCall>(*call);
    authorized->authorization = token->authorization;
    child_->CalculateInstantCost(std::move(authorized), [self = shared_from_this(), call, again, number = token->number,
                                                         done = std::move(done)](CostResult result) {
      if (!IsBadCredentials(result)) {
        if (IsAnswer(result)) self->Took(number);
        return done(std::move(result));
      }
      if (again) {
        self->DidNotTake(number);
        return done(std::move(result));
      }
      self->AskAgain(call, number, std::get<UpstreamError>(std::move(result)), done);
    });
  }

  // With the token that there is, or the next one.
  void Begin(std::shared_ptr<const CostCall> call, Done done) {
    GetToken(std::nullopt,
             [self = shared_from_this(), call = std::move(call), done = std::move(done)](TokenResult result) {
               if (UpstreamError* const error = std::get_if<UpstreamError>(&result)) return done(std::move(*error));
               self->Ask(call, /*again=*/false, std::get<0>(std::move(result)), done);
             });
  }

  void Took(int64_t number) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (token_ == nullptr || token_->number != number || taken_ == number) return;
    taken_ = number;
    untaken_ = 0;
    pause_ = absl::ZeroDuration();
  }

  Counters counters() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return counters_;
  }

 private:
  void AskAgain(std::shared_ptr<const CostCall> call, int64_t refused, UpstreamError first, Done done) {
    // Where the 403 was not the contract's, the first time may have been acted on.
    if (first.may_have_acted) {
      done = [done = std::move(done)](CostResult result) {
        if (UpstreamError* const error = std::get_if<UpstreamError>(&result)) error->may_have_acted = true;
        done(std::move(result));
      };
    }
    GetToken(refused, [self = shared_from_this(), call = std::move(call), first = std::move(first),
                       done = std::move(done)](TokenResult result) {
      // Without another token the upstream's own word is the truest.
      if (std::holds_alternative<UpstreamError>(result)) return done(first);
      self->Ask(call, /*again=*/true, std::get<0>(std::move(result)), done);
    });
  }

  void LogIn(absl::Time now) {
    logins_->Begin();
    login_->Login(now + options_.login_timeout, [self = shared_from_this()](LoginApi::Result result) {
      self->LoggedIn(std::move(result));
      self->logins_->End();
    });
  }

  void LoggedIn(LoginApi::Result result) {
    const absl::Time now = timers_->Now();
    std::vector<TakeToken> waiting;
    TokenResult given;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      logging_in_ = false;
      waiting.swap(waiting_);
      if (LoginAnswer* const answer = std::get_if<LoginAnswer>(&result)) {
        Keep(std::move(*answer), now);
        given = token_;
      } else {
        failure_ = std::get<UpstreamError>(std::move(result));
        // Of the record itself nothing was sent.
        failure_.may_have_acted = false;
        Pause(now, failure_.retry_after.value_or(absl::ZeroDuration()));
        given = failure_;
      }
    }
    for (const TakeToken& take : waiting) take(given);
  }

  // All of these: under mutex_.
  void Keep(LoginAnswer answer, absl::Time now) {
    auto token = std::make_shared<Token>();
    token->authorization = absl::StrCat("Bearer ", answer.bearer_token);
    token->live_mode = answer.live_mode;
    token->renew = now + options_.renew_at * answer.expires_in;
    token->expires = now + answer.expires_in;
    token->number = ++counters_.logins;
    token_ = std::move(token);
  }

  void Pause(absl::Time now, absl::Duration at_least) {
    ++counters_.failed_logins;
    pause_ = pause_ == absl::ZeroDuration() ? options_.first_pause : std::min(pause_ * 2, options_.longest_pause);
    pause_until_ = now + std::max(pause_, at_least);
  }

  UpstreamError Paused(absl::Time now) const {
    UpstreamError error = failure_;
    error.spared = true;
    error.retry_after = pause_until_ - now;
    error.failure.retry_after = error.retry_after;
    return error;
  }

  // Where new tokens are not taken either, a login is of no use, and it pauses.
  void EndToken(int64_t number, absl::Time now) {
    if (token_ == nullptr || token_->number != number) return;
    token_ = nullptr;
    if (taken_ == number || ++untaken_ < 2) return;
    failure_ = Unavailable("does not take the tokens that it gives", /*may_have_acted=*/false);
    Pause(now, absl::ZeroDuration());
  }

  // -------- without it

  // A call was refused twice. Where others were not, with the same token, it is the
  // call's own fault.
  void DidNotTake(int64_t number) {
    const absl::Time now = timers_->Now();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (taken_ != number) EndToken(number, now);
  }

  const Options options_;
  const Timers* const timers_;
  LoginApi* const login_;  // both live while a call or a login is under way
  CostsApi* const child_;
  const std::shared_ptr<CallsUnderWay> logins_;

  mutable std::mutex mutex_;
  // All guarded by mutex_.
  std::shared_ptr<const Token> token_;  // null: none
  int64_t taken_ = 0;                   // the number of the last token that the upstream took
  int untaken_ = 0;                     // tokens since then that it did not take
  bool logging_in_ = false;
  std::vector<TakeToken> waiting_;  // for that login
  UpstreamError failure_;           // of the last login, while it pauses
  absl::Duration pause_;            // the last one; zero: none since a token was taken
  absl::Time pause_until_ = absl::InfinitePast();
  Counters counters_;
};

TokenApi::TokenApi(const Options& options, const Timers* timers, std::shared_ptr<LoginApi> login,
                   std::shared_ptr<CostsApi> child)
    : login_(std::move(login)),
      child_(std::move(child)),
      under_way_(std::make_shared<CallsUnderWay>()),
      session_(std::make_shared<Session>(options, timers, login_.get(), child_.get(), under_way_)) {}

TokenApi::~TokenApi() { under_way_->Await(); }

void TokenApi::CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) {
  if (!call->authorization.empty()) return child_->CalculateInstantCost(std::move(call), std::move(done));
  session_->Begin(std::move(call), std::move(done));
}

UpstreamError TokenApi::OtherMode(bool live_mode) {
  UpstreamError error;
  error.kind = UpstreamError::Kind::kRefused;
  error.failure.code = absl::StatusCode::kFailedPrecondition;
  error.failure.reason = "UPSTREAM_OTHER_MODE";
  error.failure.message = absl::StrCat("the call is in ", live_mode ? "live" : "test",
                                       " mode, and this server's key for the upstream costs API is for the other; call "
                                       "in that mode, or give the server such a key");
  return error;
}

void TokenApi::Authorize(std::optional<int64_t> refused, std::function<void(AuthorizeResult)> take) {
  session_->GetToken(refused, [take = std::move(take)](TokenResult result) {
    if (UpstreamError* const error = std::get_if<UpstreamError>(&result)) return take(std::move(*error));
    const Token& token = *std::get<0>(result);
    take(Authorization{token.authorization, token.live_mode, token.number});
  });
}

void TokenApi::Took(int64_t number) { session_->Took(number); }

TokenApi::Counters TokenApi::counters() const { return session_->counters(); }

}  // namespace costs::upstream
