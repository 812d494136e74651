#include "service/engine/tier_window.h"

#include <algorithm>

namespace costs::engine {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);
constexpr absl::CivilMonth kEpochMonth(1970, 1);

// The first date of a window.
absl::CivilDay FirstDateOf(const TierWindow& window, int64_t number) {
  if (window.kind == TierWindow::Kind::kDay) return kEpoch + number;
  const absl::CivilMonth month = kEpochMonth + number;
  const absl::CivilDay first(month);
  if (window.kind == TierWindow::Kind::kCalendarMonth) return first;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return std::min(first + (window.anchor_day - 1), last);
}

int64_t NumberOfDate(const TierWindow& window, absl::CivilDay date) {
  if (window.kind == TierWindow::Kind::kDay) return date - kEpoch;
  const int64_t month = absl::CivilMonth(date) - kEpochMonth;
  return date < FirstDateOf(window, month) ? month - 1 : month;
}

}  // namespace

int64_t FirstSecondOf(absl::CivilDay date, const absl::TimeZone& zone) {
  const absl::TimeZone::TimeInfo midnight = zone.At(absl::CivilSecond(date));
  // `pre` is the only or the earlier of the two midnights.
  return absl::ToUnixSeconds(midnight.kind == absl::TimeZone::TimeInfo::SKIPPED ? midnight.trans : midnight.pre);
}

int DaysOfWindow(const TierWindow& window, int64_t number) {
  return static_cast<int>(FirstDateOf(window, number + 1) - FirstDateOf(window, number));
}

TierWindowSpan WindowOfNumber(const TierWindow& window, const absl::TimeZone& zone, int64_t number) {
  return {{Instant::FromSeconds(FirstSecondOf(FirstDateOf(window, number), zone)),
           Instant::FromSeconds(FirstSecondOf(FirstDateOf(window, number + 1), zone))},
          DaysOfWindow(window, number)};
}

int64_t WindowNumberAt(const TierWindow& window, const absl::TimeZone& zone, Instant at) {
  const absl::CivilSecond civil = absl::ToCivilSecond(absl::FromUnixNanos(at.ns), zone);
  int64_t number = NumberOfDate(window, absl::CivilDay(civil));
  // Where the clock goes back over midnight, an old date comes again in the new
  // window.
  while (Instant::FromSeconds(FirstSecondOf(FirstDateOf(window, number + 1), zone)) <= at) ++number;
  return number;
}

TierWindowSpan WindowAt(const TierWindow& window, const absl::TimeZone& zone, Instant at) {
  return WindowOfNumber(window, zone, WindowNumberAt(window, zone, at));
}

}  // namespace costs::engine
