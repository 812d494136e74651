// Sees every call of a gRPC server from its arrival to its end: counts it, and tells the
// log of it. A gRPC interceptor, so that no service has to think of it; but an interceptor
// costs a call 1 µs and a message of a stream nearly as much, so that the methods that are
// called most tell of their calls themselves, by an ObservedCall.
//
//   builder.experimental().SetInterceptorCreators(Observe(&observer));
#ifndef SERVICE_RPC_CALL_OBSERVER_H_
#define SERVICE_RPC_CALL_OBSERVER_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_interceptor.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "service/auth/authenticator.h"
#include "service/telemetry/call_counts.h"
#include "service/telemetry/call_log.h"

namespace costs::rpc {

struct CallLogOptions {
  // Borrowed; null: no call is logged.
  telemetry::CallLog* log = nullptr;
  // Asked once more, whose a call was that is logged. Borrowed; null: nobody is named.
  auth::Authenticator* authenticator = nullptr;
};

// Counts the methods of these services, which are in the binary's descriptors. To be
// called before the counts are used; a name that is not there is a programmer's fault.
void CountMethods(const std::vector<std::string>& services, telemetry::CallCounts* counts);

class ObservedCall;

// What is seen of calls. Thread-safe; outlives the server.
class CallObserver {
 public:
  // Calls of methods that `counts` does not have are left alone. The counts are borrowed.
  CallObserver(telemetry::CallCounts* counts, const CallLogOptions& log) : counts_(counts), log_(log) {}

  // The method of that path, /SERVICE/METHOD, tells of its calls itself. To be called
  // before the server starts. Null: it is not counted.
  telemetry::CallCounts::Method* TellsItself(absl::string_view path);

 private:
  friend class ObservedCall;
  friend class ObserverFactory;

  telemetry::CallCounts* const counts_;
  const CallLogOptions log_;
  absl::flat_hash_set<const telemetry::CallCounts::Method*> own_;
};

// One call, from when its method has it to its end. Not thread-safe by itself: what happens
// in it happens one after the other.
class ObservedCall {
 public:
  // Nobody is told.
  ObservedCall() = default;
  // It starts; a caller's x-request-id goes back with the answer's first metadata. Either
  // may be null: nobody is told.
  ObservedCall(const CallObserver* observer, telemetry::CallCounts::Method* method, grpc::ServerContextBase* context);

  void Received() const {
    if (method_ != nullptr) method_->Received();
  }
  void Sent() const {
    if (method_ != nullptr) method_->Sent();
  }
  // To be called before the call is finished.
  void Ended(grpc::StatusCode code) const;

 private:
  friend class ObserverFactory;

  static ObservedCall WithoutMetadata(const CallObserver* observer, telemetry::CallCounts::Method* method,
                                      grpc::ServerContextBase* context);

  const CallObserver* observer_ = nullptr;
  telemetry::CallCounts::Method* method_ = nullptr;
  grpc::ServerContextBase* context_ = nullptr;
  std::chrono::steady_clock::time_point began_;
};

using InterceptorFactories = std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>;

// Of all methods that do not tell of their calls themselves. A caller's x-request-id is sent
// back with the answer's first metadata.
InterceptorFactories Observe(const CallObserver* observer);

}  // namespace costs::rpc

#endif  // SERVICE_RPC_CALL_OBSERVER_H_
