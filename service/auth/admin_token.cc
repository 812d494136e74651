#include "service/auth/admin_token.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/auth/authorization.h"
#include "service/auth/refusals.h"
#include "service/auth/secrets.h"
#include "service/catalog/refusal.h"

namespace costs::auth {

absl::StatusOr<AdminToken> AdminToken::Of(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (text.size() < kLeastCharacters) {
    return absl::InvalidArgumentError(
        absl::StrCat("is shorter than ", kLeastCharacters, " characters; make one with: openssl rand -hex 32"));
  }
  AdminToken token;
  token.hash_ = Sha256(text);
  return token;
}

absl::Status AdminToken::Check(absl::string_view authorization) const {
  if (!is_set()) {
    return catalog::Refuse(absl::StatusCode::kPermissionDenied, "ADMIN_DISABLED",
                           "accounts cannot be looked after here: the server was given no admin token; start it with "
                           "--admin_token_file or the environment's COSTS_ADMIN_TOKEN");
  }
  // Of hashes, so that the time tells nothing of the length either.
  if (SameSecret(Sha256(OfScheme(authorization, "Bearer")), hash_)) return absl::OkStatus();
  return BadCredentials("this call wants the operator's token, `authorization: Bearer ADMIN_TOKEN`");
}

}  // namespace costs::auth
