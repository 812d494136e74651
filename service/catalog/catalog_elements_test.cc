// The Catalog's calls for tariff elements and calendars of special days.
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

const char kHome[] = R"(id: "home" timezone: "Europe/London" currency_code: "GBP" )";
const char kPrices[] = R"(market_series: "agile" currency_code: "GBP" prices {
    valid_from { seconds: 1767225600 } valid_to { seconds: 1767229200 } rate: 0.5 })";
const char kMarketElement[] = R"(direction: IMPORT type: COMMODITY market_rates: true market_series: "agile"
    currency_code: "GBP" )";

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ViolationsOf(status)) fields.push_back(violation.field);
  return fields;
}

class CatalogElementsTest : public EachStoreTest {
 protected:
  CatalogElementsTest() { Open(); }

  absl::Status Create(const std::string& text) {
    pb::CreateTariffElementRequest request;
    *request.mutable_tariff_element() = From<pb::TariffElement>(text);
    pb::TariffElement ignored;
    return catalog().CreateTariffElement(request, &ignored);
  }
  absl::Status Update(const std::string& text, pb::TariffElement* element) {
    return catalog().UpdateTariffElement(From<pb::UpdateTariffElementRequest>(text), element);
  }
  absl::Status Delete(const std::string& id) {
    pb::DeleteTariffElementRequest request;
    request.set_id(id);
    return catalog().DeleteTariffElement(request);
  }
  std::vector<std::string> List(const std::string& text) {
    pb::ListTariffElementsResponse response;
    const absl::Status status = catalog().ListTariffElements(From<pb::ListTariffElementsRequest>(text), &response);
    EXPECT_TRUE(status.ok()) << status;
    std::vector<std::string> ids;
    for (const pb::TariffElement& element : response.data()) ids.push_back(element.id());
    return ids;
  }
  std::vector<std::string> ListOf(const std::string& location) {
    const pb::Location document = GetLocation(location);
    return {document.tariff_elements().begin(), document.tariff_elements().end()};
  }
};

TEST_P(CatalogElementsTest, ElementOfALocation_IsOnItsListAndInItsCurrency) {
  AddLocation(kHome);
  const pb::TariffElement element =
      AddElement(FlatElement("0.25") + "location_id: 'home' is_linked: true status: ERROR");
  EXPECT_EQ(element.id(), "trf_000000000000000000000001");
  EXPECT_EQ(element.object(), "tariff");
  EXPECT_EQ(element.currency_code(), "GBP");
  EXPECT_EQ(element.timezone(), "Europe/London");
  EXPECT_EQ(element.status(), pb::ConnectionStatus::CONNECTED);
  EXPECT_EQ(element.connection_type(), pb::ConnectionType::MANUAL);
  EXPECT_FALSE(element.is_linked());
  EXPECT_TRUE(element.has_market_rates());
  EXPECT_THAT(ListOf("home"), ElementsAre(element.id()));
  EXPECT_EQ(GetElement(element.id()).DebugString(), element.DebugString());
  EXPECT_NE(snapshot()->FindLocation("home")->PricesFor(engine::TariffRate::kImport), nullptr);
}

TEST_P(CatalogElementsTest, ReferencesThatLeadNowhere_AreNotFound) {
  AddLocation(kHome);
  const struct {
    std::string text;
    const char* reason;
  } cases[] = {
      {FlatElement("1") + "location_id: 'nowhere'", "LOCATION_NOT_FOUND"},
      {kMarketElement, "MARKET_SERIES_NOT_FOUND"},
      {FlatElement("1") + "location_id: 'home' special_day_calendar: 'none'", "CALENDAR_NOT_FOUND"},
  };
  for (const auto& c : cases) {
    const absl::Status status = Create(c.text);
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_EQ(ReasonOf(status), c.reason);
  }
  EXPECT_THAT(FieldsOf(Create(FlatElement("1") + "currency_code: 'GBP' supersedes: 'none'")),
              ElementsAre("supersedes"));
  EXPECT_THAT(FieldsOf(Create(FlatElement("1") + "location_id: 'home' currency_code: 'USD'")),
              ElementsAre("currency_code"));
  ASSERT_TRUE(Create(FlatElement("1") + "id: 'a' currency_code: 'GBP'").ok());
  EXPECT_EQ(ReasonOf(Create(FlatElement("1") + "id: 'a' currency_code: 'GBP'")), "TARIFF_ELEMENT_EXISTS");
}

