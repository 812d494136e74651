// The Catalog's calls for locations and devices.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"
#include "service/catalog/testing/catalog_fixture.h"
#include "service/catalog/testing/each_store.h"

namespace costs::catalog {
namespace {

using testing::EachStoreTest;
using ::testing::ElementsAre;
using testing::FlatElement;
using testing::From;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const char kLondon[] = R"(timezone: "Europe/London" currency_code: "GBP" )";

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ViolationsOf(status)) fields.push_back(violation.field);
  return fields;
}

class CatalogLocationsTest : public EachStoreTest {
 protected:
  CatalogLocationsTest() { Open(); }

  absl::Status Create(const std::string& text, pb::Location* location = nullptr) {
    pb::CreateLocationRequest request;
    *request.mutable_location() = From<pb::Location>(text);
    pb::Location ignored;
    return catalog().CreateLocation(request, location == nullptr ? &ignored : location);
  }

  absl::Status Update(const std::string& text, pb::Location* location) {
    return catalog().UpdateLocation(From<pb::UpdateLocationRequest>(text), location);
  }

  absl::Status Delete(const std::string& id, const std::string& etag = "") {
    pb::DeleteLocationRequest request;
    request.set_id(id);
    request.set_etag(etag);
    return catalog().DeleteLocation(request);
  }

  std::vector<std::string> Ids(const pb::ListLocationsResponse& list) {
    std::vector<std::string> ids;
    for (const pb::Location& location : list.data()) ids.push_back(location.id());
    return ids;
  }

