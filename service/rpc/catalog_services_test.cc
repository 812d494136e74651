// The unary calls of TariffsService, CarbonService and LocationsService, over a
// real catalog.
#include <gmock/gmock.h>
#include <google/protobuf/empty.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "google/rpc/error_details.pb.h"
#include "service/executor/testing/hold.h"
#include "service/rpc/testing/catalog_services_fixture.h"
#include "service/rpc/testing/status_details.h"

namespace costs::rpc {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Locations = v1::LocationsService::Stub;
using Tariffs = v1::TariffsService::Stub;

std::string ReasonOf(const grpc::Status& status) {
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.domain(), "costs.energy");
  return info.reason();
}

// Create, get, update by mask and etag, list, delete, of one kind of document.
// `change` names a text field, set by `set`.
template <typename Stub, typename Document, typename CreateRequest, typename GetRequest, typename ListRequest,
          typename ListResponse, typename UpdateRequest, typename DeleteRequest>
struct Kind {
  const char* id;
  const char* not_found;
  grpc::Status (Stub::*create)(grpc::ClientContext*, const CreateRequest&, Document*);
  grpc::Status (Stub::*get)(grpc::ClientContext*, const GetRequest&, Document*);
  grpc::Status (Stub::*list)(grpc::ClientContext*, const ListRequest&, ListResponse*);
  grpc::Status (Stub::*update)(grpc::ClientContext*, const UpdateRequest&, Document*);
  grpc::Status (Stub::*remove)(grpc::ClientContext*, const DeleteRequest&, google::protobuf::Empty*);
  Document* (CreateRequest::*created)();
  Document* (UpdateRequest::*updated)();
  const char* field;
  void (*set)(Document*);

