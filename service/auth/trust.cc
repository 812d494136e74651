#include "service/auth/trust.h"

#include "absl/strings/str_cat.h"

namespace costs::auth {

TokenIssuer OwnIssuer(const std::string& name) {
  TokenIssuer own;
  own.issuer = name;
  own.audience = name;
  own.live_mode_claim = "live_mode";
  own.key_id_claim = "key_id";
  return own;
}

std::string JwksOf(const Trust& trust) {
  std::string json = "{\"keys\":[";
  const char* separator = "";
  for (const auto& [id, key] : trust.own.keys) {
    absl::StrAppend(&json, separator, key->public_jwk());
    separator = ",";
  }
  return absl::StrCat(json, "]}");
}

}  // namespace costs::auth
