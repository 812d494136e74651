#include "service/records/reports.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/calculator/testing/calculations.h"
#include "service/catalog/refusal.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/records/testing/recorded_meters.h"

namespace costs::records {
namespace {

using calculator::Submission;
using calculator::testing::kAccount;
using calculator::testing::kLocation;
using calculator::testing::OneLocation;
using calculator::testing::Submit;
using engine::testing::At;
using engine::testing::Between;
using engine::testing::D;
using engine::testing::EveryDay;
using engine::testing::Fixed;
using engine::testing::Flat;
using engine::testing::Random;
using engine::testing::Tiered;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RecordedMeters;

// 0.1 by night, 0.3 by day.
engine::testing::ElementSpec NightAndDay() {
  engine::testing::ElementSpec spec;
  spec.seasons = EveryDay({{0, Fixed("0.1")}, {7, Fixed("0.3")}});
  return spec;
}

std::string FieldsOf(const absl::Status& status) {
  std::string fields;
  for (const catalog::FieldViolation& violation : catalog::ViolationsOf(status)) fields += violation.field + " ";
  return fields;
}

int64_t Micros(double major) { return std::llround(major * 1e6); }

void SetPeriod(engine::Interval interval, pb::Period* period) {
  const auto set = [](engine::Instant at, google::protobuf::Timestamp* time) {
    time->set_seconds(at.ns / engine::kNanosPerSecond);
    time->set_nanos(static_cast<int32_t>(at.ns % engine::kNanosPerSecond));
  };
  set(interval.start, period->mutable_start_time());
  set(interval.end, period->mutable_end_time());
}

// An entry on one line: local times would hide the hour, so UTC.
std::string Describe(const pb::MeterRecordData& data) {
  const auto time = [](const google::protobuf::Timestamp& at) {
    return absl::FormatTime("%m-%dT%H:%M", absl::FromUnixSeconds(at.seconds()), absl::UTCTimeZone());
  };
  std::string text =
      absl::StrCat(time(data.start_time()), " ", time(data.end_time()), " ", data.energy().value(), "Wh");
  if (data.has_tariff()) absl::StrAppend(&text, " ", data.tariff().value(), "@", data.tariff().confidence());
  if (data.has_carbon()) absl::StrAppend(&text, " ", data.carbon().value(), "g@", data.carbon().confidence());
  return text;
}

class ReportsTest : public ::testing::Test {
 protected:
  ReportsTest() : meters_(OneLocation({NightAndDay()})), reports_(meters_.context()) {}

  static pb::GetIntervalCostsRequest Ask(pb::Aggregation::Value aggregation, engine::Interval period,
                                         absl::string_view id = kLocation) {
    pb::GetIntervalCostsRequest request;
    request.set_id(std::string(id));
    request.set_aggregation(aggregation);
    SetPeriod(period, request.mutable_period());
    return request;
  }

