#include "service/catalog/import/urdb.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/catalog/refusal.h"

namespace costs::catalog {
namespace {

namespace pb = energy::costs::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Matrix(int period) {
  const std::string day = absl::StrCat("[", absl::StrJoin(std::vector<int>(24, period), ","), "]");
  return absl::StrCat("[", absl::StrJoin(std::vector<std::string>(12, day), ","), "]");
}

// A record with one period, and `more` members, which may replace those.
std::string Record(const std::map<std::string, std::string>& more = {}) {
  std::map<std::string, std::string> members = {
      {"label", "\"539f\""},
      {"name", "\"Plan\""},
      {"utility", "\"Utility\""},
      {"energyratestructure", R"([[{"rate":0.20513,"adj":0.01371,"unit":"kWh"}]])"},
      {"energyweekdayschedule", Matrix(0)},
      {"energyweekendschedule", Matrix(0)},
  };
  for (const auto& [name, value] : more) members[name] = value;
  return absl::StrCat("{",
                      absl::StrJoin(members, ",",
                                    [](std::string* out, const auto& member) {
                                      absl::StrAppend(out, "\"", member.first, "\":", member.second);
                                    }),
                      "}");
}

TariffImportOptions Options(std::set<RefusalReason> leave_out = {}) {
  TariffImportOptions options;
  options.id = "trf_1";
  options.leave_out = std::move(leave_out);
  return options;
}

TEST(ImportUrdb, RateAndAdjustment_AreAddedExactly) {
  const auto tariff = ImportUrdb(Record(), Options());
  ASSERT_TRUE(tariff.ok()) << tariff.status();
  ASSERT_EQ(tariff->elements.size(), 1u);
  EXPECT_EQ(tariff->elements[0].display_name(), "Utility: Plan");
  EXPECT_EQ(tariff->elements[0].currency_code(), "USD");
  EXPECT_EQ(tariff->elements[0].schedule(0).days_and_hours(0).hours(0).rate(0).fixed(), 0.21884);
}

TEST(ImportUrdb, Envelopes_AreOpened) {
  for (const std::string& text :
       {Record(), absl::StrCat("[", Record(), "]"), absl::StrCat("{\"items\":[", Record(), "]}")}) {
    EXPECT_TRUE(ImportUrdb(text, Options()).ok());
  }
}

TEST(ImportUrdb, SeveralRecords_ArePickedByNumber) {
  const std::string text =
      absl::StrCat("{\"items\":[", Record({{"name", "\"A\""}}), ",", Record({{"name", "\"B\""}}), "]}");
  EXPECT_EQ(ReasonOf(ImportUrdb(text, Options()).status()), "MALFORMED");
  EXPECT_EQ(ImportUrdb(text, Options(), 1)->elements[0].display_name(), "Utility: B");
  EXPECT_EQ(ReasonOf(ImportUrdb(text, Options(), 2).status()), "MALFORMED");
}

struct Case {
  std::map<std::string, std::string> more;
  const char* reason;
};

TEST(ImportUrdb, WhatCannotBePriced_IsRefusedByReason) {
  const Case kCases[] = {
      {{{"fixedchargefirstmeter", "12.5"}, {"fixedchargeunits", "\"$/month\""}}, "FIXED_CHARGE"},
      {{{"fixedchargeeaaddl", "3"}}, "FIXED_CHARGE"},
      {{{"fixedmonthlycharge", "3"}}, "FIXED_CHARGE"},
      {{{"fixedattrs", R"([{"key":"Meter","val":"$2"}])"}}, "FIXED_CHARGE"},
      {{{"mincharge", "5"}, {"minchargeunits", "\"$/day\""}}, "MINIMUM_CHARGE"},
      {{{"minmonthlycharge", "5"}}, "MINIMUM_CHARGE"},
      {{{"annualmincharge", "5"}}, "MINIMUM_CHARGE"},
      {{{"flatdemandstructure", R"([[{"rate":0},{"rate":1.91,"adj":0}]])"}}, "DEMAND_CHARGE"},
      {{{"demandratestructure", R"([[{"rate":0}],[{"adj":14.81}]])"}}, "DEMAND_CHARGE"},
      {{{"demandattrs", R"([{"a":"b"}])"}}, "DEMAND_CHARGE"},
      {{{"coincidentratestructure", R"([[{"rate":3}]])"}}, "COINCIDENT_DEMAND"},
      {{{"demandreactivepowercharge", "0.52"}}, "REACTIVE_POWER"},
      {{{"demandReactPwrCharge", "0.25"}}, "REACTIVE_POWER"},
      {{{"energyattrs", R"([{"DSM surcharge":"$0.001/kWh"}])"}}, "OTHER_CHARGE"},
      {{{"fueladjustmentsmonthly", "[0,0,0.01,0,0,0,0,0,0,0,0,0]"}}, "OTHER_CHARGE"},
      {{{"wildfirecharge", "0.005"}}, "UNKNOWN_FIELD"},
      {{{"riderAdjustments", "[{\"a\":1}]"}}, "UNKNOWN_FIELD"},
      {{{"energyratestructure", R"([[{"rate":1,"credit":2}]])"}}, "UNKNOWN_FIELD"},
      {{{"energyratestructure", R"([[{"rate":1,"unit":"kWh/kW","max":200},{"rate":2}]])"}}, "UNIT"},
      {{{"energyratestructure", R"([[{"rate":1,"unit":"kWh daily","max":9},{"rate":2,"max":400},{"rate":3}]])"}},
       "MIXED_TIER_UNITS"},
      {{{"energyratestructure", R"([[{"unit":"kWh"}]])"}}, "PERIOD_WITHOUT_RATE"},
      {{{"energyratestructure", R"([[]])"}}, "PERIOD_WITHOUT_RATE"},
      {{{"energyratestructure", R"([])"}}, "PERIOD_WITHOUT_RATE"},
      {{{"energyratestructure", "null"}}, "MALFORMED"},
      {{{"energyratestructure", R"([[{"rate":1,"sell":0.1},{"rate":2}]])"}}, "TIER_EDGES"},
      {{{"energyratestructure", R"([[{"rate":1,"max":5,"sell":0.1},{"rate":2}]])"}}, "SELL_INCOMPLETE"},
      {{{"energyweekdayschedule", Matrix(1)}}, "PERIOD_WITHOUT_RATE"},
      {{{"energyweekdayschedule", "[]"}}, "SCHEDULE_SHAPE"},
      {{{"energyweekendschedule", "null"}}, "SCHEDULE_SHAPE"},
      {{{"startdate", "1e18"}}, "DATE"},
      {{{"startdate", "99999999999999999999"}}, "DATE"},
      {{{"startdate", "-1"}}, "DATE"},
      {{{"startdate", "\"2026-01-01\""}}, "DATE"},
      {{{"startdate", "1727762400"}, {"enddate", "1627762400"}}, "DATE"},
      {{{"country", "\"CAN\""}}, "CURRENCY"},
      {{{"flatdemandunit", "\"kW\""}, {"flatDemandUnits", "\"hp\""}}, "MALFORMED"},
  };
  for (const Case& c : kCases) {
    const auto tariff = ImportUrdb(Record(c.more), Options());
    EXPECT_EQ(ReasonOf(tariff.status()), c.reason) << c.more.begin()->first << ": " << tariff.status();
    EXPECT_FALSE(ViolationsOf(tariff.status()).empty());
  }
}

TEST(ImportUrdb, FieldsThatChargeNothing_AreNoCharges) {
  const auto tariff = ImportUrdb(Record({{"fixedchargefirstmeter", "0"},
                                         {"fixedchargeunits", "\"$/month\""},
                                         {"mincharge", "0.0"},
                                         {"flatdemandstructure", R"([[{"rate":0,"adj":0,"max":500}]])"},
                                         {"flatdemandunit", "\"kW\""},
                                         {"flatdemandmonths", "[0,0,0,0,0,0,0,0,0,0,0,0]"},
                                         {"demandrateunit", "\"kW\""},
                                         {"fueladjustmentsmonthly", "[0,0,0,0,0,0,0,0,0,0,0,0]"},
                                         {"energyattrs", "[]"},
                                         {"unheardof", "null"},
                                         {"peakkwcapacitymax", "20"},
                                         {"sourceparent", "\"https://example.com\""}}),
                                 Options());
  EXPECT_TRUE(tariff.ok()) << tariff.status();
}

TEST(ImportUrdb, Comments_ArePassedOn) {
  const auto tariff = ImportUrdb(Record({{"energycomments", "\"Adjustment = State Surcharge\""}}), Options());
  ASSERT_TRUE(tariff.ok());
  ASSERT_EQ(tariff->findings.size(), 1u);
  EXPECT_THAT(tariff->findings[0].what, HasSubstr("State Surcharge"));
}

TEST(ImportUrdb, MidnightByAnyClock_IsTheLocationsNearest) {
  TariffImportOptions options = Options();
  ASSERT_TRUE(absl::LoadTimeZone("America/Los_Angeles", &options.timezone));
  // Midnight of 1 October 2024 in Denver, Greenwich, and an hour east of it.
  for (const char* seconds : {"1727762400", "1727740800", "1727737200"}) {
    const auto tariff = ImportUrdb(Record({{"startdate", seconds}}), options);
    ASSERT_TRUE(tariff.ok()) << tariff.status();
    EXPECT_EQ(tariff->elements[0].contract_start_date().seconds(), 1727766000) << seconds;  // 07:00Z
    EXPECT_EQ(tariff->findings.size(), 1u);
  }
  const auto exact = ImportUrdb(Record({{"startdate", "1727766000"}, {"enddate", "1759215600"}}), options);
  EXPECT_TRUE(exact->findings.empty());
  EXPECT_EQ(exact->elements[0].contract_end_date().seconds(), 1759302000);  // the midnight after 30 September 2025
}

TEST(ImportUrdb, TiersWithoutEnd_MayBeWrittenAsZero) {
  const auto tariff = ImportUrdb(
      Record({{"energyratestructure", R"([[{"rate":0.1,"max":500,"unit":"kWh"},{"rate":0.2,"max":0,"unit":"kWh"}]])"}}),
      Options());
  ASSERT_TRUE(tariff.ok()) << tariff.status();
  EXPECT_EQ(tariff->elements[0].tier_unit(), pb::TierUnit::KWH);
  EXPECT_TRUE(tariff->findings.empty());
}

TEST(ImportUrdb, AHundredThousandTiersOrPeriods_AreRefusedInFewFaults) {
  std::string tiers, periods;
  for (int i = 1; i <= 100'000; ++i) {
    absl::StrAppend(&tiers, i == 1 ? "" : ",", "{\"rate\":", i, ",\"max\":", i, "}");
    absl::StrAppend(&periods, i == 1 ? "" : ",", "[{\"rate\":\"x\"}]");
  }
  const absl::Status tiered = ImportUrdb(Record({{"energyratestructure", "[[" + tiers + "]]"}}), Options()).status();
  EXPECT_EQ(ReasonOf(tiered), "TIER_EDGES") << tiered.message().substr(0, 200);
  const absl::Status many = ImportUrdb(Record({{"energyratestructure", "[" + periods + "]"}}), Options()).status();
  EXPECT_EQ(ReasonOf(many), "NUMBER");
  EXPECT_EQ(ViolationsOf(many).size(), TariffImport::kMostFaults);
}

// The real records: refused for what else they charge, and imported without it.
class RealRecords : public ::testing::TestWithParam<const char*> {};

TEST_P(RealRecords, WithoutOtherCharges_AreImported) {
  const char* root = std::getenv("COSTS_TEST_DATA");
  if (root == nullptr) GTEST_SKIP() << "COSTS_TEST_DATA names no directory of test data";
  std::ifstream file(absl::StrCat(root, "/urdb-commercial/", GetParam()));
  ASSERT_TRUE(file) << GetParam();
  std::stringstream text;
  text << file.rdbuf();
  const absl::Status refused = ImportUrdb(text.str(), Options()).status();
  std::set<std::string> reasons;
  for (const FieldViolation& fault : ViolationsOf(refused)) {
    const auto reason = ReasonOfFault(fault);
    ASSERT_TRUE(reason.has_value()) << fault.description;
    reasons.insert(std::string(RefusalReasonName(*reason)));
  }
  EXPECT_THAT(reasons, Contains("FIXED_CHARGE"));
  const auto tariff = ImportUrdb(
      text.str(), Options({RefusalReason::kFixedCharge, RefusalReason::kDemandCharge, RefusalReason::kReactivePower}));
  EXPECT_TRUE(tariff.ok()) << tariff.status();
}

INSTANTIATE_TEST_SUITE_P(
    Commercial, RealRecords,
    ::testing::Values("PGE_BEV-2-S_2025-09-08.json", "San_Diego_Gas_Electric_Co_AL_TOU_Secondary_Above_500kW.json",
                      "Sacramento_Municipal_Utility_District_CI_TOD4_Commercial_and_Industrial_TOD_"
                      "Secondary_1000_kW.json",
                      "SDGE_EV-HP_EECC-CPP-D_2025-09-08_Neat.json", "SCE_TOU-8_ Option-D_Under-2-kV.json",
                      "Sacramento_Municipal_Utility_District_CI_TOD3_Commercial_and_Industrial_TOD_"
                      "Secondary_500_999_kW.json",
                      "SCE_TOU-EV-9_below-2kV_2025-09-08_Neat.json"));

}  // namespace
}  // namespace costs::catalog