  pb::ListLocationsResponse List(const std::string& text) {
    pb::ListLocationsResponse response;
    const absl::Status status = catalog().ListLocations(From<pb::ListLocationsRequest>(text), &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
};

TEST_P(CatalogLocationsTest, Created_IsAnsweredWithWhatTheServiceSets) {
  const pb::Location location = AddLocation(absl::StrCat(
      kLondon, "object: 'x' etag: 'y' live_mode: false account_id: 'z' time_created { seconds: 5 } reference_id: 'A'"));
  EXPECT_EQ(location.id(), "loc_000000000000000000000001");
  EXPECT_EQ(location.object(), "location");
  EXPECT_TRUE(location.live_mode());
  EXPECT_EQ(location.account_id(), "acc_1");
  EXPECT_EQ(location.time_created().seconds(), 1'767'225'601);
  EXPECT_EQ(location.etag().size(), 16u);
  EXPECT_EQ(location.reference_id(), "A");
  EXPECT_EQ(location.tariff_status().local(), pb::ConnectionStatus::NOT_CONNECTED);
  EXPECT_EQ(GetLocation(location.id()).DebugString(), location.DebugString());
  EXPECT_NE(snapshot()->FindLocation(location.id()), nullptr) << "the next calculation sees it";
}

TEST_P(CatalogLocationsTest, CountryWithOneZone_GivesZoneAndCurrency) {
  const pb::Location location = AddLocation("postal_address { country_code: 'GB' }");
  EXPECT_EQ(location.timezone(), "Europe/London");
  EXPECT_EQ(location.currency_code(), "GBP");
  EXPECT_THAT(FieldsOf(Create("postal_address { country_code: 'US' }")), ElementsAre("timezone"));
  EXPECT_EQ(AddLocation("postal_address { country_code: 'US' } timezone: 'America/Denver'").currency_code(), "USD");
}

TEST_P(CatalogLocationsTest, FaultyDocument_HasEveryFaultNamed) {
  const absl::Status status = Create(
      absl::StrCat("id: 'a b' timezone: 'Mars/Base' currency_code: 'pound' customer_id: '", std::string(65, 'x'),
                   "' reference_id: '", std::string(257, 'x'), "' postal_address { city: '", std::string(257, 'x'),
                   "' country_code: 'UK' } geo_location { lat: 90.5 } tariff_elements: 'a' tariff_elements: 'a' "
                   "tariff_elements: '' carbon_region: '/'"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_THAT(FieldsOf(status),
              ElementsAre("id", "reference_id", "customer_id", "timezone", "currency_code", "postal_address.city",
                          "postal_address.country_code", "geo_location.lat", "geo_location.lng", "tariff_elements[1]",
                          "tariff_elements[2]", "carbon_region"));
  EXPECT_THAT(FieldsOf(Create("geo_location { lat: nan lng: inf } timezone: 'UTC' currency_code: 'GBP'")),
              ElementsAre("geo_location.lat", "geo_location.lng"));
  pb::Location ignored;
  EXPECT_THAT(FieldsOf(catalog().CreateLocation({}, &ignored)), ElementsAre("location"));
}

TEST_P(CatalogLocationsTest, HugeDocument_IsRefused) {
  pb::CreateLocationRequest request;
  for (int i = 0; i < 1'000'000; ++i) request.mutable_location()->add_tariff_elements("x");
  pb::Location ignored;
  const absl::Status status = catalog().CreateLocation(request, &ignored);
  EXPECT_THAT(FieldsOf(status), ElementsAre("location"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("at most 1048576 are allowed"));
}

TEST_P(CatalogLocationsTest, SameIdTwice_AlreadyExists) {
  ASSERT_TRUE(Create(absl::StrCat(kLondon, "id: 'home'")).ok());
  const absl::Status status = Create(absl::StrCat(kLondon, "id: 'home'"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(status), "LOCATION_EXISTS");
}

TEST_P(CatalogLocationsTest, List_IsOfTheElementsThatThereAre) {
  AddElement(FlatElement("0.1") + "id: 'a' currency_code: 'GBP'");
  AddElement(FlatElement("0.1") + "id: 'dollars' currency_code: 'USD'");
  AddLocation(absl::StrCat(kLondon, "id: 'other'"));
  AddElement(FlatElement("0.1") + "id: 'others' location_id: 'other'");
  const absl::Status status = Create(absl::StrCat(
      kLondon, "tariff_elements: 'a' tariff_elements: 'none' tariff_elements: 'dollars' tariff_elements: 'others'"));
  EXPECT_THAT(FieldsOf(status), ElementsAre("tariff_elements[1]", "tariff_elements[2]", "tariff_elements[3]"));
  const pb::Location location = AddLocation(absl::StrCat(kLondon, "tariff_elements: 'a'"));
  EXPECT_EQ(location.tariff_status().commodity_import(), pb::ConnectionStatus::CONNECTED);
  EXPECT_EQ(location.tariff_status().commodity_export(), pb::ConnectionStatus::NOT_CONNECTED);
}

TEST_P(CatalogLocationsTest, Update_ChangesTheFieldsOfTheMask) {
  const pb::Location before = AddLocation(absl::StrCat(kLondon, "id: 'home' reference_id: 'A'"));
  pb::Location after;
  ASSERT_TRUE(
      Update("location { id: 'home' timezone: 'UTC' reference_id: 'B' } update_mask { paths: 'timezone' }", &after)
          .ok());
  EXPECT_EQ(after.timezone(), "UTC");
  EXPECT_EQ(after.reference_id(), "A");
  EXPECT_NE(after.etag(), before.etag());
  EXPECT_EQ(after.time_created().seconds(), before.time_created().seconds());
  EXPECT_EQ(snapshot()->FindLocation("home")->timezone, "UTC");
  EXPECT_EQ(GetLocation("home").DebugString(), after.DebugString());
}

TEST_P(CatalogLocationsTest, UpdateOfAnOlderState_IsAborted) {
  const pb::Location before = AddLocation(absl::StrCat(kLondon, "id: 'home'"));
  const std::string change = absl::StrCat("location { id: 'home' reference_id: 'B' etag: '", before.etag(), "' }");
  pb::Location after;
  ASSERT_TRUE(Update(change, &after).ok());
  const absl::Status status = Update(change, &after);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(status), "ETAG_MISMATCH");
  EXPECT_EQ(ReasonOf(Delete("home", before.etag())), "ETAG_MISMATCH");
  EXPECT_TRUE(Delete("home", after.etag()).ok());
}

TEST_P(CatalogLocationsTest, UpdateThatIsRefused_ChangesNothing) {
  AddElement(FlatElement("0.1") + "id: 'a' currency_code: 'GBP'");
  const pb::Location before = AddLocation(absl::StrCat(kLondon, "id: 'home' tariff_elements: 'a'"));
  pb::Location after;
  EXPECT_THAT(FieldsOf(Update("location { id: 'home' currency_code: 'EUR' }", &after)), ElementsAre("currency_code"));
  EXPECT_THAT(FieldsOf(Update("location { id: 'home' timezone: 'x' }", &after)), ElementsAre("timezone"));
  EXPECT_THAT(FieldsOf(Update("location { id: 'home' } update_mask { paths: 'object' }", &after)),
              ElementsAre("update_mask"));
  EXPECT_EQ(ReasonOf(Update("location { id: 'nowhere' }", &after)), "LOCATION_NOT_FOUND");
  EXPECT_THAT(FieldsOf(Update("location { }", &after)), ElementsAre("id"));
  EXPECT_EQ(GetLocation("home").DebugString(), before.DebugString());
  ASSERT_TRUE(Update("location { id: 'home' } update_mask { paths: 'tariff_elements' }", &after).ok());
  EXPECT_TRUE(Update("location { id: 'home' currency_code: 'EUR' }", &after).ok()) << "no element is left";
}

TEST_P(CatalogLocationsTest, Deleted_TakesItsOwnElementsWithIt) {
  AddLocation(absl::StrCat(kLondon, "id: 'home'"));
  AddElement(FlatElement("0.1") + "id: 'own' location_id: 'home'");
  AddElement(FlatElement("0.1") + "id: 'shared' currency_code: 'GBP'");
  ASSERT_TRUE(Delete("home").ok());
  EXPECT_EQ(snapshot()->FindLocation("home"), nullptr);
  EXPECT_EQ(snapshot()->FindElement("own"), nullptr);
  EXPECT_NE(snapshot()->FindElement("shared"), nullptr);
  EXPECT_EQ(ReasonOf(Delete("home")), "LOCATION_NOT_FOUND");
  AddLocation(absl::StrCat(kLondon, "id: 'home'"));
  EXPECT_THAT(GetLocation("home").tariff_elements(), IsEmpty());
}

TEST_P(CatalogLocationsTest, Pages_AreTheLatestFirstAndStable) {
  for (int i = 1; i <= 7; ++i) AddLocation(absl::StrCat(kLondon, "id: 'l", i, "' customer_id: 'c", i % 2, "'"));
  pb::ListLocationsResponse page = List("page_size: 3");
  EXPECT_EQ(page.object(), "list");
  EXPECT_EQ(page.url(), "/locations");
  EXPECT_TRUE(page.has_more());
  EXPECT_THAT(Ids(page), ElementsAre("l7", "l6", "l5"));
  AddLocation(absl::StrCat(kLondon, "id: 'l8'"));
  page = List(absl::StrCat("page_size: 3 page_token: '", page.next_page_token(), "'"));
  EXPECT_THAT(Ids(page), ElementsAre("l4", "l3", "l2"));
  page = List(absl::StrCat("page_size: 3 page_token: '", page.next_page_token(), "'"));
  EXPECT_THAT(Ids(page), ElementsAre("l1"));
  EXPECT_FALSE(page.has_more());
  EXPECT_EQ(page.next_page_token(), "");

  page = List("page_size: 2 customer_id: 'c1'");
  EXPECT_THAT(Ids(page), ElementsAre("l7", "l5"));
  EXPECT_THAT(Ids(List(absl::StrCat("customer_id: 'c1' page_token: '", page.next_page_token(), "'"))),
              ElementsAre("l3", "l1"));
  EXPECT_EQ(List("page_size: 1000").data_size(), 8);
}

TEST_P(CatalogLocationsTest, TokenOfAnotherList_IsRefused) {
  for (int i = 1; i <= 3; ++i) AddLocation(absl::StrCat(kLondon, "customer_id: 'c'"));
  const std::string token = List("page_size: 1").next_page_token();
  pb::ListLocationsResponse response;
  for (const std::string& request :
       {absl::StrCat("customer_id: 'c' page_token: '", token, "'"), std::string("page_token: 'x'"),
        std::string("page_token: '!'"), absl::StrCat("page_token: '", std::string(1000, 'A'), "'")}) {
    EXPECT_THAT(FieldsOf(catalog().ListLocations(From<pb::ListLocationsRequest>(request), &response)),
                ElementsAre("page_token"));
  }
  EXPECT_THAT(FieldsOf(catalog().ListLocations(From<pb::ListLocationsRequest>("page_size: -1"), &response)),
              ElementsAre("page_size"));
}

TEST_P(CatalogLocationsTest, PagesByNeighbour_GoBothWays) {
  for (int i = 1; i <= 5; ++i) AddLocation(absl::StrCat(kLondon, "id: 'l", i, "'"));
  const auto page = [&](const Page& part, bool more) {
    pb::ListLocationsResponse response;
    const absl::Status status = catalog().ListLocations({}, part, &response);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(response.has_more(), more);
    return Ids(response);
  };
  EXPECT_THAT(page({2, "", ""}, true), ElementsAre("l5", "l4"));
  EXPECT_THAT(page({2, "l4", ""}, true), ElementsAre("l3", "l2"));
  EXPECT_THAT(page({2, "l2", ""}, false), ElementsAre("l1"));
  EXPECT_THAT(page({2, "", "l1"}, true), ElementsAre("l3", "l2"));
  EXPECT_THAT(page({2, "", "l3"}, false), ElementsAre("l5", "l4"));
  EXPECT_THAT(page({0, "", "l5"}, false), IsEmpty());
  pb::ListLocationsResponse response;
  EXPECT_THAT(FieldsOf(catalog().ListLocations({}, Page{2, "x", ""}, &response)), ElementsAre("starting_after"));
  EXPECT_THAT(FieldsOf(catalog().ListLocations({}, Page{2, "l1", "l2"}, &response)), ElementsAre("ending_before"));
}

TEST_P(CatalogLocationsTest, Devices_AreKeptToo) {
  pb::Device device;
  ASSERT_TRUE(catalog().CreateDevice(From<pb::CreateDeviceRequest>("device { reference_id: 'A' }"), &device).ok());
  EXPECT_EQ(device.id(), "dev_000000000000000000000001");
  EXPECT_EQ(device.object(), "device");
  const std::string change =
      absl::StrCat("device { id: '", device.id(), "' reference_id: 'B' etag: '", device.etag(), "' }");
  ASSERT_TRUE(catalog().UpdateDevice(From<pb::UpdateDeviceRequest>(change), &device).ok());
  EXPECT_EQ(ReasonOf(catalog().UpdateDevice(From<pb::UpdateDeviceRequest>(change), &device)), "ETAG_MISMATCH");
  pb::ListDevicesResponse list;
  ASSERT_TRUE(catalog().ListDevices(From<pb::ListDevicesRequest>("reference_id: 'B'"), &list).ok());
  ASSERT_EQ(list.data_size(), 1);
  EXPECT_EQ(list.data(0).DebugString(), device.DebugString());
  pb::DeleteDeviceRequest remove;
  remove.set_id(device.id());
  EXPECT_TRUE(catalog().DeleteDevice(remove).ok());
  EXPECT_EQ(ReasonOf(catalog().DeleteDevice(remove)), "DEVICE_NOT_FOUND");
}

TEST_P(CatalogLocationsTest, ReadOnlyCatalog_RefusesChanges) {
  options_.read_only = true;
  Reopen();
  const absl::Status status = Create(kLondon);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "READ_ONLY_CATALOG");
  CatalogDocuments documents;
  documents.locations.push_back(From<pb::Location>(absl::StrCat(kLondon, "id: 'home'")));
  EXPECT_TRUE(catalog().Replace(documents).ok());
  GetLocation("home");
}

INSTANTIATE_TEST_SUITE_P(, CatalogLocationsTest, testing::EachStore(), testing::NameOfStore);

}  // namespace
}  // namespace costs::catalog
