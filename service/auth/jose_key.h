// Keys of JSON Web Signatures, by cjose: P-256 for ES256, RSA for RS256 or PS256.
//
// A key has one algorithm, which follows from the key (and, of RSA, from what its JWK
// says), never from what a token says. Immutable, and so thread-safe.
#ifndef SERVICE_AUTH_JOSE_KEY_H_
#define SERVICE_AUTH_JOSE_KEY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::auth {

class JoseKey {
 public:
  // A private key of P-256 in PEM, not encrypted. Its id is its thumbprint (RFC 7638).
  // INVALID_ARGUMENT says what it is instead, never what is in it.
  static absl::StatusOr<std::shared_ptr<const JoseKey>> FromPem(const std::string& pem);
  // A new one.
  static std::shared_ptr<const JoseKey> Generate();
  // The public key of a JWK (RFC 7517); its id is the JWK's `kid`, which it must have.
  // UNIMPLEMENTED where it is of a kind, or for a use, that tokens here are not signed
  // with; INVALID_ARGUMENT where it is broken, or RSA of less than 2048 bits.
  static absl::StatusOr<std::shared_ptr<const JoseKey>> FromJwk(const std::string& json);
  ~JoseKey();
  JoseKey(const JoseKey&) = delete;
  JoseKey& operator=(const JoseKey&) = delete;

  const std::string& id() const { return id_; }
  // ES256, RS256 or PS256.
  const std::string& algorithm() const { return algorithm_; }
  // The public half as a JWK, one line.
  const std::string& public_jwk() const { return public_jwk_; }

  // A token in compact form, of a payload that is JSON. The key is a private one.
  std::string Sign(absl::string_view type, absl::string_view payload) const;

  // Whether the signature of a token in compact form is this key's. The caller has
  // checked that its header names this key's algorithm.
  bool Verifies(absl::string_view token) const;

 private:
  struct Handle;

  explicit JoseKey(std::unique_ptr<Handle> handle);

  const std::unique_ptr<Handle> handle_;
  std::string id_;
  std::string algorithm_;
  std::string public_jwk_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_JOSE_KEY_H_
