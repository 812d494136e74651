#include "service/auth/api_key.h"

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/auth/secrets.h"

namespace costs::auth {
namespace {

constexpr absl::string_view kLive = "sk_live_";
constexpr absl::string_view kTest = "sk_test_";
constexpr size_t kIdBytes = 12;
constexpr size_t kSecretBytes = 32;
constexpr size_t kSaltBytes = 16;

bool IsHex(absl::string_view text) {
  return absl::c_all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

ApiKeyText ReadApiKey(absl::string_view text) {
  ApiKeyText key;
  key.live_mode = absl::ConsumePrefix(&text, kLive);
  if (!key.live_mode && !absl::ConsumePrefix(&text, kTest)) return key;
  if (text.size() != 2 * (kIdBytes + kSecretBytes) || !IsHex(text)) return key;
  key.id = absl::StrCat("key_", text.substr(0, 2 * kIdBytes));
  return key;
}

SecretHash HashOf(absl::string_view text) {
  SecretHash kept;
  kept.salt = RandomBytes(kSaltBytes);
  kept.hash = Sha256(absl::StrCat(kept.salt, text));
  return kept;
}

bool Matches(absl::string_view text, const SecretHash& kept) {
  return SameSecret(Sha256(absl::StrCat(kept.salt, text)), kept.hash);
}

NewApiKey MakeApiKey(bool live_mode) {
  const std::string id = absl::BytesToHexString(RandomBytes(kIdBytes));
  return {absl::StrCat("key_", id),
          absl::StrCat(live_mode ? kLive : kTest, id, absl::BytesToHexString(RandomBytes(kSecretBytes)))};
}

}  // namespace costs::auth
