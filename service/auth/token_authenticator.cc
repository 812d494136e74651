#include "service/auth/token_authenticator.h"

#include "service/auth/authorization.h"
#include "service/auth/refusals.h"
#include "service/auth/token.h"

namespace costs::auth {
namespace {

absl::Status CheckAccount(const Directory& directory, absl::string_view id) {
  const AccountEntry* const account = directory.FindAccount(id);
  if (account == nullptr) return BadToken();
  return account->disabled ? AccountDisabled() : absl::OkStatus();
}

absl::Status CheckKey(const Directory& directory, absl::string_view id, absl::Time now) {
  if (id.empty()) return absl::OkStatus();
  const ApiKeyEntry* const key = directory.FindKey(id);
  return key != nullptr && !key->revoked && key->expires > now ? absl::OkStatus() : BadToken();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const CachedToken>> TokenAuthenticator::Check(absl::string_view token, absl::Time now) {
  const std::shared_ptr<const Trust> trust = options_.trust->Get();
  std::shared_ptr<const CachedToken> cached = cache_.Find(token);
  if (cached != nullptr && cached->generation == trust->generation) {
    if (cached->expires > now) return cached;
    cache_.Remove(token);
    return BadToken();
  }
  absl::StatusOr<TokenClaims> claims = CheckToken(token, *trust, now);
  if (!claims.ok()) {
    if (cached != nullptr) cache_.Remove(token);
    return BadToken();
  }
  auto checked = std::make_shared<CachedToken>();
  checked->identity = std::make_shared<const Identity>(Identity{{std::move(claims->account_id), claims->live_mode}});
  checked->key_id = std::move(claims->key_id);
  checked->expires = claims->expires;
  checked->generation = trust->generation;
  cached = std::move(checked);
  cache_.Put(token, cached);
  return cached;
}

absl::StatusOr<std::shared_ptr<const Identity>> TokenAuthenticator::Authenticate(const Credentials& credentials) {
  std::shared_ptr<const Identity> identity;
  std::shared_ptr<const CachedToken> cached;
  const absl::Time now = options_.clock();
  if (credentials.authorization.empty()) {
    if (credentials.certificate != nullptr) identity = options_.certificates.Find(*credentials.certificate);
    if (identity == nullptr) return NoCredentials();
  } else {
    const absl::string_view token = OfScheme(credentials.authorization, "Bearer");
    if (token.empty()) return NoCredentials();
    absl::StatusOr<std::shared_ptr<const CachedToken>> checked = Check(token, now);
    if (!checked.ok()) return checked.status();
    cached = *std::move(checked);
    identity = cached->identity;
  }
  const std::shared_ptr<const Directory> directory = options_.directory->Get();
  if (cached != nullptr) {
    if (absl::Status status = CheckKey(*directory, cached->key_id, now); !status.ok()) return status;
  }
  if (absl::Status status = CheckAccount(*directory, identity->tenant.account_id); !status.ok()) return status;
  return identity;
}

}  // namespace costs::auth
