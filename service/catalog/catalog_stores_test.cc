// The Catalog in each kind of store: what is kept, and that a change is there whole
// or not at all.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"
#include "service/catalog/testing/catalog_fixture.h"
#include "service/catalog/testing/each_store.h"

namespace costs::catalog {
namespace {

using testing::EachStoreTest;
using testing::FlatElement;
using testing::From;

const char kHome[] = R"(id: "home" timezone: "Europe/London" currency_code: "GBP" )";

class CatalogStoresTest : public EachStoreTest {};

TEST_P(CatalogStoresTest, Reopened_IsAsItWas) {
  OpenKept();
  AddCalendar("id: 'uk' rules { fixed_date { month: 12 day: 25 } }");
  Upload(R"(market_series: "agile" currency_code: "GBP" prices { valid_from { seconds: 0 } valid_to { seconds: 60 }
         rate: -0.125 })");
  AddLocation(kHome);
  AddElement(FlatElement("0.25") + "id: 'a' location_id: 'home' special_day_calendar: 'uk'");
  AddElement(
      "id: 'm' direction: IMPORT type: NON_COMMODITY market_rates: true market_series: 'agile' "
      "currency_code: 'GBP'");
  const std::string location = GetLocation("home").DebugString();
  const std::string element = GetElement("a").DebugString();
  const uint64_t version = snapshot()->version();
  const absl::Time changed = catalog().last_changed();
  Reopen();
  EXPECT_EQ(GetLocation("home").DebugString(), location);
  EXPECT_EQ(GetElement("a").DebugString(), element);
  EXPECT_EQ(snapshot()->version(), version);
  EXPECT_EQ(catalog().last_changed(), changed);
  EXPECT_NE(snapshot()->FindElement("a")->special_days, nullptr);
  EXPECT_EQ(snapshot()->FindElement("m")->market->size(), 1u);
  EXPECT_FALSE(*catalog().Empty());
}

TEST_P(CatalogStoresTest, StoreOfAnotherAccount_IsEmptyForThisOne) {
  OpenKept();
  AddLocation(kHome);
  tenant_.account_id = "acc_2";
  catalog_.reset();
  CatalogTest::Open(options_.store);
  EXPECT_TRUE(*catalog().Empty());
  EXPECT_EQ(snapshot()->location_count(), 0u);
  AddLocation(kHome);
  tenant_.account_id = "acc_1";
  catalog_.reset();
  CatalogTest::Open(options_.store);
  GetLocation("home");
}

TEST_P(CatalogStoresTest, NullInAnIdOrFilter_IsOfNothing) {
  OpenKept();
  AddLocation(kHome);
  pb::GetLocationRequest get;
  get.set_id(std::string("home\0", 5));
  pb::Location location;
  EXPECT_EQ(ReasonOf(catalog().GetLocation(get, &location)), "LOCATION_NOT_FOUND");
  pb::ListLocationsRequest list;
  list.set_reference_id(std::string("\0", 1));
  pb::ListLocationsResponse response;
  EXPECT_TRUE(catalog().ListLocations(list, &response).ok());
  EXPECT_EQ(response.data_size(), 0);
}

TEST_P(CatalogStoresTest, LongUpload_DoesNotHoldUpReading) {
  OpenKept();
  AddLocation(kHome);
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) GetLocation("home");
  });
  for (int i = 0; i < 20; ++i) {
    std::string text = absl::StrCat("market_series: 's", i, "' currency_code: 'GBP'");
    for (int j = 0; j < 500; ++j) {
      absl::StrAppend(&text, " prices { valid_from { seconds: ", j * 60, " } valid_to { seconds: ", j * 60 + 60,
                      " } rate: ", j, " }");
    }
    Upload(text);
  }
  done = true;
  reader.join();
}

TEST_P(CatalogStoresTest, ReplacedWhole_OrNotAtAll) {
  OpenKept();
  AddLocation("id: 'old' timezone: 'UTC' currency_code: 'GBP'");
  const pb::Location home = AddLocation(kHome);
  CatalogDocuments documents;
  documents.locations.push_back(From<pb::Location>(std::string(kHome) + "tariff_elements: 'a' tariff_elements: 'b'"));
  documents.elements.push_back(From<pb::TariffElement>(FlatElement("1") + "id: 'a' currency_code: 'GBP'"));
  absl::Status status = catalog().Replace(documents);
  ASSERT_EQ(ViolationsOf(status).size(), 1u) << status;
  EXPECT_EQ(ViolationsOf(status)[0].field, "locations[0].tariff_elements[1]");
  GetLocation("old");
  documents.elements.push_back(From<pb::TariffElement>(FlatElement("1") + "id: 'b' currency_code: 'GBP'"));
  status = catalog().Replace(documents);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(snapshot()->FindLocation("old"), nullptr);
  EXPECT_EQ(snapshot()->location_count(), 1u);
  EXPECT_EQ(GetLocation("home").time_created().seconds(), home.time_created().seconds());
  Reopen();
  EXPECT_EQ(GetLocation("home").tariff_elements_size(), 2);
  ASSERT_TRUE(catalog().Replace(documents).ok());
  ASSERT_TRUE(catalog().Replace({}).ok());
  EXPECT_TRUE(*catalog().Empty());
}

TEST_P(CatalogStoresTest, EachSnapshot_IsTold) {
  std::atomic<int> told{0};
  options_.on_published = [&] { ++told; };
  OpenKept();
  EXPECT_EQ(told, 0) << "the first one is no news";
  AddLocation(kHome);
  EXPECT_EQ(told, 1);
  pb::Location location;
  EXPECT_FALSE(catalog().UpdateLocation(From<pb::UpdateLocationRequest>("location { id: 'x' }"), &location).ok());
  AddCalendar("id: 'uk' rules { fixed_date { month: 12 day: 25 } }");
  EXPECT_EQ(told, 1) << "neither changed what is priced";
  ASSERT_TRUE(catalog().Replace({}).ok());
  EXPECT_EQ(told, 2);
  catalog_.reset();
}

INSTANTIATE_TEST_SUITE_P(, CatalogStoresTest, testing::EachStore(), testing::NameOfStore);

}  // namespace
}  // namespace costs::catalog
