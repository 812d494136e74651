#include "service/catalog/document_schedule.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/document_fields.h"
#include "service/catalog/fault_log.h"
#include "service/engine/tariff.h"

namespace costs::catalog {
namespace {

namespace pb = ::energy::costs::v1;

constexpr absl::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr absl::string_view kDays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr size_t kShortName = 3;
constexpr absl::string_view kTimeWanted =
    "a local time HH:MM:SS from 00:00:00 to 23:59:59 (00:00:00 as the end is midnight)";
constexpr int64_t kLargestRate = 1'000'000'000;
constexpr int64_t kLargestToKwh = 1'000'000'000;
constexpr int64_t kLeastPercentage = -100;
constexpr int64_t kLargestPercentage = 1'000'000;

// 0 where the name is none.
uint16_t MonthBits(absl::string_view name) {
  if (absl::EqualsIgnoreCase(name, "All")) return engine::kAllMonths;
  for (size_t i = 0; i < 12; ++i) {
    if (absl::EqualsIgnoreCase(name, kMonths[i])) return static_cast<uint16_t>(1u << i);
  }
  return 0;
}

// 0 where the name is none.
uint8_t DayBits(absl::string_view name) {
  if (absl::EqualsIgnoreCase(name, "All")) return engine::kAllDays;
  if (absl::EqualsIgnoreCase(name, "Weekday")) return engine::kWeekdays;
  if (absl::EqualsIgnoreCase(name, "Weekend")) return engine::kWeekend;
  if (absl::EqualsIgnoreCase(name, "Holiday")) return engine::kSpecialDay;
  const absl::optional<int> weekday = WeekdayOf(name);
  return weekday ? static_cast<uint8_t>(1u << *weekday) : 0;
}

class Reader {
 public:
  Reader(RateKind kind, Violations* faults) : kind_(kind), faults_(faults) {}

  void ReadSeasons(const pb::TariffElement& element, const FieldPath& path, ReadScheduleResult* result) {
    result->seasons.reserve(static_cast<size_t>(std::min(element.schedule_size(), kMostScheduleHours)));
    for (int i = 0; i < element.schedule_size() && !Stop(path); ++i) {
      const FieldPath at = path.At(i);
      result->seasons.push_back(ReadSeason(element.schedule(i), at));
    }
    Stop(path);  // the last one may be over the limit
    result->names_special_days = names_special_days_;
  }

 private:
  // True once there is no point in reading on.
  bool Stop(const FieldPath& schedule) {
    if (!stopped_ && hours_ > kMostScheduleHours) {
      faults_->Add(schedule, absl::StrCat("has more than ", kMostScheduleHours, " entries of hours; join days and ",
                                          "months that have the same rates"));
      stopped_ = true;
    }
    return stopped_ || faults_->full();
  }

  engine::Season ReadSeason(const pb::TariffSchedule& document, const FieldPath& path) {
    engine::Season season;
    const FieldPath months = path.Field("months"), days = path.Field("days_and_hours");
    if (document.months_size() > 0) {
      season.months =
          static_cast<uint16_t>(Bits(document.months(), months, MonthBits, "a month", "Jan, Feb, ..., Dec, or All"));
    }
    if (document.days_and_hours_size() == 0) {
      faults_->Add(days, "is required; write at least one entry, with the hours of its days");
      ++hours_;
    }
    for (int i = 0; i < document.days_and_hours_size() && hours_ <= kMostScheduleHours && !faults_->full(); ++i) {
      const FieldPath at = days.At(i);
      season.days_and_hours.push_back(ReadDays(document.days_and_hours(i), at));
    }
    return season;
  }