TEST_P(CatalogElementsTest, MarketElement_HasAPriceWhileTheSeriesHas) {
  Upload(kPrices);
  const pb::TariffElement element = AddElement(std::string(kMarketElement) + "id: 'a'");
  EXPECT_EQ(element.status(), pb::ConnectionStatus::CONNECTED);
  AddLocation(std::string(kHome) + "tariff_elements: 'a'");
  EXPECT_EQ(GetLocation("home").tariff_status().commodity_import(), pb::ConnectionStatus::CONNECTED);
  now_ += absl::Hours(1);
  EXPECT_EQ(GetElement("a").status(), pb::ConnectionStatus::ERROR);
  EXPECT_EQ(GetLocation("home").tariff_status().commodity_import(), pb::ConnectionStatus::ERROR);
  EXPECT_EQ(GetElement("a").etag(), element.etag()) << "the status is not a part of its state";
}

TEST_P(CatalogElementsTest, UpdatedSchedule_PricesTheNextCalculation) {
  AddLocation(kHome);
  AddElement(FlatElement("0.25") + "id: 'a' location_id: 'home' display_name: 'A'");
  const std::shared_ptr<const Snapshot> before = snapshot();
  pb::TariffElement after;
  ASSERT_TRUE(
      Update("tariff_element { id: 'a' " + FlatElement("0.5") + "} update_mask { paths: 'schedule' }", &after).ok());
  EXPECT_EQ(after.display_name(), "A");
  EXPECT_EQ(after.schedule(0).days_and_hours(0).hours(0).rate(0).fixed(), 0.5);
  EXPECT_EQ(before->FindElement("a")->schedule->rates()[0].fixed.ToString(), "0.25") << "who has it keeps it";
  EXPECT_EQ(snapshot()->FindElement("a")->schedule->rates()[0].fixed.ToString(), "0.5");
}

TEST_P(CatalogElementsTest, UpdateThatIsRefused_ChangesNothing) {
  AddLocation(kHome);
  AddElement(FlatElement("0.25") + "id: 'shared' currency_code: 'GBP'");
  pb::Location location;
  ASSERT_TRUE(catalog()
                  .UpdateLocation(From<pb::UpdateLocationRequest>("location { id: 'home' tariff_elements: 'shared' }"),
                                  &location)
                  .ok());
  const pb::TariffElement before = GetElement("shared");
  const struct {
    const char* update;
    const char* field;
  } cases[] = {
      {"tariff_element { id: 'shared' direction: EXPORT }", "direction"},
      {"tariff_element { id: 'shared' type: NON_COMMODITY }", "type"},
      {"tariff_element { id: 'shared' location_id: 'home' }", "location_id"},
      {"tariff_element { id: 'shared' } update_mask { paths: 'supersedes' }", "update_mask"},
      {"tariff_element { id: 'shared' } update_mask { paths: 'schedule' }", "schedule"},
      {"tariff_element { id: 'shared' } update_mask { paths: 'schedule.months' }", "update_mask"},
      {"tariff_element { id: 'shared' currency_code: 'EUR' }", "currency_code"},
      {"tariff_element { id: 'shared' tier_unit: KWH_DAILY tier_window: DAY }", "tier_unit"},
  };
  pb::TariffElement after;
  for (const auto& c : cases) EXPECT_THAT(FieldsOf(Update(c.update, &after)), ElementsAre(c.field)) << c.update;
  EXPECT_EQ(GetElement("shared").DebugString(), before.DebugString());
}

TEST_P(CatalogElementsTest, Deleted_IsTakenOffEveryList) {
  AddElement(FlatElement("0.25") + "id: 'a' currency_code: 'GBP'");
  AddElement(FlatElement("0.25") + "id: 'b' currency_code: 'GBP'");
  AddLocation(std::string(kHome) + "tariff_elements: 'a' tariff_elements: 'b'");
  const std::string etag = GetLocation("home").etag();
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_THAT(ListOf("home"), ElementsAre("b"));
  EXPECT_NE(GetLocation("home").etag(), etag);
  EXPECT_EQ(ReasonOf(Delete("a")), "TARIFF_ELEMENT_NOT_FOUND");
  EXPECT_EQ(snapshot()->FindElement("a"), nullptr);
  ASSERT_TRUE(Delete("b").ok());
  EXPECT_EQ(snapshot()->FindLocation("home")->PricesFor(engine::TariffRate::kImport), nullptr);
}

