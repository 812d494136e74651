// Exact figures as the numbers of an API. A pure function.
#ifndef SERVICE_ENGINE_NEAREST_DOUBLE_H_
#define SERVICE_ENGINE_NEAREST_DOUBLE_H_

#include <cmath>
#include <cstdint>

#include "service/engine/meter_record.h"

namespace costs::engine {

// The nearest double to units / 10^digits, half-even: what a reader gets who
// reads the exact decimal. |units| < 2^111.
template <int digits>
double NearestDouble(Int128 units) {
  constexpr auto kPower = [](int64_t base) {
    int64_t power = 1;
    for (int i = 0; i < digits; ++i) power *= base;
    return power;
  };
  constexpr int64_t kPowerOfTen = kPower(10);
  constexpr int64_t kPowerOfFive = kPower(5);
  constexpr Int128 kExact = Int128{1} << 53;
  if (units >= -kExact && units <= kExact) {
    // Both are exact doubles, so the division's rounding is the only one.
    return static_cast<double>(static_cast<int64_t>(units)) / static_cast<double>(kPowerOfTen);
  }
  // Two roundings would not do: so an integer of more bits than a double has,
  // whose last bit also stands for all that is cut off.
  constexpr int kShift = 16;
  const unsigned __int128 magnitude = static_cast<unsigned __int128>(units < 0 ? -units : units) << kShift;
  const unsigned __int128 quotient = magnitude / kPowerOfFive;
  const unsigned __int128 cut_off = magnitude % kPowerOfFive != 0 ? 1 : 0;
  const double value = std::ldexp(static_cast<double>(quotient | cut_off), -kShift - digits);
  return units < 0 ? -value : value;
}

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_NEAREST_DOUBLE_H_
