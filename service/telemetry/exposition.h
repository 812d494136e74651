// Figures as Prometheus reads them.
#ifndef SERVICE_TELEMETRY_EXPOSITION_H_
#define SERVICE_TELEMETRY_EXPOSITION_H_

#include <string>
#include <vector>

#include "service/telemetry/figure.h"

namespace costs::telemetry {

inline constexpr char kExpositionType[] = "text/plain; version=0.0.4; charset=utf-8";

// The text format 0.0.4.
std::string Exposition(const std::vector<Figure>& figures);

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_EXPOSITION_H_
