#include "service/rpc/call_identity.h"

#include <iterator>

#include "absl/strings/string_view.h"
#include "service/catalog/refusal.h"

namespace costs::rpc {

absl::StatusOr<IdentityPtr> IdentityOf(const grpc::CallbackServerContext& context, auth::Authenticator* authenticator) {
  auth::Credentials credentials;
  const auto [first, last] = context.client_metadata().equal_range("authorization");
  if (first != last) {
    // Which of several another server looked at is not known.
    if (std::next(first) != last) {
      return catalog::Refuse(absl::StatusCode::kUnauthenticated, "BAD_CREDENTIALS",
                             "the call has several authorization fields; send one");
    }
    credentials.authorization = absl::string_view(first->second.data(), first->second.size());
  }
  return authenticator->Authenticate(credentials);
}

}  // namespace costs::rpc
