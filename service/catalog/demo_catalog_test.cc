// What the demo catalog promises (demo/README.md), checked on its own files.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "service/catalog/catalog_loader.h"
#include "service/catalog/snapshot.h"
#include "service/engine/pricing.h"

namespace costs::catalog {
namespace {

using engine::TariffRate;
using Integral = engine::Timeline::Integral;

constexpr int64_t kHourNanos = 3600 * engine::kNanosPerSecond;
constexpr char kDocumentation[] = "loc_641b90b758fb8e6293716e40";
constexpr char kNightRate[] = "loc_000000000000000000000001";
constexpr char kCalifornia[] = "loc_000000000000000000000002";
constexpr char kMarketHome[] = "loc_000000000000000000000003";
constexpr char kMarketShop[] = "loc_000000000000000000000004";
constexpr char kSolarHome[] = "loc_000000000000000000000005";

engine::Instant At(absl::string_view text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << text << ": " << error;
  return engine::Instant{absl::ToUnixNanos(time)};
}

engine::Interval From(absl::string_view start, absl::string_view end) { return {At(start), At(end)}; }

class DemoCatalogTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = LoadCatalog("service/catalog/demo", 1);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    snapshot_ = new std::shared_ptr<const Snapshot>(*std::move(snapshot));
  }
  static void TearDownTestSuite() {
    delete snapshot_;
    snapshot_ = nullptr;
  }

  void SetUp() override { ASSERT_NE(snapshot_, nullptr); }

  static const Location& Find(absl::string_view id) {
    const Location* location = (*snapshot_)->FindLocation(id);
    EXPECT_NE(location, nullptr) << id;
    static const Location* const kNone = new Location();
    return location == nullptr ? *kNone : *location;
  }

  // The cost in millionths of so much energy, or "gap".
  static std::string CostOfWh(absl::string_view id, TariffRate rate, int64_t wh, engine::Interval interval,
                              engine::Confidence confidence = engine::kCertain) {
    const engine::PriceTimeline* prices = Find(id).PricesFor(rate);
    if (prices == nullptr) return "no tariff";
    const Integral integral = prices->timeline().Integrate(interval);
    if (!integral.known) return "gap";
    EXPECT_EQ(integral.confidence, confidence);
    const engine::Usage usage{engine::Units::kWh, wh * 1'000'000, interval};
    return absl::StrCat(static_cast<int64_t>(engine::Cost(usage, integral.area, prices->timeline().scale())));
  }

  static std::string CarbonOfWh(absl::string_view id, int64_t wh, engine::Interval interval,
                                engine::Confidence confidence) {
    const engine::CarbonTimeline* carbon = Find(id).carbon;
    if (carbon == nullptr) return "no region";
    const Integral integral = carbon->timeline().Integrate(interval);
    if (!integral.known) return "gap";
    EXPECT_EQ(integral.confidence, confidence);
    const engine::Usage usage{engine::Units::kWh, wh * 1'000'000, interval};
    return absl::StrCat(static_cast<int64_t>(engine::Carbon(usage, integral.area, carbon->timeline().scale())));
  }

 private:
  static const std::shared_ptr<const Snapshot>* snapshot_;
};

const std::shared_ptr<const Snapshot>* DemoCatalogTest::snapshot_ = nullptr;

