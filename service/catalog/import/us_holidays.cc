#include "service/catalog/import/us_holidays.h"

#include "absl/strings/str_join.h"

namespace costs::catalog {
namespace {

struct Holiday {
  absl::string_view name;
  absl::string_view display_name;
  int month;
  int day;                    // of the month; 0: the weekday below
  absl::string_view weekday;  // empty: the day above
  int nth;
  int offset_days;
};

constexpr Holiday kHolidays[] = {
    {"new_years_day", "New Year's Day", 1, 1, "", 0, 0},
    {"mlk_day", "Birthday of Martin Luther King, Jr.", 1, 0, "Mon", 3, 0},
    {"washingtons_birthday", "Washington's Birthday", 2, 0, "Mon", 3, 0},
    {"memorial_day", "Memorial Day", 5, 0, "Mon", -1, 0},
    {"juneteenth", "Juneteenth", 6, 19, "", 0, 0},
    {"independence_day", "Independence Day", 7, 4, "", 0, 0},
    {"labor_day", "Labor Day", 9, 0, "Mon", 1, 0},
    {"columbus_day", "Columbus Day", 10, 0, "Mon", 2, 0},
    {"veterans_day", "Veterans Day", 11, 11, "", 0, 0},
    {"thanksgiving", "Thanksgiving Day", 11, 0, "Thu", 4, 0},
    {"day_after_thanksgiving", "Day after Thanksgiving", 11, 0, "Thu", 4, 1},
    {"christmas", "Christmas Day", 12, 25, "", 0, 0},
};

}  // namespace

absl::optional<energy::costs::v1::SpecialDayRule> UsHoliday(absl::string_view name) {
  for (const Holiday& holiday : kHolidays) {
    if (holiday.name != name) continue;
    energy::costs::v1::SpecialDayRule rule;
    rule.set_name(std::string(holiday.display_name));
    if (holiday.day != 0) {
      rule.mutable_fixed_date()->set_month(holiday.month);
      rule.mutable_fixed_date()->set_day(holiday.day);
    } else {
      rule.mutable_nth_weekday()->set_month(holiday.month);
      rule.mutable_nth_weekday()->set_weekday(std::string(holiday.weekday));
      rule.mutable_nth_weekday()->set_nth(holiday.nth);
    }
    if (holiday.offset_days != 0) rule.set_offset_days(holiday.offset_days);
    return rule;
  }
  return absl::nullopt;
}

std::string UsHolidayNames() {
  return absl::StrJoin(kHolidays, ", ", [](std::string* out, const Holiday& holiday) {
    out->append(holiday.name.data(), holiday.name.size());
  });
}

}  // namespace costs::catalog
