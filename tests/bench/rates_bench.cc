// Lists, audits and slots over 90 days of half-hourly and of 5-minute market prices.
//
//   bazel run --config=opt //tests/bench:rates_bench
#include <memory>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "service/engine/price_timeline.h"
#include "service/engine/rates.h"
#include "service/engine/rates_audit.h"
#include "service/engine/slots.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs {
namespace {

using engine::Instant;
using engine::Interval;
using engine::kNanosPerDay;
using engine::kNanosPerSecond;
using engine::testing::At;
using engine::testing::D;

constexpr size_t kPlenty = 100'000;
const Interval kPeriod{At("2023-08-15T00:00:00Z"), {At("2023-08-15T00:00:00Z").ns + 90 * kNanosPerDay}};

// A market with surcharges by time of day; slots of so many minutes.
std::shared_ptr<const engine::PriceTimeline> Market(int64_t minutes) {
  std::mt19937 random(20240824);
  engine::testing::ElementSpec spec;
  spec.market.emplace();
  const int64_t slot = minutes * 60 * kNanosPerSecond;
  for (int64_t at = kPeriod.start.ns; at < kPeriod.end.ns; at += slot) {
    spec.market->push_back({{{at}, {at + slot}}, D(absl::StrCat("0.", 1000 + random() % 3000))});
  }
  spec.seasons = engine::testing::EveryDay(
      {{0, engine::testing::Surcharge("0.01", "5")}, {16, engine::testing::Surcharge("0.02", "5")}});
  auto prices = engine::testing::Compile({spec, engine::testing::Flat("0.05")}, "Europe/London");
  prices->timeline().Integrate(kPeriod);  // compiles
  return prices;
}

void ListRates(benchmark::State& state) {
  const auto prices = Market(state.range(0));
  engine::RateQuery query;
  query.interval = kPeriod;
  query.prices = prices.get();
  query.most_figures = kPlenty;
  for (auto _ : state) benchmark::DoNotOptimize(engine::ListRates(query).entries.size());
}
BENCHMARK(ListRates)->Arg(30)->Arg(5)->Unit(benchmark::kMillisecond);

void AuditRates(benchmark::State& state) {
  const auto prices = Market(state.range(0));
  engine::AuditQuery query;
  query.interval = kPeriod;
  query.prices = prices.get();
  query.most_figures = kPlenty;
  for (auto _ : state) benchmark::DoNotOptimize(engine::AuditRates(query).entries.size());
}
BENCHMARK(AuditRates)->Arg(30)->Arg(5)->Unit(benchmark::kMillisecond);

std::vector<engine::RateSpan> SpansOf(const engine::PriceTimeline& prices) {
  std::vector<engine::RateSpan> spans;
  prices.timeline().Visit(kPeriod, [&](const engine::Timeline::Stretch& stretch) {
    spans.push_back({stretch.interval, stretch.rate});
    return true;
  });
  return spans;
}

void BestWindow(benchmark::State& state) {
  const auto prices = Market(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(engine::BestWindow(SpansOf(*prices), kNanosPerDay / 8, engine::Extreme::kLowest));
  }
}
BENCHMARK(BestWindow)->Arg(30)->Arg(5)->Unit(benchmark::kMillisecond);

void BestStretches(benchmark::State& state) {
  const auto prices = Market(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(engine::BestStretches(SpansOf(*prices), kNanosPerDay / 8, engine::Extreme::kLowest));
  }
}
BENCHMARK(BestStretches)->Arg(30)->Arg(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace costs

BENCHMARK_MAIN();
