#include "service/engine/schedule.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace costs::engine {
namespace {

constexpr const char* kMonthNames[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr const char* kDayNames[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Holiday"};
constexpr int kSunday = 6;

std::string TimeOfDay(int32_t second) {
  return absl::StrFormat("%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
}

bool SameHours(const std::vector<Hours>& a, const std::vector<Hours>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Hours& x, const Hours& y) {
    return x.from == y.from && x.to == y.to && x.tiers == y.tiers;
  });
}

// The hours that the seasons give to one kind of day, in order; an error where
// they do not cover it exactly once.
absl::StatusOr<std::vector<Hours>> HoursOfDay(const std::vector<Season>& seasons, int month, int weekday) {
  std::vector<Hours> day;
  for (const Season& season : seasons) {
    if (!(season.months >> (month - 1) & 1)) continue;
    for (const DaysAndHours& days : season.days_and_hours) {
      if (days.weekdays >> weekday & 1) day.insert(day.end(), days.hours.begin(), days.hours.end());
    }
  }
  std::sort(day.begin(), day.end(), [](const Hours& a, const Hours& b) { return a.from < b.from; });
  const std::string where = absl::StrCat(kDayNames[weekday], " in ", kMonthNames[month - 1]);
  int32_t covered = 0;
  for (const Hours& hours : day) {
    if (hours.from != covered) {
      const bool gap = hours.from > covered;
      return absl::InvalidArgumentError(absl::StrCat(
          where, ": the hours ", gap ? "leave a gap" : "overlap", " from ", TimeOfDay(std::min(covered, hours.from)),
          " to ", TimeOfDay(std::max(covered, hours.from)), "; every time of the day needs exactly one rate"));
    }
    covered = hours.to;
  }
  if (covered != kSecondsPerDay) {
    return absl::InvalidArgumentError(absl::StrCat(where, ": the hours leave a gap from ", TimeOfDay(covered),
                                                   " to 24:00:00; every time of the day needs exactly one rate"));
  }
  return day;
}

// Whether any entry of that month speaks of special days.
bool NamesSpecialDays(const std::vector<Season>& seasons, int month) {
  for (const Season& season : seasons) {
    if (!(season.months >> (month - 1) & 1)) continue;
    for (const DaysAndHours& days : season.days_and_hours) {
      if ((days.weekdays & kSpecialDay) != 0) return true;
    }
  }
  return false;
}

absl::Status CheckTiers(const std::vector<Tier>& tiers) {
  if (tiers.empty()) return absl::InvalidArgumentError("hours have no rate; give one, or one for each tier");
  if (tiers.size() > Schedule::kMostTiers) {
    return absl::InvalidArgumentError(
        absl::StrCat("hours have ", tiers.size(), " tiers; at most ", Schedule::kMostTiers, " are allowed"));
  }
  Decimal before;
  for (size_t i = 0; i + 1 < tiers.size(); ++i) {
    if (!tiers[i].to_kwh) {
      return absl::InvalidArgumentError(
          absl::StrCat("tier ", i + 1, " of ", tiers.size(), " has no to_kwh; only the last tier is without end"));
    }
    const Decimal to = *tiers[i].to_kwh;
    if (to.UnitsAtScale(Decimal::kMaxScale) <= before.UnitsAtScale(Decimal::kMaxScale)) {
      return absl::InvalidArgumentError(absl::StrCat("tier ", i + 1, " of ", tiers.size(), " has to_kwh ",
                                                     to.ToString(), "; it must be more than ", before.ToString()));
    }
    before = to;
  }
  if (tiers.back().to_kwh) {
    return absl::InvalidArgumentError(absl::StrCat("the last tier has to_kwh ", tiers.back().to_kwh->ToString(),
                                                   "; leave it out, or add a tier for what is used above it"));
  }
  return absl::OkStatus();
}

absl::Status CheckHours(const Hours& hours) {
  if (hours.from < 0 || hours.from >= hours.to || hours.to > kSecondsPerDay) {
    return absl::InvalidArgumentError(absl::StrCat("hours from ", hours.from, " s to ", hours.to,
                                                   " s are not within a day of 0 to 86400 s, or empty"));
  }
  return CheckTiers(hours.tiers);
}

// Some order, to find equal rates.
bool Before(const Rate& a, const Rate& b) {
  auto key = [](const Rate& rate) {
    auto pair = [](Decimal d) { return std::make_pair(d.units(), d.scale()); };
    return std::make_tuple(pair(rate.fixed), pair(rate.surcharge_fixed), pair(rate.surcharge_percentage));
  };
  return key(a) < key(b);
}

}  // namespace

absl::StatusOr<Schedule> Schedule::Create(const std::vector<Season>& seasons) {
  Schedule schedule;
  for (const Season& season : seasons) {
    for (const DaysAndHours& days : season.days_and_hours) {
      for (const Hours& hours : days.hours) {
        if (absl::Status status = CheckHours(hours); !status.ok()) return status;
      }
    }
  }
  for (int month = 1; month <= 12; ++month) {
    for (int weekday = 0; weekday < kKindsOfDay; ++weekday) {
      if (weekday == kSpecialDayIndex && !NamesSpecialDays(seasons, month)) {
        schedule.day_of_[month - 1][weekday] = schedule.day_of_[month - 1][kSunday];
        continue;
      }
      absl::StatusOr<std::vector<Hours>> day = HoursOfDay(seasons, month, weekday);
      if (!day.ok()) return day.status();
      auto known = std::find_if(schedule.days_.begin(), schedule.days_.end(),
                                [&](const std::vector<Hours>& other) { return SameHours(*day, other); });
      schedule.day_of_[month - 1][weekday] = static_cast<uint16_t>(known - schedule.days_.begin());
      if (known == schedule.days_.end()) schedule.days_.push_back(*std::move(day));
    }
  }
  for (const std::vector<Hours>& day : schedule.days_) {
    for (const Hours& hours : day) {
      schedule.most_tiers_ = std::max(schedule.most_tiers_, static_cast<int>(hours.tiers.size()));
      for (const Tier& tier : hours.tiers) schedule.rates_.push_back(tier.rate);
    }
  }
  std::sort(schedule.rates_.begin(), schedule.rates_.end(), Before);
  schedule.rates_.erase(std::unique(schedule.rates_.begin(), schedule.rates_.end()), schedule.rates_.end());
  return schedule;
}

}  // namespace costs::engine
