// Runs a gRPC service's unary calls off gRPC's threads, on an executor's.
//
//   return calls_->Start(context, &threads_->reading,
//                        [this, request, response] { return records_->Get(*request, response); });
//
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
#include "absl/strings/string_view.h"
#include "service/executor/bounded_executor.h"

namespace costs::rpc {

class UnaryCalls {
 public:
  // `what` the calls are of, for messages: "the catalog". `log` is called from any
  // thread. Outlives the server that it serves.
  UnaryCalls(std::string what, std::function<void(absl::string_view)> log)
      : what_(std::move(what)), log_(std::move(log)) {}

  // `work` returns the call's status. What it holds on to lives until the call has
  // ended, as request and response do.
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context, executor::BoundedExecutor* executor,
                                  std::function<absl::Status()> work);

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
  const std::function<void(absl::string_view)> log_;
  std::atomic<size_t> in_flight_{0};
};

// What a caller is told whose call is not gone on with.
grpc::Status CancelledCall();

}  // namespace costs::rpc

#endif  // SERVICE_RPC_UNARY_CALLS_H_
