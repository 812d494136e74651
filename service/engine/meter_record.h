// The vocabulary of a meter record: units, directions, quantities.
//
// The enumerators have the numbers of the API's enums, so that a face can cast;
// an unknown number from the wire is caught by validation, not here.
#ifndef SERVICE_ENGINE_METER_RECORD_H_
#define SERVICE_ENGINE_METER_RECORD_H_

#include <cstdint>

#include "service/engine/time.h"

namespace costs::engine {

using Int128 = __int128;

enum class Direction { kUnspecified = 0, kImport = 1, kExport = 2 };
enum class TariffRate { kUnspecified = 0, kImport = 1, kExport = 2, kLocal = 3 };
enum class Measurand { kUnspecified = 0, kTransferred = 1, kOffered = 2 };
enum class Units { kUnspecified = 0, kW = 1, kKw = 2, kWh = 3, kKwh = 4 };

// The largest `value` of a record, in its own unit.
inline constexpr int64_t kLargestValue = 1'000'000'000;

// What was metered: constant power over the interval (W, kW), or energy spread
// evenly over it (Wh, kWh).
struct Usage {
  Units units = Units::kUnspecified;
  int64_t value_micros = 0;  // millionths of the unit; 0 to kLargestValue * 10^6
  Interval interval;
};

// Confidence in thousandths: 1000 is certain.
using Confidence = uint16_t;
inline constexpr Confidence kCertain = 1000;

// Money in millionths of a major unit; exact, wide enough for every record.
using MoneyMicros = Int128;
// Carbon in milligrams of CO2 equivalent.
using CarbonMilligrams = Int128;

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_METER_RECORD_H_
