#include "service/engine/testing/tariff_spec.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace costs::engine::testing {
namespace {

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::fprintf(stderr, "a test's own data is wrong: %s\n", value.status().ToString().c_str());
    std::abort();
  }
  return *std::move(value);
}

}  // namespace

Decimal D(absl::string_view text) { return OrDie(Decimal::Parse(text)); }

Instant At(absl::string_view rfc3339) {
  absl::Time time;
  std::string fault;
  if (!absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &fault)) {
    OrDie<int>(absl::InvalidArgumentError(fault));
  }
  return {absl::ToUnixNanos(time)};
}

Interval Between(absl::string_view start, absl::string_view end) { return {At(start), At(end)}; }

absl::TimeZone Zone(const std::string& name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) OrDie<int>(absl::NotFoundError("no zoneinfo for " + name));
  return zone;
}

Rate Fixed(absl::string_view per_kwh) { return {D(per_kwh), {}, {}}; }

Rate Surcharge(absl::string_view fixed, absl::string_view percentage) { return {{}, D(fixed), D(percentage)}; }

std::vector<Tier> Tiers(const std::vector<std::pair<absl::string_view, absl::string_view>>& rate_and_to_kwh) {
  std::vector<Tier> tiers;
  for (const auto& [rate, to_kwh] : rate_and_to_kwh) {
    Tier& tier = tiers.emplace_back();
    tier.rate = Fixed(rate);
    if (!to_kwh.empty()) tier.to_kwh = D(to_kwh);
  }
  return tiers;
}

ElementSpec Tiered(const std::vector<std::pair<absl::string_view, absl::string_view>>& rate_and_to_kwh) {
  ElementSpec spec;
  spec.seasons = {{kAllMonths, {{kAllDays, {{0, kSecondsPerDay, Tiers(rate_and_to_kwh)}}}}}};
  return spec;
}

ElementSpec Flat(absl::string_view per_kwh) {
  ElementSpec spec;
  spec.seasons = EveryDay({{0, Fixed(per_kwh)}});
  return spec;
}

std::vector<Season> EveryDay(const std::vector<std::pair<double, Rate>>& rates) {
  Season season;
  DaysAndHours& days = season.days_and_hours.emplace_back();
  for (size_t i = 0; i < rates.size(); ++i) {
    const double until = i + 1 < rates.size() ? rates[i + 1].first : 24;
    days.hours.push_back(
        {static_cast<int32_t>(rates[i].first * 3600), static_cast<int32_t>(until * 3600), rates[i].second});
  }
  return {season};
}

std::vector<MarketPrice> Slots(Instant start, int64_t seconds, const std::vector<std::string>& prices) {
  std::vector<MarketPrice> slots;
  Instant at = start;
  for (const std::string& price : prices) {
    const Instant next{at.ns + seconds * kNanosPerSecond};
    if (!price.empty()) slots.push_back({{at, next}, D(price)});
    at = next;
  }
  return slots;
}

std::shared_ptr<const TariffElement> Build(const ElementSpec& spec) {
  auto element = std::make_shared<TariffElement>();
  element->id = spec.id;
  element->tariff_rate = spec.tariff_rate;
  element->currency_code = "GBP";
  if (spec.market) {
    element->market =
        std::make_shared<const MarketSeries>(OrDie(MarketSeries::Create(spec.id + "-market", "GBP", *spec.market)));
  }
  if (!spec.seasons.empty()) {
    element->schedule = std::make_shared<const Schedule>(OrDie(Schedule::Create(spec.seasons)));
  }
  element->contract_start = spec.contract_start;
  element->contract_end = spec.contract_end;
  if (!spec.special_days.empty()) {
    std::vector<SpecialDayRule> rules;
    for (const absl::CivilDay day : spec.special_days) {
      SpecialDayRule& rule = rules.emplace_back();
      rule.day = day;
    }
    element->special_days =
        std::make_shared<const SpecialDayCalendar>(OrDie(SpecialDayCalendar::Create(spec.id + "-days", rules)));
  }
  element->tier_window = spec.tier_window;
  element->tier_unit = spec.tier_unit;
  element->supersedes = spec.supersedes;
  return element;
}

std::shared_ptr<const PriceTimeline> Compile(const std::vector<ElementSpec>& specs, const std::string& zone) {
  std::vector<std::shared_ptr<const TariffElement>> elements;
  elements.reserve(specs.size());
  for (const ElementSpec& spec : specs) elements.push_back(Build(spec));
  return OrDie(PriceTimeline::Create(std::move(elements), Zone(zone)));
}

std::shared_ptr<const CarbonTimeline> CompileCarbon(std::vector<CarbonIntensity> intensities) {
  return CarbonTimeline::Create(
      std::make_shared<const CarbonSeries>(OrDie(CarbonSeries::Create("region", std::move(intensities)))));
}

}  // namespace costs::engine::testing