TEST_P(CatalogElementsTest, ListByLocation_IsItsListInPages) {
  AddLocation(kHome);
  for (const char* id : {"a", "b", "c"}) {
    AddElement(FlatElement("1") + absl::StrCat("location_id: 'home' id: '", id, "'"));
  }
  AddElement(
      "id: 'x' location_id: 'home' direction: EXPORT type: NON_COMMODITY schedule { days_and_hours { hours { "
      "rate { fixed: 1 } } } }");
  AddElement(FlatElement("1") + "id: 'other' currency_code: 'GBP'");
  EXPECT_THAT(List("location_id: 'home'"), ElementsAre("x", "c", "b", "a"));
  EXPECT_THAT(List("location_id: 'home' direction: IMPORT"), ElementsAre("c", "b", "a"));
  EXPECT_THAT(List("type: NON_COMMODITY"), ElementsAre("x"));
  EXPECT_THAT(List(""), ElementsAre("other", "x", "c", "b", "a"));
  pb::ListTariffElementsResponse page;
  const auto list = [&](const Page& part) {
    EXPECT_TRUE(
        catalog().ListTariffElements(From<pb::ListTariffElementsRequest>("location_id: 'home'"), part, &page).ok());
    std::vector<std::string> ids;
    for (const auto& element : page.data()) ids.push_back(element.id());
    return ids;
  };
  EXPECT_THAT(list({2, "x", ""}), ElementsAre("c", "b"));
  EXPECT_TRUE(page.has_more());
  EXPECT_THAT(list({2, "", "a"}), ElementsAre("c", "b"));
  EXPECT_TRUE(page.has_more());
  EXPECT_THAT(list({2, "", "b"}), ElementsAre("x", "c"));
  EXPECT_FALSE(page.has_more());
  pb::ListTariffElementsResponse ignored;
  EXPECT_EQ(
      ReasonOf(catalog().ListTariffElements(From<pb::ListTariffElementsRequest>("location_id: 'nowhere'"), &ignored)),
      "LOCATION_NOT_FOUND");
}

TEST_P(CatalogElementsTest, Successor_MustContinueItsPredecessor) {
  AddLocation(kHome);
  AddElement(FlatElement("0.1") + "id: 'v1' location_id: 'home' contract_start_date { seconds: 1000 }");
  const std::string after = "supersedes: 'v1' contract_start_date { seconds: 2000 } ";
  const struct {
    std::string text;
    const char* field;
  } cases[] = {
      {"direction: EXPORT type: COMMODITY schedule { days_and_hours { hours { rate { fixed: 1 } } } } location_id: "
       "'home' " +
           after,
       "direction"},
      {"direction: IMPORT type: NON_COMMODITY schedule { days_and_hours { hours { rate { fixed: 1 } } } } location_id: "
       "'home' " +
           after,
       "type"},
      {FlatElement("1") + "currency_code: 'GBP' " + after, "location_id"},
      {FlatElement("1") + "location_id: 'home' supersedes: 'v1' contract_start_date { seconds: 1000 }",
       "contract_start_date"},
      {FlatElement("1") + "location_id: 'home' supersedes: 'v1'", "contract_start_date"},
      {FlatElement("1") + "location_id: 'home' id: 'x' supersedes: 'x'", "supersedes"},
  };
  for (const auto& c : cases) EXPECT_THAT(FieldsOf(Create(c.text)), ElementsAre(c.field)) << c.text;
  AddElement(FlatElement("0.2") + "id: 'v2' location_id: 'home' " + after);
  EXPECT_THAT(FieldsOf(Create(FlatElement("0.3") + "location_id: 'home' " + after)), ElementsAre("supersedes"));
  pb::TariffElement ignored;
  EXPECT_THAT(FieldsOf(Update("tariff_element { id: 'v1' contract_start_date { seconds: 2000 } }", &ignored)),
              ElementsAre("contract_start_date"));
  EXPECT_THAT(FieldsOf(Update("tariff_element { id: 'v2' contract_start_date { seconds: 500 } }", &ignored)),
              ElementsAre("contract_start_date"));
  ASSERT_TRUE(Update("tariff_element { id: 'v2' contract_start_date { seconds: 3000 } }", &ignored).ok());

  // What a successor refers to may go; it then stands alone, and may be followed.
  ASSERT_TRUE(Delete("v1").ok());
  EXPECT_EQ(GetElement("v2").supersedes(), "v1");
  EXPECT_THAT(FieldsOf(Create(FlatElement("1") + "id: 'v1' location_id: 'home' contract_start_date { seconds: 4000 }")),
              ElementsAre("contract_start_date"));
  AddElement(FlatElement("0.1") + "id: 'v1' location_id: 'home' contract_start_date { seconds: 1 }");
}

