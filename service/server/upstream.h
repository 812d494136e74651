// Where a costsd's costs come from, as its settings say: this server's own calculator,
// another costs API, or both.
//
//   Upstream::Open(config, local)
//   calculator()   what the faces call
//
// Thread-safe but for its making and its end.
#ifndef SERVICE_SERVER_UPSTREAM_H_
#define SERVICE_SERVER_UPSTREAM_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "service/calculator/calculator.h"
#include "service/rest/forwarded_routes.h"
#include "service/server/config.h"
#include "service/telemetry/figure.h"

namespace costs::server {

class Upstream {
 public:
  // `local` outlives this. An error is for the operator.
  static absl::StatusOr<std::unique_ptr<Upstream>> Open(const ServerConfig& config, calculator::Calculator* local);
  ~Upstream();

  // `local` itself where no upstream is ever asked.
  calculator::Calculator* calculator();

  // Null unless bulk submissions are the upstream's, too: in mode proxy.
  rest::Forward forward();

  // Reads the modes file again, where there is one; as it is read when it changes.
  void Reload();

  // For the metrics port.
  std::vector<telemetry::Figure> Figures() const;

 private:
  struct Parts;
  explicit Upstream(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_UPSTREAM_H_
