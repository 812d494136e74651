// A schedule: which rate holds at which local time.
//
// A season names months, a season's days name weekdays and special days, and the
// hours of those days name rates, one for each tier of usage. Times are civil
// times of the location; the schedule knows no zone, nor which days are special.
// Every second of every day of the year is covered exactly once.
//
// Source of the rule: the tariff schedule of the FlatPeak API (months ->
// days_and_hours -> hours -> rate). A plain, immutable value.
#ifndef SERVICE_ENGINE_SCHEDULE_H_
#define SERVICE_ENGINE_SCHEDULE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
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

// The rate of the energy above the tier before and up to and including `to_kwh`
// of a window; none: without end. What a window is, and whether to_kwh counts its
// kWh or those of each of its days, is the tariff element's to say.
struct Tier {
  Rate rate;
  std::optional<Decimal> to_kwh;

  friend bool operator==(const Tier& a, const Tier& b) { return a.rate == b.rate && a.to_kwh == b.to_kwh; }
};

// [from, to) in seconds since the local midnight; 0 <= from < to <= 86400.
// `tiers`: at least one, by to_kwh ascending; the last, and only it, has none.
struct Hours {
  Hours() = default;
  Hours(int32_t from_second, int32_t to_second, const Rate& rate)
      : from(from_second), to(to_second), tiers{{rate, std::nullopt}} {}
  Hours(int32_t from_second, int32_t to_second, std::vector<Tier> ladder)
      : from(from_second), to(to_second), tiers(std::move(ladder)) {}

  int32_t from = 0;
  int32_t to = kSecondsPerDay;
  std::vector<Tier> tiers;
};

inline constexpr uint8_t kMonday = 1u << 0;
inline constexpr uint8_t kWeekdays = 0b0011111;
inline constexpr uint8_t kWeekend = 0b1100000;
inline constexpr uint8_t kAllDays = 0b1111111;  // of the week
inline constexpr uint8_t kSpecialDay = 1u << 7;
inline constexpr uint16_t kAllMonths = 0b1111'1111'1111;

struct DaysAndHours {
  uint8_t weekdays = kAllDays;  // bit 0 is Monday, bit 6 Sunday, bit 7 a special day
  std::vector<Hours> hours;
};

struct Season {
  uint16_t months = kAllMonths;  // bit 0 is January
  std::vector<DaysAndHours> days_and_hours;
};

class Schedule {
 public:
  static constexpr int kSpecialDayIndex = 7;
  static constexpr size_t kMostTiers = 20;

  // INVALID_ARGUMENT, with the month, day and time, where the seasons leave a gap
  // or overlap, hours are not within a day, or tiers are not as Hours says. In
  // months of which no entry names kSpecialDay, special days are as Sundays.
  static absl::StatusOr<Schedule> Create(const std::vector<Season>& seasons);

  // The hours of such a day, in order, from 0 to 86400 without a gap.
  // month: 1 to 12; day: 0 (Monday) to 6, or kSpecialDayIndex.
  const std::vector<Hours>& HoursOf(int month, int day) const { return days_[day_of_[month - 1][day]]; }

  // Every rate that occurs, in any tier, once.
  const std::vector<Rate>& rates() const { return rates_; }

  // The most tiers that any hours have; tiered: more than one.
  int most_tiers() const { return most_tiers_; }
  bool tiered() const { return most_tiers_ > 1; }

 private:
  static constexpr int kKindsOfDay = 8;

  Schedule() = default;

  std::vector<std::vector<Hours>> days_;                        // the different days
  std::array<std::array<uint16_t, kKindsOfDay>, 12> day_of_{};  // [month - 1][day] -> index in days_
  std::vector<Rate> rates_;
  int most_tiers_ = 1;
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_SCHEDULE_H_
