#include "service/rest/catalog_routes.h"

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "energy/costs/v1/carbon_service.pb.h"
#include "energy/costs/v1/locations_service.pb.h"
#include "energy/costs/v1/special_day_calendar.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "energy/costs/v1/tariffs_service.pb.h"
#include "service/rest/blocking_handler.h"
#include "service/rest/document_reader.h"
#include "service/rest/document_writer.h"
#include "service/rest/http_error.h"
#include "service/rest/resource_routes.h"

namespace costs::rest {
namespace {

namespace v1 = energy::costs::v1;
using catalog::Catalog;
using catalog::Page;
using Names = std::vector<absl::string_view>;

struct Locations {
  using Document = v1::Location;
  using CreateRequest = v1::CreateLocationRequest;
  using GetRequest = v1::GetLocationRequest;
  using ListRequest = v1::ListLocationsRequest;
  using ListResponse = v1::ListLocationsResponse;
  using UpdateRequest = v1::UpdateLocationRequest;
  using DeleteRequest = v1::DeleteLocationRequest;
  static constexpr auto kCreate = &Catalog::CreateLocation;
  static constexpr auto kGet = &Catalog::GetLocation;
  static constexpr absl::Status (Catalog::*kList)(const ListRequest&, const Page&,
                                                  ListResponse*) const = &Catalog::ListLocations;
  static constexpr auto kUpdate = &Catalog::UpdateLocation;
  static constexpr auto kDelete = &Catalog::DeleteLocation;
  static constexpr auto kCreateDocument = &CreateRequest::mutable_location;
  static constexpr auto kUpdateDocument = &UpdateRequest::mutable_location;
  static constexpr char kPath[] = "/locations";
  static constexpr char kContext[] = "api.locations";
  static constexpr int kCreated = 201;
  static constexpr DocumentOptions kOptions = {};
  static Names Filters() { return {"reference_id", "customer_id"}; }
  static Names ServiceSets() { return {"object", "live_mode", "tariff_status", "time_created", "account_id", "etag"}; }
  static Names Fixed() { return {"id"}; }
};

struct Devices {
  using Document = v1::Device;
  using CreateRequest = v1::CreateDeviceRequest;
  using GetRequest = v1::GetDeviceRequest;
  using ListRequest = v1::ListDevicesRequest;
  using ListResponse = v1::ListDevicesResponse;
  using UpdateRequest = v1::UpdateDeviceRequest;
  using DeleteRequest = v1::DeleteDeviceRequest;
  static constexpr auto kCreate = &Catalog::CreateDevice;
  static constexpr auto kGet = &Catalog::GetDevice;
  static constexpr absl::Status (Catalog::*kList)(const ListRequest&, const Page&,
                                                  ListResponse*) const = &Catalog::ListDevices;
  static constexpr auto kUpdate = &Catalog::UpdateDevice;
  static constexpr auto kDelete = &Catalog::DeleteDevice;
  static constexpr auto kCreateDocument = &CreateRequest::mutable_device;
  static constexpr auto kUpdateDocument = &UpdateRequest::mutable_device;
  static constexpr char kPath[] = "/devices";
  static constexpr char kContext[] = "api.devices";
  static constexpr int kCreated = 201;
  static constexpr DocumentOptions kOptions = {};
  static Names Filters() { return {"reference_id"}; }
  static Names ServiceSets() { return {"object", "live_mode", "last_seen", "time_created", "account_id", "etag"}; }
  static Names Fixed() { return {"id"}; }
};

struct TariffElements {
  using Document = v1::TariffElement;
  using CreateRequest = v1::CreateTariffElementRequest;
  using GetRequest = v1::GetTariffElementRequest;
  using ListRequest = v1::ListTariffElementsRequest;
  using ListResponse = v1::ListTariffElementsResponse;
  using UpdateRequest = v1::UpdateTariffElementRequest;
  using DeleteRequest = v1::DeleteTariffElementRequest;
  static constexpr auto kCreate = &Catalog::CreateTariffElement;
  static constexpr auto kGet = &Catalog::GetTariffElement;
  static constexpr absl::Status (Catalog::*kList)(const ListRequest&, const Page&,
                                                  ListResponse*) const = &Catalog::ListTariffElements;
  static constexpr auto kUpdate = &Catalog::UpdateTariffElement;
  static constexpr auto kDelete = &Catalog::DeleteTariffElement;
  static constexpr auto kCreateDocument = &CreateRequest::mutable_tariff_element;
  static constexpr auto kUpdateDocument = &UpdateRequest::mutable_tariff_element;
  static constexpr char kPath[] = "/tariffs/elements";
  static constexpr char kContext[] = "api.tariffs_elements";
  // The upstream answers 200 here, and 201 elsewhere; it calls the schedule of an
  // update `data`.
  static constexpr int kCreated = 200;
  static constexpr DocumentOptions kOptions = {"data", "schedule"};
  static Names Filters() { return {"location_id", "direction", "type"}; }
  static Names ServiceSets() {
    return {"object",       "live_mode",  "is_linked", "connection_type", "status", "timezone",
            "time_created", "account_id", "etag"};
  }
  static Names Fixed() { return {"id", "location_id", "direction", "type", "supersedes"}; }
};

struct SpecialDayCalendars {
  using Document = v1::SpecialDayCalendar;
  using CreateRequest = v1::CreateSpecialDayCalendarRequest;
  using GetRequest = v1::GetSpecialDayCalendarRequest;
  using ListRequest = v1::ListSpecialDayCalendarsRequest;
  using ListResponse = v1::ListSpecialDayCalendarsResponse;
  using UpdateRequest = v1::UpdateSpecialDayCalendarRequest;
  using DeleteRequest = v1::DeleteSpecialDayCalendarRequest;
  static constexpr auto kCreate = &Catalog::CreateSpecialDayCalendar;
  static constexpr auto kGet = &Catalog::GetSpecialDayCalendar;
  static constexpr absl::Status (Catalog::*kList)(const ListRequest&, const Page&,
                                                  ListResponse*) const = &Catalog::ListSpecialDayCalendars;
  static constexpr auto kUpdate = &Catalog::UpdateSpecialDayCalendar;
  static constexpr auto kDelete = &Catalog::DeleteSpecialDayCalendar;
  static constexpr auto kCreateDocument = &CreateRequest::mutable_special_day_calendar;
  static constexpr auto kUpdateDocument = &UpdateRequest::mutable_special_day_calendar;
  static constexpr char kPath[] = "/tariffs/calendars";
  static constexpr char kContext[] = "api.tariffs_calendars";
  static constexpr int kCreated = 201;
  static constexpr DocumentOptions kOptions = {};
  static Names Filters() { return {}; }
  static Names ServiceSets() { return {"object", "live_mode", "time_created", "account_id", "etag"}; }
  static Names Fixed() { return {"id"}; }
};

Answer ListIntensities(Catalog* catalog, const Request& request) {
  v1::ListIntensitiesRequest message;
  v1::ListIntensitiesResponse response;
  message.set_region(request.parameters[0]);
  Page page;
  absl::Status status = Merge(ReadPage(request.query, &page),
                              ReadQuery(request.query, {"start_time", "end_time", "page_token"}, &message));
  if (status.ok()) {
    message.set_page_size(page.size);
    status = catalog->ListIntensities(message, &response);
  }
  if (!status.ok()) return Refused(ErrorFromStatus(status));
  Answer answer;
  answer.body = WriteDocument(response);
  return answer;
}

}  // namespace

std::vector<Route> CatalogRoutes(const CatalogFace& face) {
  std::vector<Route> routes;
  ResourceRoutes<Locations>::AddTo(&routes, face);
  ResourceRoutes<Devices>::AddTo(&routes, face);
  ResourceRoutes<TariffElements>::AddTo(&routes, face);
  ResourceRoutes<SpecialDayCalendars>::AddTo(&routes, face);
  routes.push_back({"GET", "/carbon/intensities/{region}", "api.carbon_intensities", 0,
                    CatalogHandler(face, &face.threads->reading, &ListIntensities)});
  return routes;
}

}  // namespace costs::rest
