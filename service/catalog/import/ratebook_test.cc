#include "service/catalog/import/ratebook.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/catalog/refusal.h"

namespace costs::catalog {
namespace {

namespace pb = energy::costs::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Matrix(absl::string_view weekday_hours) {
  return absl::StrCat("[", absl::StrJoin(std::vector<std::string>(12, absl::StrCat("[", weekday_hours, "]")), ","),
                      "]");
}

const char kNight[] = "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0";
const char kPeak[] = "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,1,1,1,1,0,0,0";

// A tariff with each part as given; by default two periods, the second from 16
// to 21 on weekdays.
struct Parts {
  std::string tiers0 = R"([{"rate":"0.1","adj":"0.013","max":null,"max_unit":"kWh","sell":null}])";
  std::string tiers1 = R"([{"rate":"0.3","adj":"0","max":null,"max_unit":"kWh","sell":null}])";
  std::string weekday = Matrix(kPeak);
  std::string weekend = Matrix(kNight);
  std::string holidays = R"("holiday_policy":"unknown")";
  std::string range = R"({"start":null,"end":null,"superseded_at":null,"scheduled_end":null})";
  std::string fixed = "[]";
  std::string min = "null";
  std::string unsupported = "[]";
  std::string more = "";
};

std::string Text(const Parts& parts) {
  return absl::StrCat(
      R"({"schema_version":0,"identity":{"utility_id":"Utility","plan_name":"Plan"},"effective_range":)", parts.range,
      R"(,"energy":{"periods":[{"tiers":)", parts.tiers0, R"(},{"tiers":)", parts.tiers1,
      R"(}]},"schedule":{"weekday":)", parts.weekday, R"(,"weekend":)", parts.weekend, ",", parts.holidays,
      R"(},"fixed_charges":)", parts.fixed, R"(,"min_charge":)", parts.min, R"(,"unsupported":)", parts.unsupported,
      R"(,"metering":"none","source_documents":[],"provenance":{})", parts.more, "}");
}

absl::StatusOr<ImportedTariff> Import(const Parts& parts, std::set<RefusalReason> leave_out = {}) {
  TariffImportOptions options;
  options.id = "trf_1";
  options.leave_out = std::move(leave_out);
  return ImportRatebook(Text(parts), options);
}

TEST(ImportRatebook, PlainTariff_IsAnElementInDollars) {
  const absl::StatusOr<ImportedTariff> tariff = Import({});
  ASSERT_TRUE(tariff.ok()) << tariff.status();
  ASSERT_EQ(tariff->elements.size(), 1u);
  const pb::TariffElement& element = tariff->elements[0];
  EXPECT_EQ(element.display_name(), "Utility: Plan");
  EXPECT_EQ(element.currency_code(), "USD");
  EXPECT_EQ(element.schedule(0).days_and_hours(0).hours(0).rate(0).fixed(), 0.113);
  EXPECT_FALSE(element.has_contract_start_date());
  EXPECT_TRUE(tariff->findings.empty());
}

struct RefusedCase {
  const char* name;
  Parts parts;
  const char* reason;
  const char* field;
};

Parts With(std::string Parts::*part, std::string text) {
  Parts parts;
  parts.*part = std::move(text);
  return parts;
}

TEST(ImportRatebook, WhatCannotBePriced_IsRefusedByReasonAndField) {
  const RefusedCase kCases[] = {
      {"fixed", With(&Parts::fixed, R"([{"amount":"11.3","unit":"$/month"}])"), "FIXED_CHARGE", "fixed_charges[0]"},
      {"minimum", With(&Parts::min, R"({"amount":"25","unit":"$/month"})"), "MINIMUM_CHARGE", "min_charge"},
      {"demand", With(&Parts::unsupported, R"([{"kind":"demand_charge","detail":"12 $/kW"}])"), "DEMAND_CHARGE",
       "unsupported[0]"},
      {"coincident", With(&Parts::unsupported, R"([{"kind":"coincident_demand","detail":"x"}])"), "COINCIDENT_DEMAND",
       "unsupported[0]"},
      {"rider", With(&Parts::unsupported, R"([{"kind":"rider","detail":"fuel"}])"), "UNSUPPORTED", "unsupported[0]"},
      {"normalized", With(&Parts::unsupported, R"([{"kind":"demand_normalized_tier_max","detail":""}])"), "UNIT",
       "unsupported[0]"},
      {"unit", With(&Parts::tiers0, R"([{"rate":"1","max":"5","max_unit":"kWh/kW"},{"rate":"2"}])"), "UNIT",
       "energy.periods[0].tiers[0].max_unit"},
      {"no unit", With(&Parts::tiers0, R"([{"rate":"1","max":"5"},{"rate":"2"}])"), "UNIT",
       "energy.periods[0].tiers[0]"},
      {"no rate", With(&Parts::tiers1, R"([{"adj":"1"}])"), "PERIOD_WITHOUT_RATE", "energy.periods[1].tiers[0]"},
      {"no tiers", With(&Parts::tiers1, "[]"), "PERIOD_WITHOUT_RATE", "energy.periods[1].tiers"},
      {"period", With(&Parts::weekend, Matrix(absl::StrReplaceAll(kNight, {{"0", "2"}}))), "PERIOD_WITHOUT_RATE",
       "schedule.weekend[0][0]"},
      {"23 hours", With(&Parts::weekday, Matrix("0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0")), "SCHEDULE_SHAPE",
       "schedule.weekday[0]"},
      {"a month", With(&Parts::weekday, absl::StrCat("[[", kNight, "]]")), "SCHEDULE_SHAPE", "schedule.weekday"},
      {"negative", With(&Parts::weekday, Matrix(absl::StrReplaceAll(kNight, {{"0", "-1"}}))), "SCHEDULE_SHAPE",
       "schedule.weekday[0][0]"},
      {"NaN", With(&Parts::tiers0, R"([{"rate":"NaN"}])"), "NUMBER", "energy.periods[0].tiers[0].rate"},
      {"unknown tier field", With(&Parts::tiers0, R"([{"rate":"1","surcharge":"1"}])"), "UNKNOWN_FIELD",
       "energy.periods[0].tiers[0].surcharge"},
      {"unknown field", With(&Parts::more, R"(,"riders":[1])"), "UNKNOWN_FIELD", "riders"},
      {"holiday", With(&Parts::holidays, R"("holiday_policy":"as_weekend","holidays":["boxing_day"])"), "HOLIDAY",
       "schedule.holidays[0]"},
      {"policy", With(&Parts::holidays, R"("holiday_policy":"as_sunday")"), "HOLIDAY", "schedule.holiday_policy"},
      {"observance", With(&Parts::holidays, R"("holiday_policy":"unknown","holiday_observance":"friday")"), "HOLIDAY",
       "schedule.holiday_observance"},
      {"date", With(&Parts::range, R"({"start":"2026-02-30"})"), "DATE", "effective_range.start"},
      {"far date", With(&Parts::range, R"({"start":"999999-01-01"})"), "DATE", "effective_range.start"},
      {"past date", With(&Parts::range, R"({"start":"1869-01-01"})"), "DATE", "effective_range.start"},
      {"contradictory dates", With(&Parts::range, R"({"start":"2026-07-01","end":"2026-06-01"})"), "DATE",
       "effective_range"},
      {"sell", With(&Parts::tiers0, R"([{"rate":"1","sell":"0.05"}])"), "SELL_INCOMPLETE", "energy.periods"},
  };
  for (const RefusedCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const absl::StatusOr<ImportedTariff> tariff = Import(c.parts);
    EXPECT_EQ(tariff.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(tariff.status()), c.reason) << tariff.status();
    const std::vector<FieldViolation> faults = ViolationsOf(tariff.status());
    ASSERT_FALSE(faults.empty());
    EXPECT_EQ(faults[0].field, c.field) << tariff.status();
  }
}

TEST(ImportRatebook, ChargesLeftOut_AreFindingsWithAmounts) {
  Parts parts;
  parts.fixed = R"([{"amount":"10","unit":"$/month"},{"amount":"-3","unit":"$/day"},{"amount":"0","unit":"$/day"}])";
  parts.min = R"({"amount":"25","unit":"$/month"})";
  const auto tariff = Import(parts, {RefusalReason::kFixedCharge, RefusalReason::kMinimumCharge});
  ASSERT_TRUE(tariff.ok()) << tariff.status();
  ASSERT_EQ(tariff->findings.size(), 3u);
  EXPECT_THAT(tariff->findings[0].what, HasSubstr("10 \"$/month\""));
  EXPECT_THAT(tariff->findings[1].what, HasSubstr("-3 \"$/day\""));
  EXPECT_THAT(tariff->findings[2].what, HasSubstr("25 \"$/month\""));
}

TEST(ImportRatebook, AllFaultsOfAFile_AreToldAtOnce) {
  Parts parts;
  parts.fixed = R"([{"amount":"10","unit":"$/month"}])";
  parts.min = R"({"amount":"25","unit":"$/month"})";
  parts.more = R"(,"riders":[1])";
  EXPECT_EQ(ViolationsOf(Import(parts).status()).size(), 3u);
}

TEST(ImportRatebook, EffectiveRange_EndsWithItsEarliestEndIncluded) {
  const auto tariff =
      Import(With(&Parts::range, R"({"start":"2026-01-01","end":"2026-12-31","scheduled_end":"2026-11-30"})"));
  ASSERT_TRUE(tariff.ok()) << tariff.status();
  EXPECT_EQ(tariff->elements[0].contract_start_date().seconds(), 1767225600);  // 2026-01-01
  EXPECT_EQ(tariff->elements[0].contract_end_date().seconds(), 1796083200);    // 2026-12-01
  EXPECT_EQ(tariff->findings.size(), 2u);
}

TEST(ImportRatebook, HolidaysAsWeekend_AreACalendarWithTheObservance) {
  const auto by_default =
      Import(With(&Parts::holidays, R"("holiday_policy":"as_weekend","holidays":["labor_day","christmas"])"));
  ASSERT_TRUE(by_default.ok()) << by_default.status();
  ASSERT_EQ(by_default->calendars.size(), 1u);
  ASSERT_EQ(by_default->calendars[0].rules_size(), 2);
  EXPECT_EQ(by_default->calendars[0].rules(1).observance(), pb::Observance::SUNDAY_TO_MONDAY);
  const auto actual = Import(With(
      &Parts::holidays, R"("holiday_policy":"as_weekend","holidays":["christmas"],"holiday_observance":"actual_day")"));
  EXPECT_EQ(actual->calendars[0].rules(0).observance(), pb::Observance::ACTUAL_DAY);
}

TEST(ImportRatebook, HolidaysThatDoNotCount_AreAFinding) {
  for (const char* holidays : {R"("holiday_policy":"unknown","holidays":["labor_day"])",
                               R"("holiday_policy":"as_weekday","holidays":["labor_day"])",
                               R"("holiday_policy":"as_weekend")", R"("holiday_policy":"as_weekend","holidays":[])"}) {
    const auto tariff = Import(With(&Parts::holidays, holidays));
    ASSERT_TRUE(tariff.ok()) << tariff.status();
    EXPECT_TRUE(tariff->calendars.empty());
    EXPECT_EQ(tariff->findings.size(), 1u) << holidays;
  }
}

TEST(ImportRatebook, CurrencyThatIsNotDollars_IsRefused) {
  TariffImportOptions options;
  options.id = "trf_1";
  options.currency_code = "EUR";
  EXPECT_EQ(ReasonOf(ImportRatebook(Text({}), options).status()), "CURRENCY");
}

TEST(ImportRatebook, AMillionTiers_AreRefusedSoon) {
  std::string tiers = "[";
  for (int i = 1; i <= 1'000'000; ++i) absl::StrAppend(&tiers, i == 1 ? "" : ",", "{\"rate\":1,\"max\":", i, "}");
  EXPECT_EQ(ReasonOf(Import(With(&Parts::tiers0, tiers + "]")).status()), "MALFORMED");
}

TEST(ImportRatebook, TruncatedAnywhere_IsRefused) {
  const std::string text = Text({});
  TariffImportOptions options;
  options.id = "trf_1";
  for (size_t size = 0; size < text.size(); size += 7) {
    EXPECT_EQ(ReasonOf(ImportRatebook(text.substr(0, size), options).status()), "MALFORMED") << size;
  }
}

}  // namespace
}  // namespace costs::catalog
