// Recognises callers by bearer tokens and by certificates.
//
// A call costs a fraction of a microsecond where its token was seen before; otherwise
// its signature is verified, some 100 microseconds. In both cases its account and API
// key are looked up in the directory, so that what is disabled or revoked is refused at
// once. Thread-safe.
#ifndef SERVICE_AUTH_TOKEN_AUTHENTICATOR_H_
#define SERVICE_AUTH_TOKEN_AUTHENTICATOR_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/auth/authenticator.h"
#include "service/auth/certificate_accounts.h"
#include "service/auth/directory.h"
#include "service/auth/token_cache.h"
#include "service/auth/trust.h"

namespace costs::auth {

class TokenAuthenticator final : public Authenticator {
 public:
  struct Options {
    const DirectoryHolder* directory;  // both outlive this
    const TrustHolder* trust;
    CertificateAccounts certificates = {};
    std::function<absl::Time()> clock;
    size_t cached_tokens = 16'384;
  };
  explicit TokenAuthenticator(Options options) : options_(std::move(options)), cache_(options_.cached_tokens) {}

  // A certificate counts where there is no authorization.
  absl::StatusOr<std::shared_ptr<const Identity>> Authenticate(const Credentials& credentials) override;

 private:
  absl::StatusOr<std::shared_ptr<const CachedToken>> Check(absl::string_view token, absl::Time now);

  const Options options_;
  TokenCache cache_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_TOKEN_AUTHENTICATOR_H_
