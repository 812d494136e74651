// Sees every call of a gRPC server from its arrival to its end: counts it, and tells the
// log of it. A gRPC interceptor, so that no service has to think of it.
//
//   builder.experimental().SetInterceptorCreators(Observe(&counts, log_options));
#ifndef SERVICE_RPC_CALL_OBSERVER_H_
#define SERVICE_RPC_CALL_OBSERVER_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_interceptor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/auth/authenticator.h"
#include "service/telemetry/call_counts.h"
#include "service/telemetry/call_log.h"

namespace costs::rpc {

struct CallLogOptions {
  telemetry::LoggedCalls logged = telemetry::LoggedCalls::kNone;
  // Asked once more, whose a call was that is logged. Borrowed; null: nobody is named.
  auth::Authenticator* authenticator = nullptr;
  // From any thread.
  std::function<void(absl::string_view line)> log = [](absl::string_view) {};
};

// Counts the methods of these services, which are in the binary's descriptors. To be
// called before the counts are used; a name that is not there is a programmer's fault.
void CountMethods(const std::vector<std::string>& services, telemetry::CallCounts* counts);

using InterceptorFactories = std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>;

// Calls of methods that `counts` does not have are left alone. The counts outlive the
// server. A caller's x-request-id is sent back with the answer's first metadata.
InterceptorFactories Observe(telemetry::CallCounts* counts, CallLogOptions log);

}  // namespace costs::rpc

#endif  // SERVICE_RPC_CALL_OBSERVER_H_
