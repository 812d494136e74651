// The check of bearer tokens. An input is a token; or, with a line end in it, a header
// and the claims that a trusted key signs: so also what comes after the signature is
// looked into. Nothing that is not signed is taken, and what is taken says what it must.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/auth/jose_key.h"
#include "service/auth/testing/token_forge.h"
#include "service/auth/token.h"
#include "service/auth/trust.h"
#include "service/catalog/names.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {
namespace {

using auth::testing::Forge;
using auth::testing::ForgedKey;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

const ForgedKey& Key() {
  static const auto* const key = new ForgedKey(ForgedKey::P256());
  return *key;
}

const auth::Trust& Trusted() {
  static const auto* const trust = [] {
    auto* made = new auth::Trust();
    made->own = auth::OwnIssuer("costs");
    made->own.keys["1"] = *auth::JoseKey::FromJwk(Key().Jwk(R"("kid":"1")"));
    auth::TokenIssuer outside;
    outside.issuer = "https://id.example";
    outside.audience = "costs-api";
    outside.type = "JWT";
    outside.account_claim = "client";
    outside.live_mode = true;
    outside.keys = made->own.keys;
    made->outside.push_back(outside);
    return made;
  }();
  return *trust;
}

void Run(absl::string_view input) {
  const size_t line_end = input.find('\n');
  if (line_end == absl::string_view::npos) {
    COSTS_FUZZ_CHECK(!auth::CheckToken(input, Trusted(), kNow).ok());
    return;
  }
  const absl::string_view header = input.substr(0, line_end), payload = input.substr(line_end + 1);
  const std::string token = Forge(header, payload, Key());
  const absl::StatusOr<auth::TokenClaims> claims = auth::CheckToken(token, Trusted(), kNow);
  if (!claims.ok()) return;
  COSTS_FUZZ_CHECK(token.size() <= auth::kLongestToken);
  COSTS_FUZZ_CHECK(claims->expires > kNow);
  COSTS_FUZZ_CHECK(catalog::IsId(claims->account_id));
  // The same token with another's signature.
  const std::string text = token.substr(0, token.rfind('.') + 1);
  COSTS_FUZZ_CHECK(!auth::CheckToken(text, Trusted(), kNow).ok());
  COSTS_FUZZ_CHECK(!auth::CheckToken(text + std::string(86, 'A'), Trusted(), kNow).ok());
  // It ends.
  COSTS_FUZZ_CHECK(!auth::CheckToken(token, Trusted(), claims->expires).ok());
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
