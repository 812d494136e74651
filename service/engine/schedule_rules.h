// Where a schedule meets a clock: the rules that hold along a stretch of time.
#ifndef SERVICE_ENGINE_SCHEDULE_RULES_H_
#define SERVICE_ENGINE_SCHEDULE_RULES_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "service/engine/schedule.h"
#include "service/engine/special_days.h"

namespace costs::engine {

// Calls `visit(start, end, hours)` for each stretch of [start, end), in seconds
// since 1970-01-01T00:00:00Z, in which one rule of the schedule holds, in order and
// without a gap. `special_days` null: no day is special.
//
// Within a stretch of constant offset civil time runs evenly, so the rule at t is
// the rule for civil(t) by construction: a repeated hour is visited twice, a skipped
// one not at all.
void VisitRules(const Schedule& schedule, const SpecialDayCalendar* special_days, const absl::TimeZone& zone,
                int64_t start, int64_t end, absl::FunctionRef<void(int64_t, int64_t, const Hours&)> visit);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_SCHEDULE_RULES_H_
