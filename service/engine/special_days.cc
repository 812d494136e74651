#include "service/engine/special_days.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace costs::engine {
namespace {

constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2099;
constexpr int kLargestOffset = 366;
// A day of these years may be moved into 1970 to 2099.
constexpr int kFirstBaseYear = 1968;
constexpr int kLastBaseYear = 2101;

constexpr absl::CivilDay kEpoch(1970, 1, 1);

constexpr int kSaturday = 5;
constexpr int kSunday = 6;

// 0 is Monday.
int WeekdayOf(absl::CivilDay day) { return static_cast<int>(absl::GetWeekday(day)); }

int DaysOfMonth(int year, int month) {
  return static_cast<int>(absl::CivilDay(absl::CivilMonth(year, month) + 1) - absl::CivilDay(year, month, 1));
}

std::optional<absl::CivilDay> NthOf(const SpecialDayRule::NthWeekday& rule, int year) {
  const int length = DaysOfMonth(year, rule.month);
  const int first_weekday = WeekdayOf(absl::CivilDay(year, rule.month, 1));
  const int first = 1 + (rule.weekday - first_weekday + 7) % 7;
  const int last = first + (length - first) / 7 * 7;
  const int day = rule.nth > 0 ? first + (rule.nth - 1) * 7 : last + (rule.nth + 1) * 7;
  if (day < 1 || day > length) return std::nullopt;
  return absl::CivilDay(year, rule.month, day);
}

// The day that the rule names in a year, before offset and observance.
struct DayInYear {
  int year;

  std::optional<absl::CivilDay> operator()(const SpecialDayRule::FixedDate& date) const {
    if (date.day > DaysOfMonth(year, date.month)) return std::nullopt;
    return absl::CivilDay(year, date.month, date.day);
  }
  std::optional<absl::CivilDay> operator()(const SpecialDayRule::NthWeekday& rule) const { return NthOf(rule, year); }
  std::optional<absl::CivilDay> operator()(SpecialDayRule::Easter easter) const { return EasterSunday(easter, year); }
  std::optional<absl::CivilDay> operator()(absl::CivilDay date) const {
    if (date.year() != year) return std::nullopt;
    return date;
  }
};

// The rule's days, offset included, before any is moved.
std::vector<absl::CivilDay> DaysOf(const SpecialDayRule& rule) {
  std::vector<absl::CivilDay> days;
  const int from = rule.first_year.value_or(kFirstBaseYear);
  const int to = rule.last_year.value_or(kLastBaseYear);
  for (int year = from; year <= to; ++year) {
    const std::optional<absl::CivilDay> day = absl::visit(DayInYear{year}, rule.day);
    if (day) days.push_back(*day + rule.offset_days);
  }
  return days;
}

bool IsMoved(absl::CivilDay day, Observance observance) {
  const int weekday = WeekdayOf(day);
  switch (observance) {
    case Observance::kActualDay:
      return false;
    case Observance::kSundayToMonday:
      return weekday == kSunday;
    case Observance::kNearestWeekday:
    case Observance::kNextFreeWeekday:
      break;
  }
  return weekday == kSaturday || weekday == kSunday;
}

// Of each kind of rule, what is wrong with its numbers; empty: nothing.
struct FaultOfDay {
  static std::string FaultOfMonth(int month) {
    return month >= 1 && month <= 12 ? "" : absl::StrCat(".month is ", month, "; it must be 1 to 12");
  }

