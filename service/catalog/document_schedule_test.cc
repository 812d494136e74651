// The schedule of a document, and of a file.
#include "service/catalog/document_schedule.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/catalog/document_reader.h"
#include "service/catalog/documents.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/located_json.h"

namespace costs::catalog {
namespace {

namespace pb = ::energy::costs::v1;
using engine::Hours;
using engine::Schedule;
using ::testing::HasSubstr;

struct ReadResult {
  std::shared_ptr<const Schedule> schedule;
  std::string faults;
};

// Reads it as the schedule of an element in a file.
ReadResult Read(absl::string_view text, RateKind kind = RateKind::kFixed) {
  const std::string element =
      absl::StrCat(R"({"direction": "IMPORT", "type": "COMMODITY", "currency_code": "GBP", )",
                   kind == RateKind::kSurcharge ? R"("market_rates": true, "market_series": "m", )" : "",
                   "\"schedule\": ", text, "}");
  const absl::StatusOr<JsonDocument> document = JsonDocument::Parse(element);
  EXPECT_TRUE(document.ok()) << document.status() << "\n" << text;
  if (!document.ok()) return {};
  FaultLog faults;
  pb::TariffElement message;
  DocumentReader reader(document->root(), "f.json", {}, &faults);
  ReadResult result;
  reader.Read(&message);
  for (const FieldViolation& fault : CheckElement(message)) reader.AddFault(fault.field, fault.description);
  result.faults = std::string(faults.ToStatus().message());
  if (!faults.empty()) return result;
  ElementParts parts;
  if (kind == RateKind::kSurcharge) {
    parts.market = std::make_shared<const engine::MarketSeries>(*engine::MarketSeries::Create("m", "GBP", {}));
  }
  const auto built = BuildElement(message, parts);
  EXPECT_TRUE(built.ok()) << built.status();
  if (built.ok()) result.schedule = (*built)->schedule;
  return result;
}

std::string Season(absl::string_view months, absl::string_view days, absl::string_view hours) {
  return absl::StrCat("{\"months\": ", months, ", \"days_and_hours\": [{\"days\": ", days, ", \"hours\": ", hours,
                      "}]}");
}

std::string AllDay(absl::string_view rate) {
  return absl::StrCat("[{\"valid_from\": \"00:00:00\", \"valid_to\": \"00:00:00\", \"rate\": [{\"fixed\": ", rate,
                      "}]}]");
}

// "from-to rate" of each hours of a day.
std::string DayText(const Schedule& schedule, int month, int weekday) {
  std::string text;
  for (const Hours& hours : schedule.HoursOf(month, weekday)) {
    absl::StrAppend(&text, text.empty() ? "" : " ", hours.from, "-", hours.to, "=",
                    hours.tiers[0].rate.fixed.ToString());
  }
  return text;
}

TEST(ReadSchedule, Defaults_AreAllTheTime) {
  const ReadResult result = Read(R"([{"days_and_hours": [{"hours": [{"rate": [{"fixed": 0.25}]}]}]}])");
  ASSERT_NE(result.schedule, nullptr) << result.faults;
  EXPECT_EQ(DayText(*result.schedule, 2, 6), "0-86400=0.25");
}

TEST(ReadSchedule, MonthNames_AreSeasons) {
  const ReadResult result = Read(absl::StrCat(
      "[", Season(R"(["jun", "JUL", "Aug", "Sep"])", R"(["All"])", AllDay("0.5")), ",",
      Season(R"(["Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May"])", R"(["all"])", AllDay("0.3")), "]"));
  ASSERT_NE(result.schedule, nullptr) << result.faults;
  for (int month = 1; month <= 12; ++month) {
    EXPECT_EQ(DayText(*result.schedule, month, 0), month >= 6 && month <= 9 ? "0-86400=0.5" : "0-86400=0.3");
  }
}

TEST(ReadSchedule, DayNames_InAnyWritingAreTheSame) {
  for (absl::string_view weekend :
       {R"(["Sat", "Sun"])", R"(["Saturday", "sunday"])", R"(["6", "7"])", "[6, 7]", R"(["WEEKEND"])"}) {
    for (absl::string_view week : {R"(["Weekday"])", R"(["Mon", "Tue", "Wed", "Thu", "Fri"])", "[1, 2, 3, 4, 5]",
                                   R"(["Monday", "Tuesday", "Wednesday", "Thursday", "FRIDAY"])"}) {
      const ReadResult result = Read(absl::StrCat("[", Season(R"(["All"])", week, AllDay("1")), ",",
                                                  Season(R"(["All"])", weekend, AllDay("2")), "]"));
      ASSERT_NE(result.schedule, nullptr) << result.faults;
      for (int day = 0; day < 7; ++day) {
        EXPECT_EQ(DayText(*result.schedule, 1, day), day < 5 ? "0-86400=1" : "0-86400=2") << week << weekend;
      }
    }
  }
}

TEST(ReadSchedule, HoursOverMidnight_AreBothEndsOfTheDay) {
  const ReadResult result = Read(absl::StrCat("[", Season(R"(["All"])", R"(["All"])", R"([
      {"valid_from": "23:30:00", "valid_to": "05:30:00", "rate": [{"fixed": 0.07}]},
      {"valid_from": "05:30:00", "valid_to": "23:30:00", "rate": [{"fixed": 0.28}]}])"),
                                              "]"));
  ASSERT_NE(result.schedule, nullptr) << result.faults;
  EXPECT_EQ(DayText(*result.schedule, 1, 0), "0-19800=0.07 19800-84600=0.28 84600-86400=0.07");
}

TEST(ReadSchedule, MidnightAsTheEnd_EndsTheDay) {
  const ReadResult result = Read(absl::StrCat("[", Season(R"(["All"])", R"(["All"])", R"([
      {"valid_from": "00:00:00", "valid_to": "12:00:01", "rate": [{"fixed": 1}]},
      {"valid_from": "12:00:01", "valid_to": "00:00:00", "rate": [{"fixed": 2}]}])"),
                                              "]"));
  ASSERT_NE(result.schedule, nullptr) << result.faults;
  EXPECT_EQ(DayText(*result.schedule, 1, 0), "0-43201=1 43201-86400=2");
}

