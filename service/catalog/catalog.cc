#include "service/catalog/catalog.h"

#include <utility>

namespace costs::catalog {
namespace {

absl::Status Pending() { return absl::UnavailableError("the served catalog is not built yet"); }

class NoMarketUpload : public Catalog::MarketUpload {
 public:
  absl::Status Add(const pb::UploadMarketPricesRequest&) override { return Pending(); }
  absl::Status Commit(pb::UploadMarketPricesResponse*) override { return Pending(); }
};

class NoIntensityUpload : public Catalog::IntensityUpload {
 public:
  absl::Status Add(const pb::UploadIntensitiesRequest&) override { return Pending(); }
  absl::Status Commit(pb::UploadIntensitiesResponse*) override { return Pending(); }
};

}  // namespace

class Catalog::Impl {
 public:
  SnapshotHolder snapshots;
};

Catalog::Catalog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Catalog::~Catalog() = default;

absl::StatusOr<std::unique_ptr<Catalog>> Catalog::Open(Options) {
  auto impl = std::make_unique<Impl>();
  impl->snapshots.Set(*Snapshot::Create(1, {}));
  return std::unique_ptr<Catalog>(new Catalog(std::move(impl)));
}

const SnapshotHolder& Catalog::snapshots() const { return impl_->snapshots; }
absl::Time Catalog::last_changed() const { return absl::UnixEpoch(); }
absl::StatusOr<bool> Catalog::Empty() const { return true; }
std::unique_ptr<Catalog::MarketUpload> Catalog::BeginMarketUpload(const Tenant&) {
  return std::make_unique<NoMarketUpload>();
}
std::unique_ptr<Catalog::IntensityUpload> Catalog::BeginIntensityUpload(const Tenant&) {
  return std::make_unique<NoIntensityUpload>();
}
absl::Status Catalog::Replace(const CatalogDocuments&) { return Pending(); }
absl::Status Catalog::CreateLocation(const Tenant&, const pb::CreateLocationRequest&, pb::Location*) {
  return Pending();
}
absl::Status Catalog::GetLocation(const Tenant&, const pb::GetLocationRequest&, pb::Location*) const {
  return Pending();
}
absl::Status Catalog::ListLocations(const Tenant&, const pb::ListLocationsRequest&, pb::ListLocationsResponse*) const {
  return Pending();
}
absl::Status Catalog::ListLocations(const Tenant&, const pb::ListLocationsRequest&, const Page&,
                                    pb::ListLocationsResponse*) const {
  return Pending();
}
absl::Status Catalog::UpdateLocation(const Tenant&, const pb::UpdateLocationRequest&, pb::Location*) {
  return Pending();
}
absl::Status Catalog::DeleteLocation(const Tenant&, const pb::DeleteLocationRequest&) { return Pending(); }
absl::Status Catalog::CreateDevice(const Tenant&, const pb::CreateDeviceRequest&, pb::Device*) { return Pending(); }
absl::Status Catalog::GetDevice(const Tenant&, const pb::GetDeviceRequest&, pb::Device*) const { return Pending(); }
absl::Status Catalog::ListDevices(const Tenant&, const pb::ListDevicesRequest&, pb::ListDevicesResponse*) const {
  return Pending();
}
absl::Status Catalog::ListDevices(const Tenant&, const pb::ListDevicesRequest&, const Page&,
                                  pb::ListDevicesResponse*) const {
  return Pending();
}
absl::Status Catalog::UpdateDevice(const Tenant&, const pb::UpdateDeviceRequest&, pb::Device*) { return Pending(); }
absl::Status Catalog::DeleteDevice(const Tenant&, const pb::DeleteDeviceRequest&) { return Pending(); }
absl::Status Catalog::CreateTariffElement(const Tenant&, const pb::CreateTariffElementRequest&, pb::TariffElement*) {
  return Pending();
}
absl::Status Catalog::GetTariffElement(const Tenant&, const pb::GetTariffElementRequest&, pb::TariffElement*) const {
  return Pending();
}
absl::Status Catalog::ListTariffElements(const Tenant&, const pb::ListTariffElementsRequest&,
                                         pb::ListTariffElementsResponse*) const {
  return Pending();
}
absl::Status Catalog::ListTariffElements(const Tenant&, const pb::ListTariffElementsRequest&, const Page&,
                                         pb::ListTariffElementsResponse*) const {
  return Pending();
}
absl::Status Catalog::UpdateTariffElement(const Tenant&, const pb::UpdateTariffElementRequest&, pb::TariffElement*) {
  return Pending();
}
absl::Status Catalog::DeleteTariffElement(const Tenant&, const pb::DeleteTariffElementRequest&) { return Pending(); }
absl::Status Catalog::CreateSpecialDayCalendar(const Tenant&, const pb::CreateSpecialDayCalendarRequest&,
                                               pb::SpecialDayCalendar*) {
  return Pending();
}
absl::Status Catalog::GetSpecialDayCalendar(const Tenant&, const pb::GetSpecialDayCalendarRequest&,
                                            pb::SpecialDayCalendar*) const {
  return Pending();
}
absl::Status Catalog::ListSpecialDayCalendars(const Tenant&, const pb::ListSpecialDayCalendarsRequest&,
                                              pb::ListSpecialDayCalendarsResponse*) const {
  return Pending();
}
absl::Status Catalog::ListSpecialDayCalendars(const Tenant&, const pb::ListSpecialDayCalendarsRequest&, const Page&,
                                              pb::ListSpecialDayCalendarsResponse*) const {
  return Pending();
}
absl::Status Catalog::UpdateSpecialDayCalendar(const Tenant&, const pb::UpdateSpecialDayCalendarRequest&,
                                               pb::SpecialDayCalendar*) {
  return Pending();
}
absl::Status Catalog::DeleteSpecialDayCalendar(const Tenant&, const pb::DeleteSpecialDayCalendarRequest&) {
  return Pending();
}
absl::Status Catalog::ListIntensities(const Tenant&, const pb::ListIntensitiesRequest&,
                                      pb::ListIntensitiesResponse*) const {
  return Pending();
}

}  // namespace costs::catalog
