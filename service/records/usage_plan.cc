#include "service/records/usage_plan.h"

#include <algorithm>

#include "service/engine/tier_window.h"

namespace costs::records {
namespace {

using engine::Instant;
using engine::Int128;
using engine::Interval;

constexpr engine::TierWindow kDates = {engine::TierWindow::Kind::kDay, 1};

Interval Common(Interval a, Interval b) { return {std::max(a.start, b.start), std::min(a.end, b.end)}; }

// energy * part / whole, half-even; 0 <= part <= whole <= 366 days. By quotient and
// remainder, so that no product exceeds 128 bits.
Int128 Share(Int128 energy, int64_t part, int64_t whole) {
  const Int128 rest = energy % whole * part;
  Int128 share = energy / whole * part + rest / whole;
  const Int128 left = rest % whole;  // has the sign of the energy
  const Int128 twice = (left < 0 ? -left : left) * 2;
  if (twice > whole || (twice == whole && share % 2 != 0)) share += left < 0 ? -1 : 1;
  return share;
}

}  // namespace

UsagePlan PlanUsage(Interval interval, const absl::TimeZone& zone) {
  UsagePlan plan;
  int64_t first = engine::WindowNumberAt(kDates, zone, interval.start);
  int64_t last = engine::WindowNumberAt(kDates, zone, Instant{interval.end.ns - 1});
  const auto add_part = [&](int64_t day, Interval date) {
    plan.parts.push_back({static_cast<int32_t>(day), date, Common(date, interval)});
  };
  const Interval first_date = engine::WindowOfNumber(kDates, zone, first).interval;
  const Interval last_date = engine::WindowOfNumber(kDates, zone, last).interval;
  const bool starts_within = interval.start > first_date.start;
  const bool ends_within = interval.end < last_date.end;
  if (first == last && (starts_within || ends_within)) {
    add_part(first, first_date);
    ++first;
  } else {
    if (starts_within) add_part(first++, first_date);
    if (ends_within) add_part(last--, last_date);
  }
  plan.first_day = static_cast<int32_t>(first);
  plan.last_day = static_cast<int32_t>(last);
  return plan;
}

Int128 EnergyWithin(Interval record, const Figures& figures, const PartOfDate& part) {
  Interval held = record;
  Int128 energy = figures.energy_nwh;
  for (const calculator::DayPart& day : figures.days) {
    if (day.day != part.day) continue;
    held = Common(record, part.date);
    energy = day.energy_nwh;
    break;
  }
  const Interval common = Common(held, part.part);
  return common.start < common.end ? Share(energy, common.nanos(), held.nanos()) : 0;
}

}  // namespace costs::records
