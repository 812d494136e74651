// Log lines as JSON objects, for collectors:
//
//   {"time":"2026-01-31T12:00:00.123Z","level":"info","message":"drained"}
//
// A line that is itself an object (CallLine) gives its members in the message's place.
#ifndef SERVICE_TELEMETRY_JSON_LOG_H_
#define SERVICE_TELEMETRY_JSON_LOG_H_

#include <memory>

#include "spdlog/formatter.h"

namespace costs::telemetry {

std::unique_ptr<spdlog::formatter> JsonLogFormatter();

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_JSON_LOG_H_
