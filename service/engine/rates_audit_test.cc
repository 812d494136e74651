#include "service/engine/rates_audit.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "service/engine/rates.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/slow_pricer.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::Between;
using testing::CaseName;
using testing::Compile;
using testing::ElementSpec;
using testing::EveryDay;
using testing::Fixed;
using testing::Flat;
using testing::MakeRandomTariff;
using testing::Random;
using testing::RandomTariff;
using testing::Slots;
using testing::Surcharge;

AuditQuery Query(const PriceTimeline& prices, Interval interval) {
  AuditQuery query;
  query.interval = interval;
  query.prices = &prices;
  query.most_figures = 100'000;
  return query;
}

double Number(const std::optional<Int128>& units, const PriceTimeline& prices) {
  return Figure::Of(units.value(), prices.timeline().scale()).ToDouble();
}

// (0.08 + 0.02) x 1.2 by night, (0.08 + 0.05) x 1 by day.
ElementSpec Market(const std::vector<std::string>& prices) {
  ElementSpec spec;
  spec.id = "market";
  spec.market = Slots(At("2023-10-28T22:00:00Z"), 3600, prices);
  spec.seasons = EveryDay({{0, Surcharge("0.02", "20")}, {7, Surcharge("0.05", "0")}});
  return spec;
}

TEST(AuditRates, MarketWithSurcharges_IsTakenApart) {
  const auto prices = Compile({Market(std::vector<std::string>(24, "0.08")), Flat("0.015")}, "Europe/London");
  // The clock goes back at 01:00Z: 07:00 by it is 07:00Z.
  const AuditList list = AuditRates(Query(*prices, Between("2023-10-29T00:00:00Z", "2023-10-29T12:00:00Z")));
  ASSERT_EQ(list.entries.size(), 2u);
  const RateAudit& night = list.entries[0];
  EXPECT_EQ(night.interval.end.ns, At("2023-10-29T07:00:00Z").ns);
  ASSERT_EQ(night.elements.size(), 2u);
  EXPECT_EQ(Number(night.elements[0].parts.market, *prices), 0.08);
  EXPECT_EQ(Number(night.elements[0].parts.fixed, *prices), 0.02);
  EXPECT_EQ(Number(night.elements[0].parts.percentage, *prices), 0.02);
  EXPECT_EQ(Number(night.elements[0].parts.aggregate, *prices), 0.12);
  EXPECT_FALSE(night.elements[1].parts.market.has_value());
  EXPECT_FALSE(night.elements[1].parts.percentage.has_value());
  EXPECT_EQ(Number(night.elements[1].parts.fixed, *prices), 0.015);
  EXPECT_EQ(Number(night.commodity->fixed, *prices), 0.035);
  EXPECT_EQ(Number(night.commodity->market, *prices), 0.08);
  EXPECT_FALSE(night.non_commodity.has_value());
  EXPECT_EQ(Number(night.total, *prices), 0.135);
  EXPECT_EQ(Number(list.entries[1].total, *prices), 0.145);
  EXPECT_EQ(Number(list.entries[1].elements[0].parts.percentage, *prices), 0);
}

TEST(AuditRates, PartsThatUndoEachOther_AreStillChanges) {
  // The market falls by what the surcharge rises at 07:00: the price stays.
  ElementSpec spec;
  spec.market = Slots(At("2023-01-01T06:00:00Z"), 3600, {"0.08", "0.05"});
  spec.seasons = EveryDay({{0, Surcharge("0.02", "0")}, {7, Surcharge("0.05", "0")}});
  const auto prices = Compile({spec}, "UTC");
  const Interval interval = Between("2023-01-01T06:00:00Z", "2023-01-01T08:00:00Z");
  RateQuery rates;
  rates.interval = interval;
  rates.prices = prices.get();
  rates.most_figures = 10;
  EXPECT_EQ(ListRates(rates).entries.size(), 1u);
  const AuditList list = AuditRates(Query(*prices, interval));
  ASSERT_EQ(list.entries.size(), 2u);
  EXPECT_EQ(list.entries[0].total, list.entries[1].total);
}

TEST(AuditRates, Gap_IsToldWithItsStart) {
  const auto prices = Compile({Flat("0.1"), Market({"0.1", "0.1", "", "0.1"})}, "Europe/London");
  const AuditList list = AuditRates(Query(*prices, Between("2023-10-28T22:00:00Z", "2023-10-29T02:00:00Z")));
  ASSERT_TRUE(list.price_gap.has_value());
  EXPECT_EQ(list.price_gap->ns, At("2023-10-29T00:00:00Z").ns);
  EXPECT_TRUE(list.entries.empty());
}

TEST(AuditRates, MostFigures_CountsElements) {
  ElementSpec nights;
  nights.seasons = EveryDay({{0, Fixed("0.1")}, {7, Fixed("0.3")}});
  const auto prices = Compile({nights, Flat("1")}, "UTC");
  AuditQuery query = Query(*prices, Between("2023-01-01T00:00:00Z", "2023-01-03T00:00:00Z"));
  query.most_figures = 8;
  EXPECT_EQ(AuditRates(query).entries.size(), 4u);
  query.most_figures = 7;
  EXPECT_TRUE(AuditRates(query).too_many);
  EXPECT_TRUE(AuditRates(query).entries.empty());
}