  template <typename CallFunction>
  void Run(const CallFunction& call, const Document& document) const {
    CreateRequest create_request;
    *(create_request.*created)() = document;
    Document stored, answer;
    ASSERT_TRUE(call(create, create_request, &stored).ok());
    EXPECT_EQ(stored.id(), id);
    EXPECT_FALSE(stored.etag().empty());
    EXPECT_EQ(stored.account_id(), "acc_test");
    EXPECT_EQ(call(create, create_request, &answer).error_code(), grpc::StatusCode::ALREADY_EXISTS);

    GetRequest get_request;
    get_request.set_id(id);
    ASSERT_TRUE(call(get, get_request, &answer).ok());
    EXPECT_EQ(answer.SerializeAsString(), stored.SerializeAsString());

    UpdateRequest update_request;
    (update_request.*updated)()->set_id(id);
    (update_request.*updated)()->set_etag("another");
    set((update_request.*updated)());
    update_request.mutable_update_mask()->add_paths(field);
    const grpc::Status mismatch = call(update, update_request, &answer);
    EXPECT_EQ(mismatch.error_code(), grpc::StatusCode::ABORTED);
    EXPECT_EQ(ReasonOf(mismatch), "ETAG_MISMATCH");
    (update_request.*updated)()->set_etag(stored.etag());
    ASSERT_TRUE(call(update, update_request, &answer).ok());
    EXPECT_NE(answer.etag(), stored.etag());
    EXPECT_NE(answer.SerializeAsString(), stored.SerializeAsString());

    ListResponse page;
    ASSERT_TRUE(call(list, ListRequest(), &page).ok());
    ASSERT_EQ(page.data_size(), 1);
    EXPECT_EQ(page.data(0).SerializeAsString(), answer.SerializeAsString());

    DeleteRequest delete_request;
    delete_request.set_id(id);
    google::protobuf::Empty nothing;
    ASSERT_TRUE(call(remove, delete_request, &nothing).ok());
    const grpc::Status gone = call(get, get_request, &answer);
    EXPECT_EQ(gone.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(ReasonOf(gone), not_found);
  }
};

TEST_F(CatalogServicesTest, Locations_LiveFromCreationToDeletion) {
  Start();
  const Kind<Locations, v1::Location, v1::CreateLocationRequest, v1::GetLocationRequest, v1::ListLocationsRequest,
             v1::ListLocationsResponse, v1::UpdateLocationRequest, v1::DeleteLocationRequest>
      kind{"loc_1",
           "LOCATION_NOT_FOUND",
           &Locations::CreateLocation,
           &Locations::GetLocation,
           &Locations::ListLocations,
           &Locations::UpdateLocation,
           &Locations::DeleteLocation,
           &v1::CreateLocationRequest::mutable_location,
           &v1::UpdateLocationRequest::mutable_location,
           "reference_id",
           [](v1::Location* location) { location->set_reference_id("home"); }};
  v1::Location location;
  location.set_id("loc_1");
  location.set_timezone("Europe/London");
  location.set_currency_code("GBP");
  kind.Run(
      [this](auto method, const auto& request, auto* response) { return Call(locations_, method, request, response); },
      location);
}

TEST_F(CatalogServicesTest, Devices_LiveFromCreationToDeletion) {
  Start();
  const Kind<Locations, v1::Device, v1::CreateDeviceRequest, v1::GetDeviceRequest, v1::ListDevicesRequest,
             v1::ListDevicesResponse, v1::UpdateDeviceRequest, v1::DeleteDeviceRequest>
      kind{"dev_1",
           "DEVICE_NOT_FOUND",
           &Locations::CreateDevice,
           &Locations::GetDevice,
           &Locations::ListDevices,
           &Locations::UpdateDevice,
           &Locations::DeleteDevice,
           &v1::CreateDeviceRequest::mutable_device,
           &v1::UpdateDeviceRequest::mutable_device,
           "reference_id",
           [](v1::Device* device) { device->set_reference_id("charger"); }};
  v1::Device device;
  device.set_id("dev_1");
  kind.Run(
      [this](auto method, const auto& request, auto* response) { return Call(locations_, method, request, response); },
      device);
}

v1::TariffElement FlatElement(const std::string& id, double rate) {
  v1::TariffElement element;
  element.set_id(id);
  element.set_direction(v1::TariffRate::IMPORT);
  element.set_type(v1::ElementType::COMMODITY);
  element.set_currency_code("GBP");
  element.add_schedule()->add_days_and_hours()->add_hours()->add_rate()->set_fixed(rate);
  return element;
}

TEST_F(CatalogServicesTest, Elements_LiveFromCreationToDeletion) {
  Start();
  const Kind<Tariffs, v1::TariffElement, v1::CreateTariffElementRequest, v1::GetTariffElementRequest,
             v1::ListTariffElementsRequest, v1::ListTariffElementsResponse, v1::UpdateTariffElementRequest,
             v1::DeleteTariffElementRequest>
      kind{"trf_1",
           "TARIFF_ELEMENT_NOT_FOUND",
           &Tariffs::CreateTariffElement,
           &Tariffs::GetTariffElement,
           &Tariffs::ListTariffElements,
           &Tariffs::UpdateTariffElement,
           &Tariffs::DeleteTariffElement,
           &v1::CreateTariffElementRequest::mutable_tariff_element,
           &v1::UpdateTariffElementRequest::mutable_tariff_element,
           "display_name",
           [](v1::TariffElement* element) { element->set_display_name("Flat"); }};
  kind.Run(
      [this](auto method, const auto& request, auto* response) { return Call(tariffs_, method, request, response); },
      FlatElement("trf_1", 0.25));
}

TEST_F(CatalogServicesTest, Calendars_LiveFromCreationToDeletion) {
  Start();
  const Kind<Tariffs, v1::SpecialDayCalendar, v1::CreateSpecialDayCalendarRequest, v1::GetSpecialDayCalendarRequest,
             v1::ListSpecialDayCalendarsRequest, v1::ListSpecialDayCalendarsResponse,
             v1::UpdateSpecialDayCalendarRequest, v1::DeleteSpecialDayCalendarRequest>
      kind{"cal_1",
           "CALENDAR_NOT_FOUND",
           &Tariffs::CreateSpecialDayCalendar,
           &Tariffs::GetSpecialDayCalendar,
           &Tariffs::ListSpecialDayCalendars,
           &Tariffs::UpdateSpecialDayCalendar,
           &Tariffs::DeleteSpecialDayCalendar,
           &v1::CreateSpecialDayCalendarRequest::mutable_special_day_calendar,
           &v1::UpdateSpecialDayCalendarRequest::mutable_special_day_calendar,
           "display_name",
           [](v1::SpecialDayCalendar* calendar) { calendar->set_display_name("Holidays"); }};
  v1::SpecialDayCalendar calendar;
  calendar.set_id("cal_1");
  calendar.add_rules()->set_date("2026-12-25");
  kind.Run(
      [this](auto method, const auto& request, auto* response) { return Call(tariffs_, method, request, response); },
      calendar);
}

TEST_F(CatalogServicesTest, FaultyDocument_IsToldFieldByField) {
  Start();
  v1::CreateTariffElementRequest request;
  *request.mutable_tariff_element() = FlatElement("trf_1", 0.1234567891);
  request.mutable_tariff_element()->clear_type();
  v1::TariffElement element;
  const grpc::Status status = Call(tariffs_, &Tariffs::CreateTariffElement, request, &element);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_THAT(DetailOf<google::rpc::BadRequest>(status).DebugString(),
              AllOf(HasSubstr("type\""), HasSubstr("schedule[0].days_and_hours[0].hours[0].rate[0].fixed\"")));
}

TEST_F(CatalogServicesTest, CatalogOfFiles_RefusesChanges) {
  Start({}, /*read_only=*/true);
  const grpc::Status status = CreateLocation("loc_1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "READ_ONLY_CATALOG");
  v1::ListLocationsResponse page;
  EXPECT_TRUE(Call(locations_, &Locations::ListLocations, v1::ListLocationsRequest(), &page).ok());
}

TEST_F(CatalogServicesTest, TooManyCalls_AreRefusedAndMayComeBack) {
  Start({}, false, 4, /*most_waiting=*/1);
  {
    executor::Hold hold(&threads_->changing);
    ASSERT_TRUE(threads_->changing.TryRun([] {}));  // the one that may wait
    const grpc::Status status = CreateLocation("loc_1");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ReasonOf(status), "OVERLOADED");
    EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(status).retry_delay().seconds(), 1);
    v1::Location location;
    EXPECT_EQ(GetLocation("loc_1", &location).error_code(), grpc::StatusCode::NOT_FOUND) << "reading goes on";
  }
  executor::CatchUp(&threads_->changing);
  EXPECT_TRUE(CreateLocation("loc_1").ok());
}

