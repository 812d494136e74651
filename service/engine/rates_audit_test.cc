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
using testing::Zone;

AuditQuery Query(const PriceTimeline& prices, const std::string& zone, Interval interval) {
  AuditQuery query;
  query.interval = interval;
  query.prices = &prices;
  query.zone = Zone(zone);
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
  const AuditList list =
      AuditRates(Query(*prices, "Europe/London", Between("2023-10-29T00:00:00Z", "2023-10-29T12:00:00Z")));
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
  const AuditList list = AuditRates(Query(*prices, "UTC", interval));
  ASSERT_EQ(list.entries.size(), 2u);
  EXPECT_EQ(list.entries[0].total, list.entries[1].total);
}

TEST(AuditRates, Gap_IsToldWithItsStart) {
  const auto prices = Compile({Flat("0.1"), Market({"0.1", "0.1", "", "0.1"})}, "Europe/London");
  const AuditList list =
      AuditRates(Query(*prices, "Europe/London", Between("2023-10-28T22:00:00Z", "2023-10-29T02:00:00Z")));
  ASSERT_TRUE(list.price_gap.has_value());
  EXPECT_EQ(list.price_gap->ns, At("2023-10-29T00:00:00Z").ns);
  EXPECT_TRUE(list.entries.empty());
}

TEST(AuditRates, MostFigures_CountsElements) {
  ElementSpec nights;
  nights.seasons = EveryDay({{0, Fixed("0.1")}, {7, Fixed("0.3")}});
  const auto prices = Compile({nights, Flat("1")}, "UTC");
  AuditQuery query = Query(*prices, "UTC", Between("2023-01-01T00:00:00Z", "2023-01-03T00:00:00Z"));
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
  AuditQuery query = Query(*prices, "UTC", Between("2023-01-01T00:00:00Z", "2023-01-01T05:00:00Z"));
  query.most_figures = 1'000;
  EXPECT_TRUE(AuditRates(query).too_many);
}

// The parts make up the price, and together the entries make up the period.
TEST(AuditRates, RandomTariffs_AddUpToTheTimeline) {
  Random random(730);
  for (int n = 0; n < 400; ++n) {
    SCOPED_TRACE(CaseName(n));
    const RandomTariff tariff = MakeRandomTariff(random);
    const Interval interval = testing::RandomInterval(random, tariff.window, 10 * 86'400);
    const Timeline& timeline = tariff.prices->timeline();
    const Timeline::Integral whole = timeline.Integrate(interval);
    const AuditList list = AuditRates(Query(*tariff.prices, tariff.zone, interval));
    ASSERT_EQ(list.price_gap.has_value(), !whole.known);
    if (!whole.known) {
      ASSERT_EQ(list.price_gap->ns, whole.gap.ns);
      continue;
    }
    Int128 area = 0;
    Instant at = interval.start;
    for (const RateAudit& audit : list.entries) {
      ASSERT_EQ(audit.interval.start.ns, at.ns);
      at = audit.interval.end;
      const Timeline::Integral integral = timeline.Integrate(audit.interval);
      ASSERT_EQ(static_cast<int64_t>(integral.area / audit.interval.nanos()), static_cast<int64_t>(audit.total));
      ASSERT_EQ(integral.confidence, audit.confidence);
      area += audit.total * audit.interval.nanos();
      for (const ElementParts& element : audit.elements) {
        const RateParts& parts = element.parts;
        ASSERT_TRUE(parts.market.value_or(0) + parts.fixed + parts.percentage.value_or(0) == parts.aggregate);
        const Timeline::Integral own = tariff.prices->timeline_of(element.element).Integrate(audit.interval);
        ASSERT_TRUE(own.area == parts.aggregate * audit.interval.nanos());
      }
    }
    ASSERT_EQ(at.ns, interval.end.ns);
    ASSERT_TRUE(area == whole.area);
  }
}

}  // namespace
}  // namespace costs::engine
