// The Catalog's calls for market prices and carbon intensities.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"
#include "service/catalog/testing/catalog_fixture.h"
#include "service/catalog/testing/each_store.h"

namespace costs::catalog {
namespace {

using testing::EachStoreTest;
using ::testing::ElementsAre;
using testing::From;
using ::testing::HasSubstr;

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ViolationsOf(status)) fields.push_back(violation.field);
  return fields;
}

std::string Price(int64_t from, int64_t to, absl::string_view rate) {
  return absl::StrCat(" prices { valid_from { seconds: ", from, " } valid_to { seconds: ", to, " } rate: ", rate, " }");
}

std::string Intensity(int64_t from, int64_t to, absl::string_view figures) {
  return absl::StrCat(" intensities { valid_from { seconds: ", from, " } valid_to { seconds: ", to, " } ", figures,
                      " }");
}

const char kAgile[] = "market_series: 'agile' currency_code: 'GBP'";
const char kGb[] = "region: 'GB'";

class CatalogSeriesTest : public EachStoreTest {
 protected:
  CatalogSeriesTest() { OpenKept(); }

  // "from-to=price ..." of a series.
  std::string PricesOf(const std::string& id) {
    std::string text;
    for (const engine::MarketPrice& price : snapshot()->FindMarket(id)->prices()) {
      absl::StrAppend(&text, text.empty() ? "" : " ", price.interval.start.ns / engine::kNanosPerSecond, "-",
                      price.interval.end.ns / engine::kNanosPerSecond, "=", price.per_kwh.ToString());
    }
    return text;
  }

  std::string IntensitiesOf(const std::string& region) {
    std::string text;
    const auto figure = [](const std::optional<engine::Decimal>& f) { return f ? f->ToString() : "?"; };
    for (const engine::CarbonIntensity& entry : snapshot()->FindCarbon(region)->intensities()) {
      absl::StrAppend(&text, text.empty() ? "" : " ", entry.interval.start.ns / engine::kNanosPerSecond, "-",
                      entry.interval.end.ns / engine::kNanosPerSecond, "=", figure(entry.forecast), "/",
                      figure(entry.actual));
    }
    return text;
  }

  // What the upload of these messages gives.
  absl::Status TryUpload(const std::vector<std::string>& messages) {
    std::unique_ptr<Catalog::MarketUpload> upload = catalog().BeginMarketUpload();
    for (const std::string& message : messages) {
      const absl::Status status = upload->Add(From<pb::UploadMarketPricesRequest>(message));
      if (!status.ok()) {
        pb::UploadMarketPricesResponse ignored;
        EXPECT_EQ(upload->Commit(&ignored), status) << "an upload that failed has failed";
        return status;
      }
    }
    pb::UploadMarketPricesResponse response;
    return upload->Commit(&response);
  }

