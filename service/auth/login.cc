#include "service/auth/login.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "service/auth/authorization.h"
#include "service/auth/refusals.h"
#include "service/auth/token.h"

namespace costs::auth {
namespace {

absl::Status Wanted() {
  return BadCredentials(
      "login wants HTTP Basic: `authorization: Basic …` with the account's id as the user and one of its API keys "
      "(sk_live_… or sk_test_…) as the password");
}

}  // namespace

absl::StatusOr<LoginAnswer> Login::Run(absl::string_view authorization) {
  const std::optional<BasicCredentials> credentials = ReadBasic(authorization);
  if (!credentials) return Wanted();
  const absl::Time now = options_.clock();
  const std::shared_ptr<const Directory> directory = options_.directory->Get();
  const ApiKeyText text = ReadApiKey(credentials->password);
  const ApiKeyEntry* const key = directory->FindKey(text.id);
  const AccountEntry* const account = directory->FindAccount(credentials->user);
  const bool matches = Matches(credentials->password, key == nullptr ? nobody_ : key->secret);
  if (!matches || key == nullptr || account == nullptr || key->account_id != account->id ||
      key->live_mode != text.live_mode || key->revoked || key->expires <= now) {
    const absl::Duration wait = limiter_.Failed(credentials->user, now);
    if (wait > absl::ZeroDuration()) return TooManyFailures(wait);
    return BadCredentials("the account and the API key do not belong together, or the key has ended");
  }
  if (account->disabled) return AccountDisabled();
  LoginAnswer answer;
  // In whole seconds, as tokens have them.
  const absl::Time issued = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  const absl::Time end = std::min(issued + options_.lifetime, key->expires);
  const int64_t seconds = absl::ToInt64Seconds(end - issued);
  // It ends this very second.
  if (seconds < 1) return BadCredentials("the account and the API key do not belong together, or the key has ended");
  answer.live_mode = key->live_mode;
  answer.expires_in = static_cast<int>(seconds);
  answer.bearer_token =
      MakeToken({account->id, key->live_mode, key->id, issued + absl::Seconds(seconds)}, now, *options_.trust->Get());
  if (answer.bearer_token.empty()) return absl::InternalError("the token could not be signed");
  return answer;
}

}  // namespace costs::auth
