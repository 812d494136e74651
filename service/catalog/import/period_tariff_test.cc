#include "service/catalog/import/period_tariff.h"

#include <string>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/catalog/import/us_holidays.h"

namespace costs::catalog {
namespace {

namespace pb = energy::costs::v1;
using engine::Decimal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Decimal Of(const std::string& text) { return *Decimal::Parse(text); }

PeriodTier Tier(const std::string& rate, const std::string& to_kwh = "", pb::TierUnit::Value unit = pb::TierUnit::KWH) {
  PeriodTier tier;
  tier.rate = Of(rate);
  if (!to_kwh.empty()) tier.to_kwh = Of(to_kwh);
  tier.unit = unit;
  return tier;
}

// Each month all day in period 0.
PeriodTariff Flat(std::vector<std::vector<PeriodTier>> periods) {
  PeriodTariff tariff;
  tariff.display_name = "Test";
  tariff.currency_code = "USD";
  tariff.periods_field = "periods";
  for (auto& tiers : periods)
    tariff.periods.push_back({"periods[" + std::to_string(tariff.periods.size()) + "]", tiers});
  for (auto& month : tariff.weekday) month.fill(0);
  tariff.weekend = tariff.weekday;
  return tariff;
}

struct Built {
  ImportedTariff tariff;
  absl::Status status;
};

Built Build(const PeriodTariff& tariff, TariffImportOptions options = {}) {
  options.id = "trf_1";
  TariffImport import(options);
  Built built;
  built.tariff = BuildTariff(tariff, &import);
  built.status = import.ToStatus();
  return built;
}

TEST(BuildTariff, OnePeriod_IsOneEntryOfAllMonths) {
  const Built built = Build(Flat({{Tier("0.21884")}}));
  ASSERT_TRUE(built.status.ok()) << built.status;
  ASSERT_EQ(built.tariff.elements.size(), 1u);
  const pb::TariffElement& element = built.tariff.elements[0];
  EXPECT_EQ(element.id(), "trf_1");
  EXPECT_EQ(element.direction(), pb::TariffRate::IMPORT);
  EXPECT_EQ(element.type(), pb::ElementType::COMMODITY);
  ASSERT_EQ(element.schedule_size(), 1);
  EXPECT_THAT(element.schedule(0).months(), ElementsAre("All"));
  EXPECT_THAT(element.schedule(0).days_and_hours(0).days(), ElementsAre("All"));
  const pb::ScheduleHours& hours = element.schedule(0).days_and_hours(0).hours(0);
  EXPECT_EQ(hours.valid_from(), "00:00:00");
  EXPECT_EQ(hours.valid_to(), "00:00:00");
  EXPECT_EQ(hours.rate(0).fixed(), 0.21884);
  EXPECT_FALSE(hours.rate(0).has_to_kwh());
  EXPECT_EQ(element.tier_unit(), pb::TierUnit::UNSPECIFIED);
}

TEST(BuildTariff, MonthsAlike_ShareAnEntryAlsoApart) {
  PeriodTariff tariff = Flat({{Tier("0.1")}, {Tier("0.3")}});
  for (int month = 5; month < 9; ++month) {
    for (int hour = 16; hour < 21; ++hour) tariff.weekday[month][hour] = 1;
  }
  const Built built = Build(tariff);
  ASSERT_TRUE(built.status.ok()) << built.status;
  const pb::TariffElement& element = built.tariff.elements[0];
  ASSERT_EQ(element.schedule_size(), 2);
  EXPECT_THAT(element.schedule(0).months(), ElementsAre("Jan", "Feb", "Mar", "Apr", "May", "Oct", "Nov", "Dec"));
  EXPECT_THAT(element.schedule(1).months(), ElementsAre("Jun", "Jul", "Aug", "Sep"));
  ASSERT_EQ(element.schedule(1).days_and_hours_size(), 2);
  const pb::ScheduleDays& weekday = element.schedule(1).days_and_hours(0);
  EXPECT_THAT(weekday.days(), ElementsAre("Weekday"));
  ASSERT_EQ(weekday.hours_size(), 3);
  EXPECT_EQ(weekday.hours(1).valid_from(), "16:00:00");
  EXPECT_EQ(weekday.hours(1).valid_to(), "21:00:00");
  EXPECT_EQ(weekday.hours(1).rate(0).fixed(), 0.3);
  EXPECT_EQ(weekday.hours(2).valid_to(), "00:00:00");
  EXPECT_THAT(element.schedule(1).days_and_hours(1).days(), ElementsAre("Weekend"));
}

TEST(BuildTariff, PeriodsPricedAlike_AreNotToldApart) {
  PeriodTariff tariff = Flat({{Tier("0.1")}, {Tier("0.1")}});
  for (auto& month : tariff.weekend) month.fill(1);
  const Built built = Build(tariff);
  EXPECT_EQ(built.tariff.elements[0].schedule(0).days_and_hours_size(), 1);
}

TEST(BuildTariff, Tiers_KeepTheirEdgesAndUnit) {
  const Built built = Build(Flat({{Tier("0.3", "13.5", pb::TierUnit::KWH_DAILY), Tier("0.4")}}));
  ASSERT_TRUE(built.status.ok()) << built.status;
  const pb::TariffElement& element = built.tariff.elements[0];
  EXPECT_EQ(element.tier_window(), pb::TierWindow::CALENDAR_MONTH);
  EXPECT_EQ(element.tier_unit(), pb::TierUnit::KWH_DAILY);
  const pb::ScheduleHours& hours = element.schedule(0).days_and_hours(0).hours(0);
  ASSERT_EQ(hours.rate_size(), 2);
  EXPECT_EQ(hours.rate(0).to_kwh(), 13.5);
  EXPECT_FALSE(hours.rate(1).has_to_kwh());
}

TEST(BuildTariff, NeighbouringTiersOfOnePrice_AreOne) {
  const Built built = Build(Flat({{Tier("0.3", "350"), Tier("0.4", "1050"), Tier("0.4")}}));
  ASSERT_TRUE(built.status.ok());
  const pb::ScheduleHours& hours = built.tariff.elements[0].schedule(0).days_and_hours(0).hours(0);
  ASSERT_EQ(hours.rate_size(), 2);
  EXPECT_EQ(hours.rate(0).to_kwh(), 350);
}

TEST(BuildTariff, LastTierWithAnEnd_GoesOnWithAFinding) {
  const Built built = Build(Flat({{Tier("0.3", "350"), Tier("0.4", "1050")}}));
  ASSERT_TRUE(built.status.ok());
  ASSERT_EQ(built.tariff.findings.size(), 1u);
  EXPECT_EQ(built.tariff.findings[0].where, "periods[0][1].max");
  EXPECT_FALSE(built.tariff.elements[0].schedule(0).days_and_hours(0).hours(0).rate(1).has_to_kwh());
}

struct Refused {
  const char* what;
  std::vector<std::vector<PeriodTier>> periods;
  const char* reason;
};

TEST(BuildTariff, WhatCannotBePriced_IsRefusedByReason) {
  std::vector<PeriodTier> many;
  for (int i = 1; i <= 21; ++i) many.push_back(Tier(std::to_string(i), std::to_string(10 * i)));
  const Refused kCases[] = {
      {"no rate", {{}}, "PERIOD_WITHOUT_RATE"},
      {"open tier in the middle", {{Tier("1"), Tier("2")}}, "TIER_EDGES"},
      {"tiers that fall", {{Tier("1", "500"), Tier("2", "400"), Tier("3")}}, "TIER_EDGES"},
      {"tiers that stand", {{Tier("1", "500"), Tier("2", "500"), Tier("3")}}, "TIER_EDGES"},
      {"an edge at nothing", {{Tier("1", "0"), Tier("2")}}, "TIER_EDGES"},
      {"an edge below nothing", {{Tier("1", "-5"), Tier("2")}}, "TIER_EDGES"},
      {"21 tiers", {many}, "TIER_EDGES"},
      {"two units in a period",
       {{Tier("1", "10", pb::TierUnit::KWH_DAILY), Tier("2", "400"), Tier("3")}},
       "MIXED_TIER_UNITS"},
  };
  for (const Refused& c : kCases) {
    EXPECT_EQ(ReasonOf(Build(Flat(c.periods)).status), c.reason) << c.what;
  }
}

TEST(BuildTariff, UnitsDifferBetweenSeasons_IsRefused) {
  PeriodTariff tariff = Flat({{Tier("1", "10", pb::TierUnit::KWH_DAILY), Tier("2")}, {Tier("1", "300"), Tier("2")}});
  tariff.weekday[6].fill(1);
  tariff.weekend[6].fill(1);
  EXPECT_EQ(ReasonOf(Build(tariff).status), "MIXED_TIER_UNITS");
}

TEST(BuildTariff, PeriodInNoHour_NeedsNoRate) {
  const Built built = Build(Flat({{Tier("0.1")}, {}}));
  ASSERT_TRUE(built.status.ok()) << built.status;
  ASSERT_EQ(built.tariff.findings.size(), 1u);
  EXPECT_EQ(built.tariff.findings[0].where, "periods[1]");
}

TEST(BuildTariff, TiersOfPeriodsInOneMonth_MustEndAlike) {
  PeriodTariff alike = Flat({{Tier("0.1", "500"), Tier("0.2")}, {Tier("0.3", "500"), Tier("0.4")}});
  alike.weekday[0][12] = 1;
  const Built built = Build(alike);
  EXPECT_TRUE(built.status.ok()) << built.status;
  ASSERT_EQ(built.tariff.findings.size(), 1u);
  EXPECT_THAT(built.tariff.findings[0].what, HasSubstr("all hours of a month"));

  for (const std::vector<PeriodTier>& other :
       {std::vector<PeriodTier>{Tier("0.3", "400"), Tier("0.4")}, std::vector<PeriodTier>{Tier("0.3")}}) {
    PeriodTariff unlike = Flat({{Tier("0.1", "500"), Tier("0.2")}, other});
    unlike.weekday[0][12] = 1;
    EXPECT_EQ(ReasonOf(Build(unlike).status), "TIERS_BY_PERIOD");
  }
}

TEST(BuildTariff, TiersOfPeriodsInDifferentMonths_MayEndAnywhere) {
  PeriodTariff tariff = Flat({{Tier("0.1", "500"), Tier("0.2")}, {Tier("0.3")}});
  tariff.weekday[6].fill(1);
  tariff.weekend[6].fill(1);
  const Built built = Build(tariff);
  EXPECT_TRUE(built.status.ok()) << built.status;
  EXPECT_TRUE(built.tariff.findings.empty());
}

TEST(BuildTariff, SellInEveryTier_IsAnExportElement) {
  PeriodTariff tariff = Flat({{Tier("0.1", "500"), Tier("0.2")}, {Tier("0.3")}});
  for (PeriodTier& tier : tariff.periods[0].tiers) tier.sell = Of("0.05");
  tariff.periods[1].tiers[0].sell = Of("0.15");
  tariff.weekday[6].fill(1);
  tariff.weekend[6].fill(1);
  const Built built = Build(tariff);
  ASSERT_TRUE(built.status.ok()) << built.status;
  ASSERT_EQ(built.tariff.elements.size(), 2u);
  const pb::TariffElement& exported = built.tariff.elements[1];
  EXPECT_EQ(exported.id(), "trf_1-export");
  EXPECT_EQ(exported.direction(), pb::TariffRate::EXPORT);
  ASSERT_EQ(exported.schedule_size(), 2);
  EXPECT_EQ(exported.schedule(0).days_and_hours(0).hours(0).rate_size(), 1);
  EXPECT_EQ(exported.schedule(0).days_and_hours(0).hours(0).rate(0).fixed(), 0.05);
  EXPECT_EQ(exported.schedule(1).days_and_hours(0).hours(0).rate(0).fixed(), 0.15);
}

TEST(BuildTariff, SellInSomeTiers_IsRefusedOrLeftOutByName) {
  PeriodTariff tariff = Flat({{Tier("0.1")}, {Tier("0.3")}});
  tariff.periods[0].tiers[0].sell = Of("0.05");
  tariff.weekday[6].fill(1);
  EXPECT_EQ(ReasonOf(Build(tariff).status), "SELL_INCOMPLETE");

  TariffImportOptions options;
  options.leave_out = {RefusalReason::kSellIncomplete};
  const Built built = Build(tariff, options);
  ASSERT_TRUE(built.status.ok()) << built.status;
  EXPECT_EQ(built.tariff.elements.size(), 1u);
  EXPECT_EQ(built.tariff.findings.size(), 1u);
}

TEST(BuildTariff, SellThatDiffersByTier_IsRefused) {
  PeriodTariff tariff = Flat({{Tier("0.1", "500"), Tier("0.2")}});
  tariff.periods[0].tiers[0].sell = Of("0.05");
  tariff.periods[0].tiers[1].sell = Of("0.04");
  EXPECT_EQ(ReasonOf(Build(tariff).status), "SELL_TIERS");
}

TEST(BuildTariff, Holidays_AreACalendarAndWeekendDays) {
  PeriodTariff tariff = Flat({{Tier("0.1")}, {Tier("0.3")}});
  for (auto& month : tariff.weekday) month.fill(1);
  tariff.holidays.push_back(*UsHoliday("labor_day"));
  const Built built = Build(tariff);
  ASSERT_TRUE(built.status.ok()) << built.status;
  ASSERT_EQ(built.tariff.calendars.size(), 1u);
  EXPECT_EQ(built.tariff.calendars[0].id(), "trf_1-holidays");
  const pb::TariffElement& element = built.tariff.elements[0];
  EXPECT_EQ(element.special_day_calendar(), "trf_1-holidays");
  EXPECT_THAT(element.schedule(0).days_and_hours(1).days(), ElementsAre("Weekend", "Holiday"));
}

TEST(BuildTariff, ContractDays_AreMidnightsOfTheLocation) {
  PeriodTariff tariff = Flat({{Tier("0.1")}});
  tariff.first_day = absl::CivilDay(2026, 7, 1);
  tariff.end_day = absl::CivilDay(2027, 1, 1);
  TariffImportOptions options;
  ASSERT_TRUE(absl::LoadTimeZone("America/New_York", &options.timezone));
  const pb::TariffElement element = Build(tariff, options).tariff.elements.at(0);
  EXPECT_EQ(element.contract_start_date().seconds(), 1782878400);  // 2026-07-01T04:00:00Z
  EXPECT_EQ(element.contract_end_date().seconds(), 1798779600);    // 2027-01-01T05:00:00Z
}

TEST(BuildTariff, LongDisplayName_IsCutBetweenCharacters) {
  PeriodTariff tariff = Flat({{Tier("0.1")}});
  tariff.display_name = std::string(255, 'a') + "\xC3\xA9";
  EXPECT_EQ(Build(tariff).tariff.elements.at(0).display_name(), std::string(255, 'a'));
}

}  // namespace
}  // namespace costs::catalog
