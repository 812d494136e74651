// Whole days on which the clock changes, worked out by hand:
// testdata/dst_vectors.json shows the arithmetic of each.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "service/engine/decimal.h"
#include "service/engine/price_timeline.h"
#include "service/engine/pricing.h"
#include "service/engine/testing/slow_pricer.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

constexpr const char* kFile = "service/engine/testdata/dst_vectors.json";

rapidjson::Document ReadVectors() {
  std::ifstream file(kFile);
  std::stringstream text;
  text << file.rdbuf();
  rapidjson::Document document;
  document.Parse(text.str().c_str());
  return document;
}

// "02:30" as hours.
double HourOf(const std::string& time) {
  int hours = 0;
  int minutes = 0;
  EXPECT_TRUE(absl::SimpleAtoi(time.substr(0, 2), &hours) && absl::SimpleAtoi(time.substr(3), &minutes)) << time;
  return hours + minutes / 60.0;
}

Instant MidnightOf(const std::string& date, const std::string& zone) {
  absl::CivilDay day;
  EXPECT_TRUE(absl::ParseCivilTime(date, &day)) << date;
  return {absl::ToUnixNanos(absl::FromCivil(day, testing::Zone(zone)))};
}

TEST(DstVectors, WholeDays_CostWhatTheHandSays) {
  const rapidjson::Document document = ReadVectors();
  ASSERT_FALSE(document.HasParseError()) << kFile;
  const auto& vectors = document["vectors"].GetArray();
  ASSERT_GE(vectors.Size(), 15u);
  for (const auto& vector : vectors) {
    auto text = [&](const char* field) { return std::string(vector[field].GetString()); };
    SCOPED_TRACE(text("name") + ": " + text("arithmetic"));
    const std::string zone = text("zone");
    const Interval interval = testing::Between(text("start"), text("end"));
    EXPECT_EQ(interval.start.ns, MidnightOf(text("from"), zone).ns);
    EXPECT_EQ(interval.end.ns, MidnightOf(text("to"), zone).ns);

    std::vector<std::pair<double, Rate>> rates;
    for (const auto& rate : vector["rates"].GetArray()) {
      rates.emplace_back(HourOf(rate[0].GetString()), testing::Fixed(rate[1].GetString()));
    }
    testing::ElementSpec spec;
    spec.seasons = testing::EveryDay(rates);
    const Usage usage{Units::kKw, 1'000'000, interval};
    EXPECT_TRUE(EnergyWh(usage) == testing::D(text("hours")).UnitsAtScale(3));
    const Int128 want = testing::D(text("cost")).UnitsAtScale(6);
    const auto prices = testing::Compile({spec}, zone);
    const Timeline::Integral integral = prices->timeline().Integrate(interval);
    EXPECT_TRUE(integral.known);
    EXPECT_TRUE(Cost(usage, integral.area, prices->timeline().scale()) == want);
    EXPECT_EQ(testing::RoundHalfEven(testing::SlowCost({spec}, zone, usage).amount, 6), testing::BigInteger(want));
  }
}

}  // namespace
}  // namespace costs::engine
