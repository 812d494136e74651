// Who sends a gRPC call: asked first of all, before anything that could tell a
// stranger what there is.
//
//   const absl::StatusOr<IdentityPtr> identity = IdentityOf(*context, authenticator);
//   if (!identity.ok()) …   // a refusal, for ToGrpcStatus
//
// Whoever goes on with the call holds on to the identity until it has ended.
#ifndef SERVICE_RPC_CALL_IDENTITY_H_
#define SERVICE_RPC_CALL_IDENTITY_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/auth/authenticator.h"
#include "service/calculator/calculator.h"

namespace costs::rpc {

using IdentityPtr = std::shared_ptr<const auth::Identity>;

// By the metadata `authorization`, of which there may be one, or else by the client's
// certificate. Never blocks. Errors are
// the authenticator's. Thread-safe.
absl::StatusOr<IdentityPtr> IdentityOf(const grpc::ServerContextBase& context, auth::Authenticator* authenticator);

// The metadata `authorization`, borrowed from the context; empty: there is none.
absl::string_view AuthorizationOf(const grpc::CallbackServerContext& context);

// The metadata `traceparent`, borrowed from the context; empty: there is none that is one.
absl::string_view TraceparentOf(const grpc::ServerContextBase& context);

// The call's sender as calculators know him. Borrows from both.
calculator::Caller CallerOf(const auth::Identity& identity, grpc::CallbackServerContext* context);

}  // namespace costs::rpc

#endif  // SERVICE_RPC_CALL_IDENTITY_H_
