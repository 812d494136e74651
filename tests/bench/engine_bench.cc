// The engine alone: records a second on one core, without wire or parsing.
//
//   bazel run --config=opt //tests/bench:engine_bench
//
// A record here is all that the engine does for one: Integrate and Cost,
// Integrate and Carbon, EnergyWh. The usages vary, 4096 of them, so that neither
// branch prediction nor one cache line makes the figure. The Calculate benchmarks
// go through LocalCalculator: validation, look-up of the location, pricing, id.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "service/calculator/calculator.h"
#include "service/calculator/local_calculator.h"
#include "service/catalog/snapshot.h"
#include "service/engine/carbon_timeline.h"
#include "service/engine/price_timeline.h"
#include "service/engine/pricing.h"
#include "service/engine/testing/slow_pricer.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/tiered_pricing.h"

namespace costs {
namespace {

using engine::Instant;
using engine::Interval;
using engine::kNanosPerDay;
using engine::kNanosPerSecond;
using engine::Timeline;
using engine::Units;
using engine::Usage;
using engine::testing::At;
using engine::testing::Compile;
using engine::testing::D;
using engine::testing::ElementSpec;
using engine::testing::EveryDay;
using engine::testing::Fixed;
using engine::testing::Flat;

constexpr size_t kUsages = 4096;
constexpr int64_t kHalfHour = 1800 * kNanosPerSecond;
constexpr int64_t kHalfHoursOfYear = int64_t{365} * 48;
constexpr const char* kZone = "Europe/London";

const Instant kYear = At("2023-01-01T00:00:00Z");

// Weekday evenings cost more, in winter yet more, and nights less.
ElementSpec TimeOfUse() {
  const uint16_t winter = 0b1100'0000'0111;
  engine::Season season{winter, {{engine::kWeekdays, {}}, {engine::kWeekend, {}}}};
  season.days_and_hours[0].hours =
      EveryDay({{0, Fixed("0.0903")}, {7, Fixed("0.2871")}, {16, Fixed("0.4177")}, {19.5, Fixed("0.2871")}})[0]
          .days_and_hours[0]
          .hours;
  season.days_and_hours[1].hours = EveryDay({{0, Fixed("0.0903")}, {7, Fixed("0.2871")}})[0].days_and_hours[0].hours;
  engine::Season rest = season;
  rest.months = static_cast<uint16_t>(engine::kAllMonths & ~winter);
  rest.days_and_hours[0].hours[2].tiers[0].rate = Fixed("0.3522");
  ElementSpec spec;
  spec.seasons = {season, rest};
  return spec;
}

// A year of half hours around 0.1, some negative.
ElementSpec HalfHourlyMarket() {
  std::mt19937_64 random(7);
  ElementSpec spec;
  spec.market.emplace();
  for (int64_t i = 0; i < kHalfHoursOfYear; ++i) {
    const std::string price = (random() % 20 == 0 ? "-0.0" : "0.") + std::to_string(10'000 + random() % 30'000);
    const int64_t start = kYear.ns + i * kHalfHour;
    spec.market->push_back({{{start}, {start + kHalfHour}}, D(price)});
  }
  return spec;
}

std::vector<engine::CarbonIntensity> Intensities() {
  std::mt19937_64 random(8);
  std::vector<engine::CarbonIntensity> slots;
  for (int64_t i = 0; i < kHalfHoursOfYear; ++i) {
    const int64_t start = kYear.ns + i * kHalfHour;
    slots.push_back({{{start}, {start + kHalfHour}}, {}, D(std::to_string(40 + random() % 300))});
  }
  return slots;
}

std::shared_ptr<const engine::CarbonTimeline> Carbon() {
  static const auto* const carbon =
      new std::shared_ptr<const engine::CarbonTimeline>(engine::testing::CompileCarbon(Intensities()));
  return *carbon;
}

enum Tariff { kFlat, kTimeOfUse, kMarket };

ElementSpec SpecOf(Tariff tariff) {
  return tariff == kFlat ? Flat("0.2871") : tariff == kTimeOfUse ? TimeOfUse() : HalfHourlyMarket();
}

const engine::PriceTimeline& Prices(Tariff tariff) {
  static const auto* const prices = new std::vector<std::shared_ptr<const engine::PriceTimeline>>{
      Compile({SpecOf(kFlat)}, kZone), Compile({SpecOf(kTimeOfUse)}, kZone), Compile({SpecOf(kMarket)}, kZone)};
  return *(*prices)[tariff];
}

// Anywhere in the year, of all units. One of a single slot is a half hour or a
// part of one.
std::vector<Usage> Usages(int64_t length_ns) {
  std::mt19937_64 random(9);
  std::vector<Usage> usages(kUsages);
  for (Usage& usage : usages) {
    usage.units = static_cast<Units>(1 + random() % 4);
    usage.value_micros = static_cast<int64_t>(random() % 30'000'000'000);
    if (usage.units == Units::kKw || usage.units == Units::kKwh) usage.value_micros /= 1000;
    int64_t length = length_ns;
    const int64_t slots = kHalfHoursOfYear - length_ns / kHalfHour;
    int64_t start = kYear.ns + static_cast<int64_t>(random() % slots) * kHalfHour;
    if (length_ns == kHalfHour && random() % 2 == 0) {
      length = static_cast<int64_t>(1 + random() % 5) * 300 * kNanosPerSecond;
      start += static_cast<int64_t>(random() % 2) * 300 * kNanosPerSecond;
    }
    usage.interval = {{start}, {start + length}};
  }
  return usages;
}

void BM_Records(benchmark::State& state, Tariff tariff, int64_t length_ns) {
  const Timeline& prices = Prices(tariff).timeline();
  const std::shared_ptr<const engine::CarbonTimeline> carbon_series = Carbon();
  const Timeline& carbon = carbon_series->timeline();
  const std::vector<Usage> usages = Usages(length_ns);
  for (const Usage& usage : usages) {  // compiles the year
    if (!prices.Integrate(usage.interval).known) return state.SkipWithError("a gap in the prices");
  }
  for (auto _ : state) {
    engine::MoneyMicros money = 0;
    engine::CarbonMilligrams grams = 0;
    int64_t energy = 0;
    for (const Usage& usage : usages) {
      const Timeline::Integral price = prices.Integrate(usage.interval);
      const Timeline::Integral intensity = carbon.Integrate(usage.interval);
      money += engine::Cost(usage, price.area, prices.scale());
      grams += engine::Carbon(usage, intensity.area, carbon.scale());
      energy += engine::EnergyWh(usage);
    }
    benchmark::DoNotOptimize(money);
    benchmark::DoNotOptimize(grams);
    benchmark::DoNotOptimize(energy);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kUsages));
}
BENCHMARK_CAPTURE(BM_Records, single_slot_flat, kFlat, kHalfHour);
BENCHMARK_CAPTURE(BM_Records, single_slot_time_of_use, kTimeOfUse, kHalfHour);
BENCHMARK_CAPTURE(BM_Records, single_slot_market, kMarket, kHalfHour);
BENCHMARK_CAPTURE(BM_Records, day_time_of_use, kTimeOfUse, kNanosPerDay);
BENCHMARK_CAPTURE(BM_Records, day_market, kMarket, kNanosPerDay);
BENCHMARK_CAPTURE(BM_Records, month_time_of_use, kTimeOfUse, 30 * kNanosPerDay);
BENCHMARK_CAPTURE(BM_Records, month_market, kMarket, 30 * kNanosPerDay);

// With tiers: a month of two tiers, or three that differ by time of use; most records
// lie in one tier, some cross an edge.
ElementSpec TimeOfUseTiers() {
  ElementSpec spec = TimeOfUse();
  for (engine::Season& season : spec.seasons) {
    for (engine::DaysAndHours& days : season.days_and_hours) {
      for (engine::Hours& hours : days.hours) {
        const engine::Rate rate = hours.tiers[0].rate;
        hours.tiers = {{rate, D("150")}, {Fixed("0.4511"), D("400")}, {Fixed("0.5623"), std::nullopt}};
      }
    }
  }
  return spec;
}

void BM_TieredRecords(benchmark::State& state, const ElementSpec& spec, int64_t length_ns) {
  const auto prices = Compile({spec}, kZone);
  const std::vector<Usage> usages = Usages(length_ns);
  std::mt19937_64 random(10);
  std::vector<engine::Int128> before;
  for (size_t i = 0; i < kUsages; ++i) {
    before.push_back(static_cast<engine::Int128>(random() % 500'000) * (engine::kNanoWhPerKwh / 1'000));
  }
  for (auto _ : state) {
    engine::MoneyMicros money = 0;
    for (size_t i = 0; i < kUsages; ++i) money += engine::CostWithTiers(usages[i], *prices, {&before[i], 1}).cost;
    benchmark::DoNotOptimize(money);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kUsages));
}
BENCHMARK_CAPTURE(BM_TieredRecords, single_slot_two_tiers, engine::testing::Tiered({{"0.2", "300"}, {"0.3", ""}}),
                  kHalfHour);
BENCHMARK_CAPTURE(BM_TieredRecords, single_slot_time_of_use, TimeOfUseTiers(), kHalfHour);
BENCHMARK_CAPTURE(BM_TieredRecords, day_time_of_use, TimeOfUseTiers(), kNanosPerDay);
BENCHMARK_CAPTURE(BM_TieredRecords, month_time_of_use, TimeOfUseTiers(), 30 * kNanosPerDay);

// What a record's time goes on: each step alone, on the same usages.
enum Step { kIntegrate, kCost, kEnergyWh };

void BM_Step(benchmark::State& state, Step step, Tariff tariff) {
  const Timeline& prices = Prices(tariff).timeline();
  const std::vector<Usage> usages = Usages(kHalfHour);
  std::vector<engine::Int128> areas;
  areas.reserve(kUsages);
  for (const Usage& usage : usages) areas.push_back(prices.Integrate(usage.interval).area);
  for (auto _ : state) {
    engine::Int128 sum = 0;
    for (size_t i = 0; i < kUsages; ++i) {
      if (step == kIntegrate) sum += prices.Integrate(usages[i].interval).area;
      if (step == kCost) sum += engine::Cost(usages[i], areas[i], prices.scale());
      if (step == kEnergyWh) sum += engine::EnergyWh(usages[i]);
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kUsages));
}
BENCHMARK_CAPTURE(BM_Step, integrate_time_of_use, kIntegrate, kTimeOfUse);
BENCHMARK_CAPTURE(BM_Step, integrate_market, kIntegrate, kMarket);
BENCHMARK_CAPTURE(BM_Step, cost_market, kCost, kMarket);
BENCHMARK_CAPTURE(BM_Step, energy, kEnergyWh, kFlat);

// A batch of 1000 submissions, from `locations` places in turn.
void BM_Calculate(benchmark::State& state) {
  constexpr size_t kBatch = 1000;
  const auto locations = static_cast<size_t>(state.range(0));
  catalog::CatalogContent content;
  for (const Tariff tariff : {kFlat, kTimeOfUse, kMarket}) {
    ElementSpec spec = SpecOf(tariff);
    spec.id = "te_" + std::to_string(tariff);
    content.elements.push_back(engine::testing::Build(spec));
  }
  content.carbon.push_back(
      std::make_shared<const engine::CarbonSeries>(*engine::CarbonSeries::Create("GB", Intensities())));
  std::vector<std::string> ids;
  for (size_t i = 0; i < locations; ++i) {
    ids.push_back("loc_641b90b758fb8e62937" + std::to_string(10'000 + i));
    content.locations.push_back({ids.back(), kZone, "GBP", "GB", {"te_" + std::to_string(i % 3)}});
  }
  catalog::SnapshotHolder holder;
  holder.Set(*catalog::Snapshot::Create(1, std::move(content)));
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  calculator::LocalCalculator local(&holder, [now] { return now; }, {});

  const std::vector<Usage> usages = Usages(kHalfHour);
  std::vector<calculator::Submission> submissions(kBatch);
  for (size_t i = 0; i < kBatch; ++i) {
    calculator::Submission& s = submissions[i];
    s.location_id = ids[i % locations];
    s.record_reference_id = "record";
    s.units = usages[i].units;
    s.value = static_cast<double>(usages[i].value_micros) / 1e6;
    s.start_time = calculator::WireTime{usages[i].interval.start.ns / kNanosPerSecond, 0};
    s.end_time = calculator::WireTime{usages[i].interval.end.ns / kNanosPerSecond, 0};
  }
  std::vector<calculator::Outcome> outcomes(kBatch);
  calculator::Batch batch;
  batch.caller.account_id = "acc_641b90b758fb8e6293716e40";
  batch.submissions = submissions;
  batch.outcomes = absl::MakeSpan(outcomes);
  for (auto _ : state) {
    local.Calculate(&batch, [] {});
    benchmark::ClobberMemory();
  }
  if (!std::all_of(outcomes.begin(), outcomes.end(), [](const calculator::Outcome& o) { return o.ok(); })) {
    state.SkipWithError("a record was refused");
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kBatch));
}
BENCHMARK(BM_Calculate)->ArgName("locations")->Arg(1)->Arg(1000)->Arg(50'000);

// The first record of a year pays for the year's timeline: the time is that of one
// year.
void BM_CompileYear(benchmark::State& state, Tariff tariff, bool surcharged) {
  ElementSpec spec = SpecOf(tariff);
  if (surcharged) {
    spec.seasons = EveryDay({{0, engine::testing::Surcharge("0.02", "5")},
                             {16, engine::testing::Surcharge("0.12", "5")},
                             {19, engine::testing::Surcharge("0.02", "5")}});
  }
  const std::vector<std::shared_ptr<const engine::TariffElement>> elements = {engine::testing::Build(spec)};
  const absl::TimeZone zone = engine::testing::Zone(kZone);
  for (auto _ : state) {
    const auto prices = *engine::PriceTimeline::Create(elements, zone);
    benchmark::DoNotOptimize(prices->timeline().Integrate({kYear, {kYear.ns + kHalfHour}}).area);
  }
}
BENCHMARK_CAPTURE(BM_CompileYear, flat, kFlat, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_CompileYear, time_of_use, kTimeOfUse, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_CompileYear, market, kMarket, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_CompileYear, market_surcharged, kMarket, true)->Unit(benchmark::kMicrosecond);

// San Diego Gas & Electric's TOU-DR-1, as the Utility Rate Database has it: of its
// residential tariffs the one with the most changes, 1980 in 2023, each with two
// tiers. A digit is the period of that hour.
ElementSpec SanDiego() {
  struct Period {
    const char* rate;  // beyond the baseline
    const char* baseline;
    const char* to_kwh;
  };
  constexpr Period kPeriods[] = {{"0.68459", "0.57796", "9"},  {"0.46392", "0.35729", "9"},
                                 {"0.3766", "0.26997", "9"},   {"0.61014", "0.50351", "9.2"},
                                 {"0.52843", "0.4218", "9.2"}, {"0.43767", "0.33104", "9.2"}};
  auto hours_of = [&kPeriods](const std::string& day) {
    std::vector<engine::Hours> hours;
    for (int32_t hour = 0; hour < 24; ++hour) {
      const Period& period = kPeriods[day[static_cast<size_t>(hour)] - '0'];
      hours.emplace_back(
          hour * 3600, (hour + 1) * 3600,
          std::vector<engine::Tier>{{Fixed(period.baseline), D(period.to_kwh)}, {Fixed(period.rate), std::nullopt}});
    }
    return hours;
  };
  const uint16_t summer = 0b0011'1110'0000;
  ElementSpec spec;
  spec.tier_unit = engine::TierUnit::kKwhDaily;
  spec.seasons = {{summer,
                   {{engine::kWeekdays, hours_of("222222111122221100000111")},
                    {engine::kWeekend, hours_of("222222222222221100000111")}}},
                  {static_cast<uint16_t>(engine::kAllMonths & ~summer),
                   {{engine::kWeekdays, hours_of("555555444455554433333444")},
                    {engine::kWeekend, hours_of("555555555555554433333444")}}}};
  return spec;
}

// A year of the largest tariffs there are: all that a record of the year makes the
// service compile. Aim: under 5 ms.
void BM_CompileLargest(benchmark::State& state, const char* zone, const std::function<ElementSpec()>& make) {
  const std::vector<std::shared_ptr<const engine::TariffElement>> elements = {engine::testing::Build(make())};
  for (auto _ : state) {
    const auto prices = *engine::PriceTimeline::Create(elements, engine::testing::Zone(zone));
    benchmark::DoNotOptimize(prices->timeline().Integrate({kYear, {kYear.ns + kHalfHour}}).area);
    for (size_t tier = 0; prices->tiered() && tier < 2; ++tier) {
      benchmark::DoNotOptimize(prices->timeline_of(0, tier).Integrate({kYear, {kYear.ns + kHalfHour}}).area);
    }
  }
}

// Market prices of the year in slots of so many seconds, with surcharges that
// change six times a day.
ElementSpec SurchargedMarket(int64_t seconds) {
  ElementSpec spec;
  std::vector<std::string> prices;
  for (int64_t i = 0; i < 365 * 86'400 / seconds; ++i)
    prices.push_back("0." + std::to_string(10'000 + i * 7919 % 30'000));
  spec.market = engine::testing::Slots(kYear, seconds, prices);
  const engine::Rate low = engine::testing::Surcharge("0.02", "5");
  const engine::Rate high = engine::testing::Surcharge("0.12", "7.5");
  spec.seasons = EveryDay({{0, low}, {4, high}, {7, low}, {16, high}, {19, low}, {22, high}});
  return spec;
}
BENCHMARK_CAPTURE(BM_CompileLargest, urdb_two_tiers, "America/Los_Angeles", SanDiego)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_CompileLargest, market_15_minutes, kZone, [] {
  return SurchargedMarket(900);
})->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_CompileLargest, market_5_minutes, kZone, [] {
  return SurchargedMarket(300);
})->Unit(benchmark::kMicrosecond);

// The same without a timeline: a day of the largest real tariff by the slow pricer,
// so 365 of these make the year.
void BM_SlowPricerLargest(benchmark::State& state) {
  const std::vector<ElementSpec> specs = {SanDiego()};
  const Usage day{Units::kWh, 20'000'000'000, {kYear, {kYear.ns + kNanosPerDay}}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(engine::testing::SlowCost(specs, "America/Los_Angeles", day).known);
  }
}
BENCHMARK(BM_SlowPricerLargest)->Unit(benchmark::kMicrosecond);

// Without a timeline: records second by second, of a half hour or a day.
void BM_SlowPricer(benchmark::State& state, int64_t length_ns) {
  const std::vector<ElementSpec> specs = {TimeOfUse()};
  const std::vector<Usage> usages = Usages(length_ns);
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(engine::testing::SlowCost(specs, kZone, usages[i++ % kUsages]).known);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK_CAPTURE(BM_SlowPricer, half_hour, kHalfHour)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_SlowPricer, day, kNanosPerDay)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace costs

BENCHMARK_MAIN();
