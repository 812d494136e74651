#include "service/engine/testing/random_tariffs.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace costs::engine::testing {
namespace {

constexpr uint64_t kDefaultSeed = 20240824;
constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 86'400;

// Some of [low, high), in order: 0 to `most` different numbers, on a grid.
std::vector<int32_t> Cuts(Random& random, int32_t high, int most) {
  const std::vector<int32_t> grids = {1, 60, 900, 1800, 3600};
  const int32_t grid = random.Pick(grids);
  std::set<int32_t> cuts;
  for (int64_t i = random.Between(0, most); i > 0; --i) {
    cuts.insert(static_cast<int32_t>(random.Between(1, high / grid - 1)) * grid);
  }
  return {cuts.begin(), cuts.end()};
}

// Puts each of `count` bits in one of up to `most` groups; no group is empty.
std::vector<uint16_t> Groups(Random& random, int count, int most) {
  std::vector<uint16_t> groups(static_cast<size_t>(random.Between(1, most)));
  for (int bit = 0; bit < count; ++bit) {
    groups[static_cast<size_t>(random.Between(0, static_cast<int64_t>(groups.size()) - 1))] |=
        static_cast<uint16_t>(1u << bit);
  }
  groups.erase(std::remove(groups.begin(), groups.end(), uint16_t{0}), groups.end());
  return groups;
}

Rate RandomRate(Random& random, bool negative, bool surcharges) {
  if (!surcharges) return {RandomPrice(random, negative), {}, {}};
  Rate rate;
  if (!random.OneIn(3)) rate.surcharge_fixed = RandomPrice(random, false);
  if (!random.OneIn(3))
    rate.surcharge_percentage = D(absl::StrFormat("%d.%02d", random.Between(0, 40), random.Between(0, 99)));
  return rate;
}

// One rate, or two to five tiers.
std::vector<Tier> RandomTiers(Random& random, bool negative, bool surcharges, bool tiers) {
  std::vector<Tier> ladder;
  if (tiers && !random.OneIn(4)) {
    const std::vector<int64_t> steps = {1, 250'000'000, 30'000'000'000, 400'000'000'000};
    int64_t edge = 0;  // in 10^-9 kWh
    for (int64_t i = random.Between(1, 4); i > 0; --i) {
      edge += random.Between(1, random.Pick(steps));
      ladder.push_back({RandomRate(random, negative, surcharges),
                        D(absl::StrFormat("%d.%09d", edge / 1'000'000'000, edge % 1'000'000'000))});
    }
  }
  ladder.push_back({RandomRate(random, negative, surcharges), std::nullopt});
  return ladder;
}

TierWindow RandomTierWindow(Random& random) {
  switch (random.Between(0, 3)) {
    case 0:
      return {TierWindow::Kind::kDay, 1};
    case 1:
      return {TierWindow::Kind::kBillingCycle, static_cast<int>(random.Between(1, 31))};
    default:
      return {};
  }
}

}  // namespace

uint64_t Seed() {
  const char* given = std::getenv("COSTS_TEST_SEED");
  return given != nullptr && *given != '\0' ? std::strtoull(given, nullptr, 10) : kDefaultSeed;
}

int64_t Random::Between(int64_t low, int64_t high) {
  // The same on every standard library, which a distribution is not; the bias is
  // far below what a test could see.
  return low + static_cast<int64_t>(engine_() % (static_cast<uint64_t>(high - low) + 1));
}

std::string CaseName(int64_t number) {
  return absl::StrCat("case ", number, "; the same again with --test_env=COSTS_TEST_SEED=", Seed());
}

const std::vector<std::string>& Zones() {
  static const auto* const zones = new std::vector<std::string>{
      "Europe/London",   "America/Los_Angeles", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata",
      "Asia/Tokyo",      "Pacific/Apia",        "America/St_Johns",    "Asia/Kathmandu",    "UTC",
      "Africa/Monrovia",
  };
  return *zones;
}

Interval RandomWindow(Random& random, const std::string& zone) {
  constexpr int64_t kDays = 36;
  const int64_t latest = kLatest.ns / kNanosPerSecond - kDays * kDay;
  int64_t start = random.Between(0, latest / kHour) * kHour;
  if (!random.OneIn(3)) {
    // Mostly of our own time, and across a change of the offset.
    start =
        random.Between(At("2008-01-01T00:00:00Z").ns, At("2032-01-01T00:00:00Z").ns) / kNanosPerSecond / kHour * kHour;
    absl::TimeZone::CivilTransition transition;
    const absl::TimeZone tz = Zone(zone);
    if (tz.NextTransition(absl::FromUnixSeconds(start), &transition)) {
      const int64_t change = absl::ToUnixSeconds(absl::FromCivil(transition.to, tz));
      if (change > 0 && change < latest)
        start = std::max<int64_t>(0, (change / kHour - random.Between(0, 24 * kDays)) * kHour);
    }
  }
  return {Instant::FromSeconds(start), Instant::FromSeconds(start + kDays * kDay)};
}