  pb::GetIntervalCostsResponse Get(const pb::GetIntervalCostsRequest& request) {
    pb::GetIntervalCostsResponse response;
    const absl::Status status = reports_.GetIntervalCosts(meters_.tenant(), request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  google::protobuf::RepeatedPtrField<pb::MeterRecordData> Data(const pb::GetIntervalCostsRequest& request) {
    return Get(request).data();
  }

  std::vector<std::string> Entries(const pb::GetIntervalCostsRequest& request) {
    std::vector<std::string> entries;
    for (const pb::MeterRecordData& data : Data(request)) entries.push_back(Describe(data));
    return entries;
  }

  std::string ReasonOf(const pb::GetIntervalCostsRequest& request) {
    pb::GetIntervalCostsResponse response;
    return catalog::ReasonOf(reports_.GetIntervalCosts(meters_.tenant(), request, &response));
  }

  RecordedMeters meters_;
  Reports reports_;
};

TEST_F(ReportsTest, ByDay_RecordAcrossMidnight_IsSplitBetweenTheDays) {
  // 22:00 to 02:00 in London's summer: 2 kWh of each day, by day's and night's price.
  meters_.Store({Submit(1, "2023-06-15T21:00:00Z", "2023-06-16T01:00:00Z")});
  const pb::GetIntervalCostsRequest request =
      Ask(pb::Aggregation::DAY, Between("2023-06-14T23:00:00Z", "2023-06-17T23:00:00Z"));
  EXPECT_THAT(Entries(request),
              ElementsAre("06-14T23:00 06-15T23:00 2000Wh 0.6@1", "06-15T23:00 06-16T23:00 2000Wh 0.2@1"));
  const pb::GetIntervalCostsResponse response = Get(request);
  EXPECT_EQ(response.id().substr(0, 4), "ecs_");
  EXPECT_EQ(response.id().size(), 28u);
  EXPECT_EQ(response.object(), "energy_cost");
  EXPECT_EQ(response.object_id(), kLocation);
  EXPECT_TRUE(response.live_mode());
  EXPECT_EQ(response.direction(), pb::Direction::IMPORT);
  EXPECT_EQ(response.location_timezone(), "Europe/London");
  EXPECT_EQ(response.currency_code(), "GBP");
  EXPECT_EQ(response.energy_units(), pb::Units::WH);
  EXPECT_EQ(response.carbon_units(), "gCO2eq");
  EXPECT_EQ(response.account_id(), kAccount);
  EXPECT_EQ(response.time_created().seconds(), 1'688'169'600);
}

TEST_F(ReportsTest, ByDay_PeriodCutsADay_EntryIsCutAndSplitByPrice) {
  // Local 05:00 to 09:00; the period begins at 08:00 local: one hour by day.
  meters_.Store({Submit(1, "2023-06-15T04:00:00Z", "2023-06-15T08:00:00Z")});
  EXPECT_THAT(Entries(Ask(pb::Aggregation::DAY, Between("2023-06-15T07:00:00Z", "2023-06-16T07:00:00Z"))),
              ElementsAre("06-15T07:00 06-15T23:00 1000Wh 0.3@1"));
  EXPECT_THAT(Entries(Ask(pb::Aggregation::DAY, Between("2023-06-15T03:00:00Z", "2023-06-15T07:00:00Z"))),
              ElementsAre("06-15T03:00 06-15T07:00 3000Wh 0.5@1"));
}

TEST_F(ReportsTest, ByDay_DaysOf23And25Hours_GoFromMidnightToMidnight) {
  meters_.Store({Submit(1, "2023-03-26T00:00:00Z", "2023-03-26T23:00:00Z"),
                 Submit(1, "2023-10-28T23:00:00Z", "2023-10-30T00:00:00Z")});
  EXPECT_THAT(Entries(Ask(pb::Aggregation::DAY, Between("2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z"))),
              ElementsAre("03-26T00:00 03-26T23:00 23000Wh 5.7@1", "10-28T23:00 10-30T00:00 25000Wh 5.9@1"));
}

TEST_F(ReportsTest, ByMonth_IsClippedToThePeriodAndTheSumOfItsDays) {
  meters_.Store({Submit(1, "2023-06-30T22:00:00Z", "2023-07-01T01:00:00Z"),
                 Submit(1, "2023-06-02T12:00:00Z", "2023-06-02T13:00:00Z")});
  EXPECT_THAT(Entries(Ask(pb::Aggregation::MONTH, Between("2023-06-10T00:00:00Z", "2023-08-10T00:00:00Z"))),
              ElementsAre("06-10T00:00 06-30T23:00 1000Wh 0.3@1", "06-30T23:00 07-31T23:00 2000Wh 0.2@1"));
}

TEST_F(ReportsTest, WithoutAggregation_EachRecordIsAnEntryCutToThePeriod) {
  Submission first = Submit(1, "2023-06-15T05:00:00Z", "2023-06-15T07:00:00Z");
  first.session_reference_id = "charge";
  first.record_reference_id = "one";
  meters_.Store({first, Submit(2, "2023-06-15T07:00:00Z", "2023-06-15T08:00:00Z")});
  const pb::GetIntervalCostsRequest request =
      Ask(pb::Aggregation::UNSPECIFIED, Between("2023-06-15T06:00:00Z", "2023-06-15T20:00:00Z"));
  EXPECT_THAT(Entries(request),
              ElementsAre("06-15T06:00 06-15T07:00 1000Wh 0.3@1", "06-15T07:00 06-15T08:00 2000Wh 0.6@1"));
  EXPECT_EQ(Get(request).data(0).session_reference_id(), "charge");
  EXPECT_EQ(Get(request).data(0).record_reference_id(), "one");
}

TEST_F(ReportsTest, Location_ItsOwnRecordsOnly_DevicesHaveTheirs) {
  Submission device = Submit(3, "2023-06-15T12:00:00Z", "2023-06-15T13:00:00Z");
  device.device_id = "dev_1";
  meters_.Store({device, Submit(1, "2023-06-15T12:00:00Z", "2023-06-15T13:00:00Z")});
  for (pb::Aggregation::Value aggregation : {pb::Aggregation::UNSPECIFIED, pb::Aggregation::DAY}) {
    for (const char* start : {"2023-06-14T23:00:00Z", "2023-06-15T00:00:00Z"}) {
      const engine::Interval period = Between(start, "2023-06-16T00:00:00Z");
      EXPECT_EQ(Get(Ask(aggregation, period)).data(0).energy().value(), 1000);
      const pb::GetIntervalCostsResponse response = Get(Ask(aggregation, period, "dev_1"));
      ASSERT_EQ(response.data_size(), 1);
      EXPECT_EQ(response.data(0).energy().value(), 3000);
      EXPECT_EQ(response.object_id(), "dev_1");
      EXPECT_EQ(response.location_timezone(), "Europe/London");
    }
  }
}

TEST_F(ReportsTest, Direction_DefaultIsImport) {
  Submission exported = Submit(3, "2023-06-15T12:00:00Z", "2023-06-15T13:00:00Z");
  exported.direction = engine::Direction::kExport;
  exported.tariff_rate = engine::TariffRate::kLocal;
  meters_.Store({exported, Submit(1, "2023-06-15T12:00:00Z", "2023-06-15T13:00:00Z")});
  pb::GetIntervalCostsRequest request =
      Ask(pb::Aggregation::DAY, Between("2023-06-15T00:00:00Z", "2023-06-16T00:00:00Z"));
  EXPECT_EQ(Get(request).data(0).energy().value(), 1000);
  request.set_direction(pb::Direction::EXPORT);
  EXPECT_EQ(Get(request).data(0).energy().value(), 3000);
  EXPECT_EQ(Get(request).direction(), pb::Direction::EXPORT);
}

TEST_F(ReportsTest, Figures_UnknownOrNotAskedFor_AreLeftOut) {
  const engine::Interval day = Between("2023-06-14T23:00:00Z", "2023-06-15T23:00:00Z");
  const engine::Interval known = Between("2023-06-15T08:00:00Z", "2023-06-15T10:00:00Z");
  meters_.SetCatalog(OneLocation({NightAndDay()}, {{known, D("100"), std::nullopt}}));
  meters_.Store({Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z")});
  pb::GetIntervalCostsRequest request = Ask(pb::Aggregation::DAY, day);
  EXPECT_THAT(Entries(request), ElementsAre("06-14T23:00 06-15T23:00 1000Wh 0.3@1 100g@0.8"));
  request.set_include_tariff(false);
  EXPECT_THAT(Entries(request), ElementsAre("06-14T23:00 06-15T23:00 1000Wh 100g@0.8"));
  request.set_include_carbon(false);
  EXPECT_THAT(Entries(request), ElementsAre("06-14T23:00 06-15T23:00 1000Wh"));
  // A second record without an intensity takes the day's away; unknown is not zero.
  meters_.Store({Submit(1, "2023-06-15T12:00:00Z", "2023-06-15T13:00:00Z")});
  EXPECT_THAT(Entries(Ask(pb::Aggregation::DAY, day)), ElementsAre("06-14T23:00 06-15T23:00 2000Wh 0.6@1"));
  // And one without a price the money.
  meters_.SetCatalog(OneLocation({}));
  meters_.Store({Submit(1, "2023-06-15T14:00:00Z", "2023-06-15T15:00:00Z")});
  EXPECT_THAT(Entries(Ask(pb::Aggregation::DAY, day)), ElementsAre("06-14T23:00 06-15T23:00 3000Wh"));
}

TEST_F(ReportsTest, NoRecords_NoEntries) {
  const pb::GetIntervalCostsResponse response =
      Get(Ask(pb::Aggregation::DAY, Between("2023-06-01T00:00:00Z", "2023-07-01T00:00:00Z")));
  EXPECT_EQ(response.data_size(), 0);
  EXPECT_EQ(response.currency_code(), "GBP");
}

TEST_F(ReportsTest, UnknownIds_AreToldApart) {
  const engine::Interval day = Between("2023-06-15T00:00:00Z", "2023-06-16T00:00:00Z");
  EXPECT_EQ(ReasonOf(Ask(pb::Aggregation::DAY, day, "loc_none")), "LOCATION_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Ask(pb::Aggregation::DAY, day, "dev_none")), "DEVICE_NOT_FOUND");
}

TEST_F(ReportsTest, FaultyFields_AreAllNamed) {
  pb::GetIntervalCostsRequest request;
  request.set_aggregation(static_cast<pb::Aggregation::Value>(7));
  request.set_direction(static_cast<pb::Direction::Value>(7));
  pb::GetIntervalCostsResponse response;
  EXPECT_EQ(FieldsOf(reports_.GetIntervalCosts(meters_.tenant(), request, &response)),
            "id period.start_time period.end_time aggregation direction ");
  request = Ask(pb::Aggregation::DAY, Between("2023-06-15T00:00:00Z", "2023-06-16T00:00:00Z"));
  *request.mutable_period()->mutable_end_time() = request.period().start_time();
  EXPECT_EQ(FieldsOf(reports_.GetIntervalCosts(meters_.tenant(), request, &response)), "period.end_time ");
  request = Ask(pb::Aggregation::DAY, Between("2010-01-01T00:00:00Z", "2020-01-09T00:00:00.000000001Z"));
  EXPECT_EQ(FieldsOf(reports_.GetIntervalCosts(meters_.tenant(), request, &response)), "period.end_time ");
  request = Ask(pb::Aggregation::DAY, Between("2010-01-01T00:00:00Z", "2020-01-09T00:00:00Z"));
  EXPECT_TRUE(reports_.GetIntervalCosts(meters_.tenant(), request, &response).ok());
}

TEST_F(ReportsTest, WithoutAggregation_TooManyRecords_SaysWhatToAskFor) {
  std::vector<Submission> submissions;
  for (int i = 0; i < 10'001; ++i) {
    submissions.push_back(Submit(1, "2023-06-15T00:00:00Z", "2023-06-15T00:00:01Z"));
    submissions.back().start_time->seconds += i;
    submissions.back().end_time->seconds += i;
  }
  meters_.Store(submissions);
  pb::GetIntervalCostsResponse response;
  const absl::Status status = reports_.GetIntervalCosts(
      meters_.tenant(), Ask(pb::Aggregation::UNSPECIFIED, Between("2023-06-15T00:00:00Z", "2023-06-16T00:00:00Z")),
      &response);
  EXPECT_EQ(FieldsOf(status), "aggregation ");
  EXPECT_THAT(std::string(status.message()), HasSubstr("DAY or MONTH"));
  EXPECT_EQ(Get(Ask(pb::Aggregation::UNSPECIFIED, Between("2023-06-15T00:00:01Z", "2023-06-16T00:00:00Z"))).data_size(),
            10'000);
}

// ---- Devices at several locations

catalog::CatalogContent TwoPlaces(const std::string& zone, const std::string& currency) {
  catalog::CatalogContent content = OneLocation({Flat("0.2")});
  engine::testing::ElementSpec flat = Flat("0.5");
  flat.id = "there";
  auto element = std::make_shared<engine::TariffElement>(*engine::testing::Build(flat));
  element->currency_code = currency;
  content.elements.push_back(element);
  content.locations.push_back({"loc_there", zone, currency, "", {"there"}});
  return content;
}

Submission OfDevice(Submission submission, absl::string_view location) {
  submission.device_id = "dev_1";
  submission.location_id = location;
  return submission;
}

TEST_F(ReportsTest, DeviceInTwoZones_EachPlaceHasItsOwnDays) {
  meters_.SetCatalog(TwoPlaces("Europe/Berlin", "GBP"));
  meters_.Store({OfDevice(Submit(1, "2023-06-15T10:00:00Z", "2023-06-15T11:00:00Z"), kLocation),
                 OfDevice(Submit(1, "2023-06-15T12:00:00Z", "2023-06-15T13:00:00Z"), "loc_there")});
  EXPECT_THAT(Entries(Ask(pb::Aggregation::DAY, Between("2023-06-13T23:00:00Z", "2023-06-17T12:30:00Z"), "dev_1")),
              ElementsAre("06-14T22:00 06-15T22:00 1000Wh 0.5@1", "06-14T23:00 06-15T23:00 1000Wh 0.2@1"));
  EXPECT_THAT(Entries(Ask(pb::Aggregation::DAY, Between("2023-06-15T10:30:00Z", "2023-06-15T12:30:00Z"), "dev_1")),
              ElementsAre("06-15T10:30 06-15T12:30 500Wh 0.25@1", "06-15T10:30 06-15T12:30 500Wh 0.1@1"));
  const pb::GetIntervalCostsResponse response =
      Get(Ask(pb::Aggregation::MONTH, Between("2023-06-13T23:00:00Z", "2023-06-17T12:30:00Z"), "dev_1"));
  EXPECT_EQ(response.location_timezone(), "Europe/Berlin") << "that of the latest record";
  EXPECT_EQ(response.data_size(), 2);
}

TEST_F(ReportsTest, DeviceWithTwoCurrencies_RefusedUnlessMoneyIsLeftOut) {
  meters_.SetCatalog(TwoPlaces("Europe/London", "EUR"));
  meters_.Store({OfDevice(Submit(1, "2023-06-15T10:00:00Z", "2023-06-15T11:00:00Z"), kLocation),
                 OfDevice(Submit(1, "2023-06-16T12:00:00Z", "2023-06-16T13:00:00Z"), "loc_there")});
  for (pb::Aggregation::Value aggregation :
       {pb::Aggregation::UNSPECIFIED, pb::Aggregation::DAY, pb::Aggregation::MONTH}) {
    pb::GetIntervalCostsRequest request =
        Ask(aggregation, Between("2023-06-01T12:00:00Z", "2023-07-01T00:00:00Z"), "dev_1");
    pb::GetIntervalCostsResponse response;
    const absl::Status status = reports_.GetIntervalCosts(meters_.tenant(), request, &response);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(catalog::ReasonOf(status), "MIXED_CURRENCIES");
    EXPECT_THAT(std::string(status.message()), HasSubstr("EUR and GBP"));
    request.set_include_tariff(false);
    EXPECT_GT(Get(request).data_size(), 0);
  }
  EXPECT_EQ(
      Get(Ask(pb::Aggregation::DAY, Between("2023-06-01T12:00:00Z", "2023-06-16T00:00:00Z"), "dev_1")).currency_code(),
      "GBP");
}

TEST_F(ReportsTest, DeviceOfALocationThatIsGone_SaysSo) {
  meters_.SetCatalog(TwoPlaces("Europe/London", "GBP"));
  meters_.Store({OfDevice(Submit(1, "2023-06-15T10:00:00Z", "2023-06-15T11:00:00Z"), "loc_there")});
  meters_.SetCatalog(OneLocation({Flat("0.2")}));
  const engine::Interval day = Between("2023-06-15T00:00:00Z", "2023-06-16T00:00:00Z");
  EXPECT_EQ(ReasonOf(Ask(pb::Aggregation::DAY, day, "dev_1")), "LOCATION_NOT_FOUND");
  // With a record elsewhere that place's clock stands in.
  meters_.Store({OfDevice(Submit(1, "2023-06-15T12:00:00Z", "2023-06-15T13:00:00Z"), kLocation)});
  EXPECT_THAT(Entries(Ask(pb::Aggregation::DAY, day, "dev_1")), ElementsAre("06-15T00:00 06-15T23:00 2000Wh 0.7@1"));
}

// ---- Sessions

TEST_F(ReportsTest, Session_AddsItsRecordsUp) {
  Submission first = Submit(1, "2023-06-15T21:00:00Z", "2023-06-15T23:00:00Z");
  Submission second = Submit(1, "2023-06-15T23:00:00Z", "2023-06-16T01:00:00Z");
  first.session_reference_id = second.session_reference_id = "charge 7";
  first.device_id = second.device_id = "dev_1";
  meters_.Store({second, first, Submit(1, "2023-06-15T21:00:00Z", "2023-06-15T22:00:00Z")});
  pb::GetSessionCostsRequest request;
  request.set_session_reference_id("charge 7");
  pb::GetSessionCostsResponse response;
  ASSERT_TRUE(reports_.GetSessionCosts(meters_.tenant(), request, &response).ok());
  EXPECT_EQ(response.object(), "energy_cost");
  EXPECT_EQ(response.object_id(), "dev_1");
  EXPECT_EQ(response.location_timezone(), "Europe/London");
  EXPECT_EQ(response.currency_code(), "GBP");
  ASSERT_EQ(response.data_size(), 1);
  EXPECT_EQ(Describe(response.data(0)), "06-15T21:00 06-16T01:00 4000Wh 0.8@1");
  EXPECT_EQ(response.data(0).session_reference_id(), "charge 7");

  request.set_direction(pb::Direction::EXPORT);
  EXPECT_EQ(catalog::ReasonOf(reports_.GetSessionCosts(meters_.tenant(), request, &response)), "SESSION_NOT_FOUND");
  request.set_session_reference_id("");
  EXPECT_EQ(FieldsOf(reports_.GetSessionCosts(meters_.tenant(), request, &response)), "session_reference_id ");
  for (const std::string& id : {std::string(257, 'x'), std::string("x\0", 2)}) {
    request.set_session_reference_id(id);
    EXPECT_EQ(FieldsOf(reports_.GetSessionCosts(meters_.tenant(), request, &response)), "session_reference_id ");
  }
}

TEST_F(ReportsTest, WithoutStore_BothSaySo) {
  CallContext context = meters_.context();
  context.store = nullptr;
  const Reports reports(context);
  pb::GetIntervalCostsResponse interval;
  pb::GetSessionCostsResponse session;
  EXPECT_EQ(catalog::ReasonOf(reports.GetIntervalCosts(meters_.tenant(), {}, &interval)), "NO_RECORD_STORE");
  EXPECT_EQ(catalog::ReasonOf(reports.GetSessionCosts(meters_.tenant(), {}, &session)), "NO_RECORD_STORE");
}

// ---- Laws, to the last digit

struct Sums {
  int64_t energy_wh = 0;
  int64_t micros = 0;
  int64_t milligrams = 0;

  void Add(const pb::MeterRecordData& data) {
    energy_wh += static_cast<int64_t>(data.energy().value());
    micros += Micros(data.tariff().value());
    milligrams += std::llround(data.carbon().value() * 1000);
  }
  friend bool operator==(const Sums& a, const Sums& b) {
    return a.energy_wh == b.energy_wh && a.micros == b.micros && a.milligrams == b.milligrams;
  }
};

std::ostream& operator<<(std::ostream& out, const Sums& sums) {
  return out << sums.energy_wh << " Wh, " << sums.micros << " micros, " << sums.milligrams << " mg";
}

class ReportLawsTest : public ReportsTest {
 protected:
  Sums SumOf(pb::Aggregation::Value aggregation, engine::Interval period) {
    Sums sums;
    for (const pb::MeterRecordData& data : Data(Ask(aggregation, period))) sums.Add(data);
    return sums;
  }

  // Records of many lengths over three months, some days long.
  void StoreRandomRecords(Random& random, int count) {
    std::vector<Submission> submissions;
    for (int i = 0; i < count; ++i) {
      const int64_t seconds = random.OneIn(4) ? random.Between(1, 5 * 86'400) : random.Between(1, 7'200);
      Submission submission = Submit(static_cast<double>(random.Between(0, 30'000'000)) / 1e6, "2023-09-01T00:00:00Z",
                                     "2023-09-01T00:00:00Z");
      submission.units = static_cast<engine::Units>(random.Between(1, 4));
      submission.start_time->seconds += random.Between(0, 90 * 86'400);
      submission.end_time->seconds = submission.start_time->seconds + seconds;
      submission.end_time->nanos = static_cast<int32_t>(random.OneIn(3) ? random.Between(0, 999'999'999) : 0);
      submissions.push_back(submission);
    }
    meters_.Store(submissions);
  }

  // Midnights, other whole seconds, any nanoseconds.
  static engine::Instant RandomInstant(Random& random) {
    engine::Instant at = At("2023-08-31T23:00:00Z");
    at.ns += random.Between(0, 95) * engine::kNanosPerDay;
    if (random.OneIn(2)) at.ns += random.Between(0, 86'400) * engine::kNanosPerSecond;
    if (random.OneIn(3)) at.ns += random.Between(0, engine::kNanosPerSecond);
    return at;
  }

  void CheckLaws(Random& random, int cases) {
    for (int i = 0; i < cases; ++i) {
      SCOPED_TRACE(engine::testing::CaseName(i));
      std::vector<engine::Instant> at{RandomInstant(random), RandomInstant(random), RandomInstant(random)};
      std::sort(at.begin(), at.end());
      if (at[0] == at[1] || at[1] == at[2]) continue;
      // Whichever way it is added up, it is the same.
      const Sums days = SumOf(pb::Aggregation::DAY, {at[0], at[2]});
      EXPECT_EQ(SumOf(pb::Aggregation::UNSPECIFIED, {at[0], at[2]}), days);
      // A month is the sum of its days.
      std::map<int64_t, Sums> by_month;
      const pb::GetIntervalCostsResponse months = Get(Ask(pb::Aggregation::MONTH, {at[0], at[2]}));
      for (const pb::MeterRecordData& day : Data(Ask(pb::Aggregation::DAY, {at[0], at[2]}))) {
        for (const pb::MeterRecordData& month : months.data()) {
          if (day.start_time().seconds() >= month.start_time().seconds() &&
              day.end_time().seconds() <= month.end_time().seconds()) {
            by_month[month.start_time().seconds()].Add(day);
          }
        }
      }
      for (const pb::MeterRecordData& month : months.data()) {
        Sums sum;
        sum.Add(month);
        EXPECT_EQ(sum, by_month[month.start_time().seconds()]);
      }
      // Periods that meet add up.
      for (pb::Aggregation::Value aggregation :
           {pb::Aggregation::UNSPECIFIED, pb::Aggregation::DAY, pb::Aggregation::MONTH}) {
        Sums sum = SumOf(aggregation, {at[0], at[1]});
        for (const pb::MeterRecordData& data : Data(Ask(aggregation, {at[1], at[2]}))) sum.Add(data);
        EXPECT_EQ(sum, days);
      }
    }
  }
};

std::vector<engine::CarbonIntensity> HourlyIntensities(Random& random) {
  std::vector<engine::CarbonIntensity> intensities;
  const engine::Instant start = At("2023-08-30T00:00:00Z");
  for (int64_t hour = 0; hour < 110 * 24; ++hour) {
    const engine::Instant from{start.ns + hour * 3600 * engine::kNanosPerSecond};
    intensities.push_back({{from, {from.ns + 3600 * engine::kNanosPerSecond}},
                           engine::Decimal::FromInteger(random.Between(0, 400)),
                           std::nullopt});
  }
  return intensities;
}

TEST_F(ReportLawsTest, RandomRecordsAndPeriods_AddUp) {
  Random random(81);
  meters_.SetCatalog(OneLocation({NightAndDay()}, HourlyIntensities(random)));
  StoreRandomRecords(random, 150);
  CheckLaws(random, 150);
}

TEST_F(ReportLawsTest, PricesBelowZero_AddUp) {
  Random random(82);
  engine::testing::ElementSpec spec;
  spec.seasons = EveryDay({{0, Fixed("-0.123456789")}, {6, Fixed("0.05")}, {12, Fixed("-0.05")}, {18, Fixed("0.2")}});
  meters_.SetCatalog(OneLocation({spec}));
  StoreRandomRecords(random, 100);
  CheckLaws(random, 100);
}

TEST_F(ReportLawsTest, Tiers_AddUp) {
  Random random(83);
  meters_.SetCatalog(OneLocation({Tiered({{"0.1", "500"}, {"0.25", "900"}, {"0.4", ""}})}));
  StoreRandomRecords(random, 60);
  CheckLaws(random, 30);
}

TEST_F(ReportLawsTest, CatalogChangedSince_StillAddsUpToWhatIsStored) {
  Random random(84);
  StoreRandomRecords(random, 60);
  engine::testing::ElementSpec other;
  other.seasons = EveryDay({{0, Fixed("0.7")}, {11, Fixed("-0.2")}});
  const catalog::CatalogContent catalogs[] = {OneLocation({other}), OneLocation({}), OneLocation({Flat("0")})};
  for (const catalog::CatalogContent& content : catalogs) {
    meters_.SetCatalog(content);
    CheckLaws(random, 30);
  }
}

}  // namespace
}  // namespace costs::records