TEST_F(DemoCatalogTest, DocumentationsExample_GivesItsDigits) {
  const Location& location = Find(kDocumentation);
  EXPECT_EQ(location.currency_code, "GBP");
  EXPECT_EQ(location.timezone, "Europe/London");
  const engine::Usage usage{engine::Units::kW, 20567 * int64_t{1'000'000},
                            From("2022-02-01T10:30:00Z", "2022-02-01T11:00:00Z")};
  EXPECT_EQ(engine::EnergyWh(usage), 10284);

  const engine::Timeline& prices = location.PricesFor(TariffRate::kImport)->timeline();
  const Integral price = prices.Integrate(usage.interval);
  ASSERT_TRUE(price.known);
  EXPECT_EQ(price.confidence, engine::kCertain);
  EXPECT_TRUE(engine::Cost(usage, price.area, prices.scale()) == 928'372'000);

  const engine::Timeline& carbon = location.carbon->timeline();
  const Integral intensity = carbon.Integrate(usage.interval);
  ASSERT_TRUE(intensity.known);
  EXPECT_EQ(intensity.confidence, 800);
  EXPECT_TRUE(engine::Carbon(usage, intensity.area, carbon.scale()) == 35'240);
}

TEST_F(DemoCatalogTest, NightRate_ChangesAtTheLocalTime) {
  // 00:30 to 04:30 by the clock, in winter and in summer.
  for (absl::string_view night : {"2023-01-15T00:30:00Z", "2023-06-15T00:30:00+01:00"}) {
    const engine::Instant start = At(night);
    const engine::Instant end{start.ns + 4 * kHourNanos};
    const engine::Instant later{end.ns + kHourNanos};
    EXPECT_EQ(CostOfWh(kNightRate, TariffRate::kImport, 1'000'000, {start, end}), "89999700");
    EXPECT_EQ(CostOfWh(kNightRate, TariffRate::kImport, 1'000'000, {end, later}), "310275000");
    EXPECT_EQ(CostOfWh(kNightRate, TariffRate::kImport, 1'000'000, {{start.ns - kHourNanos}, start}), "310275000");
  }
}

TEST_F(DemoCatalogTest, California_HasSeasonsAndTimesOfUse) {
  struct Case {
    absl::string_view start;
    absl::string_view micros;  // of 1 kWh
  };
  for (const Case& c : {
           Case{"2026-06-30T12:00:00-07:00", "225580"},
           Case{"2026-07-04T15:00:00-07:00", "427600"},
           Case{"2026-07-04T16:00:00-07:00", "538090"},
           Case{"2026-07-04T20:00:00-07:00", "538090"},
           Case{"2026-07-04T21:00:00-07:00", "427600"},
           Case{"2026-09-30T20:00:00-07:00", "538090"},
           Case{"2026-10-01T20:00:00-07:00", "410990"},
           Case{"2026-12-01T15:00:00-08:00", "394280"},
           Case{"2026-12-01T14:00:00-08:00", "225580"},
       }) {
    const engine::Instant start = At(c.start);
    EXPECT_EQ(CostOfWh(kCalifornia, TariffRate::kImport, 1000, {start, {start.ns + kHourNanos}}), c.micros) << c.start;
  }
  EXPECT_EQ(Find(kCalifornia).currency_code, "USD");
  // Before the sheet took effect there is no price.
  EXPECT_EQ(
      CostOfWh(kCalifornia, TariffRate::kImport, 1000, From("2026-05-31T12:00:00-07:00", "2026-05-31T13:00:00-07:00")),
      "gap");
}

TEST_F(DemoCatalogTest, MarketHome_PaysVatAndIsPaidForNegativePrices) {
  // 22.00 p without VAT.
  EXPECT_EQ(CostOfWh(kMarketHome, TariffRate::kImport, 1000, From("2023-03-26T23:00:00Z", "2023-03-26T23:30:00Z")),
            "231000");
  EXPECT_EQ(CostOfWh(kMarketHome, TariffRate::kImport, 1000, From("2023-10-28T21:30:00Z", "2023-10-28T22:00:00Z")),
            "-13020");
  EXPECT_EQ(CostOfWh(kMarketHome, TariffRate::kExport, 1000, From("2023-10-28T21:30:00Z", "2023-10-28T22:00:00Z")),
            "7100");
}

TEST_F(DemoCatalogTest, MarketHome_BothClockChangesArePriced) {
  // 23 and 25 hours without a gap; the skipped hour is not there, the repeated
  // one twice.
  for (const engine::Interval& day : {From("2023-03-26T00:00:00Z", "2023-03-27T00:00:00+01:00"),
                                      From("2023-10-29T00:00:00+01:00", "2023-10-30T00:00:00Z")}) {
    EXPECT_NE(CostOfWh(kMarketHome, TariffRate::kImport, 1000, day), "gap");
    EXPECT_NE(CostOfWh(kMarketHome, TariffRate::kExport, 1000, day), "gap");
    EXPECT_NE(CarbonOfWh(kMarketHome, 1000, day, engine::kCertain), "gap");
  }
  EXPECT_EQ(From("2023-03-26T00:00:00Z", "2023-03-27T00:00:00+01:00").nanos(), 23 * kHourNanos);
  for (absl::string_view pass : {"2023-10-29T01:00:00+01:00", "2023-10-29T01:00:00Z"}) {
    const engine::Instant start = At(pass);
    EXPECT_EQ(CostOfWh(kMarketHome, TariffRate::kImport, 1000, {start, {start.ns + kHourNanos / 2}}), "55650") << pass;
  }
}

TEST_F(DemoCatalogTest, MarketHome_HasNoPriceBetweenTheWeeksShown) {
  EXPECT_EQ(CostOfWh(kMarketHome, TariffRate::kImport, 1000, From("2023-03-27T22:30:00Z", "2023-03-27T23:30:00Z")),
            "gap");
}

TEST_F(DemoCatalogTest, Shop_PaysTheLevyOnTopOfTheMarket) {
  ASSERT_EQ(Find(kMarketShop).PricesFor(TariffRate::kImport)->elements().size(), 2u);
  // 0.22 * 1.2 + 0.0093.
  EXPECT_EQ(CostOfWh(kMarketShop, TariffRate::kImport, 1000, From("2023-03-26T23:00:00Z", "2023-03-26T23:30:00Z")),
            "273300");
}

TEST_F(DemoCatalogTest, SolarHome_HasThreePriceLists) {
  const engine::Interval hour = From("2023-11-01T12:00:00Z", "2023-11-01T13:00:00Z");
  EXPECT_EQ(CostOfWh(kSolarHome, TariffRate::kImport, 1000, hour), "273500");
  EXPECT_EQ(CostOfWh(kSolarHome, TariffRate::kExport, 1000, hour), "150000");
  EXPECT_EQ(CostOfWh(kSolarHome, TariffRate::kLocal, 1000, hour), "150000");
  // The cap ended with the year; its rate is then a guess.
  EXPECT_EQ(CostOfWh(kSolarHome, TariffRate::kImport, 1000, From("2024-01-01T12:00:00Z", "2024-01-01T13:00:00Z"), 800),
            "273500");
}

TEST_F(DemoCatalogTest, GbCarbon_HasActualsForecastsAndARealGap) {
  // The actual of 67 g, not the forecast of 61 g.
  EXPECT_EQ(CarbonOfWh(kNightRate, 1000, From("2023-10-29T00:00:00Z", "2023-10-29T00:30:00Z"), engine::kCertain),
            "67000");
  // Forecasts stand in for the five blank actuals of that afternoon.
  EXPECT_EQ(CarbonOfWh(kNightRate, 1000, From("2023-01-26T13:30:00Z", "2023-01-26T14:00:00Z"), 800), "214000");
  EXPECT_EQ(CarbonOfWh(kNightRate, 1000, From("2023-10-21T12:00:00Z", "2023-10-21T12:30:00Z"), 800), "gap");
}

}  // namespace
}  // namespace costs::catalog