  pb::UploadIntensitiesResponse UploadCarbon(const std::string& text) {
    std::unique_ptr<Catalog::IntensityUpload> upload = catalog().BeginIntensityUpload();
    EXPECT_TRUE(upload->Add(From<pb::UploadIntensitiesRequest>(text)).ok());
    pb::UploadIntensitiesResponse response;
    const absl::Status status = upload->Commit(&response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
};

TEST_P(CatalogSeriesTest, Upload_MakesASeriesInTheOrderOfTime) {
  const auto response =
      Upload(absl::StrCat(kAgile, Price(3600, 5400, "-0.25"), Price(0, 1800, "0.1"), Price(1800, 3600, "0.123456789")));
  EXPECT_EQ(response.series_count(), 1);
  EXPECT_EQ(response.received_count(), 3);
  EXPECT_EQ(response.changed_count(), 3);
  EXPECT_EQ(response.catalog_version(), "1");
  EXPECT_EQ(PricesOf("agile"), "0-1800=0.1 1800-3600=0.123456789 3600-5400=-0.25");
  Reopen();
  EXPECT_EQ(PricesOf("agile"), "0-1800=0.1 1800-3600=0.123456789 3600-5400=-0.25");
  EXPECT_EQ(snapshot()->version(), 1u);
}

TEST_P(CatalogSeriesTest, UploadAgain_CountsOnlyWhatIsNew) {
  Upload(absl::StrCat(kAgile, Price(0, 1800, "0.1"), Price(1800, 3600, "0.2")));
  auto response = Upload(absl::StrCat(kAgile, Price(0, 1800, "0.1"), Price(1800, 3600, "0.3"), Price(3600, 7200, "1")));
  EXPECT_EQ(response.changed_count(), 2);
  EXPECT_EQ(response.catalog_version(), "2");
  response = Upload(absl::StrCat(kAgile, Price(0, 1800, "0.1")));
  EXPECT_EQ(response.changed_count(), 0);
  EXPECT_EQ(response.catalog_version(), "2") << "nothing changed";
  EXPECT_EQ(PricesOf("agile"), "0-1800=0.1 1800-3600=0.3 3600-7200=1");
}

TEST_P(CatalogSeriesTest, NewPrices_ReplaceStoredOnesWhereTheyLie) {
  Upload(absl::StrCat(kAgile, Price(0, 3600, "1"), Price(3600, 7200, "2"), Price(7200, 10800, "3")));
  Upload(absl::StrCat(kAgile, Price(900, 1800, "9"), Price(5400, 9000, "8")));
  const std::string expected = "0-900=1 900-1800=9 1800-3600=1 3600-5400=2 5400-9000=8 9000-10800=3";
  EXPECT_EQ(PricesOf("agile"), expected);
  Reopen();
  EXPECT_EQ(PricesOf("agile"), expected) << "the rows say the same as the snapshot";
}

TEST_P(CatalogSeriesTest, ManySeriesInOneUpload_AreAllApplied) {
  std::unique_ptr<Catalog::MarketUpload> upload = catalog().BeginMarketUpload();
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(upload
                    ->Add(From<pb::UploadMarketPricesRequest>(absl::StrCat(
                        "market_series: 's", i % 100, "' currency_code: 'GBP'", Price(i * 60, i * 60 + 60, "1"))))
                    .ok());
  }
  EXPECT_EQ(snapshot()->FindMarket("s0"), nullptr) << "nothing before Commit()";
  pb::UploadMarketPricesResponse response;
  ASSERT_TRUE(upload->Commit(&response).ok());
  EXPECT_EQ(response.series_count(), 100);
  EXPECT_EQ(response.received_count(), 300);
  EXPECT_EQ(PricesOf("s7"), "420-480=1 6420-6480=1 12420-12480=1");
}

TEST_P(CatalogSeriesTest, UploadWithoutCommit_DoesNothing) {
  {
    std::unique_ptr<Catalog::MarketUpload> upload = catalog().BeginMarketUpload();
    ASSERT_TRUE(upload->Add(From<pb::UploadMarketPricesRequest>(absl::StrCat(kAgile, Price(0, 60, "1")))).ok());
    AddLocation("timezone: 'UTC' currency_code: 'GBP'");  // not held up by the upload
  }
  EXPECT_EQ(snapshot()->FindMarket("agile"), nullptr);
}

TEST_P(CatalogSeriesTest, FaultyUpload_IsRefusedWithTheEntry) {
  Upload(absl::StrCat(kAgile, Price(0, 60, "1")));
  const struct {
    std::vector<std::string> messages;
    const char* field;
    const char* what;
  } cases[] = {
      {{"currency_code: 'GBP'" + Price(0, 60, "1")}, "market_series", "is required"},
      {{"market_series: 'a/b'" + Price(0, 60, "1")}, "market_series", "write 1 to 64"},
      {{kAgile}, "prices", "at least one entry"},
      {{"market_series: 'new'" + Price(0, 60, "1")}, "currency_code", "required for the new series new"},
      {{"market_series: 'agile' currency_code: 'EUR'" + Price(0, 60, "1")}, "currency_code", "agile is in GBP"},
      {{"market_series: 'n' currency_code: 'EUR'" + Price(0, 60, "1"),
        "market_series: 'n' currency_code: 'USD'" + Price(60, 120, "1")},
       "currency_code",
       "was EUR before"},
      {{"market_series: 'agile' currency_code: 'pound'" + Price(0, 60, "1")}, "currency_code", "ISO 4217"},
      {{kAgile + Price(60, 60, "1")},
       "prices[0].valid_to",
       "must be after valid_from (message 1 of the upload, series"},
      {{kAgile + Price(-60, 60, "1")}, "prices[0].valid_from", "must lie between 1970"},
      {{kAgile + Price(0, 4102444801, "1")}, "prices[0].valid_to", "must lie between 1970"},
      {{kAgile + Price(0, 9000000000000, "1")}, "prices[0].valid_to", "years 1 to 9999"},
      {{kAgile + Price(0, 60, "nan")}, "prices[0].rate", "must be a number from -1000000000"},
      {{kAgile + Price(0, 60, "1e10")}, "prices[0].rate", "must be a number from -1000000000"},
      {{kAgile + Price(0, 60, "0.1234567891")}, "prices[0].rate", "more than 9 digits"},
      {{absl::StrCat(kAgile, " prices { }")}, "prices[0].valid_from", "is required"},
      {{kAgile + Price(0, 60, "1") + Price(120, 180, "1"), kAgile + Price(150, 200, "1")},
       "prices[0]",
       "of message 2 overlaps prices[1] of message 1: both hold from 1970-01-01T00:02:30Z in series agile"},
      {{kAgile + Price(0, 60, "1"), kAgile + Price(0, 60, "1")}, "prices[0]", "of message 2 overlaps prices[0]"},
  };
  for (const auto& c : cases) {
    const absl::Status status = TryUpload(c.messages);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    ASSERT_FALSE(FieldsOf(status).empty()) << status;
    EXPECT_EQ(FieldsOf(status)[0], c.field) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.what));
  }
  EXPECT_EQ(PricesOf("agile"), "0-60=1");
  EXPECT_EQ(snapshot()->version(), 1u);
}

