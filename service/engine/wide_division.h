// Division of what 128 bits do not hold.
#ifndef SERVICE_ENGINE_WIDE_DIVISION_H_
#define SERVICE_ENGINE_WIDE_DIVISION_H_

// GCC 12 sees an uninitialised read in Boost's big integers that is none.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include "boost/multiprecision/cpp_int.hpp"
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#include "service/engine/meter_record.h"

namespace costs::engine {

using Int256 = boost::multiprecision::int256_t;

// numerator / denominator, rounded half-even; denominator > 0, and the quotient
// fits in 128 bits.
inline Int128 DivideHalfEven(const Int256& numerator, const Int256& denominator) {
  Int256 quotient = numerator / denominator;  // towards zero
  const Int256 twice = abs(Int256(numerator - quotient * denominator)) * 2;
  if (twice > denominator || (twice == denominator && (quotient & 1) != 0)) quotient += numerator < 0 ? -1 : 1;
  return static_cast<Int128>(quotient);
}

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_WIDE_DIVISION_H_
