// The cheapest hours that another engine found: the charge_cases of
// vectors/v0_holidays.json in the test data. Two rates, weekdays and weekends,
// and the public holidays of the United States priced as a weekend.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "service/engine/price_timeline.h"
#include "service/engine/rates.h"
#include "service/engine/slots.h"
#include "service/engine/special_days.h"
#include "service/engine/tariff.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::D;

// Federal holidays, by law on the nearest weekday where they have a fixed date;
// the day after Thanksgiving is the vectors' own.
std::shared_ptr<const SpecialDayCalendar> Holidays() {
  using Rule = SpecialDayRule;
  const auto fixed = [](std::string name, int month, int day) {
    return Rule{std::move(name), Rule::FixedDate{month, day}, 0, Observance::kNearestWeekday, {}, {}};
  };
  const auto nth = [](std::string name, int month, int weekday, int n, int offset = 0) {
    return Rule{std::move(name), Rule::NthWeekday{month, weekday, n}, offset, Observance::kActualDay, {}, {}};
  };
  const std::vector<Rule> rules = {fixed("new_years_day", 1, 1),
                                   nth("mlk_day", 1, 0, 3),
                                   nth("washingtons_birthday", 2, 0, 3),
                                   nth("memorial_day", 5, 0, -1),
                                   fixed("juneteenth", 6, 19),
                                   fixed("independence_day", 7, 4),
                                   nth("labor_day", 9, 0, 1),
                                   nth("columbus_day", 10, 0, 2),
                                   fixed("veterans_day", 11, 11),
                                   nth("thanksgiving", 11, 3, 4),
                                   nth("day_after_thanksgiving", 11, 3, 4, 1),
                                   fixed("christmas", 12, 25)};
  return std::make_shared<const SpecialDayCalendar>(*SpecialDayCalendar::Create("us", rules));
}

// One hour after the other, by the period that the matrix names for it.
std::vector<Hours> HoursOf(const rapidjson::Value& row, const rapidjson::Value& periods) {
  std::vector<Hours> hours;
  for (int hour = 0; hour < 24; ++hour) {
    const rapidjson::Value& tiers = periods[static_cast<rapidjson::SizeType>(row[hour].GetInt())]["tiers"];
    EXPECT_EQ(tiers.Size(), 1u);
    hours.emplace_back(hour * 3'600, (hour + 1) * 3'600, Rate{D(tiers[0]["rate"].GetString()), {}, {}});
  }
  return hours;
}

std::shared_ptr<const PriceTimeline> PricesOf(const rapidjson::Value& tariff) {
  std::vector<Season> seasons;
  const rapidjson::Value& schedule = tariff["schedule"];
  const rapidjson::Value& periods = tariff["energy"]["periods"];
  for (rapidjson::SizeType month = 0; month < 12; ++month) {
    seasons.push_back({static_cast<uint16_t>(1u << month),
                       {{kWeekdays, HoursOf(schedule["weekday"][month], periods)},
                        {kAllDays & ~kWeekdays, HoursOf(schedule["weekend"][month], periods)}}});
  }
  auto element = std::make_shared<TariffElement>();
  element->id = "vector";
  element->currency_code = "USD";
  element->schedule = std::make_shared<const Schedule>(*Schedule::Create(seasons));
  element->special_days = Holidays();
  return *PriceTimeline::Create({element}, absl::UTCTimeZone());
}

Instant StartOf(const std::string& date_or_time) {
  absl::CivilSecond civil;
  EXPECT_TRUE(absl::ParseLenientCivilTime(date_or_time, &civil)) << date_or_time;
  return {absl::ToUnixNanos(absl::FromCivil(civil, absl::UTCTimeZone()))};
}

std::vector<RateSpan> SpansOf(const PriceTimeline& prices, const Interval& interval) {
  std::vector<RateSpan> spans;
  prices.timeline().Visit(interval, [&](const Timeline::Stretch& stretch) {
    spans.push_back({stretch.interval, stretch.rate});
    return true;
  });
  return spans;
}

