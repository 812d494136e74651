// Keys and tokens as somebody else makes them, by OpenSSL alone and as wrong as wanted:
// a second opinion on ours, and the attacker's. For tests.
#ifndef SERVICE_AUTH_TESTING_TOKEN_FORGE_H_
#define SERVICE_AUTH_TESTING_TOKEN_FORGE_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

struct evp_pkey_st;

namespace costs::auth::testing {

class ForgedKey {
 public:
  static ForgedKey P256();
  static ForgedKey P384();
  static ForgedKey Rsa(int bits = 2048);

  std::string PrivatePem() const;
  std::string PublicPem() const;
  // With members as given, such as R"("kid":"1","alg":"PS256")"; may be none.
  std::string Jwk(absl::string_view members) const;

  // The signature of a text: ES256, RS256 or PS256.
  std::string Sign(absl::string_view algorithm, absl::string_view text) const;

 private:
  explicit ForgedKey(evp_pkey_st* key);
  std::shared_ptr<evp_pkey_st> key_;
};

std::string Base64Url(absl::string_view bytes);

// HEADER.PAYLOAD in base64url, of whatever they are.
std::string Unsigned(absl::string_view header, absl::string_view payload);

// A token signed by the key.
std::string Forge(absl::string_view header, absl::string_view payload, const ForgedKey& key,
                  absl::string_view algorithm = "ES256");

// A token with a MAC under a shared secret (HS256).
std::string ForgeMac(absl::string_view header, absl::string_view payload, absl::string_view secret);

}  // namespace costs::auth::testing

#endif  // SERVICE_AUTH_TESTING_TOKEN_FORGE_H_
