// What callers are told whose credentials are not taken, as refusals
// (service/catalog/refusal.h). Pure functions.
#ifndef SERVICE_AUTH_REFUSALS_H_
#define SERVICE_AUTH_REFUSALS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace costs::auth {

// UNAUTHENTICATED (BAD_CREDENTIALS).
absl::Status BadCredentials(absl::string_view message);
// There are none.
absl::Status NoCredentials();
// A token that is not taken, for whatever reason.
absl::Status BadToken();
// PERMISSION_DENIED (ACCOUNT_DISABLED).
absl::Status AccountDisabled();
// RESOURCE_EXHAUSTED (RATE_LIMITED) with RetryInfo.
absl::Status TooManyFailures(absl::Duration retry_after);

// A failure of the store as what a caller may know of it: UNAVAILABLE
// (STORE_UNAVAILABLE) or RESOURCE_EXHAUSTED (STORE_FULL). What is a refusal already
// stays as it is.
absl::Status AccountsStoreRefusal(const absl::Status& error);

}  // namespace costs::auth

#endif  // SERVICE_AUTH_REFUSALS_H_
