// Which account a client's certificate speaks for: by a URI (such as a SPIFFE id) or a
// DNS name among its subject alternative names. Immutable, and so thread-safe.
#ifndef SERVICE_AUTH_CERTIFICATE_ACCOUNTS_H_
#define SERVICE_AUTH_CERTIFICATE_ACCOUNTS_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/auth/authenticator.h"

namespace costs::auth {

class CertificateAccounts {
 public:
  // Of a JSON list of {"uri" or "dns_name", "account_id", "live_mode"}. An error, for
  // the operator, says which entry is wrong.
  static absl::StatusOr<CertificateAccounts> Parse(absl::string_view json);

  // By the certificate's first URI that is listed, or else its first DNS name, in small
  // letters, that is; null: none is.
  std::shared_ptr<const Identity> Find(const PeerCertificate& certificate) const;

 private:
  std::map<std::string, std::shared_ptr<const Identity>> by_uri_;
  std::map<std::string, std::shared_ptr<const Identity>> by_dns_name_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_CERTIFICATE_ACCOUNTS_H_
