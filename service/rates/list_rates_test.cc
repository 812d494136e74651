// ListRates, and what it has in common with the other two.
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "service/catalog/refusal.h"
#include "service/rates/rates.h"
#include "service/rates/testing/rates_fixture.h"

namespace costs::rates {
namespace {

using catalog::ReasonOf;

TEST_F(Rates, List_AnswersWithEverythingFilledIn) {
  const std::string period = Period("2023-01-10T02:00:00Z", "2023-01-10T04:00:00Z");
  ASSERT_TRUE(List("location_id: 'loc_nights'" + period).ok());
  ExpectSame(rates_,
             absl::StrCat(R"pb(
                            id: "rts_0123456789abcdef01234567"
                            object: "tariff_rate"
                            live_mode: true
                            location_id: "loc_nights"
                            location_timezone: "Europe/London"
                            currency_code: "GBP"
                            direction: IMPORT
                            account_id: "acc_1" last_updated)pb",
                          Seconds("2023-01-09T08:00:00Z"), " next_update ", Seconds("2023-01-12T00:00:00Z"),
                          " time_created {seconds: ", At(kNow).ns / engine::kNanosPerSecond, " nanos: 250000000}",
                          " request { location_id: 'loc_nights' include_tariff: true include_carbon: true direction: "
                          "IMPORT resolution: 0 ",
                          period, "}", " data { valid_from ", Seconds("2023-01-10T02:00:00Z"), " valid_to ",
                          Seconds("2023-01-10T04:00:00Z"),
                          " tariff { rate: 0.15 confidence: 1 } carbon { intensity: 80 relative: 0 confidence: 1 } }"));
}

TEST_F(Rates, List_DefaultsToNowCutToTheSecond) {
  ASSERT_TRUE(List("location_id: 'loc_nights' end_time " + Seconds("2023-01-10T13:00:00Z")).ok());
  EXPECT_EQ(rates_.request().start_time().seconds(), At("2023-01-10T12:00:00Z").ns / engine::kNanosPerSecond);
  EXPECT_EQ(rates_.request().start_time().nanos(), 0);
  EXPECT_EQ(rates_.data(0).carbon().confidence(), 0.8);
}

TEST_F(Rates, List_TellsEveryFaultAtOnce) {
  absl::Status status = List("direction: 9 resolution: 7 usage_before_wh: -1");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_EQ(FieldsOf(status), "location_id direction end_time resolution usage_before_wh");
}

TEST_F(Rates, Fields_AreCheckedOneByOne) {
  const std::string good = "location_id: 'loc_nights'" + Period("2023-01-10T00:00:00Z", "2023-01-11T00:00:00Z");
  const struct {
    std::string request;
    const char* fields;
  } cases[] = {
      {good, ""},
      {good + " location_id: '" + std::string(65, 'x') + "'", "location_id"},
      {good + " resolution: 4", "resolution"},
      {good + " resolution: 5", ""},
      {good + " resolution: 7", "resolution"},
      {good + " resolution: 1440", ""},
      {good + " resolution: 2880", "resolution"},
      {good + " resolution: -60", "resolution"},
      {good + " usage_before_wh: nan", "usage_before_wh"},
      {good + " usage_before_wh: inf", "usage_before_wh"},
      {good + " usage_before_wh: 2e12", "usage_before_wh"},
      {good + " usage_before_wh: 0", ""},
      {good + " end_time {nanos: 1000000000}", "end_time"},
      {good + " start_time {nanos: -1}", "start_time"},
      {good + " start_time {seconds: -9000000000}", "start_time"},
      {"location_id: 'loc_nights'" + Period("2023-01-10T00:00:00Z", "2023-01-10T00:00:00Z"), "end_time"},
      {"location_id: 'loc_nights' include_carbon: false" + Period("2023-01-10T00:00:00Z", "2023-04-10T00:00:00Z"), ""},
      {"location_id: 'loc_nights'" + Period("2023-01-10T00:00:00Z", "2023-04-10T00:00:01Z"), "end_time"},
      {"location_id: 'loc_nights'" + Period("2099-12-31T00:00:00Z", "2100-01-01T00:00:00Z"), ""},
  };
  for (const auto& c : cases) EXPECT_EQ(FieldsOf(List(c.request)), c.fields) << c.request;
}

TEST_F(Rates, List_LeavesOutWhatIsNotAskedForOrKnown) {
  const std::string period = Period("2023-01-11T05:00:00Z", "2023-01-11T08:00:00Z");
  ASSERT_TRUE(List("location_id: 'loc_nights' include_tariff: false resolution: 60" + period).ok());
  ASSERT_EQ(rates_.data_size(), 3);
  EXPECT_FALSE(rates_.data(0).has_tariff());
  EXPECT_TRUE(rates_.data(0).has_carbon());
  EXPECT_FALSE(rates_.data(1).has_carbon());  // the slot that is missing
  ASSERT_TRUE(List("location_id: 'loc_nights' include_carbon: false" + period).ok());
  ASSERT_EQ(rates_.data_size(), 2);
  EXPECT_FALSE(rates_.data(0).has_carbon());
  ASSERT_TRUE(List("location_id: 'loc_bare' include_tariff: false" + period).ok());
  ASSERT_EQ(rates_.data_size(), 1);
  EXPECT_FALSE(rates_.data(0).has_carbon());
}

TEST_F(Rates, Local_IsFreeUnlessThereIsAnElement) {
  const std::string request =
      "location_id: 'loc_nights' direction: LOCAL" + Period("2023-01-10T00:00:00Z", "2023-01-11T00:00:00Z");
  ASSERT_TRUE(List(request).ok());
  ASSERT_EQ(rates_.data_size(), 1);
  EXPECT_TRUE(rates_.data(0).tariff().has_rate());
  EXPECT_EQ(rates_.data(0).tariff().rate(), 0);
  EXPECT_EQ(rates_.data(0).tariff().confidence(), 1);
  EXPECT_EQ(rates_.data(0).carbon().intensity(), 0);
  EXPECT_EQ(rates_.data(0).carbon().confidence(), 1);
  ASSERT_TRUE(Audit(request).ok());
  ASSERT_EQ(audit_.data_size(), 1);
  EXPECT_EQ(audit_.data(0).tariff_rate().total(), 0);
  ASSERT_TRUE(Find(request + " segment: LOW duration: 60").ok());
  ASSERT_EQ(slots_.data_size(), 1);
  EXPECT_EQ(slots_.data(0).tariff().rate_avg(), 0);
}

TEST_F(Rates, Refusals_NameTheReason) {
  const std::string period = Period("2023-01-10T10:00:00Z", "2023-01-10T14:00:00Z");
  const std::string later = Period("2023-01-10T13:00:00Z", "2023-01-10T15:00:00Z");
  const struct {
    absl::Status status;
    absl::StatusCode code;
    const char* reason;
    const char* message;
  } cases[] = {
      {List("location_id: 'loc_x'" + period), absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND",
       "there is no location 'loc_x' in this account; check location_id"},
      {List("location_id: 'loc_bare'" + period), absl::StatusCode::kFailedPrecondition, "NO_TARIFF_CONNECTED",
       "location loc_bare has no tariff element for IMPORT; connect one, or ask with include_tariff=false"},
      {Audit("location_id: 'loc_market' direction: EXPORT" + period), absl::StatusCode::kFailedPrecondition,
       "NO_TARIFF_CONNECTED", "location loc_market has no tariff element for EXPORT; connect one"},
      {List("location_id: 'loc_market'" + later), absl::StatusCode::kFailedPrecondition, "NO_PRICE_DATA",
       "location loc_market has no IMPORT price from 2023-01-10T14:00:00Z; add it, or ask with include_tariff=false"},
      {Audit("location_id: 'loc_market'" + later), absl::StatusCode::kFailedPrecondition, "NO_PRICE_DATA",
       "location loc_market has no IMPORT price from 2023-01-10T14:00:00Z; add it, or ask for a period that has "
       "prices"},
      {Find("location_id: 'loc_market' segment: LOW duration: 30" + later), absl::StatusCode::kFailedPrecondition,
       "NO_PRICE_DATA",
       "location loc_market has no IMPORT price from 2023-01-10T14:00:00Z; add it, or ask for a period that has "
       "prices"},
      {Find("location_id: 'loc_market' segment: GREEN duration: 30" + period), absl::StatusCode::kFailedPrecondition,
       "NO_CARBON_DATA",
       "location loc_market has no carbon intensity from 2023-01-10T10:00:00Z; add it, or ask for a period that has "
       "it"},
      {Find("location_id: 'loc_bare' segment: HIGH duration: 30" + period), absl::StatusCode::kFailedPrecondition,
       "NO_TARIFF_CONNECTED", "location loc_bare has no tariff element for IMPORT; connect one, or ask for GREEN"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.status.code(), c.code) << c.status;
    EXPECT_EQ(ReasonOf(c.status), c.reason);
    EXPECT_EQ(c.status.message(), c.message);
  }
}

TEST_F(Rates, MostFigures_IsAClearRefusal) {
  call_.most_figures = call_.most_audit_figures = 3;
  const std::string request = "location_id: 'loc_nights'" + Period("2023-01-01T00:00:00Z", "2023-01-05T00:00:00Z");
  for (const absl::Status& status : {List(request), Audit(request), Find(request + " segment: LOW duration: 60")}) {
    EXPECT_EQ(FieldsOf(status), "end_time");
    EXPECT_NE(status.message().find("more than 3 figures"), absl::string_view::npos) << status;
  }
}

TEST_F(Rates, NextUpdate_IsWhereTheDataThatIsUsedEnds) {
  // The market's prices end at 14:00; the location has no intensities.
  ASSERT_TRUE(List("location_id: 'loc_market'" + Period("2023-01-10T10:00:00Z", "2023-01-10T11:00:00Z")).ok());
  EXPECT_EQ(rates_.next_update().seconds(), At("2023-01-10T14:00:00Z").ns / engine::kNanosPerSecond);
  // What has ended tells nothing: the next midnight in London.
  call_.now = absl::FromUnixNanos(At("2023-06-30T23:30:00Z").ns);
  ASSERT_TRUE(List("location_id: 'loc_market'" + Period("2023-01-10T10:00:00Z", "2023-01-10T11:00:00Z")).ok());
  EXPECT_EQ(rates_.next_update().seconds(), At("2023-07-01T23:00:00Z").ns / engine::kNanosPerSecond);
}

}  // namespace
}  // namespace costs::rates
