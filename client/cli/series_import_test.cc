#include "client/cli/series_import.h"

#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/match.h"
#include "client/cli/testing/fake_catalog_services.h"
#include "gtest/gtest.h"
#include "service/catalog/import/import_time.h"
#include "service/catalog/refusal.h"

namespace costs::cli {
namespace {

using catalog::ImportedIntensities;
using catalog::ImportedPrices;
using engine::Decimal;
using engine::Instant;

// Half hours from 2023-01-01T00:00:00Z, priced 0.001, 0.002, ...
ImportedPrices Prices(int count) {
  ImportedPrices imported;
  imported.currency_code = "EUR";
  for (int i = 0; i < count; ++i) {
    const int64_t start = 1'672'531'200 + i * 1'800;
    imported.prices.push_back({{Instant::FromSeconds(start), Instant::FromSeconds(start + 1'800)},
                               *Decimal::Parse(std::to_string(i + 1) + "e-3")});
  }
  return imported;
}

SeriesImportOptions Options(const std::string& id) {
  SeriesImportOptions options;
  options.id = id;
  options.server = "the fake";
  return options;
}

struct Ran {
  ExitCode code;
  std::string out;
  std::string err;
};

Ran Import(const absl::StatusOr<ImportedPrices>& imported, const FakeCatalogServices& services,
           const SeriesImportOptions& options = Options("se3")) {
  std::ostringstream out, err;
  const ExitCode code = FinishImport(imported, options, services.NewTariffsStub().get(), &out, &err);
  return {code, out.str(), err.str()};
}

TEST(FinishImport, Prices_AreSentExactlyWithTheirSeries) {
  FakeCatalogServices services;
  ImportedPrices imported = Prices(2);
  imported.findings = {{"day.json:3", "is odd"}, {"", "17 further oddities"}};
  const Ran ran = Import(imported, services);
  EXPECT_EQ(ran.code, kOk) << ran.err;
  EXPECT_EQ(ran.out,
            "se3: 2 prices in EUR from 2023-01-01T00:00:00Z to 2023-01-01T01:00:00Z, 0.001 to 0.002 per kWh\n"
            "sent: 2, of which 2 were new or changed; catalog version v7\n");
  EXPECT_EQ(ran.err, "costs: day.json:3: is odd\ncosts: 17 further oddities\n");
  ASSERT_EQ(services.prices().size(), 1);
  const v1::UploadMarketPricesRequest& request = services.prices()[0];
  EXPECT_EQ(request.market_series(), "se3");
  EXPECT_EQ(request.currency_code(), "EUR");
  ASSERT_EQ(request.prices_size(), 2);
  EXPECT_EQ(request.prices(1).valid_from().seconds(), 1'672'533'000);
  EXPECT_EQ(request.prices(1).valid_to().seconds(), 1'672'534'800);
  EXPECT_EQ(request.prices(1).rate(), 0.002);
}

TEST(FinishImport, ManyPrices_GoInMessagesOfAtMostTenThousand) {
  FakeCatalogServices services;
  EXPECT_EQ(Import(Prices(25'000), services).code, kOk);
  ASSERT_EQ(services.prices().size(), 3);
  EXPECT_EQ(services.prices()[0].prices_size(), 10'000);
  EXPECT_EQ(services.prices()[2].prices_size(), 5'000);
  EXPECT_EQ(services.prices()[2].market_series(), "se3");
  EXPECT_EQ(services.prices()[2].prices(4'999).rate(), 25.0);
}

TEST(FinishImport, Intensities_KeepUnknownAndZeroApart) {
  FakeCatalogServices services;
  ImportedIntensities imported;
  imported.intensities.push_back({{Instant::FromSeconds(0), Instant::FromSeconds(60)}, Decimal(), std::nullopt});
  imported.intensities.push_back(
      {{Instant::FromSeconds(60), Instant::FromSeconds(120)}, std::nullopt, *Decimal::Parse("58.5")});
  std::ostringstream out, err;
  EXPECT_EQ(FinishImport(imported, Options("GB"), services.NewCarbonStub().get(), &out, &err), kOk) << err.str();
  EXPECT_EQ(out.str(),
            "GB: 2 intensities from 1970-01-01T00:00:00Z to 1970-01-01T00:02:00Z, 1 with a forecast, 1 with an actual\n"
            "sent: 2, of which 2 were new or changed; catalog version v8\n");
  ASSERT_EQ(services.intensities().size(), 1);
  const v1::UploadIntensitiesRequest& request = services.intensities()[0];
  EXPECT_EQ(request.region(), "GB");
  EXPECT_TRUE(request.intensities(0).has_forecast());
  EXPECT_EQ(request.intensities(0).forecast(), 0);
  EXPECT_FALSE(request.intensities(0).has_actual());
  EXPECT_FALSE(request.intensities(1).has_forecast());
  EXPECT_EQ(request.intensities(1).actual(), 58.5);
}

TEST(FinishImport, DryRun_TellsAndSendsNothing) {
  FakeCatalogServices services;
  SeriesImportOptions options = Options("se3");
  options.dry_run = true;
  const Ran ran = Import(Prices(10'001), services, options);
  EXPECT_EQ(ran.code, kOk);
  EXPECT_TRUE(absl::EndsWith(ran.out, "dry run: would be sent in 2 messages; nothing was\n")) << ran.out;
  EXPECT_TRUE(services.prices().empty());
}

TEST(FinishImport, CsvFile_IsThatOfACatalogDirectory) {
  FakeCatalogServices services;
  SeriesImportOptions options = Options("se3");
  options.write_csv = testing::TempDir() + "/se3.csv";
  const Ran ran = Import(Prices(2), services, options);
  EXPECT_EQ(ran.code, kOk) << ran.err;
  EXPECT_EQ(ran.out, "");
  std::ifstream file(options.write_csv);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
            "start_time,end_time,price_per_kwh,currency_code\n"
            "2023-01-01T00:00:00Z,2023-01-01T00:30:00Z,0.001,EUR\n"
            "2023-01-01T00:30:00Z,2023-01-01T01:00:00Z,0.002,EUR\n");
  EXPECT_TRUE(services.prices().empty());

  options.write_csv = "/no/such/folder/se3.csv";
  EXPECT_EQ(Import(Prices(2), services, options).code, kFileError);
}

TEST(FinishImport, Refusal_SendsNothingAndTellsReasonAndPlace) {
  FakeCatalogServices services;
  const Ran refused = Import(
      catalog::Refuse(absl::StatusCode::kInvalidArgument, "NO_DATA", "no", {{"day.json", "has no prices"}}), services);
  EXPECT_EQ(refused.code, kSomeRecordsFailed);
  EXPECT_EQ(refused.err,
            "costs: the import is refused, and nothing is sent\n  day.json: has no prices\n  reason: NO_DATA\n");
  const Ran asked = Import(
      catalog::Refuse(absl::StatusCode::kInvalidArgument, "OPTION_REQUIRED", "no", {{"vat", "is missing"}}), services);
  EXPECT_EQ(asked.code, kUsage);
  EXPECT_TRUE(services.prices().empty());
}

TEST(FinishImport, FigureThatADoubleDoesNotKeep_IsRefusedBeforeAnythingIsSent) {
  FakeCatalogServices services;
  ImportedPrices imported = Prices(2);
  imported.prices[1].per_kwh = *Decimal::Parse("123456789.123456789");
  const Ran ran = Import(imported, services);
  EXPECT_EQ(ran.code, kSomeRecordsFailed);
  EXPECT_TRUE(absl::StrContains(ran.err, "at 2023-01-01T00:30:00Z is 123456789.123456789, which has more digits"))
      << ran.err;
  EXPECT_TRUE(services.prices().empty());
}

TEST(FinishImport, ServerThatRefuses_IsQuoted) {
  FakeCatalogServices services(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "another currency"));
  const Ran ran = Import(Prices(30'000), services);
  EXPECT_EQ(ran.code, kServerRefused);
  EXPECT_TRUE(absl::StrContains(ran.err, "costs: INVALID_ARGUMENT: another currency")) << ran.err;
}

TEST(FinishImport, NoServer_SaysSo) {
  std::unique_ptr<v1::TariffsService::Stub> stub;
  {
    FakeCatalogServices gone;
    stub = gone.NewTariffsStub();
  }
  std::ostringstream out, err;
  EXPECT_EQ(FinishImport(absl::StatusOr<ImportedPrices>(Prices(2)), Options("se3"), stub.get(), &out, &err),
            kServerUnreachable);
  EXPECT_TRUE(absl::StrContains(err.str(), "no answer from the fake; is costsd running there?")) << err.str();
}

}  // namespace
}  // namespace costs::cli
