// The Authenticator that also counts: a wrapper around one that tells who calls. Calls
// beyond the account's limit are refused (RESOURCE_EXHAUSTED, RATE_LIMITED); those of
// strangers count for nobody. Thread-safe.
#ifndef SERVICE_AUTH_LIMITED_AUTHENTICATOR_H_
#define SERVICE_AUTH_LIMITED_AUTHENTICATOR_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/auth/account_limits.h"
#include "service/auth/authenticator.h"

namespace costs::auth {

class LimitedAuthenticator final : public Authenticator {
 public:
  // Both outlive this.
  LimitedAuthenticator(Authenticator* child, AccountLimits* limits) : child_(child), limits_(limits) {}

  absl::StatusOr<std::shared_ptr<const Identity>> Authenticate(const Credentials& credentials) override {
    absl::StatusOr<std::shared_ptr<const Identity>> identity = child_->Authenticate(credentials);
    if (!identity.ok()) return identity;
    if (absl::Status refusal = limits_->TakeRequest((*identity)->tenant.account_id); !refusal.ok()) return refusal;
    return identity;
  }

 private:
  Authenticator* const child_;
  AccountLimits* const limits_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_LIMITED_AUTHENTICATOR_H_