TEST(AuditRates, MarketOfManySeconds_IsRefusedInsteadOfAnswered) {
  ElementSpec spec;
  std::vector<std::string> seconds;
  for (int i = 0; i < 20'000; ++i) seconds.push_back(i % 2 == 0 ? "0.1" : "0.2");
  spec.market = Slots(At("2023-01-01T00:00:00Z"), 1, seconds);
  const auto prices = Compile({spec}, "UTC");
  AuditQuery query = Query(*prices, Between("2023-01-01T00:00:00Z", "2023-01-01T05:00:00Z"));
  query.most_figures = 1'000;
  EXPECT_TRUE(AuditRates(query).too_many);
}

TEST(AuditRates, Tiers_TellWhereTheOneInForceStarts) {
  ElementSpec energy = testing::Tiered({{"0.1", "300"}, {"0.2", ""}});
  const auto prices = Compile({energy, Flat("0.05")}, "UTC");
  AuditQuery query = Query(*prices, Between("2023-01-31T23:00:00Z", "2023-02-01T01:00:00Z"));
  const Int128 used = Int128{300} * kNanoWhPerKwh;
  query.usage_before = {&used, 1};
  const AuditList list = AuditRates(query);
  ASSERT_EQ(list.entries.size(), 2u);
  EXPECT_EQ(Number(list.entries[0].total, *prices), 0.25);
  EXPECT_TRUE(list.entries[0].elements[0].parts.tier_start == used);
  EXPECT_FALSE(list.entries[0].elements[1].parts.tier_start.has_value());
  EXPECT_TRUE(list.entries[0].commodity->tier_start == used);
  EXPECT_EQ(Number(list.entries[1].total, *prices), 0.15);
  EXPECT_TRUE(list.entries[1].elements[0].parts.tier_start == Int128{0});
}

TEST(AuditRates, Successor_TakesOverTheEntry) {
  ElementSpec old = Flat("0.1"), young = Flat("0.1");
  old.id = "old";
  young.id = "young";
  young.supersedes = "old";
  young.contract_start = At("2023-01-01T12:00:00Z");
  const auto prices = Compile({old, young}, "UTC");
  const AuditList list = AuditRates(Query(*prices, Between("2023-01-01T00:00:00Z", "2023-01-02T00:00:00Z")));
  ASSERT_EQ(list.entries.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    ASSERT_EQ(list.entries[i].elements.size(), 1u);
    EXPECT_EQ(prices->elements()[list.entries[i].elements[0].element]->id, i == 0 ? "old" : "young");
  }
  EXPECT_EQ(list.entries[1].interval.start.ns, young.contract_start.ns);
}

// The parts make up the price, and together the entries make up the period.
void ExpectThePrices(Random& random, const RandomTariff& tariff) {
  const PriceTimeline& prices = *tariff.prices;
  const Interval interval = testing::RandomInterval(random, tariff.window, 10 * 86'400);
  const std::vector<Int128> before =
      testing::RandomUsageBefore(random, prices, {Units::kKwh, 100 * 1'000'000, interval});
  AuditQuery query = Query(prices, interval);
  query.usage_before = before;
  const AuditList list = AuditRates(query);
  const Timeline::Integral whole = prices.timeline().Integrate(interval);
  ASSERT_EQ(list.price_gap.has_value(), !whole.known);
  if (!whole.known) {
    ASSERT_EQ(list.price_gap->ns, whole.gap.ns);
    return;
  }
  ASSERT_EQ(list.entries.front().interval.start.ns, interval.start.ns);
  ASSERT_EQ(list.entries.back().interval.end.ns, interval.end.ns);
  size_t entry = 0;
  prices.VisitRates(interval, before, [&](const RateStretch& stretch) {
    // A stretch may be one of several of an entry, where only tiers that are not
    // reached change, and an entry one of several of a stretch.
    while (true) {
      const RateAudit& audit = list.entries[entry];
      EXPECT_TRUE(audit.total == stretch.rate);
      EXPECT_EQ(audit.confidence, stretch.confidence);
      if (audit.interval.end > stretch.interval.end || entry + 1 == list.entries.size()) return true;
      EXPECT_EQ(list.entries[++entry].interval.start.ns, audit.interval.end.ns);
      if (list.entries[entry].interval.start == stretch.interval.end) return true;
    }
  });
  ASSERT_EQ(entry + 1, list.entries.size());
  for (const RateAudit& audit : list.entries) {
    Int128 total = 0;
    for (const ElementParts& element : audit.elements) {
      const RateParts& parts = element.parts;
      EXPECT_TRUE(parts.market.value_or(0) + parts.fixed + parts.percentage.value_or(0) == parts.aggregate);
      total += parts.aggregate;
    }
    EXPECT_TRUE(total == audit.total);
  }
}

TEST(AuditRates, RandomTariffs_AddUpToThePrices) {
  Random random(730);
  for (int n = 0; n < 120; ++n) {
    SCOPED_TRACE(CaseName(n));
    ExpectThePrices(random, MakeRandomTariff(random));
    if (HasFailure()) return;
  }
}

TEST(AuditRates, RandomTieredTariffs_AddUpToThePrices) {
  Random random(731);
  testing::Likely likely;
  likely.tiers = true;
  for (int n = 0; n < 120; ++n) {
    SCOPED_TRACE(CaseName(n));
    ExpectThePrices(random, MakeRandomTariff(random, likely));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace costs::engine
