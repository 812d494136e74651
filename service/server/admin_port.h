// The operator's port, for eyes on loopback or within the cluster; it asks nobody who he
// is, and tells no secret:
//
//   GET /metrics    figures, for Prometheus
//   GET /statusz    what runs here, as JSON
//   GET /healthz    as on the REST face
#ifndef SERVICE_SERVER_ADMIN_PORT_H_
#define SERVICE_SERVER_ADMIN_PORT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/rest/server.h"
#include "service/telemetry/figure.h"

namespace costs::server {

class AdminPort {
 public:
  struct Options {
    std::string listen;  // host:port; port 0 takes a free one
    // All may be called from any thread while this lives.
    std::function<std::vector<telemetry::Figure>()> figures;
    std::function<std::string()> status;  // a JSON object
    std::function<bool()> serving;
  };
  // UNAVAILABLE where the port cannot be had.
  static absl::StatusOr<std::unique_ptr<AdminPort>> Start(Options options);

  // host:port that is being listened on.
  const std::string& address() const { return address_; }

 private:
  AdminPort(std::unique_ptr<rest::Server> server, std::string address)
      : server_(std::move(server)), address_(std::move(address)) {}

  const std::unique_ptr<rest::Server> server_;
  const std::string address_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_ADMIN_PORT_H_
