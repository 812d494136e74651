// How the usage of an interval is added up: whole dates from day totals, and of the
// dates that it has only a part of, each record's share. Pure functions, for every
// store.
#ifndef SERVICE_RECORDS_USAGE_PLAN_H_
#define SERVICE_RECORDS_USAGE_PLAN_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "service/engine/meter_record.h"
#include "service/engine/time.h"
#include "service/records/stored_record.h"

namespace costs::records {

// A part of one date.
struct PartOfDate {
  int32_t day = 0;        // days since 1970-01-01
  engine::Interval date;  // from its first instant to that of the next
  engine::Interval part;  // what is asked for, within the date
};

struct UsagePlan {
  // Dates that lie within the interval whole; none where last_day < first_day.
  int32_t first_day = 0;
  int32_t last_day = -1;
  std::vector<PartOfDate> parts;  // at most two, in order
};

// The interval is not empty.
UsagePlan PlanUsage(engine::Interval interval, const absl::TimeZone& zone);

// The energy of a record in a part of a date, in nano-Wh: where the record has a
// DayPart of that date a share of that, otherwise of its whole energy; by time,
// rounded half-even. 0 where it does not reach into the part.
engine::Int128 EnergyWithin(engine::Interval record, const Figures& figures, const PartOfDate& part);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_USAGE_PLAN_H_
