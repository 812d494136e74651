// AuditRates.
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "service/rates/rates.h"
#include "service/rates/testing/rates_fixture.h"

namespace costs::rates {
namespace {

TEST_F(Rates, Audit_TakesThePriceApart) {
  ASSERT_TRUE(Audit("location_id: 'loc_nights'" + Period("2023-01-10T06:00:00Z", "2023-01-10T07:00:00Z")).ok());
  EXPECT_EQ(audit_.id(), "tra_0123456789abcdef01234567");
  EXPECT_EQ(audit_.object(), "tariff_rate_audit");
  EXPECT_EQ(audit_.market_sources_size(), 0);
  ASSERT_EQ(audit_.carbon_sources_size(), 1);
  EXPECT_EQ(audit_.carbon_sources(0), "GB");
  ASSERT_EQ(audit_.data_size(), 1);
  ExpectSame(audit_.data(0), absl::StrCat(" valid_from ", Seconds("2023-01-10T06:00:00Z"), " valid_to ",
                                          Seconds("2023-01-10T07:00:00Z"), R"pb(
               tariff_rate {
                 commodity { fixed: 0.1 aggregate: 0.1 }
                 non_commodity { fixed: 0.05 aggregate: 0.05 }
                 total: 0.15
                 confidence: 1
               }
               elements {
                 tariff_element_id: "network"
                 type: NON_COMMODITY
                 display_name: "the network"
                 components { fixed: 0.05 aggregate: 0.05 }
                 confidence: 1
               }
               elements {
                 tariff_element_id: "nights"
                 type: COMMODITY
                 display_name: "the nights"
                 components { fixed: 0.1 aggregate: 0.1 }
                 confidence: 1
               })pb"));
  ASSERT_TRUE(Audit("location_id: 'loc_market'" + Period("2023-01-10T12:00:00Z", "2023-01-10T13:00:00Z")).ok());
  ASSERT_EQ(audit_.market_sources_size(), 1);
  EXPECT_EQ(audit_.market_sources(0), "spot-market");
  ASSERT_EQ(audit_.data_size(), 1);
  // (-0.1 + 0.01) x 1.2
  ExpectSame(audit_.data(0).elements(0), R"pb(
    tariff_element_id: "spot"
    type: COMMODITY
    display_name: "the spot"
    market_series: "spot-market"
    components { market: -0.1 fixed: 0.01 percentage: -0.018 aggregate: -0.108 }
    confidence: 1
  )pb");
}

}  // namespace
}  // namespace costs::rates
