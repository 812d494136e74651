// A schedule: which rate holds at which local time.
//
// A season names months, a season's days name weekdays, and the hours of those
// days name rates. Times are civil times of the location; the schedule knows no
// zone. Every minute of every day of the year is covered exactly once.
//
// Source of the rule: the tariff schedule of the FlatPeak API (months ->
// days_and_hours -> hours -> rate). A plain, immutable value.
#ifndef SERVICE_ENGINE_SCHEDULE_H_
#define SERVICE_ENGINE_SCHEDULE_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "service/engine/decimal.h"

namespace costs::engine {

inline constexpr int32_t kSecondsPerDay = 86'400;

// What a kWh costs, in major units. An element with market rates uses the
// surcharges, (market + surcharge_fixed) * (1 + surcharge_percentage / 100);
// one without uses `fixed`.
struct Rate {
  Decimal fixed;
  Decimal surcharge_fixed;
  Decimal surcharge_percentage;

  friend bool operator==(const Rate& a, const Rate& b) {
    return a.fixed == b.fixed && a.surcharge_fixed == b.surcharge_fixed &&
           a.surcharge_percentage == b.surcharge_percentage;
  }
};

// [from, to) in seconds since the local midnight; 0 <= from < to <= 86400.
struct Hours {
  int32_t from = 0;
  int32_t to = kSecondsPerDay;
  Rate rate;
};

inline constexpr uint8_t kMonday = 1u << 0;
inline constexpr uint8_t kWeekdays = 0b0011111;
inline constexpr uint8_t kWeekend = 0b1100000;
inline constexpr uint8_t kAllDays = 0b1111111;
inline constexpr uint16_t kAllMonths = 0b1111'1111'1111;

struct DaysAndHours {
  uint8_t weekdays = kAllDays;  // bit 0 is Monday, bit 6 Sunday
  std::vector<Hours> hours;
};

struct Season {
  uint16_t months = kAllMonths;  // bit 0 is January
  std::vector<DaysAndHours> days_and_hours;
};

class Schedule {
 public:
  // INVALID_ARGUMENT, with the month, weekday and time, where the seasons leave
  // a gap or overlap, or where hours are not within a day.
  static absl::StatusOr<Schedule> Create(const std::vector<Season>& seasons);

  // The hours of such a day, in order, from 0 to 86400 without a gap.
  // month: 1 to 12; weekday: 0 (Monday) to 6.
  const std::vector<Hours>& HoursOf(int month, int weekday) const;

  // Every rate that occurs.
  const std::vector<Rate>& rates() const { return rates_; }

 private:
  Schedule() = default;

  std::vector<std::vector<Hours>> days_;              // the different days
  std::array<std::array<uint16_t, 7>, 12> day_of_{};  // [month - 1][weekday] -> index in days_
  std::vector<Rate> rates_;
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_SCHEDULE_H_
