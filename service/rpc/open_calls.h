// Runs unary calls that look at the caller's credentials themselves, off gRPC's
// threads: logging in, and the operator's calls.
//
//   return calls_->Start(context, [this, request, response](absl::string_view authorization) {
//     return login_->Run(authorization)…
//   });
//
// A call that is cancelled before a thread gets to it is not begun; one too many is
// refused with UNAVAILABLE (OVERLOADED). Failures that are no refusals go to the log.
// Thread-safe.
#ifndef SERVICE_RPC_OPEN_CALLS_H_
#define SERVICE_RPC_OPEN_CALLS_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/executor/bounded_executor.h"

namespace costs::rpc {

class OpenCalls {
 public:
  // `threads` outlives the server that this serves, and this outlives it too; `log` is
  // called from any thread.
  OpenCalls(executor::BoundedExecutor* threads, std::function<void(absl::string_view)> log)
      : threads_(threads), log_(std::move(log)) {}

  // `work` is given the value of the metadata `authorization`, empty where there is none
  // or more than one, and returns the call's status.
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  std::function<absl::Status(absl::string_view authorization)> work);

  // Calls that have arrived and are not yet over for gRPC.
  size_t in_flight() const { return in_flight_.load(); }

 private:
  class Call;

  grpc::Status Answer(const absl::Status& status) const;

  executor::BoundedExecutor* const threads_;
  const std::function<void(absl::string_view)> log_;
  std::atomic<size_t> in_flight_{0};
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_OPEN_CALLS_H_
