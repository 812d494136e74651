// A second opinion on every figure: a pricer that is slow and obvious.
//
// It walks a record second by second, asks the C library (not Abseil) for the
// civil time of each, finds the rule in the seasons as they were written, and
// adds up exact fractions. It shares no arithmetic with the engine: no scales,
// no running integrals, no compiled schedules.
//
// Not thread-safe: it sets TZ in the process's environment.
#ifndef SERVICE_ENGINE_TESTING_SLOW_PRICER_H_
#define SERVICE_ENGINE_TESTING_SLOW_PRICER_H_

#include <string>
#include <utility>
#include <vector>

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
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/tier_window.h"

namespace costs::engine::testing {

using Rational = boost::multiprecision::cpp_rational;
using BigInteger = boost::multiprecision::cpp_int;

struct SlowAnswer {
  Rational amount;        // major units of money, or grams
  int confidence = 1000;  // thousandths; the lowest
  bool known = true;
  Instant gap;  // where !known: the first instant without a price
};

// Nano-Wh used before a record in the window that holds its start; a window that is
// not named: nothing.
using SlowUsageBefore = std::vector<std::pair<TierWindow, BigInteger>>;

// What `usage` costs with the sum of these elements, in civil time of `zone`.
SlowAnswer SlowCost(const std::vector<ElementSpec>& elements, const std::string& zone, const Usage& usage,
                    const SlowUsageBefore& before = {});

// What carbon it caused.
SlowAnswer SlowCarbon(const std::vector<CarbonIntensity>& intensities, const Usage& usage);

// The energy in kWh, exactly.
Rational SlowEnergyKwh(const Usage& usage);

// amount x 10^digits as a whole number, ties to even.
BigInteger RoundHalfEven(const Rational& amount, int digits);
// Ties away from zero.
BigInteger RoundHalfAway(const Rational& amount, int digits);

// units / 10^scale.
Rational ToRational(const Decimal& decimal);

}  // namespace costs::engine::testing

#endif  // SERVICE_ENGINE_TESTING_SLOW_PRICER_H_
