// The UTC years of the time that the engine prices, 1970 to 2099: what series
// and timelines are cut into. Index 0 is 1970. Pure functions.
#ifndef SERVICE_ENGINE_UTC_YEAR_H_
#define SERVICE_ENGINE_UTC_YEAR_H_

#include <array>
#include <cstdint>

#include "service/engine/time.h"

namespace costs::engine {

inline constexpr int kUtcYears = 130;

namespace internal {

constexpr std::array<int64_t, kUtcYears + 1> StartsOfUtcYears() {
  std::array<int64_t, kUtcYears + 1> starts{};
  int64_t days = 0;
  for (int i = 0; i <= kUtcYears; ++i) {
    starts[i] = days * 86'400;
    const int year = 1970 + i;
    days += (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) ? 366 : 365;
  }
  return starts;
}

}  // namespace internal

// Seconds from 1970 to the start of each year, and to the end of the last.
inline constexpr std::array<int64_t, kUtcYears + 1> kUtcYearStarts = internal::StartsOfUtcYears();
static_assert(kUtcYearStarts[kUtcYears] == kLatest.ns / kNanosPerSecond);

// The index of the year that holds a second of [kEarliest, kLatest]; kUtcYears
// for kLatest itself.
constexpr int UtcYearOf(int64_t second) {
  // A mean year; never more than one off.
  int index = static_cast<int>(second / 31'556'952);
  if (second < kUtcYearStarts[index]) --index;
  if (index < kUtcYears && second >= kUtcYearStarts[index + 1]) ++index;
  return index;
}

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_UTC_YEAR_H_