TEST(ReadSchedule, RateKind_SaysWhichNumbersCount) {
  const std::string text =
      R"([{"days_and_hours": [{"hours": [{"rate": [{"fixed": 0.5, "surcharge_fixed": 0.01,
          "surcharge_percentage": 5, "to_kwh": null}]}]}]}])";
  const ReadResult fixed = Read(text, RateKind::kFixed);
  ASSERT_NE(fixed.schedule, nullptr) << fixed.faults;
  ASSERT_EQ(fixed.schedule->rates().size(), 1u);
  EXPECT_EQ(fixed.schedule->rates()[0].fixed.ToString(), "0.5");
  EXPECT_EQ(fixed.schedule->rates()[0].surcharge_fixed.ToString(), "0");
  EXPECT_EQ(fixed.schedule->rates()[0].surcharge_percentage.ToString(), "0");
  const ReadResult surcharge = Read(text, RateKind::kSurcharge);
  ASSERT_NE(surcharge.schedule, nullptr) << surcharge.faults;
  EXPECT_EQ(surcharge.schedule->rates()[0].fixed.ToString(), "0");
  EXPECT_EQ(surcharge.schedule->rates()[0].surcharge_fixed.ToString(), "0.01");
  EXPECT_EQ(surcharge.schedule->rates()[0].surcharge_percentage.ToString(), "5");
}

TEST(ReadSchedule, Tiers_AreALadder) {
  const ReadResult result = Read(R"([{"days_and_hours": [{"hours": [{"rate": [
      {"fixed": 0.1, "to_kwh": 100.5}, {"fixed": 0.2, "to_kwh": 200}, {"fixed": 0.3, "to_kwh": null}]}]}]}])");
  ASSERT_NE(result.schedule, nullptr) << result.faults;
  const std::vector<engine::Tier>& tiers = result.schedule->HoursOf(1, 0)[0].tiers;
  ASSERT_EQ(tiers.size(), 3u);
  EXPECT_EQ(tiers[0].to_kwh->ToString(), "100.5");
  EXPECT_EQ(tiers[1].rate.fixed.ToString(), "0.2");
  EXPECT_FALSE(tiers[2].to_kwh.has_value());
}

TEST(ReadSchedule, Holiday_IsADayOfItsOwn) {
  const ReadResult result = Read(absl::StrCat("[", Season(R"(["All"])", R"(["All"])", AllDay("1")), ",",
                                              Season(R"(["Jan"])", R"(["holiday"])", AllDay("2")), "]"));
  ASSERT_NE(result.schedule, nullptr) << result.faults;
  EXPECT_EQ(DayText(*result.schedule, 1, Schedule::kSpecialDayIndex), "0-86400=2");
  EXPECT_EQ(DayText(*result.schedule, 2, Schedule::kSpecialDayIndex), "0-86400=1") << "as Sundays";
}

