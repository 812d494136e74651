#include "tests/conformance/tenancy_rows.h"

#include "absl/strings/str_cat.h"

namespace costs::conformance {
namespace {

constexpr char kPeriod[] = "start_time { seconds: 1767225600 } end_time { seconds: 1767312000 }";
constexpr char kPeriodJson[] = R"({"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-02T00:00:00Z"})";
constexpr char kQuery[] = "?start_time=2026-01-01T00:00:00Z&end_time=2026-01-02T00:00:00Z";

}  // namespace

std::string Schedule(const std::string& rate) {
  return absl::StrCat("direction: IMPORT type: COMMODITY schedule { days_and_hours { hours { rate { fixed: ", rate,
                      " } } } } ");
}

const std::vector<Row>& GrpcRows() {
  static const auto* const rows = new std::vector<Row>{
      {"CarbonService/ListIntensities", "region: '$region'"},
      {"CarbonService/UploadIntensities",
       "region: '$region' intensities { valid_from { seconds: 0 } valid_to { seconds: 60 } actual: 1 }", Expect::kOwn},
      {"CostsService/CalculateInstantCost", absl::StrCat("record { location_id: '$location' ", kHours, " }")},
      {"CostsService/BatchCalculateInstantCosts", absl::StrCat("records { location_id: '$location' ", kHours, " }"),
       Expect::kSame},
      {"CostsService/StreamInstantCosts",
       absl::StrCat("records { sequence: 1 record { location_id: '$location' ", kHours, " } }"), Expect::kSame},
      {"CostsService/GetIntervalCosts", absl::StrCat("id: '$location' period { ", kPeriod, " }")},
      {"CostsService/GetIntervalCosts", absl::StrCat("id: '$location' aggregation: DAY period { ", kPeriod, " }")},
      {"CostsService/GetIntervalCosts", absl::StrCat("id: '$device' period { ", kPeriod, " }")},
      {"CostsService/GetSessionCosts", "session_reference_id: '$session'"},
      {"LocationsService/CreateLocation",
       "location { timezone: 'UTC' currency_code: 'GBP' tariff_elements: '$element' }", Expect::kRefused},
      {"LocationsService/CreateLocation", "location { id: '$location' timezone: 'UTC' currency_code: 'EUR' }",
       Expect::kOwn},
      {"LocationsService/GetLocation", "id: '$location'"},
      {"LocationsService/ListLocations", "", Expect::kSame},
      {"LocationsService/ListLocations", "reference_id: '$reference'", Expect::kSame},
      {"LocationsService/UpdateLocation",
       "location { id: '$location' timezone: 'Europe/Paris' } update_mask { paths: 'timezone' }"},
      {"LocationsService/UpdateLocation",
       "location { id: '@location' tariff_elements: '$element' } update_mask { paths: 'tariff_elements' }",
       Expect::kRefused},
      {"LocationsService/DeleteLocation", "id: '$location'"},
      {"LocationsService/CreateDevice", "device { id: '$device' }", Expect::kOwn},
      {"LocationsService/GetDevice", "id: '$device'"},
      {"LocationsService/ListDevices", "", Expect::kSame},
      {"LocationsService/ListDevices", "reference_id: '$reference'", Expect::kSame},
      {"LocationsService/UpdateDevice",
       "device { id: '$device' reference_id: 'x' } update_mask { paths: 'reference_id' }"},
      {"LocationsService/DeleteDevice", "id: '$device'"},
      {"MeterRecordsService/GetMeterRecord", "id: '$record'"},
      {"MeterRecordsService/ListMeterRecords", "", Expect::kSame},
      {"MeterRecordsService/ListMeterRecords", "location_id: '$location'", Expect::kSame},
      {"MeterRecordsService/ListMeterRecords", "device_id: '$device'", Expect::kSame},
      {"MeterRecordsService/ListMeterRecords", "session_reference_id: '$session'", Expect::kSame},
      {"MeterRecordsService/ListMeterRecords", "session_reference_id: '$session' record_reference_id: '$reference'",
       Expect::kSame},
      {"MeterRecordsService/ListMeterRecordRevisions", "id: '$record'"},
      {"MeterRecordsService/DeleteMeterRecord", "id: '$record'"},
      {"TariffsService/CreateTariffElement",
       absl::StrCat("tariff_element { location_id: '$location' ", Schedule("9"), " }")},
      {"TariffsService/CreateTariffElement",
       absl::StrCat("tariff_element { currency_code: 'GBP' special_day_calendar: '$calendar' ", Schedule("9"), " }")},
      {"TariffsService/CreateTariffElement",
       "tariff_element { currency_code: 'GBP' direction: IMPORT type: COMMODITY market_rates: true market_series: "
       "'$series' }"},
      {"TariffsService/CreateTariffElement",
       absl::StrCat("tariff_element { id: '$element' currency_code: 'GBP' ", Schedule("9"), " }"), Expect::kOwn},
      {"TariffsService/GetTariffElement", "id: '$element'"},
      {"TariffsService/ListTariffElements", "", Expect::kSame},
      {"TariffsService/ListTariffElements", "location_id: '$location'"},
      {"TariffsService/UpdateTariffElement",
       absl::StrCat("tariff_element { id: '$element' ", Schedule("9"), " } update_mask { paths: 'schedule' }")},
      {"TariffsService/UpdateTariffElement",
       "tariff_element { id: '@element' special_day_calendar: '$calendar' } update_mask { paths: "
       "'special_day_calendar' }"},
      {"TariffsService/DeleteTariffElement", "id: '$element'"},
      {"TariffsService/CreateSpecialDayCalendar",
       "special_day_calendar { id: '$calendar' rules { fixed_date { month: 1 day: 1 } } }", Expect::kOwn},
      {"TariffsService/GetSpecialDayCalendar", "id: '$calendar'"},
      {"TariffsService/ListSpecialDayCalendars", "", Expect::kSame},
      {"TariffsService/UpdateSpecialDayCalendar",
       "special_day_calendar { id: '$calendar' rules { fixed_date { month: 1 day: 1 } } } update_mask { paths: 'rules' "
       "}"},
      {"TariffsService/DeleteSpecialDayCalendar", "id: '$calendar'"},
      {"TariffsService/UploadMarketPrices",
       "market_series: '$series' currency_code: 'EUR' prices { valid_from { seconds: 0 } valid_to { seconds: 60 } "
       "rate: "
       "1 }",
       Expect::kOwn},
      {"TariffsService/ListRates", absl::StrCat("location_id: '$location' ", kPeriod)},
      {"TariffsService/AuditRates", absl::StrCat("location_id: '$location' ", kPeriod)},
      {"TariffsService/FindSlots", absl::StrCat("location_id: '$location' ", kPeriod, " segment: LOW duration: 60")},
  };
  return *rows;
}

const std::set<std::string>& OpenMethods() {
  static const auto* const methods = new std::set<std::string>{"AuthService/Login"};
  return *methods;
}

const std::vector<Row>& RestRows() {
  const std::string element =
      R"({"direction": "IMPORT", "type": "COMMODITY", "currency_code": "GBP", "schedule": [{"days_and_hours": )"
      R"([{"hours": [{"rate": [{"fixed": 9}]}]}]}])";
  static const auto* const rows = new std::vector<Row>{
      {"POST /costs/instant", "/costs/instant", Expect::kNotFound,
       absl::StrCat(R"({"location_id": "$location", )", kHoursJson, "}")},
      {"GET /locations", "/locations", Expect::kSame},
      {"GET /locations", "/locations?reference_id=$reference", Expect::kSame},
      {"GET /locations", "/locations?starting_after=$location", Expect::kRefused},
      {"POST /locations", "/locations", Expect::kRefused,
       R"({"timezone": "UTC", "currency_code": "GBP", "tariff_elements": ["$element"]})"},
      {"GET /locations/{id}", "/locations/$location"},
      {"PATCH /locations/{id}", "/locations/$location", Expect::kNotFound, R"({"timezone": "Europe/Paris"})"},
      {"DELETE /locations/{id}", "/locations/$location"},
      {"GET /devices", "/devices", Expect::kSame},
      {"GET /devices", "/devices?ending_before=$device", Expect::kRefused},
      {"POST /devices", "/devices", Expect::kOwn, R"({"id": "$device"})"},
      {"GET /devices/{id}", "/devices/$device"},
      {"PATCH /devices/{id}", "/devices/$device", Expect::kNotFound, R"({"reference_id": "x"})"},
      {"DELETE /devices/{id}", "/devices/$device"},
      {"GET /tariffs/elements", "/tariffs/elements", Expect::kSame},
      {"GET /tariffs/elements", "/tariffs/elements?location_id=$location"},
      {"GET /tariffs/elements", "/tariffs/elements?starting_after=$element", Expect::kRefused},
      {"POST /tariffs/elements", "/tariffs/elements", Expect::kNotFound,
       absl::StrCat(element, R"(, "location_id": "$location"})")},
      {"GET /tariffs/elements/{id}", "/tariffs/elements/$element"},
      {"PATCH /tariffs/elements/{id}", "/tariffs/elements/$element", Expect::kNotFound, R"({"display_name": "x"})"},
      {"DELETE /tariffs/elements/{id}", "/tariffs/elements/$element"},
      {"GET /tariffs/calendars", "/tariffs/calendars", Expect::kSame},
      {"POST /tariffs/calendars", "/tariffs/calendars", Expect::kOwn,
       R"({"id": "$calendar", "rules": [{"date": "2026-12-25"}]})"},
      {"GET /tariffs/calendars/{id}", "/tariffs/calendars/$calendar"},
      {"PATCH /tariffs/calendars/{id}", "/tariffs/calendars/$calendar", Expect::kNotFound, R"({"display_name": "x"})"},
      {"DELETE /tariffs/calendars/{id}", "/tariffs/calendars/$calendar"},
      {"GET /carbon/intensities/{region}", "/carbon/intensities/$region"},
      {"GET /tariffs/rates/{location_id}", absl::StrCat("/tariffs/rates/$location", kQuery)},
      {"GET /tariffs/audit/{location_id}", absl::StrCat("/tariffs/audit/$location", kQuery)},
      {"GET /slots/time/{location_id}", absl::StrCat("/slots/time/$location", kQuery, "&segment=LOW&duration=60")},
      {"POST /costs/interval/{id}", "/costs/interval/$location", Expect::kNotFound, kPeriodJson},
      {"POST /costs/interval/{id}", "/costs/interval/$device?aggregation=DAY", Expect::kNotFound, kPeriodJson},
      {"POST /costs/session/{id}", "/costs/session/$session"},
      {"GET /meters/records", "/meters/records", Expect::kSame},
      {"GET /meters/records", "/meters/records?location_id=$location", Expect::kSame},
      {"GET /meters/records", "/meters/records?device_id=$device", Expect::kSame},
      {"GET /meters/records", "/meters/records?session_reference_id=$session", Expect::kSame},
      {"GET /meters/records/{id}", "/meters/records/$record"},
      {"GET /meters/records/{id}/revisions", "/meters/records/$record/revisions"},
      {"DELETE /meters/records/{id}", "/meters/records/$record"},
      {"PUT /meters/interval", "/meters/interval", Expect::kSame,
       absl::StrCat(R"([{"location_id": "$location", )", kHoursJson, "}]")},
      {"PUT /meters/cumulative/epoch", "/meters/cumulative/epoch", Expect::kNotFound,
       R"({"location_id": "$location", "units": "WH", "data": [{"time": 1767225600, "value": 1}]})"},
      {"GET /meters/batch", "/meters/batch?batch_id=$batch"},
  };
  return *rows;
}

}  // namespace costs::conformance
