#include "service/auth/refusals.h"

#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"

namespace costs::auth {

absl::Status BadCredentials(absl::string_view message) {
  return catalog::Refuse(absl::StatusCode::kUnauthenticated, "BAD_CREDENTIALS", message);
}

absl::Status NoCredentials() {
  return BadCredentials(
      "the call has no credentials; get a token with GET /login or AuthService.Login, and send it as `authorization: "
      "Bearer TOKEN`");
}

absl::Status BadToken() {
  return BadCredentials("the token is not valid here, or no longer; log in again (GET /login or AuthService.Login)");
}

absl::Status AccountDisabled() {
  return catalog::Refuse(absl::StatusCode::kPermissionDenied, "ACCOUNT_DISABLED",
                         "the account is disabled; ask the operator of this service to enable it");
}

absl::Status TooManyFailures(absl::Duration retry_after) {
  return catalog::WithRetryAfter(
      catalog::Refuse(absl::StatusCode::kResourceExhausted, "RATE_LIMITED",
                      "too many logins of this account have failed; wait, and check the account's id and the API key"),
      retry_after);
}

absl::Status AccountsStoreRefusal(const absl::Status& error) {
  if (error.ok() || !catalog::ReasonOf(error).empty()) return error;
  if (error.code() == absl::StatusCode::kResourceExhausted) {
    return catalog::Refuse(error.code(), "STORE_FULL",
                           absl::StrCat("the accounts' disk has no room: ", error.message(),
                                        "; nothing has changed, so make room and try again"));
  }
  if (error.code() == absl::StatusCode::kUnknown) {
    return catalog::Refuse(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                           "the accounts' store went away while it took the change; look whether it was made before "
                           "trying again");
  }
  return catalog::WithRetryAfter(
      catalog::Refuse(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                      absl::StrCat("the accounts' store cannot be used: ", error.message(), "; try again")),
      absl::Seconds(1));
}

}  // namespace costs::auth
