#include "service/rpc/call_identity.h"

#include <iterator>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/catalog/refusal.h"
#include "service/rpc/peer_certificate.h"

namespace costs::rpc {

absl::StatusOr<IdentityPtr> IdentityOf(const grpc::CallbackServerContext& context, auth::Authenticator* authenticator) {
  auth::Credentials credentials;
  std::optional<auth::PeerCertificate> certificate;
  const auto [first, last] = context.client_metadata().equal_range("authorization");
  if (first != last) {
    // Which of several another server looked at is not known.
    if (std::next(first) != last) {
      return catalog::Refuse(absl::StatusCode::kUnauthenticated, "BAD_CREDENTIALS",
                             "the call has several authorization fields; send one");
    }
    credentials.authorization = absl::string_view(first->second.data(), first->second.size());
  } else {
    certificate = PeerCertificateOf(context);
    if (certificate) credentials.certificate = &*certificate;
  }
  return authenticator->Authenticate(credentials);
}

calculator::Caller CallerOf(const auth::Identity& identity, grpc::CallbackServerContext* context) {
  calculator::Caller caller;
  caller.account_id = identity.tenant.account_id;
  caller.live_mode = identity.tenant.live_mode;
  caller.deadline = absl::FromChrono(context->deadline());
  caller.cancelled = [context] { return context->IsCancelled(); };
  return caller;
}

}  // namespace costs::rpc
