#include "service/catalog/testing/catalog_fixture.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace costs::catalog::testing {

std::string FlatElement(absl::string_view rate) {
  return absl::StrCat("direction: IMPORT type: COMMODITY schedule { days_and_hours { hours { rate { fixed: ", rate,
                      " } } } } ");
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::path(::testing::TempDir()) / "catalogXXXXXX").string();
  path = mkdtemp(&name[0]);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

void CatalogTest::Open(const std::string& store) {
  options_.store = store;
  options_.tenant = tenant_;
  options_.now = [this] { return now_ += absl::Seconds(1); };
  options_.new_id = [this](absl::string_view prefix) { return absl::StrFormat("%s%024d", prefix, ++last_id_); };
  Reopen();
}

void CatalogTest::Reopen() {
  catalog_.reset();
  absl::StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(options_);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  catalog_ = *std::move(catalog);
}

pb::Location CatalogTest::AddLocation(const std::string& text) {
  pb::CreateLocationRequest request;
  *request.mutable_location() = From<pb::Location>(text);
  pb::Location location;
  const absl::Status status = catalog_->CreateLocation(request, &location);
  EXPECT_TRUE(status.ok()) << status << "\n" << text;
  return location;
}

pb::TariffElement CatalogTest::AddElement(const std::string& text) {
  pb::CreateTariffElementRequest request;
  *request.mutable_tariff_element() = From<pb::TariffElement>(text);
  pb::TariffElement element;
  const absl::Status status = catalog_->CreateTariffElement(request, &element);
  EXPECT_TRUE(status.ok()) << status << "\n" << text;
  return element;
}

pb::SpecialDayCalendar CatalogTest::AddCalendar(const std::string& text) {
  pb::CreateSpecialDayCalendarRequest request;
  *request.mutable_special_day_calendar() = From<pb::SpecialDayCalendar>(text);
  pb::SpecialDayCalendar calendar;
  const absl::Status status = catalog_->CreateSpecialDayCalendar(request, &calendar);
  EXPECT_TRUE(status.ok()) << status << "\n" << text;
  return calendar;
}

pb::UploadMarketPricesResponse CatalogTest::Upload(const std::string& text) {
  std::unique_ptr<Catalog::MarketUpload> upload = catalog_->BeginMarketUpload();
  absl::Status status = upload->Add(From<pb::UploadMarketPricesRequest>(text));
  EXPECT_TRUE(status.ok()) << status << "\n" << text;
  pb::UploadMarketPricesResponse response;
  status = upload->Commit(&response);
  EXPECT_TRUE(status.ok()) << status << "\n" << text;
  return response;
}

pb::Location CatalogTest::GetLocation(const std::string& id) {
  pb::GetLocationRequest request;
  request.set_id(id);
  pb::Location location;
  const absl::Status status = catalog_->GetLocation(request, &location);
  EXPECT_TRUE(status.ok()) << status;
  return location;
}

pb::TariffElement CatalogTest::GetElement(const std::string& id) {
  pb::GetTariffElementRequest request;
  request.set_id(id);
  pb::TariffElement element;
  const absl::Status status = catalog_->GetTariffElement(request, &element);
  EXPECT_TRUE(status.ok()) << status;
  return element;
}

}  // namespace costs::catalog::testing