TEST_P(CatalogElementsTest, SuccessorThatIsYetToCome_IsConnectedByItsPredecessor) {
  AddElement(FlatElement("0.1") + "id: 'v1' currency_code: 'GBP'");
  AddLocation(std::string(kHome) + "tariff_elements: 'v1'");
  EXPECT_EQ(AddElement(FlatElement("0.1") +
                       "id: 'v2' currency_code: 'GBP' supersedes: 'v1' contract_start_date { seconds: 1900000000 }")
                .status(),
            pb::ConnectionStatus::CONNECTED);
  EXPECT_EQ(GetLocation("home").tariff_status().commodity_import(), pb::ConnectionStatus::CONNECTED);
  EXPECT_EQ(AddElement(FlatElement("0.1") + "id: 'v3' currency_code: 'GBP' contract_start_date { seconds: 1900000000 }")
                .status(),
            pb::ConnectionStatus::ERROR);
}

TEST_P(CatalogElementsTest, Calendar_IsRemadeInTheElementsThatNameIt) {
  const pb::SpecialDayCalendar calendar =
      AddCalendar("id: 'uk' rules { name: 'Christmas' fixed_date { month: 12 day: 25 } }");
  EXPECT_EQ(calendar.object(), "special_day_calendar");
  AddElement(FlatElement("1") + "id: 'a' currency_code: 'GBP' special_day_calendar: 'uk'");
  const int64_t christmas = absl::CivilDay(2026, 12, 25) - absl::CivilDay(1970, 1, 1);
  EXPECT_TRUE(snapshot()->FindElement("a")->special_days->Contains(christmas));
  pb::SpecialDayCalendar after;
  ASSERT_TRUE(catalog()
                  .UpdateSpecialDayCalendar(From<pb::UpdateSpecialDayCalendarRequest>(R"(
                      special_day_calendar { id: "uk" rules { date: "2026-12-26" } }
                      update_mask { paths: "rules" })"),
                                            &after)
                  .ok());
  EXPECT_FALSE(snapshot()->FindElement("a")->special_days->Contains(christmas));
  EXPECT_TRUE(snapshot()->FindElement("a")->special_days->Contains(christmas + 1));

  const auto remove = From<pb::DeleteSpecialDayCalendarRequest>("id: 'uk'");
  const absl::Status in_use = catalog().DeleteSpecialDayCalendar(remove);
  EXPECT_EQ(in_use.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(in_use), "CALENDAR_IN_USE");
  ASSERT_TRUE(Delete("a").ok());
  EXPECT_TRUE(catalog().DeleteSpecialDayCalendar(remove).ok());
  EXPECT_EQ(ReasonOf(catalog().DeleteSpecialDayCalendar(remove)), "CALENDAR_NOT_FOUND");
}

TEST_P(CatalogElementsTest, SumThatNoTimelineHolds_IsRefused) {
  AddLocation(kHome);
  ASSERT_TRUE(Create(FlatElement("1000000000") + "location_id: 'home'").ok());
  Upload(R"(market_series: "wild" currency_code: "GBP" prices { valid_from { seconds: 0 } valid_to { seconds: 60 }
      rate: 999999999.125 })");
  const absl::Status status = Create(R"(location_id: "home" direction: IMPORT type: COMMODITY market_rates: true
      market_series: "wild" schedule { days_and_hours { hours { rate { surcharge_percentage: 999999.1234 } } } })");
  EXPECT_THAT(FieldsOf(status), ElementsAre("schedule"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot be priced"));
  EXPECT_EQ(ListOf("home").size(), 1u) << "the list is as it was";
}

INSTANTIATE_TEST_SUITE_P(, CatalogElementsTest, testing::EachStore(), testing::NameOfStore);

}  // namespace
}  // namespace costs::catalog
