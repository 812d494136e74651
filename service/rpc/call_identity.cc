#include "service/rpc/call_identity.h"

#include <iterator>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/catalog/refusal.h"
#include "service/rpc/peer_certificate.h"
#include "service/telemetry/trace_context.h"

namespace costs::rpc {

absl::StatusOr<IdentityPtr> IdentityOf(const grpc::ServerContextBase& context, auth::Authenticator* authenticator) {
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
  caller.authorization = AuthorizationOf(*context);
  caller.traceparent = TraceparentOf(*context);
  caller.deadline = absl::FromChrono(context->deadline());
  caller.cancelled = [context] { return context->IsCancelled(); };
  return caller;
}

absl::string_view TraceparentOf(const grpc::ServerContextBase& context) {
  const auto field = context.client_metadata().find("traceparent");
  if (field == context.client_metadata().end()) return "";
  const absl::string_view value(field->second.data(), field->second.size());
  return telemetry::IsTraceparent(value) ? value : absl::string_view();
}

absl::string_view AuthorizationOf(const grpc::CallbackServerContext& context) {
  const auto field = context.client_metadata().find("authorization");
  if (field == context.client_metadata().end()) return "";
  return absl::string_view(field->second.data(), field->second.size());
}

}  // namespace costs::rpc
