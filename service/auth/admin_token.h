// The token that the operator's calls want. Only its hash is kept. Immutable, and so
// thread-safe.
#ifndef SERVICE_AUTH_ADMIN_TOKEN_H_
#define SERVICE_AUTH_ADMIN_TOKEN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::auth {

class AdminToken {
 public:
  static constexpr size_t kLeastCharacters = 32;

  // None: every call is refused.
  AdminToken() = default;
  // Of a file's text, or of a variable's; the line end is not part of it.
  // INVALID_ARGUMENT where it is shorter than it must be.
  static absl::StatusOr<AdminToken> Of(absl::string_view text);

  bool is_set() const { return !hash_.empty(); }

  // `authorization`: of the header, "Bearer …". PERMISSION_DENIED (ADMIN_DISABLED) where
  // there is no token, UNAUTHENTICATED (BAD_CREDENTIALS) where it is another one.
  absl::Status Check(absl::string_view authorization) const;

 private:
  std::string hash_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_ADMIN_TOKEN_H_
