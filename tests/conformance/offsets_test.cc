// The REST face keeps the offset that a caller writes times with, and every
// digit of a second, while the figures are those of the instants.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/rest/testing/raw_client.h"
#include "tests/conformance/faces.h"
#include "tests/conformance/json_leaves.h"
#include "tests/conformance/rest_comparison.h"

namespace costs::conformance {
namespace {

// One location in London whose price changes with each hour of the day, so that
// a record an hour off would cost something else.
std::shared_ptr<const catalog::Snapshot> HourlyCatalog() {
  std::vector<std::pair<double, engine::Rate>> hours;
  hours.reserve(24);
  for (int hour = 0; hour < 24; ++hour) {
    hours.emplace_back(hour, engine::testing::Fixed(absl::StrCat("0.", 10 + hour)));
  }
  engine::testing::ElementSpec spec;
  spec.id = "trf_hourly";
  spec.seasons = engine::testing::EveryDay(hours);
  catalog::CatalogContent content;
  content.elements = {engine::testing::Build(spec)};
  content.locations = {{"loc_hourly", "Europe/London", "GBP", "", {"trf_hourly"}}};
  return *catalog::Snapshot::Create(1, std::move(content));
}

class Offsets : public testing::Test {
 protected:
  JsonLeaves Ask(const std::string& start, const std::string& end, const std::string& query = "") {
    RestRequest request;
    request.query = query;
    request.body = absl::StrCat(R"({"location_id":"loc_hourly","units":"KW","value":1,"start_time":")", start,
                                R"(","end_time":")", end, "\"}");
    EXPECT_TRUE(client_.Send(HttpText(request)));
    const auto response = client_.Read();
    if (!response) return {};
    EXPECT_EQ(response->status, 200) << response->body;
    return *LeavesOf(response->body);
  }

  Faces faces_{HourlyCatalog()};
  rest::RawClient client_{faces_.rest_port()};
};

struct Case {
  const char* start;
  const char* end;
  const char* data_start;
  const char* data_end;
};

TEST_F(Offsets, WritingsOfOneHour_KeepTheirOffsetAndCostTheSame) {
  // 12:00 to 13:00 UTC in June: 13:00 to 14:00 in London, at 0.23 a kWh.
  const Case cases[] = {
      {"2023-06-15T12:00:00Z", "2023-06-15T13:00:00Z", "2023-06-15T12:00:00Z", "2023-06-15T13:00:00Z"},
      {"2023-06-15t12:00:00z", "2023-06-15T13:00:00Z", "2023-06-15T12:00:00Z", "2023-06-15T13:00:00Z"},
      {"2023-06-15T13:00:00+01:00", "2023-06-15T14:00:00+01:00", "2023-06-15T13:00:00+01:00",
       "2023-06-15T14:00:00+01:00"},
      {"2023-06-15T12:00:00+00:00", "2023-06-15T13:00:00-00:00", "2023-06-15T12:00:00+00:00",
       "2023-06-15T13:00:00-00:00"},
      // Each time has its own.
      {"2023-06-15T05:00:00-07:00", "2023-06-15T18:45:00+05:45", "2023-06-15T05:00:00-07:00",
       "2023-06-15T18:45:00+05:45"},
      // Another day at the caller's.
      {"2023-06-16T02:00:00+14:00", "2023-06-16T03:00:00+14:00", "2023-06-16T02:00:00+14:00",
       "2023-06-16T03:00:00+14:00"},
      {"2023-06-14T12:01:00-23:59", "2023-06-16T12:59:00+23:59", "2023-06-14T12:01:00-23:59",
       "2023-06-16T12:59:00+23:59"},
  };
  const std::string id = Ask(cases[0].start, cases[0].end)["id"].text;
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.start, " to ", c.end));
    JsonLeaves answer = Ask(c.start, c.end);
    EXPECT_EQ(answer["request.start_time"].text, c.start);
    EXPECT_EQ(answer["request.end_time"].text, c.end);
    EXPECT_EQ(answer["data.start_time"].text, c.data_start);
    EXPECT_EQ(answer["data.end_time"].text, c.data_end);
    EXPECT_EQ(answer["data.energy.value"].text, "1000");
    EXPECT_EQ(answer["data.tariff.value"].text, "0.23");
    EXPECT_EQ(answer["id"].text, id) << "it is the same record";
  }
}

