// The value of the header `authorization`: its scheme (RFC 9110), and the account and
// password of Basic (RFC 7617). Pure functions.
#ifndef SERVICE_AUTH_AUTHORIZATION_H_
#define SERVICE_AUTH_AUTHORIZATION_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace costs::auth {

// Longer values are not looked at.
inline constexpr size_t kLongestBasic = 1024;

// What follows the scheme, whose case does not count; empty where the scheme is another
// one, or nothing follows.
absl::string_view OfScheme(absl::string_view authorization, absl::string_view scheme);

struct BasicCredentials {
  std::string user;
  std::string password;  // a secret
};
// Nothing where it is not Basic, or not as RFC 7617 has it.
std::optional<BasicCredentials> ReadBasic(absl::string_view authorization);

}  // namespace costs::auth

#endif  // SERVICE_AUTH_AUTHORIZATION_H_
