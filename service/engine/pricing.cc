#include "service/engine/pricing.h"

#include <array>

#include "absl/base/attributes.h"
#include "service/engine/wide_division.h"

namespace costs::engine {
namespace {

using Uint128 = unsigned __int128;

constexpr int64_t kNanosPerHour = 3'600 * kNanosPerSecond;

constexpr std::array<Int128, Timeline::kMaxScale + 1> kPowersOfTen = [] {
  std::array<Int128, Timeline::kMaxScale + 1> powers{};
  Int128 power = 1;
  for (Int128& p : powers) {
    p = power;
    power *= 10;
  }
  return powers;
}();

// value_micros * area / Divisor is the figure in units of 1/`per_major`, where
// the rate is per kWh: `per_major` is 10^6 for money, 10^3 for carbon.
//   kW:  micros/10^6 kW x area/(10^scale ns -> h 3.6*10^12)
//   kWh: micros/10^6 kWh spread over `nanos`
Int128 Divisor(const Usage& usage, int scale, int64_t per_major) {
  const Int128 micros_per_result = 1'000'000 / per_major;
  switch (usage.units) {
    case Units::kW:
      return micros_per_result * 1'000 * kNanosPerHour * kPowersOfTen[scale];
    case Units::kKw:
      return micros_per_result * kNanosPerHour * kPowersOfTen[scale];
    case Units::kWh:
      return micros_per_result * 1'000 * usage.interval.nanos() * kPowersOfTen[scale];
    case Units::kKwh:
    case Units::kUnspecified:
      break;
  }
  return micros_per_result * usage.interval.nanos() * kPowersOfTen[scale];
}

// Up to 168 bits; the quotient has at most 100. Kept out of line: what it needs of
// the stack would burden every record.
ABSL_ATTRIBUTE_NOINLINE Int128 WideFigure(int64_t value, Int128 area, Int128 divisor) {
  return DivideHalfEven(Int256(value) * Int256(area), Int256(divisor));
}

Int128 Figure(const Usage& usage, Int128 area, Int128 divisor) {
  Int128 numerator;
  if (__builtin_mul_overflow(Int128{usage.value_micros}, area, &numerator)) {
    return WideFigure(usage.value_micros, area, divisor);
  }
  return DivideHalfEven(numerator, divisor);
}

}  // namespace

Int128 DivideHalfEven(Int128 numerator, Int128 denominator) {
  const bool negative = numerator < 0;
  const Uint128 n = negative ? -static_cast<Uint128>(numerator) : static_cast<Uint128>(numerator);
  const Uint128 d = static_cast<Uint128>(denominator);
  Uint128 quotient = n / d;
  const Uint128 remainder = n - quotient * d;
  // remainder > d - remainder is 2 * remainder > d without the overflow.
  const Uint128 rest = d - remainder;
  if (remainder > rest || (remainder == rest && (quotient & 1) != 0)) ++quotient;
  return negative ? -static_cast<Int128>(quotient) : static_cast<Int128>(quotient);
}

Int128 CostDivisor(const Usage& usage, int scale) { return Divisor(usage, scale, 1'000'000); }

Int128 CarbonDivisor(const Usage& usage, int scale) { return Divisor(usage, scale, 1'000); }

Int128 EnergyDivisor(const Usage& usage) {
  switch (usage.units) {
    case Units::kW:
      return Int128{1'000'000} * kNanosPerHour;
    case Units::kKw:
      return Int128{1'000} * kNanosPerHour;
    case Units::kWh:
      return Int128{1'000'000} * usage.interval.nanos();
    case Units::kKwh:
    case Units::kUnspecified:
      break;
  }
  return Int128{1'000} * usage.interval.nanos();
}

int64_t EnergyWh(const Usage& usage, int64_t nanos) {
  // Never negative, so half away from zero is half up.
  const Uint128 divisor = static_cast<Uint128>(EnergyDivisor(usage));
  const Uint128 numerator = static_cast<Uint128>(usage.value_micros) * static_cast<Uint128>(nanos);
  return static_cast<int64_t>((numerator + divisor / 2) / divisor);
}

int64_t EnergyWh(const Usage& usage) {
  // For Wh and kWh the length of the interval cancels.
  if (usage.units == Units::kWh) return (usage.value_micros + 500'000) / 1'000'000;
  if (usage.units == Units::kKwh) return (usage.value_micros + 500) / 1'000;
  return EnergyWh(usage, usage.interval.nanos());
}

// At most 10^15 x 10^6 x 3.2*10^16: 125 bits.
Int128 EnergyNanoWh(const Usage& usage, int64_t nanos) {
  const Int128 energy = Int128{usage.value_micros} * nanos;
  switch (usage.units) {
    case Units::kW:
      return DivideHalfEven(energy, kNanosPerHour / 1'000);
    case Units::kKw:
      return DivideHalfEven(energy, kNanosPerHour / 1'000'000);
    case Units::kWh:
      return DivideHalfEven(energy * 1'000, usage.interval.nanos());
    case Units::kKwh:
    case Units::kUnspecified:
      break;
  }
  return DivideHalfEven(energy * 1'000'000, usage.interval.nanos());
}

MoneyMicros Cost(const Usage& usage, Int128 area, int scale) { return Figure(usage, area, CostDivisor(usage, scale)); }

CarbonMilligrams Carbon(const Usage& usage, Int128 area, int scale) {
  return Figure(usage, area, CarbonDivisor(usage, scale));
}

}  // namespace costs::engine
