#include "service/auth/authorization.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace costs::auth {

absl::string_view OfScheme(absl::string_view authorization, absl::string_view scheme) {
  if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ' ||
      !absl::StartsWithIgnoreCase(authorization, scheme)) {
    return "";
  }
  authorization.remove_prefix(scheme.size());
  while (!authorization.empty() && authorization.front() == ' ') authorization.remove_prefix(1);
  return authorization;
}

std::optional<BasicCredentials> ReadBasic(absl::string_view authorization) {
  if (authorization.size() > kLongestBasic) return std::nullopt;
  const absl::string_view encoded = OfScheme(authorization, "Basic");
  std::string text;
  if (encoded.empty() || !absl::Base64Unescape(encoded, &text)) return std::nullopt;
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  if (absl::c_any_of(text, [](unsigned char c) { return absl::ascii_iscntrl(c); })) return std::nullopt;
  return BasicCredentials{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace costs::auth
