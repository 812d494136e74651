// Figures of a running service, for Prometheus to scrape: GET /metrics.
//
//   auto port = MetricsPort::Start("127.0.0.1:9464", [] { return std::vector<Figure>{...}; });
//
// Thread-safe.
#ifndef SERVICE_TELEMETRY_METRICS_PORT_H_
#define SERVICE_TELEMETRY_METRICS_PORT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/telemetry/figure.h"

namespace costs::telemetry {

class MetricsPort {
 public:
  // `listen` is host:port; port 0 takes a free one. `read` is called for each scrape,
  // from any thread, while this lives. UNAVAILABLE where the port cannot be had.
  static absl::StatusOr<std::unique_ptr<MetricsPort>> Start(const std::string& listen,
                                                            std::function<std::vector<Figure>()> read);
  virtual ~MetricsPort() = default;

  // host:port that is being listened on.
  virtual std::string address() const = 0;
};

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_METRICS_PORT_H_