TEST_P(CatalogSeriesTest, UploadOverTheLimit_IsRefused) {
  options_.limits.upload_entries = 3;
  options_.limits.entries_per_message = 2;
  Reopen();
  EXPECT_THAT(FieldsOf(TryUpload({kAgile + Price(0, 1, "1") + Price(1, 2, "1") + Price(2, 3, "1")})),
              ElementsAre("prices"));
  EXPECT_TRUE(TryUpload({kAgile + Price(0, 1, "1") + Price(1, 2, "1"), kAgile + Price(2, 3, "1")}).ok());
  const absl::Status status =
      TryUpload({kAgile + Price(0, 1, "1") + Price(1, 2, "1"), kAgile + Price(2, 3, "1") + Price(3, 4, "1")});
  EXPECT_THAT(std::string(status.message()), HasSubstr("over the limit of 3 entries in an upload"));
}

TEST_P(CatalogSeriesTest, Intensities_UpdateTheFiguresThatTheySet) {
  auto response =
      UploadCarbon(absl::StrCat(kGb, Intensity(0, 1800, "forecast: 100"), Intensity(1800, 3600, "forecast: 50")));
  EXPECT_EQ(response.region_count(), 1);
  EXPECT_EQ(response.changed_count(), 2);
  response = UploadCarbon(absl::StrCat(kGb, Intensity(0, 1800, "actual: 90"), Intensity(1800, 3600, "forecast: 50")));
  EXPECT_EQ(response.changed_count(), 1);
  EXPECT_EQ(IntensitiesOf("GB"), "0-1800=100/90 1800-3600=50/?");
  UploadCarbon(absl::StrCat(kGb, Intensity(900, 2700, "forecast: 7")));
  const std::string expected = "0-900=100/90 900-2700=7/? 2700-3600=50/?";
  EXPECT_EQ(IntensitiesOf("GB"), expected);
  Reopen();
  EXPECT_EQ(IntensitiesOf("GB"), expected);
}

