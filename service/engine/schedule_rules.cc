#include "service/engine/schedule_rules.h"

#include <algorithm>

#include "absl/time/civil_time.h"

namespace costs::engine {
namespace {

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

void VisitRules(const Schedule& schedule, const SpecialDayCalendar* special_days, const absl::TimeZone& zone,
                int64_t start, int64_t end, absl::FunctionRef<void(int64_t, int64_t, const Hours&)> visit) {
  constexpr absl::CivilSecond kEpoch(1970, 1, 1);
  for (int64_t at = start; at < end;) {
    const absl::Time now = absl::FromUnixSeconds(at);
    const int64_t offset = zone.At(now).offset;
    int64_t until = end;
    absl::TimeZone::CivilTransition transition;
    if (zone.NextTransition(now, &transition)) {
      // `from` is the civil time of the transition in the offset that ends there.
      until = std::min(end, (transition.from - kEpoch) - offset);
    }
    for (int64_t day = FloorDiv(at + offset, kSecondsPerDay); day * kSecondsPerDay < until + offset; ++day) {
      const absl::CivilDay date = absl::CivilDay(1970, 1, 1) + day;
      const int weekday = static_cast<int>(((day + 3) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
      const bool special = special_days != nullptr && special_days->Contains(day);
      const int64_t midnight = day * kSecondsPerDay - offset;
      for (const Hours& hours : schedule.HoursOf(date.month(), special ? Schedule::kSpecialDayIndex : weekday)) {
        const int64_t from = std::max(at, midnight + hours.from);
        const int64_t to = std::min(until, midnight + hours.to);
        if (from < to) visit(from, to, hours);
      }
    }
    at = until;
  }
}

}  // namespace costs::engine
