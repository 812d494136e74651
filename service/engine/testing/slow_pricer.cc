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

// What prices one second of one element: a rate of its schedule, a slot of its
// market, or both.
struct Source {
  const Rate* rule = nullptr;
  const MarketPrice* slot = nullptr;

  bool operator<(const Source& other) const {
    return std::make_pair(rule, slot) < std::make_pair(other.rule, other.slot);
  }
};

Rational PriceOf(const Source& source) {
  if (source.slot == nullptr) return ToRational(source.rule->fixed);
  Rational market = ToRational(source.slot->per_kwh);
  if (source.rule == nullptr) return market;
  return (market + ToRational(source.rule->surcharge_fixed)) *
         (1 + ToRational(source.rule->surcharge_percentage) / 100);
}

const Rate* RuleAt(const std::vector<Season>& seasons, const struct tm& civil) {
  const int second = civil.tm_hour * 3600 + civil.tm_min * 60 + civil.tm_sec;
  const int weekday = (civil.tm_wday + 6) % 7;  // from Monday
  for (const Season& season : seasons) {
    if ((season.months >> civil.tm_mon & 1) == 0) continue;
    for (const DaysAndHours& days : season.days_and_hours) {
      if ((days.weekdays >> weekday & 1) == 0) continue;
      for (const Hours& hours : days.hours) {
        if (hours.from <= second && second < hours.to) return &hours.tiers.front().rate;
      }
    }
  }
  return nullptr;
}

// None where the element has no price.
std::optional<Source> SourceAt(const ElementSpec& element, int64_t second, const struct tm& civil) {
  const int64_t ns = second * kNanosPerSecond;
  if (ns < element.contract_start.ns) return std::nullopt;
  Source source;
  if (!element.seasons.empty()) {
    source.rule = RuleAt(element.seasons, civil);
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

}  // namespace

SlowAnswer SlowCost(const std::vector<ElementSpec>& elements, const std::string& zone, const Usage& usage) {
  UseZone(zone);
  SlowAnswer answer;
  std::map<Source, int64_t> nanos_at;
  EverySecond(usage.interval, [&](int64_t second, int64_t nanos) {
    struct tm civil;
    const time_t now = second;
    localtime_r(&now, &civil);
    for (const ElementSpec& element : elements) {
      const std::optional<Source> source = SourceAt(element, second, civil);
      if (!source) {
        answer.known = false;
        answer.gap = {std::max(usage.interval.start.ns, second * kNanosPerSecond)};
        return false;
      }
      nanos_at[*source] += nanos;
      answer.confidence = std::min(answer.confidence, ConfidenceAt(element, second));
    }
    return true;
  });
  Rational kwh_price_hours = 0;
  for (const auto& [source, nanos] : nanos_at) kwh_price_hours += PriceOf(source) * nanos / kNanosPerHour;
  answer.amount = PowerKw(usage) * kwh_price_hours;
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
