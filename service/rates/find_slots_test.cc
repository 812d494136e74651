// FindSlots.
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "service/rates/rates.h"
#include "service/rates/testing/rates_fixture.h"

namespace costs::rates {
namespace {

TEST_F(Rates, Find_FindsTheCheapestAndTheDearest) {
  const std::string market = "location_id: 'loc_market'" + Period("2023-01-10T10:00:00Z", "2023-01-10T14:00:00Z");
  ASSERT_TRUE(Find(market + " segment: LOW duration: 90").ok());
  EXPECT_EQ(slots_.id(), "sta_0123456789abcdef01234567");
  EXPECT_EQ(slots_.object(), "slot_time");
  EXPECT_TRUE(slots_.request().has_contiguous());
  // -0.108 for an hour, and 0.132 for the half hour before it: two that do not touch.
  ASSERT_EQ(slots_.data_size(), 2);
  ExpectSame(slots_.data(0),
             Period("2023-01-10T11:00:00Z", "2023-01-10T11:30:00Z") + " tariff { rate_avg: 0.132 confidence: 1 }");
  ExpectSame(slots_.data(1),
             Period("2023-01-10T12:00:00Z", "2023-01-10T13:00:00Z") + " tariff { rate_avg: -0.108 confidence: 1 }");
  ASSERT_TRUE(Find(market + " segment: LOW duration: 90 contiguous: true").ok());
  ASSERT_EQ(slots_.data_size(), 1);
  ExpectSame(slots_.data(0),
             Period("2023-01-10T11:30:00Z", "2023-01-10T13:00:00Z") + " tariff { rate_avg: -0.028 confidence: 1 }");
  ASSERT_TRUE(Find(market + " segment: HIGH duration: 60 contiguous: true").ok());
  EXPECT_EQ(slots_.data(0).start_time().seconds(), At("2023-01-10T13:00:00Z").ns / engine::kNanosPerSecond);
}

TEST_F(Rates, Find_FindsTheGreenestWithOrWithoutATariff) {
  const std::string request = " segment: GREEN duration: 60" + Period("2023-01-10T12:00:00Z", "2023-01-11T06:00:00Z");
  ASSERT_TRUE(Find("location_id: 'loc_nights'" + request).ok());
  ASSERT_EQ(slots_.data_size(), 1);
  ExpectSame(slots_.data(0), Period("2023-01-11T03:00:00Z", "2023-01-11T04:00:00Z") +
                                 " tariff { rate_avg: 0.15 confidence: 1 }"
                                 " carbon { intensity_avg: 50.5 confidence: 0.8 }");
  ASSERT_TRUE(Find("location_id: 'loc_nights' direction: EXPORT" + request).ok());
  EXPECT_EQ(slots_.data(0).tariff().rate_avg(), 0.15);
}

TEST_F(Rates, Find_ChecksItsFields) {
  const std::string good =
      "location_id: 'loc_nights' segment: LOW duration: 60" + Period("2023-01-10T10:00:00Z", "2023-01-10T14:00:00Z");
  EXPECT_EQ(FieldsOf(Find(good)), "");
  EXPECT_EQ(FieldsOf(Find("")), "location_id end_time segment duration");
  EXPECT_EQ(FieldsOf(Find(good + " segment: UNSPECIFIED")), "segment");
  EXPECT_EQ(FieldsOf(Find(good + " segment: 4")), "segment");
  EXPECT_EQ(FieldsOf(Find(good + " duration: 0")), "duration");
  EXPECT_EQ(FieldsOf(Find(good + " duration: 240")), "");
  EXPECT_EQ(FieldsOf(Find(good + " duration: 241")), "duration");
  EXPECT_EQ(FieldsOf(Find(good + " duration: 2147483647")), "duration");
}

}  // namespace
}  // namespace costs::rates
