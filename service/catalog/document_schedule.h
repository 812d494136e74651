// The schedule of a tariff element's document, into the engine's seasons.
//
// Months are Jan to Dec or All; days are Mon to Sun, their full names, 1 (Monday)
// to 7, Weekday, Weekend, All or Holiday; names in upper or lower case. Absent
// months or days are All. Hours are local times HH:MM:SS.
#ifndef SERVICE_CATALOG_DOCUMENT_SCHEDULE_H_
#define SERVICE_CATALOG_DOCUMENT_SCHEDULE_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "service/catalog/violations.h"
#include "service/engine/schedule.h"

namespace costs::catalog {

inline constexpr int kMostScheduleHours = 1000;  // entries of hours in a schedule

// What of a rate counts; the rest is ignored, as the API documents.
enum class RateKind { kFixed, kSurcharge };

struct ReadScheduleResult {
  std::vector<engine::Season> seasons;  // complete where there was no fault
  bool names_special_days = false;
};

// Whether the seasons cover each hour once is for engine::Schedule::Create to say.
ReadScheduleResult ReadSchedule(const energy::costs::v1::TariffElement& element, RateKind kind, const FieldPath& path,
                                Violations* faults);

// 0 (Monday) to 6 of "Mon", "Monday" or "1"; null where the name is none.
absl::optional<int> WeekdayOf(absl::string_view name);

// Seconds since midnight of "HH:MM:SS", 00:00:00 to 23:59:59; null where it is
// none.
absl::optional<int32_t> TimeOfDay(absl::string_view text);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_DOCUMENT_SCHEDULE_H_
