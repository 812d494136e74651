#include "client/cli/tariff_import.h"

#include <sstream>

#include "absl/strings/match.h"
#include "client/cli/testing/fake_catalog_services.h"
#include "gtest/gtest.h"
#include "service/catalog/refusal.h"

namespace costs::cli {
namespace {

using catalog::ImportedTariff;

ImportedTariff Tariff() {
  ImportedTariff tariff;
  tariff.calendars.emplace_back().set_id("rs-holidays");
  tariff.elements.emplace_back().set_id("rs");
  tariff.elements[0].set_special_day_calendar("rs-holidays");
  tariff.elements.emplace_back().set_id("rs-export");
  tariff.findings = {{"startdate (line 3)", "is taken as a midnight of the location"}};
  return tariff;
}

struct Ran {
  ExitCode code;
  std::string out;
  std::string err;
};

Ran Import(const absl::StatusOr<ImportedTariff>& imported, const FakeCatalogServices& services,
           TariffImportRun options = {}) {
  options.server = "the fake";
  std::ostringstream out, err;
  const ExitCode code = FinishTariffImport(imported, options, services.NewTariffsStub().get(), &out, &err);
  return {code, out.str(), err.str()};
}

TEST(FinishTariffImport, CalendarsAndThenElements_AreCreated) {
  FakeCatalogServices services;
  TariffImportRun options;
  options.location_id = "loc_1";
  const Ran ran = Import(Tariff(), services, options);
  EXPECT_EQ(ran.code, kOk) << ran.err;
  EXPECT_EQ(ran.out, "calendar rs-holidays: created\nelement rs: created\nelement rs-export: created\n");
  EXPECT_EQ(ran.err, "costs: startdate (line 3): is taken as a midnight of the location\n");
  ASSERT_EQ(services.calendars().size(), 1);
  ASSERT_EQ(services.elements().size(), 2);
  EXPECT_EQ(services.elements()[0].special_day_calendar(), "rs-holidays");
  EXPECT_EQ(services.elements()[1].location_id(), "loc_1");
}

TEST(FinishTariffImport, DryRun_PrintsTheDocumentsAndCreatesNothing) {
  FakeCatalogServices services;
  TariffImportRun options;
  options.dry_run = true;
  const Ran ran = Import(Tariff(), services, options);
  EXPECT_EQ(ran.code, kOk);
  EXPECT_EQ(ran.out,
            "{\n \"id\": \"rs-holidays\"\n}\n"
            "{\n \"id\": \"rs\",\n \"special_day_calendar\": \"rs-holidays\"\n}\n"
            "{\n \"id\": \"rs-export\"\n}\n");
  EXPECT_TRUE(services.calendars().empty());
  EXPECT_TRUE(services.elements().empty());
}

TEST(FinishTariffImport, WhatIsThereAlready_IsPassedOverOnlyWhenTold) {
  FakeCatalogServices services(grpc::Status(grpc::StatusCode::ALREADY_EXISTS, "there is a calendar of this id"));
  const Ran refused = Import(Tariff(), services);
  EXPECT_EQ(refused.code, kServerRefused);
  EXPECT_EQ(refused.out, "");
  EXPECT_TRUE(absl::StrContains(refused.err, "ALREADY_EXISTS: there is a calendar of this id")) << refused.err;
  TariffImportRun options;
  options.existing_is_fine = true;
  const Ran passed = Import(Tariff(), services, options);
  EXPECT_EQ(passed.code, kOk) << passed.err;
  EXPECT_TRUE(absl::StartsWith(passed.out, "calendar rs-holidays: is there already, and left as it is\n"))
      << passed.out;
}

TEST(FinishTariffImport, Refusal_CreatesNothing) {
  FakeCatalogServices services;
  const Ran ran = Import(catalog::Refuse(absl::StatusCode::kInvalidArgument, "FIXED_CHARGE", "no",
                                         {{"fixed_charge", "FIXED_CHARGE: is 11.3 $/month"}}),
                         services);
  EXPECT_EQ(ran.code, kSomeRecordsFailed);
  EXPECT_EQ(ran.err,
            "costs: the import is refused, and nothing is sent\n  fixed_charge: FIXED_CHARGE: is 11.3 $/month\n"
            "  reason: FIXED_CHARGE\n");
  EXPECT_TRUE(services.elements().empty());
}

}  // namespace
}  // namespace costs::cli
