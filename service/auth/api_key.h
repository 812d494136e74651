// API keys: what an account logs in with.
//
//   sk_live_ 24 hexadecimal digits, the key's public id; 64 more, 256 random bits
//
// The text is shown once, when it is made. What is kept is a salted SHA-256 of it,
// from which a key of 256 random bits cannot be found (docs/decisions/0021). Plain
// values and pure functions, but for NewApiKey, which draws from the system's
// randomness. Thread-safe.
#ifndef SERVICE_AUTH_API_KEY_H_
#define SERVICE_AUTH_API_KEY_H_

#include <string>

#include "absl/strings/string_view.h"

namespace costs::auth {

// Of a key's text: what it says of itself.
struct ApiKeyText {
  bool live_mode = false;
  std::string id;  // key_…; empty: the text has not the form of a key
};
ApiKeyText ReadApiKey(absl::string_view text);

// What is kept of a secret.
struct SecretHash {
  std::string salt;  // 16 bytes
  std::string hash;  // 32 bytes
};
SecretHash HashOf(absl::string_view text);
// Takes as long for every text of the same size.
bool Matches(absl::string_view text, const SecretHash& kept);

struct NewApiKey {
  std::string id;
  std::string text;  // a secret
};
NewApiKey MakeApiKey(bool live_mode);

}  // namespace costs::auth

#endif  // SERVICE_AUTH_API_KEY_H_
