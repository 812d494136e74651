// Runs a gRPC service's unary calls off gRPC's threads, on an executor's.
//
//   return calls_->Start(context, &threads_->reading,
//                        [this, request, response](const catalog::Tenant& tenant) {
//                          return records_->Get(tenant, *request, response);
//                        });
//
// A call of nobody who is recognised is refused before anything else is done.
// A call that is cancelled before a thread gets to it is not begun; one too many
// is refused with UNAVAILABLE (OVERLOADED). Failures that are no refusals go to the
// log. Thread-safe.
#ifndef SERVICE_RPC_UNARY_CALLS_H_
#define SERVICE_RPC_UNARY_CALLS_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/auth/authenticator.h"
#include "service/catalog/tenant.h"
#include "service/executor/bounded_executor.h"
#include "service/rpc/call_identity.h"

namespace costs::rpc {

class UnaryCalls {
 public:
  using Work = std::function<absl::Status(const catalog::Tenant& tenant)>;

  // `what` the calls are of, for messages: "the catalog". `authenticator` outlives
  // this; `log` is called from any thread. Outlives the server that it serves.
  UnaryCalls(std::string what, auth::Authenticator* authenticator, std::function<void(absl::string_view)> log)
      : what_(std::move(what)), authenticator_(authenticator), log_(std::move(log)) {}

  // `work` returns the call's status; it is given whose call it is. What it holds on
  // to lives until the call has ended, as request and response do.
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context, executor::BoundedExecutor* executor, Work work);

  // Who sends a call that is not started here.
  absl::StatusOr<IdentityPtr> Identify(const grpc::CallbackServerContext& context) const {
    return IdentityOf(context, authenticator_);
  }

  // What a caller is told; what he is not told is logged.
  grpc::Status Answer(const absl::Status& status) const;

  // Calls that have arrived and are not yet over for gRPC. Whoever runs calls of
  // another kind beside these counts them here.
  size_t in_flight() const { return in_flight_.load(); }
  void Entered() { ++in_flight_; }
  void Left() { --in_flight_; }

 private:
  class Call;

  const std::string what_;
  auth::Authenticator* const authenticator_;
  const std::function<void(absl::string_view)> log_;
  std::atomic<size_t> in_flight_{0};
};

// What a caller is told whose call is not gone on with.
grpc::Status CancelledCall();

}  // namespace costs::rpc

#endif  // SERVICE_RPC_UNARY_CALLS_H_
