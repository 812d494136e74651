// Whose tokens are taken, and by which keys they are known: this service's own, and
// those of outside issuers. Plain values; a Trust is immutable once it is in use.
#ifndef SERVICE_AUTH_TRUST_H_
#define SERVICE_AUTH_TRUST_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/auth/jose_key.h"

namespace costs::auth {

using KeysById = std::map<std::string, std::shared_ptr<const JoseKey>, std::less<>>;

struct TokenIssuer {
  std::string issuer;           // `iss`, exactly
  std::string audience;         // what `aud` must be or have
  std::string type = "at+jwt";  // `typ`
  std::string account_claim = "sub";
  std::optional<bool> live_mode;  // of all its tokens
  std::string live_mode_claim;    // of each; empty: see live_mode
  std::string key_id_claim;       // the API key that a token was got with; empty: none
  KeysById keys;
};

struct Trust {
  uint64_t generation = 0;  // no two that are in use one after the other have the same
  TokenIssuer own;
  std::shared_ptr<const JoseKey> signer;  // one of own.keys
  std::vector<TokenIssuer> outside;
};

// Thread-safe.
class TrustHolder {
 public:
  explicit TrustHolder(std::shared_ptr<const Trust> trust) : trust_(std::move(trust)) {}
  std::shared_ptr<const Trust> Get() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return trust_;
  }
  void Set(std::shared_ptr<const Trust> trust) {
    const std::lock_guard<std::mutex> lock(mutex_);
    trust_.swap(trust);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Trust> trust_;
};

// What this service's own tokens are like, but for the keys. `name`: `iss` and `aud`.
TokenIssuer OwnIssuer(const std::string& name);

// The JWKS (RFC 7517) of the keys that own tokens are known by.
std::string JwksOf(const Trust& trust);

}  // namespace costs::auth

#endif  // SERVICE_AUTH_TRUST_H_