TEST(ReadSchedule, FaultInTheEvening_IsShownWhereTheNightIsWritten) {
  const ReadResult result = Read(R"([{"days_and_hours": [{"hours": [
      {"valid_from": "05:00:00", "valid_to": "23:00:00", "rate": [{"fixed": 1}]},
      {"valid_from": "23:00:00", "valid_to": "05:00:00", "rate": [{"fixed": 1, "to_kwh": 5}]}]}]}])");
  EXPECT_THAT(result.faults,
              HasSubstr("f.json:3: schedule[0].days_and_hours[0].hours[1].rate[0].to_kwh: must be left"));
  EXPECT_THAT(result.faults, ::testing::Not(HasSubstr("hours[2]")));
}

TEST(ReadSchedule, MillionRules_AreRefusedAtOnce) {
  pb::TariffElement element;
  element.set_direction(pb::TariffRate::IMPORT);
  element.set_type(pb::ElementType::COMMODITY);
  element.set_currency_code("GBP");
  auto* days = element.add_schedule()->add_days_and_hours();
  for (int i = 0; i < 1'000'000; ++i) days->add_hours();
  for (int i = 0; i < 10'000; ++i) days->mutable_hours(i)->add_rate()->set_fixed(1);
  const std::vector<FieldViolation> faults = CheckElement(element);
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].field, "schedule");
  EXPECT_THAT(faults[0].description, HasSubstr("has more than 1000 entries of hours"));
  for (int i = 0; i < 10'000; ++i) days->mutable_hours(i)->clear_rate();
  EXPECT_EQ(CheckElement(element).size(), 50u) << "a million faults are not listed";
}

TEST(ReadSchedule, Surcharges_MayBeNullOrAbsent) {
  const ReadResult result =
      Read(R"([{"days_and_hours": [{"hours": [{"rate": [{"surcharge_fixed": null}]}]}]}])", RateKind::kSurcharge);
  ASSERT_NE(result.schedule, nullptr) << result.faults;
  EXPECT_EQ(result.schedule->rates()[0].surcharge_fixed.ToString(), "0");
}

