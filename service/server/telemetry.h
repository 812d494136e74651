// What a costsd tells its operator of the calls on both faces: counts, and log lines.
// Thread-safe.
#ifndef SERVICE_SERVER_TELEMETRY_H_
#define SERVICE_SERVER_TELEMETRY_H_

#include <functional>
#include <string>
#include <vector>

#include "service/auth/authenticator.h"
#include "service/rest/server_options.h"
#include "service/rpc/call_observer.h"
#include "service/telemetry/call_counts.h"
#include "service/telemetry/call_log.h"
#include "service/telemetry/figure.h"
#include "service/telemetry/request_counts.h"

namespace costs::server {

class Telemetry {
 public:
  // Counts the methods of these gRPC services. The authenticator names the accounts of
  // logged calls, and outlives the server.
  Telemetry(const std::vector<std::string>& services, telemetry::LoggedCalls logged,
            auth::Authenticator* authenticator);

  // For the gRPC server, which this outlives, and for services that tell of their calls
  // themselves.
  rpc::InterceptorFactories Observe() { return rpc::Observe(&observer_); }
  rpc::CallObserver* observer() { return &observer_; }
  // For the REST server.
  void Answered(const rest::AnsweredRequest& request);

  std::vector<telemetry::Figure> Figures() const;

 private:
  telemetry::CallLog log_;
  telemetry::CallCounts calls_;
  rpc::CallObserver observer_;
  telemetry::RequestCounts requests_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_TELEMETRY_H_
