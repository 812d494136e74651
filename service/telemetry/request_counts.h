// What happens to HTTP requests, by route: http_requests_total, http_request_duration_seconds.
// Thread-safe.
#ifndef SERVICE_TELEMETRY_REQUEST_COUNTS_H_
#define SERVICE_TELEMETRY_REQUEST_COUNTS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/telemetry/figure.h"
#include "service/telemetry/histogram.h"

namespace costs::telemetry {

class RequestCounts {
 public:
  // `method` and `route` are the route's, of which there are few, never the request's.
  void Answered(absl::string_view method, absl::string_view route, int status, absl::Duration duration);

  std::vector<Figure> Figures() const;

 private:
  using Route = std::pair<std::string, std::string>;

  mutable std::mutex mutex_;
  // Both guarded by mutex_.
  std::map<std::pair<Route, int>, uint64_t> answered_;
  std::map<Route, Histogram> seconds_;
};

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_REQUEST_COUNTS_H_