TEST_F(Offsets, FractionsOfASecond_AreKept) {
  const Case cases[] = {
      {"2023-06-15T12:00:00.5Z", "2023-06-15T13:00:00.25+00:00", "2023-06-15T12:00:00.500Z",
       "2023-06-15T13:00:00.250+00:00"},
      {"2023-06-15T17:30:00.123456+05:30", "2023-06-15T13:00:00.000001Z", "2023-06-15T17:30:00.123456+05:30",
       "2023-06-15T13:00:00.000001Z"},
      {"2023-06-15T12:00:00.000000001Z", "2023-06-15T12:00:00.999999999Z", "2023-06-15T12:00:00.000000001Z",
       "2023-06-15T12:00:00.999999999Z"},
      {"2023-06-15T12:00:00.000Z", "2023-06-15T13:00:00.100000000Z", "2023-06-15T12:00:00Z",
       "2023-06-15T13:00:00.100Z"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.start, " to ", c.end));
    JsonLeaves answer = Ask(c.start, c.end);
    EXPECT_EQ(answer["request.start_time"].text, c.start);
    EXPECT_EQ(answer["request.end_time"].text, c.end);
    EXPECT_EQ(answer["data.start_time"].text, c.data_start);
    EXPECT_EQ(answer["data.end_time"].text, c.data_end);
  }
}

TEST_F(Offsets, EdgesOfTime_MayBeWrittenInAnotherYear) {
  JsonLeaves first = Ask("1969-12-31T16:00:00-08:00", "1970-01-01T01:00:00Z");
  EXPECT_EQ(first["data.start_time"].text, "1969-12-31T16:00:00-08:00");
  EXPECT_EQ(first["data.energy.value"].text, "1000");
  JsonLeaves last = Ask("2099-12-31T23:00:00Z", "2100-01-01T13:00:00+13:00");
  EXPECT_EQ(last["data.end_time"].text, "2100-01-01T13:00:00+13:00");
  EXPECT_EQ(last["data.energy.value"].text, "1000");
}

TEST_F(Offsets, Breakdown_IsInTheOffsetOfTheStart) {
  JsonLeaves answer = Ask("2023-06-15T21:30:00+09:00", "2023-06-15T13:30:00Z", "?include_breakdown=true");
  EXPECT_EQ(answer["data.end_time"].text, "2023-06-15T13:30:00Z");
  EXPECT_EQ(answer["data.breakdown[0].start_time"].text, "2023-06-15T21:30:00+09:00");
  EXPECT_EQ(answer["data.breakdown[0].end_time"].text, "2023-06-15T22:00:00+09:00");
  EXPECT_EQ(answer["data.breakdown[1].end_time"].text, "2023-06-15T22:30:00+09:00");
}

// The hour that London has twice: the offset says which of the two is meant, and
// both cost what the clock says.
TEST_F(Offsets, RepeatedHour_IsToldApartByTheOffset) {
  JsonLeaves first = Ask("2023-10-29T01:00:00+01:00", "2023-10-29T01:30:00+01:00");
  JsonLeaves second = Ask("2023-10-29T01:00:00+00:00", "2023-10-29T01:30:00+00:00");
  EXPECT_EQ(first["data.tariff.value"].text, "0.055");
  EXPECT_EQ(second["data.tariff.value"].text, "0.055");
  EXPECT_NE(first["id"].text, second["id"].text);
  JsonLeaves both = Ask("2023-10-29T01:00:00+01:00", "2023-10-29T02:00:00Z");
  EXPECT_EQ(both["data.energy.value"].text, "2000");
  EXPECT_EQ(both["data.tariff.value"].text, "0.22");
}

}  // namespace
}  // namespace costs::conformance