  engine::DaysAndHours ReadDays(const pb::ScheduleDays& document, const FieldPath& path) {
    engine::DaysAndHours days;
    const FieldPath names = path.Field("days"), hours = path.Field("hours");
    if (document.days_size() > 0) {
      days.weekdays = static_cast<uint8_t>(Bits(document.days(), names, DayBits, "a day",
                                                "Mon, Tue, ..., Sun, 1 (Monday) to 7, Weekday, Weekend, All, or "
                                                "Holiday"));
      names_special_days_ = names_special_days_ || (days.weekdays & engine::kSpecialDay) != 0;
    }
    if (document.hours_size() == 0) {
      faults_->Add(hours, "is required; write at least one entry");
      ++hours_;
    }
    for (int i = 0; i < document.hours_size() && ++hours_ <= kMostScheduleHours && !faults_->full(); ++i) {
      const FieldPath at = hours.At(i);
      ReadHours(document.hours(i), at, &days.hours);
    }
    return days;
  }

  void ReadHours(const pb::ScheduleHours& document, const FieldPath& path, std::vector<engine::Hours>* hours) {
    const absl::optional<int32_t> from = ReadTime(document.valid_from(), path.Field("valid_from"));
    absl::optional<int32_t> to = ReadTime(document.valid_to(), path.Field("valid_to"));
    std::vector<engine::Tier> tiers = ReadTiers(document, path.Field("rate"));
    if (!from || !to) return;
    if (*to == 0) to = engine::kSecondsPerDay;
    if (*to <= *from) {
      faults_->Add(path.Field("valid_to"),
                   absl::StrCat("is ", document.valid_to(), ", which is not after valid_from ", document.valid_from(),
                                "; hours over midnight are two entries"));
      return;
    }
    hours->emplace_back(*from, *to, std::move(tiers));
  }

  // Midnight where absent; null, with a fault, where it is no time.
  absl::optional<int32_t> ReadTime(const std::string& text, const FieldPath& path) {
    if (text.empty()) return 0;
    const absl::optional<int32_t> time = TimeOfDay(text);
    if (!time) faults_->Add(path, absl::StrCat("is ", Quoted(text), "; write ", kTimeWanted));
    return time;
  }

  std::vector<engine::Tier> ReadTiers(const pb::ScheduleHours& hours, const FieldPath& path) {
    std::vector<engine::Tier> tiers;
    if (hours.rate_size() == 0) faults_->Add(path, "is required; write one entry, or one for each tier");
    if (hours.rate_size() > static_cast<int>(engine::Schedule::kMostTiers)) {
      faults_->Add(path, absl::StrCat("has ", hours.rate_size(), " tiers; at most ", engine::Schedule::kMostTiers,
                                      " are allowed"));
      return tiers;
    }
    engine::Decimal before;
    for (int i = 0; i < hours.rate_size(); ++i) {
      const FieldPath at = path.At(i);
      engine::Tier tier;
      tier.rate = ReadRate(hours.rate(i), at);
      tier.to_kwh = ReadEnd(hours.rate(i), i + 1 == hours.rate_size(), at.Field("to_kwh"), &before);
      tiers.push_back(std::move(tier));
    }
    return tiers;
  }

  // The end of a tier; null for the last, and with a fault. `before` is the end of
  // the tier before it.
  std::optional<engine::Decimal> ReadEnd(const pb::ScheduleRate& rate, bool last, const FieldPath& path,
                                         engine::Decimal* before) {
    if (last) {
      if (rate.has_to_kwh()) {
        faults_->Add(path, "must be left out of the last tier, which has no end; add a tier for what is used above it");
      }
      return std::nullopt;
    }
    if (!rate.has_to_kwh()) {
      faults_->Add(path, "is required in all tiers but the last; write the kWh of the window up to which it goes");
      return std::nullopt;
    }
    const absl::optional<engine::Decimal> end = ReadDecimal(rate.to_kwh(), 0, kLargestToKwh, path, faults_);
    if (!end) return std::nullopt;
    if (end->UnitsAtScale(engine::Decimal::kMaxScale) <= before->UnitsAtScale(engine::Decimal::kMaxScale)) {
      faults_->Add(path, absl::StrCat("is ", end->ToString(), "; it must be more than ", before->ToString(),
                                      ", where the tier starts"));
    }
    *before = *end;
    return *end;
  }

