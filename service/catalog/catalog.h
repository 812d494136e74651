// The served catalog of a tenant: locations, devices, tariff elements, special-day calendars,
// market prices and carbon intensities, that calls may read and change.
//
//   absl::StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(std::move(options));
//   pb::Location location;
//   absl::Status status = (*catalog)->CreateLocation(request, &location);
//   (*catalog)->snapshots().Get()->FindLocation(location.id());   // priced from now on
//
// It keeps its entries as documents (the API's own messages, as their bytes) in
// SQLite or PostgreSQL, and what calculations read as a Snapshot. A change is
// checked, tried on the snapshot, committed, and only then published and answered:
// it is there whole, and durable, once the call returns OK, and not at all
// otherwise. One change is made at a time; reading never waits for one. Catalogs
// (catalogs.h) has those of many tenants in one store.
//
// Several processes may share a catalog in PostgreSQL. What one changes the others
// publish within a second or so, under the same version, rebuilding only what
// changed; a change begins with what all others have committed. While the database
// cannot be reached, pricing goes on with the snapshot at hand, and other calls are
// refused; it is found again by itself.
//
// Errors: what is refused is a refusal (refusal.h) with the codes and reasons that
// the comments of the protos name. Anything else that fails is the store's:
// UNAVAILABLE (STORE_UNAVAILABLE) or RESOURCE_EXHAUSTED (STORE_FULL), and the
// catalog is as it was, stored and in memory. (Where the connection was lost during
// a commit, the message says that the change may have been made; if so, it is
// published once the database is found again.)
//
// Thread-safe. Every call may block on the store: not for an event thread.
// SnapshotHolder::Get() is the exception, and all that pricing needs.
#ifndef SERVICE_CATALOG_CATALOG_H_
#define SERVICE_CATALOG_CATALOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "energy/costs/v1/carbon_service.pb.h"
#include "energy/costs/v1/locations_service.pb.h"
#include "energy/costs/v1/special_day_calendar.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "energy/costs/v1/tariffs_service.pb.h"
#include "service/catalog/catalog_documents.h"
#include "service/catalog/document_table.h"
#include "service/catalog/list_page.h"
#include "service/catalog/snapshot.h"
#include "service/catalog/store.h"
#include "service/catalog/tenant.h"

namespace costs::catalog {

namespace pb = ::energy::costs::v1;

class Catalog {
 public:
  struct Limits {
    uint64_t upload_entries = 10'000'000;         // prices or intensities in one upload
    uint64_t entries_per_message = 10'000;        // and in one message of it
    uint64_t document_bytes = uint64_t{1} << 20;  // of one location, element, ...
  };

  struct Options {
    // Path of the SQLite file, which is made where there is none. Or the URL of a
    // PostgreSQL database ("postgres://user:password@host/database"), in which the
    // tables are made where there are none. Empty: in memory, gone with the object.
    std::string store;
    // Calls that change anything are refused with READ_ONLY_CATALOG (Replace is
    // not).
    bool read_only = false;
    // Whose entries they are.
    Tenant tenant;
    // Null: absl::Now.
    std::function<absl::Time()> now;
    // A new id: the prefix, such as "loc_", and 24 hexadecimal digits. Null:
    // random ones.
    std::function<std::string(absl::string_view prefix)> new_id;
    Limits limits;
    // Called after each snapshot that is published from Open on, the first one
    // excepted, by the thread that publishes. Must not block, nor call the catalog
    // but for snapshots(). May be null.
    std::function<void()> on_published;
    // Called when a shared store can no longer be followed, with why, and with OK
    // when it can again; as on_published.
    FollowingState on_following;
  };

  // FAILED_PRECONDITION, with a message for the operator that names the file or the
  // database: it is in use by another process, not a catalog, or of a later version.
  // UNAVAILABLE: it cannot be read. DATA_LOSS: an entry in it is broken.
  static absl::StatusOr<std::unique_ptr<Catalog>> Open(Options options);
  // Of a store that others use too; options.store and on_following are not heeded.
  static absl::StatusOr<std::unique_ptr<Catalog>> Open(std::shared_ptr<Store> store, Options options);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // What calculations read. Lives as long as the catalog; never empty-handed.
  const SnapshotHolder& snapshots() const;

  const Tenant& tenant() const;

  // When the catalog last changed; the Unix epoch where it never did.
  absl::Time last_changed() const;

  // True where there is no entry of any kind.
  absl::StatusOr<bool> Empty() const;

