// Bearer tokens: JSON Web Tokens (RFC 7519), signed, in compact form, as RFC 9068 has
// access tokens and by the rules of RFC 8725.
//
//   std::string token = MakeToken({"acc_1", true, "key_1", expires}, now, *trust);
//   absl::StatusOr<TokenClaims> claims = CheckToken(token, *trust, now);
//
// A token is only read at all where it is short, is taken apart strictly (no name twice,
// no second form of base64), and its claims count only once its signature is that of
// the very issuer whom it names, by the key's own algorithm. Pure functions, but for the
// random `jti`. Thread-safe.
#ifndef SERVICE_AUTH_TOKEN_H_
#define SERVICE_AUTH_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/auth/trust.h"

namespace costs::auth {

// What a token says that counts.
struct TokenClaims {
  std::string account_id;
  bool live_mode = false;
  std::string key_id;  // the API key that it was got with; empty: an outside issuer's
  absl::Time expires;
};

// Longer ones are not looked at.
inline constexpr size_t kLongestToken = 8192;

// How far the clocks of this service and of issuers may be apart: a token counts so
// much before its beginning. At its end it ends.
inline constexpr absl::Duration kTokenLeeway = absl::Seconds(30);

// Signed by trust.signer; its times in whole seconds.
std::string MakeToken(const TokenClaims& claims, absl::Time now, const Trust& trust);

// UNAUTHENTICATED says what is wrong, for tests and for who looks for a fault: not for
// callers.
absl::StatusOr<TokenClaims> CheckToken(absl::string_view token, const Trust& trust, absl::Time now);

}  // namespace costs::auth

#endif  // SERVICE_AUTH_TOKEN_H_
