// A figure of a running service, as it is published (metrics_port.h). Plain value.
#ifndef SERVICE_TELEMETRY_FIGURE_H_
#define SERVICE_TELEMETRY_FIGURE_H_

#include <string>

namespace costs::telemetry {

struct Figure {
  enum class Kind { kCounter, kGauge };  // only ever grows since the start; goes up and down

  std::string name;  // a counter's ends in _total
  std::string help;
  Kind kind = Kind::kGauge;
  double value = 0;
};

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_FIGURE_H_