Decimal RandomPrice(Random& random, bool negative) {
  const char* sign = negative && random.OneIn(4) ? "-" : "";
  switch (random.Between(0, 5)) {
    case 0:
      return Decimal();
    case 1:
      return D(absl::StrCat(sign, random.Between(0, 2000)));
    case 2:
      return D(absl::StrFormat("%s0.%02d", sign, random.Between(0, 99)));
    case 3:
      return D(absl::StrFormat("%s%d.%09d", sign, random.Between(0, 9), random.Between(0, 999'999'999)));
    default:
      return D(absl::StrFormat("%s0.%05d", sign, random.Between(0, 99'999)));
  }
}

std::vector<Season> RandomSeasons(Random& random, bool negative, bool surcharges, bool tiers) {
  std::vector<Season> seasons;
  for (const uint16_t months : Groups(random, 12, 4)) {
    Season& season = seasons.emplace_back();
    season.months = months;
    for (const uint16_t weekdays : Groups(random, tiers && random.OneIn(2) ? 8 : 7, 3)) {
      DaysAndHours& days = season.days_and_hours.emplace_back();
      days.weekdays = static_cast<uint8_t>(weekdays);
      int32_t from = 0;
      for (const int32_t cut : Cuts(random, kSecondsPerDay, 6)) {
        days.hours.emplace_back(from, cut, RandomTiers(random, negative, surcharges, tiers));
        from = cut;
      }
      days.hours.emplace_back(from, kSecondsPerDay, RandomTiers(random, negative, surcharges, tiers));
    }
  }
  return seasons;
}

std::vector<MarketPrice> RandomMarket(Random& random, const Interval& window, const Likely& likely) {
  const std::vector<int64_t> lengths = {300, 900, 1800, 3600};
  std::vector<MarketPrice> prices;
  int64_t length = random.Pick(lengths);
  for (int64_t at = window.start.ns / kNanosPerSecond; at < window.end.ns / kNanosPerSecond;) {
    if (random.OneIn(40)) length = random.Pick(lengths);
    const int64_t end = std::min(at + length, window.end.ns / kNanosPerSecond);
    const bool gap = likely.gaps && random.OneIn(300);
    if (!gap) {
      prices.push_back({{Instant::FromSeconds(at), Instant::FromSeconds(end)}, RandomPrice(random, likely.negative)});
    }
    at = end;
  }
  return prices;
}

std::vector<CarbonIntensity> RandomCarbon(Random& random, const Interval& window, bool gaps) {
  std::vector<CarbonIntensity> slots;
  for (int64_t at = window.start.ns / kNanosPerSecond; at < window.end.ns / kNanosPerSecond; at += 1800) {
    if (gaps && random.OneIn(300)) continue;
    CarbonIntensity slot{{Instant::FromSeconds(at), Instant::FromSeconds(at + 1800)}, {}, {}};
    if (!random.OneIn(3)) slot.actual = D(absl::StrCat(random.Between(0, 600)));
    if (!slot.actual || random.OneIn(2))
      slot.forecast = D(absl::StrFormat("%d.%03d", random.Between(0, 600), random.Between(0, 999)));
    if (gaps && random.OneIn(500)) slot.actual.reset(), slot.forecast.reset();
    slots.push_back(slot);
  }
  return slots;
}

ElementSpec RandomElement(Random& random, const Interval& window, const Likely& likely) {
  ElementSpec spec;
  const int64_t kind = random.Between(0, 3);  // flat, schedule, market, market with surcharges
  if (kind == 0) spec.seasons = EveryDay({{0, {RandomPrice(random, likely.negative), {}, {}}}});
  if (kind == 1) spec.seasons = RandomSeasons(random, likely.negative, false, likely.tiers);
  if (kind >= 2) spec.market = RandomMarket(random, window, likely);
  if (kind == 3) spec.seasons = RandomSeasons(random, likely.negative, true, likely.tiers);
  if (likely.tiers) {
    spec.tier_window = RandomTierWindow(random);
    if (spec.tier_window.kind != TierWindow::Kind::kDay && random.OneIn(3)) spec.tier_unit = TierUnit::kKwhDaily;
    const absl::CivilDay first(1970, 1, 1);
    for (int64_t i = random.Between(0, 6); i > 0; --i) {
      spec.special_days.push_back(first + random.Between(window.start.ns / kNanosPerDay, window.end.ns / kNanosPerDay));
    }
  }
  auto some_time = [&](int64_t days_around) {
    const int64_t from = window.start.ns / kNanosPerSecond - days_around * kDay;
    const int64_t to = window.end.ns / kNanosPerSecond + days_around * kDay;
    return Instant::FromSeconds(random.Between(std::max<int64_t>(0, from), to));
  };
  if (likely.gaps && random.OneIn(12)) spec.contract_start = some_time(0);
  if (likely.contracts && random.OneIn(3)) {
    const Instant end = some_time(400);
    if (end > spec.contract_start) spec.contract_end = end;
  }
  return spec;
}

RandomTariff MakeRandomTariff(Random& random, const Likely& likely) {
  RandomTariff tariff;
  tariff.zone = random.Pick(Zones());
  tariff.window = RandomWindow(random, tariff.zone);
  for (int64_t i = random.Between(1, 3); i > 0; --i) {
    tariff.specs.push_back(RandomElement(random, tariff.window, likely));
    ElementSpec& spec = tariff.specs.back();
    spec.id = absl::StrCat("element-", i);
    if (likely.tiers && tariff.specs.size() > 1 && random.OneIn(2)) {
      const ElementSpec& before = tariff.specs[tariff.specs.size() - 2];
      const int64_t at = random.Between(tariff.window.start.ns, tariff.window.end.ns) / kNanosPerSecond;
      if (Instant::FromSeconds(at) > before.contract_start &&
          (!spec.contract_end || spec.contract_end->ns / kNanosPerSecond > at)) {
        spec.contract_start = Instant::FromSeconds(at);
        spec.supersedes = before.id;
      }
    }
  }
  tariff.prices = Compile(tariff.specs, tariff.zone);
  tariff.intensities = RandomCarbon(random, tariff.window, likely.gaps);
  tariff.carbon = CompileCarbon(tariff.intensities);
  return tariff;
}

std::vector<RandomTariff> MakeRandomTariffs(Random& random, int count, const Likely& likely) {
  std::vector<RandomTariff> tariffs;
  tariffs.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) tariffs.push_back(MakeRandomTariff(random, likely));
  return tariffs;
}

Interval RandomInterval(Random& random, const Interval& window, int64_t longest_seconds) {
  const int64_t grid = random.OneIn(3) ? 1 : random.OneIn(2) ? kNanosPerSecond : 300 * kNanosPerSecond;
  const int64_t longest = std::min(longest_seconds * kNanosPerSecond, window.nanos() - grid);
  const int64_t length = std::max<int64_t>(1, random.Between(1, longest) / grid) * grid;
  const int64_t start = window.start.ns + random.Between(0, (window.nanos() - length) / grid) * grid;
  return {{start}, {start + length}};
}

Usage RandomUsage(Random& random, const Interval& interval) {
  const std::vector<Units> units = {Units::kW, Units::kKw, Units::kWh, Units::kKwh};
  const std::vector<int64_t> largest = {1'000'000, 20'000'000, 7'500'000'000, 30'000'000'000'000,
                                        kLargestValue * 1'000'000};
  return {random.Pick(units), random.Between(0, random.Pick(largest)), interval};
}

std::vector<Int128> RandomUsageBefore(Random& random, const PriceTimeline& prices, const Usage& usage) {
  constexpr int64_t kNanoWhPerWh = 1'000'000'000;
  const bool kilo = usage.units == Units::kKw || usage.units == Units::kKwh;
  Int128 energy = Int128{usage.value_micros} * (kNanoWhPerWh / 1'000'000) * (kilo ? 1'000 : 1);
  if (usage.units == Units::kW || usage.units == Units::kKw) {
    energy = energy * (usage.interval.nanos() / 1'000'000) / 3'600'000;
  }
  std::vector<Int128> before(prices.windows().size());
  for (size_t e = 0; e < prices.elements().size(); ++e) {
    const TierSteps* steps = prices.steps_of(e);
    if (steps == nullptr) continue;
    Int128& used = before[static_cast<size_t>(
        std::find(prices.windows().begin(), prices.windows().end(), steps->window()) - prices.windows().begin())];
    if (used != 0 && random.OneIn(2)) continue;
    steps->Visit(usage.interval, [&](const TierSteps::Step& step) {
      if (step.tiers() > 1) {
        used = step.EdgeOf(static_cast<size_t>(random.Between(0, static_cast<int64_t>(step.tiers()) - 2)));
        // Before, at, or just behind the edge.
        if (!random.OneIn(5)) used -= energy / 1'000'000 * random.Between(0, 1'000'000) + random.Between(0, 1);
        if (random.OneIn(4)) used = random.Between(0, 500'000) * kNanoWhPerKwh / 1'000;
        used = std::max<Int128>(used, 0);
      }
      return step.tiers() == 1;
    });
  }
  return before;
}

}  // namespace costs::engine::testing