  // Puts `documents` in the place of all that there is, whole or not at
  // all. INVALID_ARGUMENT as the single calls give, fields as in
  // "elements[3].schedule[0]".
  absl::Status Replace(const CatalogDocuments& documents);

  // ---- The calls of LocationsService. `*response` is changed only with OK.
  // What the service sets is ignored where a caller sends it.
  absl::Status CreateLocation(const pb::CreateLocationRequest& request, pb::Location* response);
  absl::Status GetLocation(const pb::GetLocationRequest& request, pb::Location* response) const;
  absl::Status ListLocations(const pb::ListLocationsRequest& request, pb::ListLocationsResponse* response) const;
  // `page` in the place of the request's page_size and page_token.
  absl::Status ListLocations(const pb::ListLocationsRequest& request, const Page& page,
                             pb::ListLocationsResponse* response) const;
  absl::Status UpdateLocation(const pb::UpdateLocationRequest& request, pb::Location* response);
  absl::Status DeleteLocation(const pb::DeleteLocationRequest& request);

  absl::Status CreateDevice(const pb::CreateDeviceRequest& request, pb::Device* response);
  absl::Status GetDevice(const pb::GetDeviceRequest& request, pb::Device* response) const;
  absl::Status ListDevices(const pb::ListDevicesRequest& request, pb::ListDevicesResponse* response) const;
  absl::Status ListDevices(const pb::ListDevicesRequest& request, const Page& page,
                           pb::ListDevicesResponse* response) const;
  absl::Status UpdateDevice(const pb::UpdateDeviceRequest& request, pb::Device* response);
  absl::Status DeleteDevice(const pb::DeleteDeviceRequest& request);

  // ---- The calls of TariffsService.
  absl::Status CreateTariffElement(const pb::CreateTariffElementRequest& request, pb::TariffElement* response);
  absl::Status GetTariffElement(const pb::GetTariffElementRequest& request, pb::TariffElement* response) const;
  absl::Status ListTariffElements(const pb::ListTariffElementsRequest& request,
                                  pb::ListTariffElementsResponse* response) const;
  absl::Status ListTariffElements(const pb::ListTariffElementsRequest& request, const Page& page,
                                  pb::ListTariffElementsResponse* response) const;
  absl::Status UpdateTariffElement(const pb::UpdateTariffElementRequest& request, pb::TariffElement* response);
  absl::Status DeleteTariffElement(const pb::DeleteTariffElementRequest& request);

  absl::Status CreateSpecialDayCalendar(const pb::CreateSpecialDayCalendarRequest& request,
                                        pb::SpecialDayCalendar* response);
  absl::Status GetSpecialDayCalendar(const pb::GetSpecialDayCalendarRequest& request,
                                     pb::SpecialDayCalendar* response) const;
  absl::Status ListSpecialDayCalendars(const pb::ListSpecialDayCalendarsRequest& request,
                                       pb::ListSpecialDayCalendarsResponse* response) const;
  absl::Status ListSpecialDayCalendars(const pb::ListSpecialDayCalendarsRequest& request, const Page& page,
                                       pb::ListSpecialDayCalendarsResponse* response) const;
  absl::Status UpdateSpecialDayCalendar(const pb::UpdateSpecialDayCalendarRequest& request,
                                        pb::SpecialDayCalendar* response);
  absl::Status DeleteSpecialDayCalendar(const pb::DeleteSpecialDayCalendarRequest& request);

  // ---- Series. An upload gathers messages and applies them all with Commit();
  // destroyed without it, nothing happens. What an upload holds it keeps in a
  // temporary file, not in memory, and it holds up no other call before
  // Commit(). Use one from one thread at a time; the catalog outlives it. Once a
  // call has failed, so do the later ones.
  class MarketUpload {
   public:
    virtual ~MarketUpload() = default;
    virtual absl::Status Add(const pb::UploadMarketPricesRequest& request) = 0;
    virtual absl::Status Commit(pb::UploadMarketPricesResponse* response) = 0;
  };
  class IntensityUpload {
   public:
    virtual ~IntensityUpload() = default;
    virtual absl::Status Add(const pb::UploadIntensitiesRequest& request) = 0;
    virtual absl::Status Commit(pb::UploadIntensitiesResponse* response) = 0;
  };
  std::unique_ptr<MarketUpload> BeginMarketUpload();
  std::unique_ptr<IntensityUpload> BeginIntensityUpload();

  // The call of CarbonService.
  absl::Status ListIntensities(const pb::ListIntensitiesRequest& request, pb::ListIntensitiesResponse* response) const;

  class Impl;  // of the library alone

 private:
  explicit Catalog(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CATALOG_H_
