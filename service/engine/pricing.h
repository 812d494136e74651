// From a usage and the integral of a rate to figures: exact, with one rounding.
//
// Pure functions. The exact figure is a fraction, value x area / divisor; it is
// rounded once, when it is written as money (6 digits), carbon (3) or Wh (0).
#ifndef SERVICE_ENGINE_PRICING_H_
#define SERVICE_ENGINE_PRICING_H_

#include <cstdint>

#include "service/engine/meter_record.h"
#include "service/engine/timeline.h"

namespace costs::engine {

// Wh, rounded half away from zero.
int64_t EnergyWh(const Usage& usage);
// Of the first `nanos` of the interval.
int64_t EnergyWh(const Usage& usage, int64_t nanos);

// 10^-9 Wh of the first `nanos` of the interval, rounded half-even.
Int128 EnergyNanoWh(const Usage& usage, int64_t nanos);
inline Int128 EnergyNanoWh(const Usage& usage) { return EnergyNanoWh(usage, usage.interval.nanos()); }

// Money = the integral of power x price over usage.interval, rounded half-even
// at 6 digits. `area` is the price's integral over that interval at `scale`.
MoneyMicros Cost(const Usage& usage, Int128 area, int scale);

// Carbon likewise, from an intensity in gCO2eq per kWh, half-even at 3 digits.
CarbonMilligrams Carbon(const Usage& usage, Int128 area, int scale);

// numerator / denominator, rounded half-even; denominator > 0.
Int128 DivideHalfEven(Int128 numerator, Int128 denominator);

// The denominators of the exact fractions, for those who split a figure:
//   money in micros       = value_micros * area / CostDivisor
//   carbon in milligrams  = value_micros * area / CarbonDivisor
//   energy in Wh          = value_micros * nanos / EnergyDivisor, where nanos is
//                           the length of a part of the interval
Int128 CostDivisor(const Usage& usage, int scale);
Int128 CarbonDivisor(const Usage& usage, int scale);
Int128 EnergyDivisor(const Usage& usage);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_PRICING_H_
