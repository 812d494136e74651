#include "service/engine/special_days.h"

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"

namespace costs::engine {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

using Rules = std::vector<SpecialDayRule>;

constexpr const char* kFile = "service/engine/testdata/special_days.json";
constexpr int kMonday = 0;
constexpr int kThursday = 3;

rapidjson::Document ReadVectors() {
  std::ifstream file(kFile);
  std::stringstream text;
  text << file.rdbuf();
  rapidjson::Document document;
  document.Parse(text.str().c_str());
  return document;
}

absl::CivilDay Day(const std::string& text) {
  absl::CivilDay day;
  EXPECT_TRUE(absl::ParseCivilTime(text, &day)) << text;
  return day;
}

template <typename T>
SpecialDayRule On(T day, Observance observance = Observance::kActualDay, int offset_days = 0) {
  SpecialDayRule rule;
  rule.day = day;
  rule.observance = observance;
  rule.offset_days = offset_days;
  return rule;
}

SpecialDayRule ReadRule(const rapidjson::Value& json) {
  SpecialDayRule rule;
  rule.name = json["name"].GetString();
  if (json.HasMember("fixed"))
    rule.day = SpecialDayRule::FixedDate{json["fixed"][0].GetInt(), json["fixed"][1].GetInt()};
  if (json.HasMember("nth")) {
    const auto& nth = json["nth"];
    rule.day = SpecialDayRule::NthWeekday{nth[0].GetInt(), nth[1].GetInt(), nth[2].GetInt()};
  }
  if (json.HasMember("easter")) rule.day = SpecialDayRule::Easter::kWestern;
  if (json.HasMember("date")) rule.day = Day(json["date"].GetString());
  if (json.HasMember("offset")) rule.offset_days = json["offset"].GetInt();
  if (json.HasMember("first_year")) rule.first_year = json["first_year"].GetInt();
  if (json.HasMember("last_year")) rule.last_year = json["last_year"].GetInt();
  const std::string observance = json.HasMember("observance") ? json["observance"].GetString() : "";
  if (observance == "nearest") rule.observance = Observance::kNearestWeekday;
  if (observance == "next_free") rule.observance = Observance::kNextFreeWeekday;
  return rule;
}

// The special days of a year, as text.
std::vector<std::string> DaysOf(const Rules& rules, int year) {
  const absl::StatusOr<SpecialDayCalendar> calendar = SpecialDayCalendar::Create("calendar", rules);
  EXPECT_TRUE(calendar.ok()) << calendar.status();
  std::vector<std::string> days;
  const absl::CivilDay epoch(1970, 1, 1);
  for (absl::CivilDay day(year, 1, 1); day.year() == year; ++day) {
    if (calendar->Contains(day - epoch)) days.push_back(absl::FormatCivilTime(day));
  }
  return days;
}

TEST(SpecialDays, PublishedCalendars_AreTheseDaysAndNoOther) {
  const rapidjson::Document document = ReadVectors();
  ASSERT_FALSE(document.HasParseError()) << kFile;
  ASSERT_EQ(document["calendars"].Size(), 2u);
  for (const auto& calendar : document["calendars"].GetArray()) {
    Rules rules;
    for (const auto& rule : calendar["rules"].GetArray()) rules.push_back(ReadRule(rule));
    ASSERT_GE(calendar["dates"].MemberCount(), 8u);
    for (const auto& year : calendar["dates"].GetObject()) {
      std::vector<std::string> want;
      for (const auto& day : year.value.GetArray()) want.emplace_back(day.GetString());
      EXPECT_THAT(DaysOf(rules, std::atoi(year.name.GetString())), ElementsAreArray(want))
          << calendar["name"].GetString();
    }
  }
}

TEST(SpecialDays, Easter_IsThePublishedSunday) {
  const rapidjson::Document document = ReadVectors();
  ASSERT_FALSE(document.HasParseError()) << kFile;
  ASSERT_GE(document["western_easter"].Size(), 40u);
  ASSERT_GE(document["orthodox_easter"].Size(), 40u);
  for (const auto& text : document["western_easter"].GetArray()) {
    const absl::CivilDay day = Day(text.GetString());
    EXPECT_EQ(EasterSunday(SpecialDayRule::Easter::kWestern, static_cast<int>(day.year())), day);
  }
  for (const auto& text : document["orthodox_easter"].GetArray()) {
    const absl::CivilDay day = Day(text.GetString());
    EXPECT_EQ(EasterSunday(SpecialDayRule::Easter::kOrthodox, static_cast<int>(day.year())), day);
  }
}

TEST(SpecialDays, EasterOfEveryYear_IsASundayInItsWeeks) {
  for (int year = 1900; year < 2200; ++year) {
    const absl::CivilDay western = EasterSunday(SpecialDayRule::Easter::kWestern, year);
    const absl::CivilDay orthodox = EasterSunday(SpecialDayRule::Easter::kOrthodox, year);
    EXPECT_EQ(absl::GetWeekday(western), absl::Weekday::sunday);
    EXPECT_EQ(absl::GetWeekday(orthodox), absl::Weekday::sunday);
    EXPECT_GE(western, absl::CivilDay(year, 3, 22));
    EXPECT_LE(western, absl::CivilDay(year, 4, 25));
    EXPECT_GE(orthodox, western);  // never the earlier one in these centuries
    EXPECT_LE(orthodox, western + 35);
  }
}

TEST(SpecialDays, NthWeekday_CountsFromEitherEnd) {
  using Nth = SpecialDayRule::NthWeekday;
  // May 2023 has Mondays on the 1st, 8th, 15th, 22nd and 29th; Thursdays on the
  // 4th, 11th, 18th and 25th.
  struct {
    int weekday;
    int nth;
    std::vector<std::string> want;
  } const cases[] = {
      {kMonday, 1, {"2023-05-01"}},
      {kMonday, 5, {"2023-05-29"}},
      {kMonday, -1, {"2023-05-29"}},
      {kMonday, -5, {"2023-05-01"}},
      {kThursday, 1, {"2023-05-04"}},
      {kThursday, 4, {"2023-05-25"}},
      {kThursday, -1, {"2023-05-25"}},
      {kThursday, -4, {"2023-05-04"}},
      {kThursday, 5, {}},
      {kThursday, -5, {}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(DaysOf({On(Nth{5, c.weekday, c.nth})}, 2023), c.want) << c.weekday << " " << c.nth;
  }
}

TEST(SpecialDays, LeapDay_IsSpecialInLeapYearsOnly) {
  const Rules rules = {On(SpecialDayRule::FixedDate{2, 29})};
  EXPECT_THAT(DaysOf(rules, 2023), ElementsAreArray<std::string>({}));
  EXPECT_THAT(DaysOf(rules, 2024), ElementsAreArray({"2024-02-29"}));
  EXPECT_THAT(DaysOf(rules, 2000), ElementsAreArray({"2000-02-29"}));
}

TEST(SpecialDays, Offset_IsAddedBeforeTheDayIsKept) {
  using Date = SpecialDayRule::FixedDate;
  // The day after Thanksgiving, 2023-11-23.
  EXPECT_THAT(DaysOf({On(SpecialDayRule::NthWeekday{11, kThursday, 4}, Observance::kActualDay, 1)}, 2023),
              ElementsAreArray({"2023-11-24"}));
  // 2023-12-31 is a Sunday: kept in the next year.
  EXPECT_THAT(DaysOf({On(Date{12, 30}, Observance::kSundayToMonday, 1)}, 2024),
              ElementsAreArray({"2024-01-01", "2024-12-31"}));
  EXPECT_THAT(DaysOf({On(Date{1, 1}, Observance::kActualDay, -366)}, 1970), ElementsAreArray({"1970-12-31"}));
  EXPECT_THAT(DaysOf({On(Date{12, 31}, Observance::kActualDay, 366)}, 1970), ElementsAreArray({"1970-01-01"}));
  EXPECT_THAT(DaysOf({On(Date{12, 31}, Observance::kActualDay, 1)}, 1970), ElementsAreArray({"1970-01-01"}));
  EXPECT_THAT(DaysOf({On(Date{1, 1}, Observance::kActualDay, -1)}, 2099), ElementsAreArray({"2099-12-31"}));
}

TEST(SpecialDays, Observance_MovesWeekendDays) {
  using Date = SpecialDayRule::FixedDate;
  // 4 July: a Saturday in 2020, a Sunday in 2021, a Monday in 2022.
  struct {
    Observance observance;
    const char* saturday;
    const char* sunday;
  } const cases[] = {
      {Observance::kActualDay, "2020-07-04", "2021-07-04"},
      {Observance::kSundayToMonday, "2020-07-04", "2021-07-05"},
      {Observance::kNearestWeekday, "2020-07-03", "2021-07-05"},
      {Observance::kNextFreeWeekday, "2020-07-06", "2021-07-05"},
  };
  for (const auto& c : cases) {
    const Rules rules = {On(Date{7, 4}, c.observance)};
    EXPECT_THAT(DaysOf(rules, 2020), ElementsAreArray({c.saturday}));
    EXPECT_THAT(DaysOf(rules, 2021), ElementsAreArray({c.sunday}));
    EXPECT_THAT(DaysOf(rules, 2022), ElementsAreArray({"2022-07-04"}));
  }
}

TEST(SpecialDays, NextFreeWeekday_PassesDaysOfEarlierAndOfOtherRules) {
  using Date = SpecialDayRule::FixedDate;
  const auto next = Observance::kNextFreeWeekday;
  // 2021-12-25 is a Saturday.
  EXPECT_THAT(DaysOf({On(Date{12, 25}, next), On(Date{12, 26}, next)}, 2021),
              ElementsAreArray({"2021-12-27", "2021-12-28"}));
  // Special by itself, though by a later rule.
  EXPECT_THAT(DaysOf({On(Date{12, 25}, next), On(Date{12, 27})}, 2021), ElementsAreArray({"2021-12-27", "2021-12-28"}));
  // What a later rule moves there is no hindrance: both fall on one day.
  EXPECT_THAT(DaysOf({On(Date{12, 25}, next), On(Date{12, 26}, Observance::kSundayToMonday)}, 2021),
              ElementsAreArray({"2021-12-27"}));
  EXPECT_THAT(DaysOf({On(Date{12, 26}, Observance::kSundayToMonday), On(Date{12, 25}, next)}, 2021),
              ElementsAreArray({"2021-12-27", "2021-12-28"}));
}

TEST(SpecialDays, Years_AreThoseOfTheDayBeforeItIsMoved) {
  SpecialDayRule rule = On(SpecialDayRule::FixedDate{1, 1}, Observance::kNearestWeekday);
  rule.first_year = 2022;
  rule.last_year = 2022;
  EXPECT_THAT(DaysOf({rule}, 2021), ElementsAreArray({"2021-12-31"}));  // 2022-01-01 is a Saturday
  EXPECT_THAT(DaysOf({rule}, 2022), ElementsAreArray<std::string>({}));
}

TEST(SpecialDays, DayOfTwoRules_IsSpecialOnce) {
  const auto calendar = SpecialDayCalendar::Create(
      "twice", {On(absl::CivilDay(2023, 5, 1)), On(SpecialDayRule::NthWeekday{5, kMonday, 1})});
  ASSERT_TRUE(calendar.ok());
  EXPECT_EQ(calendar->days().size(), 130u);
  EXPECT_EQ(calendar->id(), "twice");
}

TEST(SpecialDays, Fault_NamesTheRule) {
  using Date = SpecialDayRule::FixedDate;
  using Nth = SpecialDayRule::NthWeekday;
  auto with = [](const std::function<void(SpecialDayRule*)>& spoil) {
    SpecialDayRule rule = On(Date{1, 1});
    spoil(&rule);
    return rule;
  };
  struct {
    const char* says;
    SpecialDayRule rule;
  } const cases[] = {
      {"rules[1].month is 13; it must be 1 to 12", On(Date{13, 1})},
      {"rules[1].month is 0", On(Date{0, 1})},
      {"rules[1].day is 31; it must be 1 to 30 in month 4", On(Date{4, 31})},
      {"rules[1].day is 30; it must be 1 to 29 in month 2", On(Date{2, 30})},
      {"rules[1].day is 0", On(Date{2, 0})},
      {"rules[1].month is -1", On(Nth{-1, 0, 1})},
      {"rules[1].weekday is 7", On(Nth{1, 7, 1})},
      {"rules[1].nth is 0", On(Nth{1, 0, 0})},
      {"rules[1].nth is 6", On(Nth{1, 0, 6})},
      {"rules[1].nth is -6", On(Nth{1, 0, -6})},
      {"rules[1].date is in 1969", On(absl::CivilDay(1969, 12, 31))},
      {"rules[1].date is in 2100", On(absl::CivilDay(2100, 1, 1))},
      {"rules[1].offset_days is 367", with([](SpecialDayRule* r) { r->offset_days = 367; })},
      {"rules[1].offset_days is -367", with([](SpecialDayRule* r) { r->offset_days = -367; })},
      {"rules[1].first_year is 1969", with([](SpecialDayRule* r) { r->first_year = 1969; })},
      {"rules[1].last_year is 2100", with([](SpecialDayRule* r) { r->last_year = 2100; })},
      {"rules[1].last_year is 2000, before first_year, 2001",
       with([](SpecialDayRule* r) { r->first_year = 2001, r->last_year = 2000; })},
  };
  for (const auto& c : cases) {
    const auto calendar = SpecialDayCalendar::Create("calendar", {On(Date{1, 1}), c.rule});
    ASSERT_EQ(calendar.status().code(), absl::StatusCode::kInvalidArgument) << c.says;
    EXPECT_THAT(std::string(calendar.status().message()), HasSubstr(c.says));
  }
  EXPECT_FALSE(SpecialDayCalendar::Create("none", {}).ok());
  EXPECT_TRUE(SpecialDayCalendar::Create("most", Rules(400, On(Date{1, 1}))).ok());
  EXPECT_FALSE(SpecialDayCalendar::Create("too many", Rules(401, On(Date{1, 1}))).ok());
}

}  // namespace
}  // namespace costs::engine