  engine::Rate ReadRate(const pb::ScheduleRate& document, const FieldPath& path) {
    engine::Rate rate;
    if (kind_ == RateKind::kFixed) {
      const FieldPath fixed = path.Field("fixed");
      if (!document.has_fixed()) faults_->Add(fixed, "is required; write the price of a kWh in major units");
      rate.fixed = Read(document.has_fixed(), document.fixed(), -kLargestRate, kLargestRate, fixed);
    } else {
      rate.surcharge_fixed = Read(document.has_surcharge_fixed(), document.surcharge_fixed(), -kLargestRate,
                                  kLargestRate, path.Field("surcharge_fixed"));
      const FieldPath percentage = path.Field("surcharge_percentage");
      rate.surcharge_percentage = Read(document.has_surcharge_percentage(), document.surcharge_percentage(),
                                       kLeastPercentage, kLargestPercentage, percentage);
      if (rate.surcharge_percentage.scale() > engine::kPercentageScale) {
        faults_->Add(percentage, absl::StrCat("is ", rate.surcharge_percentage.ToString(), "; round it to ",
                                              engine::kPercentageScale, " digits after the point"));
      }
    }
    return rate;
  }

  // Zero where absent, or with a fault.
  engine::Decimal Read(bool has, double value, int64_t least, int64_t most, const FieldPath& path) {
    if (!has) return {};
    return ReadDecimal(value, least, most, path, faults_).value_or(engine::Decimal());
  }

  // The union of what the names stand for; each may be there once.
  template <typename Names, typename ToBits>
  unsigned Bits(const Names& names, const FieldPath& path, ToBits to_bits, absl::string_view a_name,
                absl::string_view allowed) {
    unsigned all = 0;
    for (int i = 0; i < names.size() && !faults_->full(); ++i) {
      const FieldPath at = path.At(i);
      const unsigned bits = to_bits(names[i]);
      if (bits == 0) {
        faults_->Add(at, absl::StrCat("is ", Quoted(names[i]), ", which is not ", a_name, "; write ", allowed));
      } else if ((all & bits) != 0) {
        faults_->Add(at, absl::StrCat("is ", Quoted(names[i]), ", which is in this list already; name each once"));
      }
      all |= bits;
    }
    return all;
  }

  const RateKind kind_;
  Violations* const faults_;
  int hours_ = 0;  // entries seen, and those that are missing, so that a loop over them ends
  bool stopped_ = false;
  bool names_special_days_ = false;
};

}  // namespace

ReadScheduleResult ReadSchedule(const pb::TariffElement& element, RateKind kind, const FieldPath& path,
                                Violations* faults) {
  ReadScheduleResult result;
  Reader(kind, faults).ReadSeasons(element, path, &result);
  return result;
}

absl::optional<int> WeekdayOf(absl::string_view name) {
  if (name.size() == 1 && name[0] >= '1' && name[0] <= '7') return name[0] - '1';
  for (int i = 0; i < 7; ++i) {
    if (absl::EqualsIgnoreCase(name, kDays[i]) || absl::EqualsIgnoreCase(name, kDays[i].substr(0, kShortName))) {
      return i;
    }
  }
  return absl::nullopt;
}

absl::optional<int32_t> TimeOfDay(absl::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return absl::nullopt;
  const auto two_digits = [text](size_t at) {
    if (!absl::ascii_isdigit(text[at]) || !absl::ascii_isdigit(text[at + 1])) return 100;
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
  };
  const int hours = two_digits(0), minutes = two_digits(3), seconds = two_digits(6);
  if (hours > 23 || minutes > 59 || seconds > 59) return absl::nullopt;
  return (hours * 60 + minutes) * 60 + seconds;
}

}  // namespace costs::catalog