TEST_P(CatalogSeriesTest, FaultyIntensities_AreRefused) {
  const struct {
    std::string figures;
    const char* field;
  } cases[] = {{"", "intensities[0]"},
               {"forecast: -1", "intensities[0].forecast"},
               {"actual: inf", "intensities[0].actual"},
               {"actual: 0.12345678912", "intensities[0].actual"}};
  for (const auto& c : cases) {
    std::unique_ptr<Catalog::IntensityUpload> upload = catalog().BeginIntensityUpload();
    EXPECT_THAT(FieldsOf(upload->Add(From<pb::UploadIntensitiesRequest>(kGb + Intensity(0, 60, c.figures)))),
                ElementsAre(c.field));
  }
}

TEST_P(CatalogSeriesTest, ListedIntensities_AreInTheOrderOfTime) {
  std::string text = kGb;
  for (int i = 0; i < 10; ++i) absl::StrAppend(&text, Intensity(i * 60, i * 60 + 60, absl::StrCat("actual: ", i)));
  UploadCarbon(text);
  const auto list = [&](const std::string& request, pb::ListIntensitiesResponse* response) {
    const absl::Status status = catalog().ListIntensities(From<pb::ListIntensitiesRequest>(request), response);
    EXPECT_TRUE(status.ok()) << status;
    std::vector<double> actuals;
    for (const auto& entry : response->data()) actuals.push_back(entry.actual());
    return actuals;
  };
  pb::ListIntensitiesResponse page;
  EXPECT_THAT(list("region: 'GB' start_time { seconds: 90 } end_time { seconds: 300 } page_size: 2", &page),
              ElementsAre(1, 2));
  EXPECT_EQ(page.intensity_units(), "gCO2eq/kWh");
  EXPECT_EQ(page.url(), "/carbon/intensities/GB");
  EXPECT_TRUE(page.has_more());
  EXPECT_THAT(list(absl::StrCat("region: 'GB' start_time { seconds: 90 } end_time { seconds: 300 } page_token: '",
                                page.next_page_token(), "'"),
                   &page),
              ElementsAre(3, 4));
  EXPECT_FALSE(page.has_more());
  EXPECT_EQ(list("region: 'GB'", &page).size(), 10u);
  EXPECT_EQ(list("region: 'GB' start_time { seconds: 600 }", &page).size(), 0u);
  const auto refusal = [&](const std::string& request) {
    return catalog().ListIntensities(From<pb::ListIntensitiesRequest>(request), &page);
  };
  EXPECT_EQ(ReasonOf(refusal("region: 'FR'")), "CARBON_REGION_NOT_FOUND");
  EXPECT_THAT(FieldsOf(refusal("")), ElementsAre("region"));
  EXPECT_THAT(FieldsOf(refusal("region: 'GB' start_time { seconds: 60 } end_time { seconds: 60 }")),
              ElementsAre("end_time"));
  EXPECT_THAT(FieldsOf(refusal("region: 'GB' page_token: 'x'")), ElementsAre("page_token"));
  EXPECT_THAT(FieldsOf(refusal("region: 'GB' page_size: -1")), ElementsAre("page_size"));
}

TEST_P(CatalogSeriesTest, NewPrices_RemakeTheElementsThatFollowThem) {
  Upload(absl::StrCat(kAgile, Price(0, 60, "1")));
  AddElement(
      "id: 'a' direction: IMPORT type: COMMODITY market_rates: true market_series: 'agile' currency_code: 'GBP'");
  AddLocation("id: 'home' timezone: 'UTC' currency_code: 'GBP' tariff_elements: 'a'");
  Upload(absl::StrCat(kAgile, Price(60, 120, "2")));
  EXPECT_EQ(snapshot()->FindElement("a")->market->prices().size(), 2u);
  Reopen();
  EXPECT_EQ(snapshot()->FindElement("a")->market->prices().size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(, CatalogSeriesTest, testing::EachStore(), testing::NameOfStore);

}  // namespace
}  // namespace costs::catalog
