#include "service/engine/testing/slow_pricer.h"

#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace costs::engine::testing {
namespace {

constexpr int64_t kNanosPerHour = 3'600'000'000'000;

void UseZone(const std::string& zone) {
  static std::string* const current = new std::string;
  if (*current == zone) return;
  *current = zone;
  setenv("TZ", (":/usr/share/zoneinfo/" + zone).c_str(), 1);
  tzset();
}

BigInteger TenTo(int exponent) { return boost::multiprecision::pow(BigInteger(10), static_cast<unsigned>(exponent)); }

// What prices one second of one element: a rule of its schedule, a slot of its
// market, or both.
struct Source {
  const Hours* rule = nullptr;
  const MarketPrice* slot = nullptr;

  bool operator<(const Source& other) const {
    return std::make_pair(rule, slot) < std::make_pair(other.rule, other.slot);
  }
};

Rational PriceOf(const Source& source, size_t tier) {
  if (source.slot == nullptr) return ToRational(source.rule->tiers[tier].rate.fixed);
  Rational market = ToRational(source.slot->per_kwh);
  if (source.rule == nullptr) return market;
  const Rate& rate = source.rule->tiers[tier].rate;
  return (market + ToRational(rate.surcharge_fixed)) * (1 + ToRational(rate.surcharge_percentage) / 100);
}

bool IsSpecial(const ElementSpec& element, const struct tm& civil) {
  return std::any_of(element.special_days.begin(), element.special_days.end(), [&](absl::CivilDay day) {
    return day.year() == civil.tm_year + 1900 && day.month() == civil.tm_mon + 1 && day.day() == civil.tm_mday;
  });
}

const Hours* FindRule(const std::vector<Season>& seasons, const struct tm& civil, int day_bit, int second) {
  for (const Season& season : seasons) {
    if ((season.months >> civil.tm_mon & 1) == 0) continue;
    for (const DaysAndHours& days : season.days_and_hours) {
      if ((days.weekdays >> day_bit & 1) == 0) continue;
      for (const Hours& hours : days.hours) {
        if (hours.from <= second && second < hours.to) return &hours;
      }
    }
  }
  return nullptr;
}

const Hours* RuleAt(const ElementSpec& element, const struct tm& civil) {
  const int second = civil.tm_hour * 3600 + civil.tm_min * 60 + civil.tm_sec;
  if (!IsSpecial(element, civil)) return FindRule(element.seasons, civil, (civil.tm_wday + 6) % 7, second);
  const Hours* special = FindRule(element.seasons, civil, 7, second);
  return special != nullptr ? special : FindRule(element.seasons, civil, 6, second);  // as a Sunday
}

// None where the element has no price.
std::optional<Source> SourceAt(const ElementSpec& element, int64_t second, const struct tm& civil) {
  const int64_t ns = second * kNanosPerSecond;
  if (ns < element.contract_start.ns) return std::nullopt;
  Source source;
  if (!element.seasons.empty()) {
    source.rule = RuleAt(element, civil);
    if (source.rule == nullptr) return std::nullopt;
  }
  if (element.market) {
    auto after = std::upper_bound(element.market->begin(), element.market->end(), ns,
                                  [](int64_t at, const MarketPrice& slot) { return at < slot.interval.start.ns; });
    if (after == element.market->begin() || (after - 1)->interval.end.ns <= ns) return std::nullopt;
    source.slot = &*(after - 1);
  }
  return source;
}

// Whether another of the elements prices in this one's place.
bool IsReplaced(const ElementSpec& element, const std::vector<ElementSpec>& all, int64_t second) {
  for (const ElementSpec& other : all) {
    if (!other.supersedes.empty() && other.supersedes == element.id &&
        second * kNanosPerSecond >= other.contract_start.ns) {
      return true;
    }
    if (!element.supersedes.empty() && element.supersedes == other.id &&
        second * kNanosPerSecond < element.contract_start.ns) {
      return true;
    }
  }
  return false;
}

int ConfidenceAt(const ElementSpec& element, int64_t second) {
  if (element.market || !element.contract_end) return 1000;
  const int64_t over = second - element.contract_end->ns / kNanosPerSecond;
  if (over < 0) return 1000;
  return static_cast<int>(std::max<int64_t>(200, 800 - 200 * (over / 86'400 / 90)));
}

Rational PowerKw(const Usage& usage) {
  return SlowEnergyKwh(usage) / (Rational(usage.interval.end.ns - usage.interval.start.ns) / kNanosPerHour);
}

// Calls visit(second, nanoseconds of the record within it) until it says false.
template <typename Visitor>
void EverySecond(const Interval& interval, Visitor visit) {
  for (int64_t second = interval.start.ns / kNanosPerSecond; second * kNanosPerSecond < interval.end.ns; ++second) {
    const int64_t from = std::max(interval.start.ns, second * kNanosPerSecond);
    const int64_t to = std::min(interval.end.ns, (second + 1) * kNanosPerSecond);
    if (!visit(second, to - from)) return;
  }
}

// A date as a number that grows with it.
int DateOf(const struct tm& civil) { return ((civil.tm_year + 1900) * 100 + civil.tm_mon + 1) * 100 + civil.tm_mday; }

int64_t DayNumber(int year, int month, int day) {
  struct tm date = {};
  date.tm_year = year - 1900;
  date.tm_mon = month - 1;
  date.tm_mday = day;
  return timegm(&date) / 86'400;
}

// The day on which the cycle of a month begins, as a day number.
int64_t CycleStart(int year, int month, int anchor) {
  const int next_month = month % 12 + 1;
  const int64_t last = DayNumber(month == 12 ? year + 1 : year, next_month, 1) - 1;
  return std::min(DayNumber(year, month, 1) + anchor - 1, last);
}

// A window, told by the day number of its first day.
struct SlowWindow {
  int64_t first = 0;
  int64_t days = 0;
};

SlowWindow WindowOfDate(const TierWindow& window, int date) {
  int year = date / 10'000, month = date / 100 % 100;
  const int64_t today = DayNumber(year, month, date % 100);
  if (window.kind == TierWindow::Kind::kDay) return {today, 1};
  if (today < CycleStart(year, month, window.anchor_day)) {
    if (--month == 0) month = 12, --year;
  }
  const int64_t first = CycleStart(year, month, window.anchor_day);
  if (++month == 13) month = 1, ++year;
  return {first, CycleStart(year, month, window.anchor_day) - first};
}

// The latest date that the clock has shown by a second. Where it goes back over
// midnight the new day's window has begun all the same.
class LatestDate {
 public:
  explicit LatestDate(int64_t start) {
    constexpr int64_t kDayAndMore = 26 * 3600;
    for (int64_t at = std::max<int64_t>(0, (start - kDayAndMore) / 60 * 60); at <= start; at += 60) See(at);
  }
  void See(int64_t second) {
    struct tm civil;
    const time_t now = second;
    localtime_r(&now, &civil);
    date_ = std::max(date_, DateOf(civil));
  }
  int date() const { return date_; }

 private:
  int date_ = 0;
};

// Adds up what one element asks for the energy of a record.
class ElementBill {
 public:
  ElementBill(const ElementSpec& element, const Rational& power_kw, const SlowUsageBefore& before)
      : element_(element), power_kw_(power_kw) {
    for (const auto& [window, nano_wh] : before) {
      if (window == element.tier_window) used_before_ = Rational(nano_wh) / TenTo(12);
    }
  }

  void Add(const Source& source, int64_t nanos) {
    const auto& tiers = source.rule != nullptr ? source.rule->tiers : kNoTiers;
    if (tiers.size() < 2) {
      nanos_at_[{source, 0}] += nanos;
      return;
    }
    const Rational from = used_before_ + power_kw_ * nanos_in_window_ / kNanosPerHour;
    const Rational to = used_before_ + power_kw_ * (nanos_in_window_ + nanos) / kNanosPerHour;
    Rational floor = 0;
    for (size_t tier = 0; tier < tiers.size(); ++tier) {
      const bool last = tier + 1 == tiers.size();
      const Rational ceiling = last ? to : Rational(ToRational(*tiers[tier].to_kwh) * factor_);
      if (from >= floor && (last || to <= ceiling)) {
        nanos_at_[{source, tier}] += nanos;  // the whole second, as nearly always
        return;
      }
      const Rational part = std::min(to, ceiling) - std::max(from, floor);
      if (part > 0) money_ += part * PriceOf(source, tier);
      floor = ceiling;
    }
  }

  // Every second counts as usage, whether it is this element that prices it.
  void Pass(int64_t nanos) { nanos_in_window_ += nanos; }

  void EnterDate(int date) {
    if (date == date_) return;
    date_ = date;
    const SlowWindow window = WindowOfDate(element_.tier_window, date);
    factor_ = element_.tier_unit == TierUnit::kKwhDaily ? window.days : 1;
    if (first_day_ && *first_day_ != window.first) {
      used_before_ = 0;
      nanos_in_window_ = 0;
    }
    first_day_ = window.first;
  }

  Rational Money() const {
    Rational money = money_;
    for (const auto& [source_and_tier, nanos] : nanos_at_) {
      money += PriceOf(source_and_tier.first, source_and_tier.second) * power_kw_ * nanos / kNanosPerHour;
    }
    return money;
  }

 private:
  inline static const std::vector<Tier> kNoTiers;

  const ElementSpec& element_;
  const Rational& power_kw_;
  Rational used_before_ = 0;  // kWh, in the window at hand
  int64_t nanos_in_window_ = 0;
  int64_t factor_ = 1;
  int date_ = 0;
  std::optional<int64_t> first_day_;
  Rational money_ = 0;
  std::map<std::pair<Source, size_t>, int64_t> nanos_at_;
};

}  // namespace

SlowAnswer SlowCost(const std::vector<ElementSpec>& elements, const std::string& zone, const Usage& usage,
                    const SlowUsageBefore& before) {
  UseZone(zone);
  SlowAnswer answer;
  const Rational power_kw = PowerKw(usage);
  std::vector<ElementBill> bills;
  for (const ElementSpec& element : elements) bills.emplace_back(element, power_kw, before);
  LatestDate latest(usage.interval.start.ns / kNanosPerSecond);
  EverySecond(usage.interval, [&](int64_t second, int64_t nanos) {
    struct tm civil;
    const time_t now = second;
    localtime_r(&now, &civil);
    latest.See(second);
    for (size_t e = 0; e < elements.size(); ++e) {
      bills[e].EnterDate(latest.date());
      if (!IsReplaced(elements[e], elements, second)) {
        const std::optional<Source> source = SourceAt(elements[e], second, civil);
        if (!source) {
          answer.known = false;
          answer.gap = {std::max(usage.interval.start.ns, second * kNanosPerSecond)};
          return false;
        }
        bills[e].Add(*source, nanos);
        answer.confidence = std::min(answer.confidence, ConfidenceAt(elements[e], second));
      }
      bills[e].Pass(nanos);
    }
    return true;
  });
  for (const ElementBill& bill : bills) answer.amount += bill.Money();
  return answer;
}

SlowAnswer SlowCarbon(const std::vector<CarbonIntensity>& intensities, const Usage& usage) {
  SlowAnswer answer;
  std::map<const CarbonIntensity*, int64_t> nanos_at;
  EverySecond(usage.interval, [&](int64_t second, int64_t nanos) {
    const int64_t ns = second * kNanosPerSecond;
    for (const CarbonIntensity& slot : intensities) {
      if (slot.interval.start.ns > ns || slot.interval.end.ns <= ns) continue;
      if (!slot.actual && !slot.forecast) break;
      nanos_at[&slot] += nanos;
      answer.confidence = std::min(answer.confidence, slot.actual ? 1000 : 800);
      return true;
    }
    answer.known = false;
    answer.gap = {std::max(usage.interval.start.ns, ns)};
    return false;
  });
  Rational hours = 0;
  for (const auto& [slot, nanos] : nanos_at) {
    hours += ToRational(slot->actual ? *slot->actual : *slot->forecast) * nanos / kNanosPerHour;
  }
  answer.amount = PowerKw(usage) * hours;
  return answer;
}

Rational SlowEnergyKwh(const Usage& usage) {
  Rational value = Rational(usage.value_micros) / 1'000'000;
  const Rational hours = Rational(usage.interval.end.ns - usage.interval.start.ns) / kNanosPerHour;
  switch (usage.units) {
    case Units::kW:
      return value / 1000 * hours;
    case Units::kKw:
      return value * hours;
    case Units::kWh:
      return value / 1000;
    default:
      return value;
  }
}

BigInteger RoundHalfEven(const Rational& amount, int digits) {
  const Rational scaled = amount * TenTo(digits);
  const BigInteger below = boost::multiprecision::numerator(scaled) / boost::multiprecision::denominator(scaled);
  BigInteger floor = below;
  if (Rational(floor) > scaled) --floor;
  const Rational rest = scaled - floor;
  const Rational half(1, 2);
  if (rest > half) return floor + 1;
  if (rest < half) return floor;
  return floor % 2 == 0 ? floor : BigInteger(floor + 1);
}

BigInteger RoundHalfAway(const Rational& amount, int digits) {
  const Rational magnitude = boost::multiprecision::abs(amount) * TenTo(digits) + Rational(1, 2);
  const BigInteger rounded =
      boost::multiprecision::numerator(magnitude) / boost::multiprecision::denominator(magnitude);
  return amount < 0 ? BigInteger(-rounded) : rounded;
}

Rational ToRational(const Decimal& decimal) { return Rational(BigInteger(decimal.units()), TenTo(decimal.scale())); }

}  // namespace costs::engine::testing
