// Who sends a call: the seam between the faces, which have headers and certificates,
// and what knows tokens and accounts.
//
//   absl::StatusOr<std::shared_ptr<const Identity>> identity = authenticator->Authenticate(credentials);
//   catalog->Of((*identity)->tenant)…
//
// Account and mode come from here and from nowhere else: no request names its account.
#ifndef SERVICE_AUTH_AUTHENTICATOR_H_
#define SERVICE_AUTH_AUTHENTICATOR_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/tenant.h"

namespace costs::auth {

// A caller who was recognised.
struct Identity {
  catalog::Tenant tenant;
};

// What a client's certificate says, where TLS has verified it.
struct PeerCertificate {
  std::vector<std::string> uris;       // subject alternative names, such as SPIFFE ids
  std::vector<std::string> dns_names;  // likewise
  std::string common_name;             // of the subject; may be empty
};

// What a call brings to show who sends it. Borrowed, for one call of Authenticate.
struct Credentials {
  absl::string_view authorization;               // the header's value, such as "Bearer eyJ…"; empty: none
  const PeerCertificate* certificate = nullptr;  // null: none was shown
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // Never blocks: it is asked on event threads, for every call. Errors are refusals
  // (service/catalog/refusal.h): UNAUTHENTICATED (BAD_CREDENTIALS), which does not
  // tell what was wrong with them beyond what the caller can know, and
  // PERMISSION_DENIED (ACCOUNT_DISABLED). Thread-safe.
  virtual absl::StatusOr<std::shared_ptr<const Identity>> Authenticate(const Credentials& credentials) = 0;
};

// Takes every call for the same caller's: for servers that ask for no credentials.
class FixedIdentity final : public Authenticator {
 public:
  explicit FixedIdentity(catalog::Tenant tenant)
      : identity_(std::make_shared<const Identity>(Identity{std::move(tenant)})) {}

  absl::StatusOr<std::shared_ptr<const Identity>> Authenticate(const Credentials&) override { return identity_; }

 private:
  const std::shared_ptr<const Identity> identity_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_AUTHENTICATOR_H_
