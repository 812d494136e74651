// Over what usage is counted that decides on a tier: a calendar month, a day, or a
// billing cycle of a location, by its clock.
//
// A window begins with the first instant of its first date and ends with that of
// the date after its last one. The first instant of a date that the clock skips is
// where it jumps over it, and of one whose midnight comes twice the earlier one; so
// windows follow each other without a gap in every zone. Pure functions.
#ifndef SERVICE_ENGINE_TIER_WINDOW_H_
#define SERVICE_ENGINE_TIER_WINDOW_H_

#include <cstdint>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "service/engine/time.h"

namespace costs::engine {

struct TierWindow {
  enum class Kind { kCalendarMonth, kDay, kBillingCycle };

  Kind kind = Kind::kCalendarMonth;
  // The day of the month with which a billing cycle begins, 1 to 31; in a shorter
  // month its last day. 1 with the other kinds.
  int anchor_day = 1;

  friend bool operator==(const TierWindow& a, const TierWindow& b) {
    return a.kind == b.kind && a.anchor_day == b.anchor_day;
  }
  friend bool operator!=(const TierWindow& a, const TierWindow& b) { return !(a == b); }
};

// What the to_kwh of a tier counts: the kWh of the window, or of each of its days.
enum class TierUnit { kKwh, kKwhDaily };

// One window. It may reach beyond [kEarliest, kLatest].
struct TierWindowSpan {
  Interval interval;
  int days = 0;  // how many dates it has, one that the clock skips included
};

// The window that holds `at`.
TierWindowSpan WindowAt(const TierWindow& window, const absl::TimeZone& zone, Instant at);

// Windows by number, for those who walk along them: of a day its date, otherwise
// its month. Numbers of neighbours differ by one.
int64_t WindowNumberAt(const TierWindow& window, const absl::TimeZone& zone, Instant at);
TierWindowSpan WindowOfNumber(const TierWindow& window, const absl::TimeZone& zone, int64_t number);
int DaysOfWindow(const TierWindow& window, int64_t number);

// The first second, since 1970-01-01T00:00:00Z, of a date in `zone`.
int64_t FirstSecondOf(absl::CivilDay date, const absl::TimeZone& zone);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_TIER_WINDOW_H_
