// The Trust that is in use, made of files and made anew when they change: the signing
// keys, PEM files in a directory (sorted by name, the last one signs and all verify),
// and the issuers of a file with the JWKS files that it names.
//
//   TokenKeys::Open(options), then Look() every few seconds.
//
// Where a file turns out broken, that is logged once and what is in use stays.
// Look() is one thread's; holder() is thread-safe.
#ifndef SERVICE_AUTH_TOKEN_KEYS_H_
#define SERVICE_AUTH_TOKEN_KEYS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/auth/trust.h"

namespace costs::auth {

class TokenKeys {
 public:
  struct Options {
    std::string name;          // `iss` and `aud` of own tokens
    std::string keys_dir;      // empty: a key that lives as long as this
    std::string issuers_file;  // empty: no outside issuers
    std::function<void(absl::string_view)> log = [](absl::string_view) {};
  };
  // An error is for the operator: it names the file and what is wrong in it.
  static absl::StatusOr<std::unique_ptr<TokenKeys>> Open(Options options);

  // Reads the files, and puts what is new into use.
  void Look();

  const TrustHolder& holder() const { return holder_; }

 private:
  TokenKeys(Options options, std::string files, std::shared_ptr<const Trust> trust);

  const Options options_;
  std::string files_;      // that the Trust in use is made of
  std::string complaint_;  // that was logged last
  TrustHolder holder_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_TOKEN_KEYS_H_
