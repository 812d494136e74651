// A tariff schedule as the files and the API write it, into the engine's:
//
//   [{"months": ["All"], "days_and_hours": [{"days": ["All"], "hours": [
//      {"valid_from": "00:30:00", "valid_to": "05:30:00", "rate": [{"fixed": 0.085}]}, ...]}]}]
//
// Months are Jan to Dec or All; days are Mon to Sun, their full names, 1
// (Monday) to 7, Weekday, Weekend or All; names in upper or lower case. Absent
// months or days are All. Hours are local times HH:MM:SS; an absent end, or
// 00:00:00 as the end, is midnight. Hours that run over midnight ("23:30:00" to
// "05:30:00") mean both ends of the same days.
//
// One rate for each hour: tiers (to_kwh) are refused, not guessed at.
#ifndef SERVICE_CATALOG_SCHEDULE_READER_H_
#define SERVICE_CATALOG_SCHEDULE_READER_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/located_json.h"
#include "service/engine/schedule.h"

namespace costs::catalog {

// What of a rate counts; the rest is ignored, as the API documents.
enum class RateKind { kFixed, kSurcharge };

// Null, with at least one fault, where the schedule is not right. `node` is an
// array; `file` is where it comes from.
std::shared_ptr<const engine::Schedule> ReadSchedule(const JsonNode& node, RateKind kind, absl::string_view file,
                                                     FaultLog* faults);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_SCHEDULE_READER_H_