void ExpectVector(const rapidjson::Value& vector) {
  const std::shared_ptr<const PriceTimeline> prices = PricesOf(vector["tariff"]);
  const Instant start = StartOf(vector["window"]["start"].GetString());
  const Interval window{start, {start.ns + vector["window"]["days"].GetInt64() * kNanosPerDay}};
  const int64_t nanos = vector["charge_hours"].GetInt64() * 3'600 * kNanosPerSecond;
  const Interval found = BestWindow(SpansOf(*prices, window), nanos, Extreme::kLowest);
  const rapidjson::Value& expected = vector["expected"];
  EXPECT_EQ(found.start.ns, StartOf(expected["start"].GetString()).ns);
  EXPECT_EQ(found.nanos(), expected["hours"].GetInt64() * 3'600 * kNanosPerSecond);
  const Timeline::Integral integral = prices->timeline().Integrate(found);
  EXPECT_EQ(AverageOf(integral.area, found.nanos(), prices->timeline().scale()).ToDouble(),
            D(expected["avg_rate"].GetString()).ToDouble());
  RateQuery query;
  query.interval = found;
  query.prices = prices.get();
  query.nanos_per_entry = 3'600 * kNanosPerSecond;
  query.most_figures = 100;
  const RateList hours = ListRates(query);
  ASSERT_EQ(hours.entries.size(), expected["hourly_rates"].Size());
  for (rapidjson::SizeType i = 0; i < expected["hourly_rates"].Size(); ++i) {
    EXPECT_EQ(hours.entries[i].price->rate.ToDouble(), D(expected["hourly_rates"][i].GetString()).ToDouble());
  }
}

TEST(Slots, ChargeVectors_FindTheSameHours) {
  const char* root = std::getenv("COSTS_TEST_DATA");
  std::ifstream file(absl::StrCat(root != nullptr ? root : "", "/vectors/v0_holidays.json"));
  if (root == nullptr || !file.good()) {
    std::cout << "SKIPPED Slots.ChargeVectors_FindTheSameHours: COSTS_TEST_DATA has no vectors\n";
    GTEST_SKIP() << "COSTS_TEST_DATA names no directory with vectors/v0_holidays.json";
  }
  std::stringstream text;
  text << file.rdbuf();
  rapidjson::Document document;
  document.Parse(text.str().c_str());
  ASSERT_TRUE(document.IsObject());
  ASSERT_GT(document["charge_cases"].Size(), 0u);
  for (const rapidjson::Value& vector : document["charge_cases"].GetArray()) {
    SCOPED_TRACE(vector["name"].GetString());
    ExpectVector(vector);
  }
}

// The vector's own tariff over the whole of its week: with the holidays the dear
// hours are Wednesday's alone, so they are the dearest, and a day later there are
// none until Monday.
TEST(Slots, ChargeVectorsTariff_HasNoDearHoursOnHolidays) {
  const char* root = std::getenv("COSTS_TEST_DATA");
  std::ifstream file(absl::StrCat(root != nullptr ? root : "", "/vectors/v0_holidays.json"));
  if (root == nullptr || !file.good()) {
    std::cout << "SKIPPED Slots.ChargeVectorsTariff_HasNoDearHoursOnHolidays: COSTS_TEST_DATA has no vectors\n";
    GTEST_SKIP() << "COSTS_TEST_DATA names no directory with vectors/v0_holidays.json";
  }
  std::stringstream text;
  text << file.rdbuf();
  rapidjson::Document document;
  document.Parse(text.str().c_str());
  const auto prices = PricesOf(document["charge_cases"][0]["tariff"]);
  const int64_t hours = 3'600 * kNanosPerSecond;
  const auto dearest = [&](const char* from, const char* to) {
    return BestWindow(SpansOf(*prices, {StartOf(from), StartOf(to)}), 5 * hours, Extreme::kHighest).start;
  };
  EXPECT_EQ(dearest("2026-11-25", "2026-11-28").ns, StartOf("2026-11-25T16:00:00").ns);
  EXPECT_EQ(dearest("2026-11-26", "2026-12-01").ns, StartOf("2026-11-30T16:00:00").ns);
}

}  // namespace
}  // namespace costs::engine