TEST(ReadSchedule, BrokenSchedules_AreRefusedWithTheirPlace) {
  struct Case {
    std::string text;
    absl::string_view fault;
  };
  const auto hours = [](absl::string_view hour) {
    return absl::StrCat(R"([{"days_and_hours": [{"hours": [{)", hour, R"(}]}]}])");
  };
  const auto rate = [&hours](absl::string_view members) { return hours(absl::StrCat(R"("rate": [{)", members, "}]")); };
  const auto times = [&hours](absl::string_view from, absl::string_view to) {
    return hours(absl::StrCat("\"valid_from\": ", from, ", \"valid_to\": ", to, R"(, "rate": [{"fixed": 1}])"));
  };
  const std::vector<Case> cases = {
      {"[]", "f.json:1: schedule: is empty; write at least one entry"},
      {"[7]", "[0]: is a number; write an object"},
      {"[{}]", "schedule[0].days_and_hours: is required"},
      {R"([{"days_and_hours": []}])", "[0].days_and_hours: is empty"},
      {R"([{"days_and_hours": [{}]}])", "schedule[0].days_and_hours[0].hours: is required"},
      {R"([{"days_and_hours": [{"hours": []}]}])", "hours: is empty"},
      {"[" + Season(R"(["January"])", R"(["All"])", AllDay("1")) + "]",
       "schedule[0].months[0]: is \"January\", which is not a month; write Jan"},
      {"[" + Season("[1]", R"(["All"])", AllDay("1")) + "]", "months[0]: is a number; write a text"},
      {"[" + Season("[]", R"(["All"])", AllDay("1")) + "]", "months: is empty"},
      {"[" + Season(R"("All")", R"(["All"])", AllDay("1")) + "]", "months: is a string; write an array"},
      {"[" + Season(R"(["All", "Jan"])", R"(["All"])", AllDay("1")) + "]",
       "months[1]: is \"Jan\", which is in this list already"},
      {"[" + Season(R"(["All"])", R"(["Mo"])", AllDay("1")) + "]", "days[0]: is \"Mo\", which is not a day; write Mon"},
      {"[" + Season(R"(["All"])", "[0]", AllDay("1")) + "]", "days[0]: is \"0\", which is not a day"},
      {"[" + Season(R"(["All"])", "[8]", AllDay("1")) + "]", "days[0]: is \"8\", which is not a day"},
      {"[" + Season(R"(["All"])", "[true]", AllDay("1")) + "]", "days[0]: is true or false; write a text"},
      {"[" + Season(R"(["All"])", R"(["Weekend", "Sat"])", AllDay("1")) + "]",
       "days[1]: is \"Sat\", which is in this list already"},
      {times("\"5:00\"", "\"00:00:00\""), "valid_from: is \"5:00\"; write a local time HH:MM:SS"},
      {times("\"00:00:00\"", "\"24:00:00\""), "valid_to: is \"24:00:00\""},
      {times("\"00:00:00\"", "\"12:60:00\""), "valid_to: is \"12:60:00\""},
      {times("\"-1:00:00\"", "\"12:00:00\""), "valid_from: is \"-1:00:00\""},
      {times("0", "\"12:00:00\""), "valid_from: is a number; write a text"},
      {times("\"05:00:00\"", "\"05:00:00\""), "valid_to: is 05:00:00, which is not after valid_from"},
      {times("\"00:00:00\"", "\"12:00:00\""), "Mon in Jan: the hours leave a gap from 12:00:00 to 24:00:00"},
      {hours(R"("valid_from": "00:00:00")"), "rate: is required"},
      {hours(R"("rate": [])"), "rate: is empty"},
      {hours(R"("rate": {"fixed": 1})"), "rate: is an object; write an array"},
      {hours(R"("rate": [{"fixed": 1}, {"fixed": 2}])"), "rate[0].to_kwh: is required in all tiers but the last"},
      {hours(R"("rate": [{"fixed": 1, "to_kwh": 5}, {"fixed": 2, "to_kwh": 5}, {"fixed": 3}])"),
       "rate[1].to_kwh: is 5; it must be more than 5"},
      {hours(R"("rate": [{"fixed": 1, "to_kwh": 0}, {"fixed": 2}])"), "rate[0].to_kwh: is 0; it must be more than 0"},
      {hours(R"("rate": [{"fixed": 1, "to_kwh": -3}, {"fixed": 2}])"), "rate[0].to_kwh: must be a number from 0"},
      {rate(R"("fixed": 0.12345678901234567)"), "more than 9 digits"},
      {rate(R"("fixed": 123456789.123456789)"), "has more digits than are kept; round it to 15"},
      {rate(R"("fixed": 1, "to_kwh": 100)"), "rate[0].to_kwh: must be left out of the last tier"},
      {rate(R"("to_kwh": null)"), "rate[0].fixed: is required"},
      {rate(R"("fixed": null)"), "rate[0].fixed: is required"},
      {rate(R"("fixed": "0.2")"), "rate[0].fixed: is a string; write a number"},
      {rate(R"("fixed": 0.1234567891)"), "rate[0].fixed: '0.1234567891' has more than 9 digits"},
      {rate(R"("fixed": 10000000000)"), "rate[0].fixed: '10000000000' is over the limit"},
      {rate(R"("fixed": 1, "surcharge": 2)"), "rate[0].surcharge: is not known here; allowed: fixed"},
      {"[" + Season(R"(["All"])", R"(["All"])", AllDay("1")) + "," + Season(R"(["Jun"])", R"(["Sun"])", AllDay("2")) +
           "]",
       "Sun in Jun: the hours overlap"},
      {"[" + Season(R"(["Jan"])", R"(["All"])", AllDay("1")) + "]", "Mon in Feb: the hours leave a gap"},
  };
  for (const Case& c : cases) EXPECT_THAT(Read(c.text).faults, HasSubstr(std::string(c.fault))) << c.text;
}

TEST(ReadSchedule, SeveralFaults_AreAllShown) {
  const std::string faults =
      Read(absl::StrCat("[", Season(R"(["Juny"])", R"(["Someday"])", AllDay("\"x\"")), "]")).faults;
  EXPECT_THAT(faults, HasSubstr("months[0]"));
  EXPECT_THAT(faults, HasSubstr("days[0]"));
  EXPECT_THAT(faults, HasSubstr("fixed"));
}

}  // namespace
}  // namespace costs::catalog
