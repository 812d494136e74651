// A calendar of special days, such as public holidays: days that a tariff prices
// unlike their weekday.
//
//   auto calendar = SpecialDayCalendar::Create("us-federal", rules);
//   calendar->Contains(absl::CivilDay(2023, 7, 4) - absl::CivilDay(1970, 1, 1))
//
// Rules are written out once, for all dates from 1970 to 2099. Immutable; share it
// by shared_ptr<const>. Source of the rules: the SpecialDayCalendar of the API.
#ifndef SERVICE_ENGINE_SPECIAL_DAYS_H_
#define SERVICE_ENGINE_SPECIAL_DAYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/variant.h"

namespace costs::engine {

// On which day a special day is kept that falls on a weekend; the day itself is
// then not special by this rule.
enum class Observance {
  kActualDay,       // on itself
  kSundayToMonday,  // a Sunday's on the Monday after it
  kNearestWeekday,  // a Saturday's on the Friday before it, a Sunday's on the Monday after it
  // On the first weekday after it that is not special by itself (a day that a rule
  // names and that is not moved) or by an earlier rule of the list.
  kNextFreeWeekday,
};

struct SpecialDayRule {
  // Without defaults: a nested type with such could not be the variant's default.
  struct FixedDate {
    int month;  // 1 to 12
    int day;    // 1 to the month's last; 29 February is special in leap years only
  };
  struct NthWeekday {
    int month;    // 1 to 12
    int weekday;  // 0 (Monday) to 6
    int nth;      // 1 to 5, or -1 (the last) to -5; where there is none, no day is special
  };
  enum class Easter { kWestern, kOrthodox };

  std::string name;
  // The last: one date of one year.
  absl::variant<FixedDate, NthWeekday, Easter, absl::CivilDay> day;
  int offset_days = 0;  // -366 to 366
  Observance observance = Observance::kActualDay;
  // Years of the day before offset_days and observance, both included.
  std::optional<int> first_year;
  std::optional<int> last_year;
};

class SpecialDayCalendar {
 public:
  static constexpr size_t kMostRules = 400;

  // INVALID_ARGUMENT, naming the rule, where a number is out of its range, or
  // where there are no rules or more than kMostRules.
  static absl::StatusOr<SpecialDayCalendar> Create(std::string id, const std::vector<SpecialDayRule>& rules);

  const std::string& id() const { return id_; }

  // `day`: a date of the location, in days since 1970-01-01.
  bool Contains(int64_t day) const;

  // All of them, ascending.
  const std::vector<int32_t>& days() const { return days_; }

 private:
  SpecialDayCalendar() = default;

  std::string id_;
  std::vector<int32_t> days_;
};

// The Sunday of Easter, by the Gregorian calendar; `year` 1900 to 2199.
absl::CivilDay EasterSunday(SpecialDayRule::Easter easter, int year);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_SPECIAL_DAYS_H_