  std::string operator()(const SpecialDayRule::FixedDate& date) const {
    if (std::string fault = FaultOfMonth(date.month); !fault.empty()) return fault;
    constexpr int kLeapYear = 2000;
    const int last = DaysOfMonth(kLeapYear, date.month);
    if (date.day >= 1 && date.day <= last) return "";
    return absl::StrCat(".day is ", date.day, "; it must be 1 to ", last, " in month ", date.month);
  }
  std::string operator()(const SpecialDayRule::NthWeekday& rule) const {
    if (std::string fault = FaultOfMonth(rule.month); !fault.empty()) return fault;
    if (rule.weekday < 0 || rule.weekday > 6) {
      return absl::StrCat(".weekday is ", rule.weekday, "; it must be 0 (Monday) to 6");
    }
    if (rule.nth == 0 || rule.nth < -5 || rule.nth > 5) {
      return absl::StrCat(".nth is ", rule.nth, "; it must be 1 to 5, or -1 (the last) to -5");
    }
    return "";
  }
  std::string operator()(SpecialDayRule::Easter) const { return ""; }
  std::string operator()(absl::CivilDay date) const {
    if (date.year() >= kFirstYear && date.year() <= kLastYear) return "";
    return absl::StrCat(".date is in ", date.year(), "; it must lie in ", kFirstYear, " to ", kLastYear);
  }
};

std::string FaultOf(const SpecialDayRule& rule) {
  if (std::string fault = absl::visit(FaultOfDay(), rule.day); !fault.empty()) return fault;
  if (rule.offset_days < -kLargestOffset || rule.offset_days > kLargestOffset) {
    return absl::StrCat(".offset_days is ", rule.offset_days, "; it must be ", -kLargestOffset, " to ", kLargestOffset);
  }
  for (const std::optional<int>& year : {rule.first_year, rule.last_year}) {
    if (year && (*year < kFirstYear || *year > kLastYear)) {
      return absl::StrCat(year == rule.first_year ? ".first_year" : ".last_year", " is ", *year, "; it must be ",
                          kFirstYear, " to ", kLastYear);
    }
  }
  if (rule.first_year && rule.last_year && *rule.last_year < *rule.first_year) {
    return absl::StrCat(".last_year is ", *rule.last_year, ", before first_year, ", *rule.first_year);
  }
  return "";
}

}  // namespace

absl::CivilDay EasterSunday(SpecialDayRule::Easter easter, int year) {
  const int golden = year % 19;  // the year's place in the moon's cycle, from 0
  if (easter == SpecialDayRule::Easter::kOrthodox) {
    // The paschal full moon by the Julian calendar, in days after its 21 March,
    // and from the day after it to the Sunday.
    const int moon = (19 * golden + 15) % 30;
    const int to_sunday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7;
    const int century = year / 100;
    const int gregorian_ahead = century - century / 4 - 2;
    return absl::CivilDay(year, 3, 22) + (moon + to_sunday) + gregorian_ahead;
  }
  // The Gregorian computus: the moon's age is corrected for the leap days that
  // centuries leave out and for the drift of the moon's cycle.
  const int century = year / 100;
  const int left_out = century - century / 4;
  const int drift = (8 * century + 13) / 25;
  const int age = (left_out - drift + 19 * golden + 15) % 30;
  const int moon = age - (age == 29 || (age == 28 && golden > 10) ? 1 : 0);  // days after 21 March
  const absl::CivilDay full_moon = absl::CivilDay(year, 3, 21) + moon;
  return full_moon + (7 - (WeekdayOf(full_moon) + 1) % 7);
}

absl::StatusOr<SpecialDayCalendar> SpecialDayCalendar::Create(std::string id,
                                                              const std::vector<SpecialDayRule>& rules) {
  if (rules.empty() || rules.size() > kMostRules) {
    return absl::InvalidArgumentError(
        absl::StrCat("rules has ", rules.size(), " entries; it must have 1 to ", kMostRules));
  }
  for (size_t i = 0; i < rules.size(); ++i) {
    if (std::string fault = FaultOf(rules[i]); !fault.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("rules[", i, "]", fault));
    }
  }
  std::vector<std::vector<absl::CivilDay>> days_of;
  std::set<absl::CivilDay> by_themselves;
  for (const SpecialDayRule& rule : rules) {
    days_of.push_back(DaysOf(rule));
    for (const absl::CivilDay day : days_of.back()) {
      if (!IsMoved(day, rule.observance)) by_themselves.insert(day);
    }
  }
  std::set<absl::CivilDay> special = by_themselves;
  for (size_t i = 0; i < rules.size(); ++i) {
    std::vector<absl::CivilDay> moved;
    for (absl::CivilDay day : days_of[i]) {
      if (!IsMoved(day, rules[i].observance)) continue;
      if (rules[i].observance == Observance::kNextFreeWeekday) {
        // At most one day of each rule is near, so this ends.
        do ++day;
        while (WeekdayOf(day) >= kSaturday || special.count(day) != 0);
      } else {
        day += WeekdayOf(day) == kSunday ? 1 : -1;
      }
      moved.push_back(day);
    }
    special.insert(moved.begin(), moved.end());
  }
  SpecialDayCalendar calendar;
  calendar.id_ = std::move(id);
  for (const absl::CivilDay day : special) {
    if (day.year() >= kFirstYear && day.year() <= kLastYear) {
      calendar.days_.push_back(static_cast<int32_t>(day - kEpoch));
    }
  }
  return calendar;
}

bool SpecialDayCalendar::Contains(int64_t day) const { return std::binary_search(days_.begin(), days_.end(), day); }

}  // namespace costs::engine
