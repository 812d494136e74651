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

  bool operator==(const Source& other) const { return rule == other.rule && slot == other.slot; }
  bool operator!=(const Source& other) const { return !(*this == other); }
};

Rational PriceOf(const Source& source, size_t tier) {
  if (source.slot == nullptr) return ToRational(source.rule->tiers[tier].rate.fixed);
  Rational market = ToRational(source.slot->per_kwh);
  if (source.rule == nullptr) return market;
  const Rate& rate = source.rule->tiers[tier].rate;
  return (market + ToRational(rate.surcharge_fixed)) * (1 + ToRational(rate.surcharge_percentage) / 100);
}

bool IsSpecial(const ElementSpec& element, const struct tm& civil) {
  if (element.special_days.empty()) return false;
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
    for (time_t at = std::max<int64_t>(0, (start - kDayAndMore) / 60 * 60); at <= start; at += 60) {
      struct tm civil;
      localtime_r(&at, &civil);
      See(civil);
    }
  }
  void See(const struct tm& civil) { date_ = std::max(date_, DateOf(civil)); }
  int date() const { return date_; }

 private:
  int date_ = 0;
};

// Adds up what one element asks for the energy of a record, told second by second.
class ElementBill {
 public:
  ElementBill(const ElementSpec& element, const Rational& power_kw, const SlowUsageBefore& before)
      : element_(element), power_kw_(power_kw) {
    for (const auto& [window, nano_wh] : before) {
      if (window == element.tier_window) used_before_ = Rational(nano_wh) / TenTo(12);
    }
  }

  void EnterDate(int date) {
    if (date == date_) return;
    date_ = date;
    const SlowWindow window = WindowOfDate(element_.tier_window, date);
    if (first_day_ && *first_day_ == window.first) return;
    PriceRun();
    if (first_day_) used_before_ = 0;
    nanos_in_window_ = run_nanos_ = 0;
    first_day_ = window.first;
    factor_ = element_.tier_unit == TierUnit::kKwhDaily ? window.days : 1;
  }

  // Every second counts as usage, also where another element prices it.
  void Add(const std::optional<Source>& source, int64_t nanos) {
    if (source != source_) PriceRun();
    source_ = source;
    nanos_in_window_ += nanos;
    run_nanos_ += nanos;
  }

  Rational Money() {
    PriceRun();
    return money_;
  }

 private:
  Rational Kwh(int64_t nanos) const { return power_kw_ * nanos / kNanosPerHour; }

  // Seconds in a row with the same source, in one window: each tier's part of
  // their energy at that tier's price.
  void PriceRun() {
    const int64_t nanos = std::exchange(run_nanos_, 0);
    if (nanos == 0 || !source_) return;
    if (source_->rule == nullptr || source_->rule->tiers.size() == 1) {
      money_ += Kwh(nanos) * PriceOf(*source_, 0);
      return;
    }
    const Rational to = used_before_ + Kwh(nanos_in_window_);
    const Rational from = to - Kwh(nanos);
    Rational floor = 0;
    for (size_t tier = 0; tier < source_->rule->tiers.size(); ++tier) {
      const std::optional<Decimal>& to_kwh = source_->rule->tiers[tier].to_kwh;
      const Rational ceiling = to_kwh ? Rational(ToRational(*to_kwh) * factor_) : to;
      const Rational part = std::min(to, ceiling) - std::max(from, floor);
      if (part > 0) money_ += part * PriceOf(*source_, tier);
      floor = ceiling;
    }
  }

  const ElementSpec& element_;
  const Rational& power_kw_;
  Rational used_before_ = 0;  // kWh, in the window at hand
  int64_t nanos_in_window_ = 0;
  int64_t run_nanos_ = 0;  // of them, since the source changed
  std::optional<Source> source_;
  int64_t factor_ = 1;
  int date_ = 0;
  std::optional<int64_t> first_day_;
  Rational money_ = 0;
};

bool HasTiers(const ElementSpec& element) {
  for (const Season& season : element.seasons) {
    for (const DaysAndHours& days : season.days_and_hours) {
      for (const Hours& hours : days.hours) {
        if (hours.tiers.size() > 1) return true;
      }
    }
  }
  return false;
}

}  // namespace

SlowAnswer SlowCost(const std::vector<ElementSpec>& elements, const std::string& zone, const Usage& usage,
                    const SlowUsageBefore& before) {
  UseZone(zone);
  SlowAnswer answer;
  const Rational power_kw = PowerKw(usage);
  std::vector<ElementBill> bills;
  for (const ElementSpec& element : elements) bills.emplace_back(element, power_kw, before);
  const bool successors = std::any_of(elements.begin(), elements.end(),
                                      [](const ElementSpec& element) { return !element.supersedes.empty(); });
  std::optional<LatestDate> latest;
  if (std::any_of(elements.begin(), elements.end(), HasTiers))
    latest.emplace(usage.interval.start.ns / kNanosPerSecond);
  EverySecond(usage.interval, [&](int64_t second, int64_t nanos) {
    struct tm civil;
    const time_t now = second;
    localtime_r(&now, &civil);
    if (latest) latest->See(civil);
    for (size_t e = 0; e < elements.size(); ++e) {
      if (latest) bills[e].EnterDate(latest->date());
      std::optional<Source> source;
      if (!successors || !IsReplaced(elements[e], elements, second)) {
        source = SourceAt(elements[e], second, civil);
        if (!source) {
          answer.known = false;
          answer.gap = {std::max(usage.interval.start.ns, second * kNanosPerSecond)};
          return false;
        }
        answer.confidence = std::min(answer.confidence, ConfidenceAt(elements[e], second));
      }
      bills[e].Add(source, nanos);
    }
    return true;
  });
  for (ElementBill& bill : bills) answer.amount += bill.Money();
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
