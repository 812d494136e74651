// Prices with tiers, special days and successors against the slow pricer: second by
// second, in the C library's civil time, with exact fractions.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "service/engine/price_timeline.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/slow_pricer.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/tiered_pricing.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::BigInteger;
using testing::CaseName;
using testing::Compile;
using testing::ElementSpec;
using testing::Likely;
using testing::MakeRandomTariff;
using testing::Random;
using testing::RandomInterval;
using testing::RandomTariff;
using testing::RandomUsage;
using testing::RandomUsageBefore;
using testing::RoundHalfEven;
using testing::SlowAnswer;
using testing::SlowCost;
using testing::SlowUsageBefore;

constexpr Likely kWithTiers = {true, true, true, true};

// By window, as the slow pricer takes it.
SlowUsageBefore ByWindow(const PriceTimeline& prices, const std::vector<Int128>& before) {
  SlowUsageBefore by_window;
  for (size_t i = 0; i < before.size(); ++i) by_window.emplace_back(prices.windows()[i], BigInteger(before[i]));
  return by_window;
}

void ExpectSameCost(const PriceTimeline& prices, const std::vector<ElementSpec>& specs, const std::string& zone,
                    const Usage& usage, const std::vector<Int128>& before) {
  SCOPED_TRACE(absl::FormatTime(absl::FromUnixNanos(usage.interval.start.ns)));
  SCOPED_TRACE(absl::FormatTime(absl::FromUnixNanos(usage.interval.end.ns)));
  const SlowAnswer want = SlowCost(specs, zone, usage, ByWindow(prices, before));
  const TieredCost got = CostWithTiers(usage, prices, before);
  ASSERT_EQ(got.known, want.known);
  if (!want.known) {
    ASSERT_EQ(got.gap.ns, want.gap.ns);
    return;
  }
  ASSERT_EQ(BigInteger(got.cost), RoundHalfEven(want.amount, 6));
  ASSERT_EQ(got.confidence, want.confidence);
}

TEST(TieredOracle, RandomRecords_AgreeWithTheSlowPricer) {
  constexpr int kRecords = 12;
  Random random(401);
  int tiered = 0;
  for (int t = 0; t < 400; ++t) {
    const RandomTariff tariff = MakeRandomTariff(random, kWithTiers);
    tiered += tariff.prices->tiered() ? 1 : 0;
    for (int i = 0; i < kRecords; ++i) {
      SCOPED_TRACE(CaseName(t * kRecords + i));
      SCOPED_TRACE(tariff.zone);
      const Usage usage = RandomUsage(random, RandomInterval(random, tariff.window, i == 0 ? 5400 : 900));
      const std::vector<Int128> before = RandomUsageBefore(random, *tariff.prices, usage);
      ExpectSameCost(*tariff.prices, tariff.specs, tariff.zone, usage, before);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(tiered, 200);
}

// Records over the first instant of a window, in every kind of zone, the days on
// which the clock changes among them.
TEST(TieredOracle, WindowEdges_AgreeWithTheSlowPricer) {
  Random random(402);
  const std::vector<std::string> zones = {
      "Europe/London",       "America/Sao_Paulo", "America/Havana",   "Asia/Beirut",
      "Australia/Lord_Howe", "Pacific/Apia",      "America/St_Johns", "America/Asuncion",
  };
  for (int t = 0; t < 240; ++t) {
    const std::string& zone = zones[static_cast<size_t>(t) % zones.size()];
    SCOPED_TRACE(CaseName(t));
    SCOPED_TRACE(zone);
    const Interval window = testing::RandomWindow(random, zone);
    ElementSpec spec = testing::Tiered({{"0.1", "3"}, {"0.25", "10.5"}, {"-0.05", ""}});
    const std::vector<TierWindow> windows = {
        {TierWindow::Kind::kDay, 1}, {}, {TierWindow::Kind::kBillingCycle, static_cast<int>(random.Between(1, 31))}};
    spec.tier_window = random.Pick(windows);
    if (spec.tier_window.kind != TierWindow::Kind::kDay && random.OneIn(2)) spec.tier_unit = TierUnit::kKwhDaily;
    const auto prices = Compile({spec}, zone);
    const absl::TimeZone tz = testing::Zone(zone);
    // Around the change of the clock, if there is one, and the edges near it.
    std::vector<Instant> edges;
    absl::TimeZone::CivilTransition transition;
    if (tz.NextTransition(absl::FromUnixNanos(window.start.ns), &transition)) {
      edges.push_back({absl::ToUnixNanos(tz.At(transition.to).trans)});
    }
    if (edges.empty() || edges[0] > window.end) edges = {window.start};
    const TierWindowSpan span = WindowAt(spec.tier_window, tz, edges[0]);
    edges.push_back(span.interval.start);
    edges.push_back(span.interval.end);
    for (const Instant edge : edges) {
      if (edge.ns < 2 * kNanosPerDay || edge.ns > kLatest.ns - 2 * kNanosPerDay) continue;
      constexpr int64_t kHour = 3600 * kNanosPerSecond;
      for (int i = 0; i < 4; ++i) {
        const Usage usage = {Units::kKw, random.Between(1, 20'000'000),
                             RandomInterval(random, {{edge.ns - 2 * kHour}, {edge.ns + 2 * kHour}}, 3 * 3600)};
        ExpectSameCost(*prices, {spec}, zone, usage, RandomUsageBefore(random, *prices, usage));
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace costs::engine
