// Trades an API key for a bearer token.
//
// What is wrong with credentials is not told: an unknown account, an unknown key and a
// wrong secret get the same answer after the same work. Does not block but for the
// signature, some 50 microseconds. Thread-safe.
#ifndef SERVICE_AUTH_LOGIN_H_
#define SERVICE_AUTH_LOGIN_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/auth/api_key.h"
#include "service/auth/directory.h"
#include "service/auth/login_limiter.h"
#include "service/auth/trust.h"

namespace costs::auth {

struct LoginAnswer {
  std::string bearer_token;  // a secret
  int expires_in = 0;        // seconds, more than 0
  bool live_mode = false;
};

class Login {
 public:
  struct Options {
    const DirectoryHolder* directory;  // both outlive this
    const TrustHolder* trust;
    absl::Duration lifetime = absl::Hours(1);  // of a token, unless its key ends before
    std::function<absl::Time()> clock;
  };
  explicit Login(Options options) : options_(std::move(options)), nobody_(HashOf("")) {}

  // `authorization`: of the header, with Basic. UNAUTHENTICATED (BAD_CREDENTIALS),
  // PERMISSION_DENIED (ACCOUNT_DISABLED), RESOURCE_EXHAUSTED (RATE_LIMITED).
  absl::StatusOr<LoginAnswer> Run(absl::string_view authorization);

  // The JWKS of the keys that the tokens are known by.
  std::string Jwks() const { return JwksOf(*options_.trust->Get()); }

 private:
  const Options options_;
  const SecretHash nobody_;  // compared with where there is no such key
  LoginLimiter limiter_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_LOGIN_H_
