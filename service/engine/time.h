// Instants and half-open intervals of the engine.
//
// An instant is a whole number of nanoseconds since 1970-01-01T00:00:00Z (leap
// seconds are not counted, as in POSIX time). All types are plain values.
#ifndef SERVICE_ENGINE_TIME_H_
#define SERVICE_ENGINE_TIME_H_

#include <cstdint>

namespace costs::engine {

inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosPerDay = 86'400 * kNanosPerSecond;

struct Instant {
  int64_t ns = 0;

  static constexpr Instant FromSeconds(int64_t seconds) { return {seconds * kNanosPerSecond}; }

  friend constexpr bool operator==(Instant a, Instant b) { return a.ns == b.ns; }
  friend constexpr bool operator!=(Instant a, Instant b) { return a.ns != b.ns; }
  friend constexpr bool operator<(Instant a, Instant b) { return a.ns < b.ns; }
  friend constexpr bool operator<=(Instant a, Instant b) { return a.ns <= b.ns; }
  friend constexpr bool operator>(Instant a, Instant b) { return a.ns > b.ns; }
  friend constexpr bool operator>=(Instant a, Instant b) { return a.ns >= b.ns; }
};

// Every instant that the engine prices lies in [kEarliest, kLatest].
inline constexpr Instant kEarliest = Instant::FromSeconds(0);            // 1970-01-01T00:00:00Z
inline constexpr Instant kLatest = Instant::FromSeconds(4'102'444'800);  // 2100-01-01T00:00:00Z
inline constexpr int64_t kLongestRecordNanos = 366 * kNanosPerDay;

// [start, end); never empty where the engine takes one.
struct Interval {
  Instant start;
  Instant end;

  constexpr int64_t nanos() const { return end.ns - start.ns; }
  friend constexpr bool operator==(Interval a, Interval b) { return a.start == b.start && a.end == b.end; }
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_TIME_H_