TEST_F(CatalogServicesTest, CallThatIsCancelledWhileItWaits_IsNotBegun) {
  Start();
  v1::Location location;
  {
    executor::Hold hold(&threads_->changing);
    grpc::ClientContext context;
    std::thread caller([&] {
      v1::CreateLocationRequest request;
      request.mutable_location()->set_id("loc_1");
      request.mutable_location()->set_timezone("Europe/London");
      request.mutable_location()->set_currency_code("GBP");
      v1::Location created;
      EXPECT_EQ(locations_->CreateLocation(&context, request, &created).error_code(), grpc::StatusCode::CANCELLED);
    });
    while (calls_->in_flight() == 0) std::this_thread::yield();
    context.TryCancel();
    caller.join();
    // Calls on the same connection, which go the way that the cancellation went.
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(GetLocation("loc_1", &location).ok());
  }
  executor::CatchUp(&threads_->changing);
  EXPECT_EQ(GetLocation("loc_1", &location).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(CatalogServicesTest, RatesCalls_GoToTheirFunctions) {
  RatesFunctions rates;
  rates.list_rates = [](const catalog::Tenant&, const v1::ListRatesRequest& request, v1::ListRatesResponse* response) {
    response->set_location_id(request.location_id());
    return absl::OkStatus();
  };
  rates.audit_rates = [](const catalog::Tenant&, const v1::AuditRatesRequest&, v1::AuditRatesResponse*) {
    return absl::InternalError("the secret path");
  };
  Start(std::move(rates));
  v1::ListRatesRequest request;
  request.set_location_id("loc_1");
  v1::ListRatesResponse response;
  ASSERT_TRUE(Call(tariffs_, &Tariffs::ListRates, request, &response).ok());
  EXPECT_EQ(response.location_id(), "loc_1");

  v1::FindSlotsResponse slots;
  EXPECT_EQ(Call(tariffs_, &Tariffs::FindSlots, v1::FindSlotsRequest(), &slots).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);

  v1::AuditRatesResponse audit;
  const grpc::Status failed = Call(tariffs_, &Tariffs::AuditRates, v1::AuditRatesRequest(), &audit);
  EXPECT_EQ(failed.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(failed.error_message(), Not(HasSubstr("secret")));
  EXPECT_THAT(failed.error_details(), Not(HasSubstr("secret")));
  EXPECT_THAT(log(), HasSubstr("the secret path"));
}

}  // namespace
}  // namespace costs::rpc
