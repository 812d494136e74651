"""The calls that each client makes, in this order: every one of the API, and errors of each kind.

They leave the server as they find it, but for what cannot be taken back (accounts, prices): once made, they
can be made again with the same outcome. Texts such as `${record}` stand for what an earlier answer said.
"""

import dataclasses

HOME = "loc_641b90b758fb8e6293716e40"
LONDON = "loc_000000000000000000000003"


@dataclasses.dataclass
class Call:
    service: str
    method: str
    requests: list
    # Paths of fields that each answer has of its own; they must be there, and are not compared.
    own: tuple = ()
    # What later calls say of this answer: name and path.
    save: dict = dataclasses.field(default_factory=dict)
    # token, admin, key, or none
    caller: str = "token"
    code: int = 0


def record(**fields):
    return {"location_id": HOME, "units": "W", "value": 20567, "start_time": "2022-02-01T10:30:00Z",
            "end_time": "2022-02-01T11:00:00Z", "session_reference_id": "INTEROP", "confidence": 1, **fields}


def night(**fields):
    """Over the end of summer time."""
    return {"location_id": LONDON, "units": "KWH", "value": 7.4, "start_time": "2023-10-28T22:00:00Z",
            "end_time": "2023-10-29T03:00:00Z", "non_persistent": True, **fields}


HOURS = {"hours": [{"rate": [{"fixed": 0.25}]}]}
OTHER_HOURS = {"hours": [{"rate": [{"fixed": 0.26}]}]}


def prices(first):
    return {"market_series": "interop-market", "currency_code": "GBP", "prices": [
        {"valid_from": "2026-12-24T17:00:00Z", "valid_to": "2026-12-24T18:00:00Z", "rate": first},
        {"valid_from": "2026-12-24T18:00:00Z", "valid_to": "2026-12-24T19:00:00Z", "rate": 0.26}]}


def intensities(first):
    return {"region": "interop-grid", "intensities": [
        {"valid_from": "2026-12-24T17:00:00Z", "valid_to": "2026-12-24T18:00:00Z", "forecast": first},
        {"valid_from": "2026-12-24T18:00:00Z", "valid_to": "2026-12-24T19:00:00Z", "actual": 99.5}]}


LOGIN = [
    Call("AuthService", "Login", [{}], own=("bearer_token",), caller="key"),
    Call("AuthService", "Login", [{}], caller="none", code=16),
]

COSTS = [
    Call("CostsService", "CalculateInstantCost", [{"record": record()}], own=("time_created",), save={"record": "id"}),
    # The same again: nothing changes.
    Call("CostsService", "CalculateInstantCost", [{"record": record()}], own=("time_created",)),
    Call("CostsService", "CalculateInstantCost", [{"record": night(), "include_breakdown": True}], own=("time_created",)),
    Call("CostsService", "BatchCalculateInstantCosts",
         [{"records": [record(), night(), record(location_id="loc_none"), record(value=-1, units="UNSPECIFIED")],
           "include_breakdown": True}], own=("items.result.time_created",)),
    Call("CostsService", "BatchCalculateInstantCosts", [{"records": [record(), night(direction="EXPORT")], "view": "LEAN"}]),
    Call("CostsService", "StreamInstantCosts",
         [{"records": [{"sequence": 1, "record": record()}, {"sequence": "18446744073709551615", "record": night()}]},
          {"records": [{"sequence": 2, "record": record(location_id="loc_none")}], "view": "FULL"},
          {"records": [{"sequence": 3, "record": night(tariff_rate="LOCAL")}], "include_carbon": False}]),
    Call("CostsService", "GetIntervalCosts",
         [{"id": HOME, "aggregation": "MONTH",
           "period": {"start_time": "2022-01-01T00:00:00Z", "end_time": "2022-03-01T00:00:00Z"}}],
         own=("id", "time_created")),
    Call("CostsService", "GetSessionCosts", [{"session_reference_id": "INTEROP"}], own=("id", "time_created")),
]

RECORDS = [
    Call("MeterRecordsService", "GetMeterRecord", [{"id": "${record}"}], own=("time_created",)),
    Call("MeterRecordsService", "ListMeterRecords", [{"session_reference_id": "INTEROP"}], own=("data.time_created",)),
    Call("MeterRecordsService", "ListMeterRecordRevisions", [{"id": "${record}"}],
         own=("data.time_created", "data.catalog_version")),
    Call("MeterRecordsService", "DeleteMeterRecord", [{"id": "${record}"}]),
    Call("MeterRecordsService", "GetMeterRecord", [{"id": "${record}"}], code=5),
]

LOCATIONS = [
    Call("LocationsService", "CreateLocation",
         [{"location": {"id": "loc_interop", "timezone": "Europe/London", "currency_code": "GBP",
                        "carbon_region": "interop-grid", "geo_location": {"lat": 51.5, "lng": -0.125},
                        "postal_address": {"city": "Łódź ⚡", "country_code": "PL"}}}], own=("time_created", "etag")),
    Call("LocationsService", "CreateLocation",
         [{"location": {"id": "loc_interop", "timezone": "Europe/London", "currency_code": "GBP"}}], code=6),
    Call("LocationsService", "UpdateLocation",
         [{"location": {"id": "loc_interop", "timezone": "Europe/Warsaw"}, "update_mask": "timezone"}],
         own=("time_created", "etag")),
    Call("LocationsService", "UpdateLocation",
         [{"location": {"id": "loc_interop", "timezone": "Europe/Warsaw", "etag": "stale"}, "update_mask": "timezone"}],
         code=10),
    Call("LocationsService", "GetLocation", [{"id": "loc_interop"}], own=("time_created", "etag")),
    Call("LocationsService", "ListLocations", [{"page_size": 2}],
         own=("data.time_created", "data.etag", "next_page_token"), save={"page": "next_page_token"}),
    Call("LocationsService", "ListLocations", [{"page_size": 1, "page_token": "${page}"}],
         own=("data.time_created", "data.etag", "next_page_token")),
    Call("LocationsService", "CreateDevice", [{"device": {"reference_id": "interop"}}],
         own=("id", "time_created", "etag"), save={"device": "id"}),
    Call("LocationsService", "GetDevice", [{"id": "${device}"}], own=("id", "time_created", "etag")),
    Call("LocationsService", "UpdateDevice", [{"device": {"id": "${device}", "reference_id": "interop-2"}}],
         own=("id", "time_created", "etag")),
    Call("LocationsService", "ListDevices", [{"reference_id": "interop-2"}],
         own=("data.id", "data.time_created", "data.etag")),
    Call("LocationsService", "DeleteDevice", [{"id": "${device}"}]),
]

CARBON = [
    Call("CarbonService", "UploadIntensities", [intensities(140), intensities(140.125)], code=3),
    Call("CarbonService", "UploadIntensities", [intensities(140)], own=("catalog_version",)),
    Call("CarbonService", "UploadIntensities", [intensities(140.125)], own=("catalog_version",)),
    Call("CarbonService", "ListIntensities", [{"region": "interop-grid"}]),
]

TARIFFS = [
    Call("TariffsService", "UploadMarketPrices", [prices(0.31)], own=("catalog_version",)),
    Call("TariffsService", "UploadMarketPrices", [prices(-0.031)], own=("catalog_version",)),
    Call("TariffsService", "CreateSpecialDayCalendar",
         [{"special_day_calendar": {"id": "cal_interop", "rules": [
             {"name": "Christmas", "fixed_date": {"month": 12, "day": 25}, "observance": "NEXT_FREE_WEEKDAY"}]}}],
         own=("time_created", "etag")),
    Call("TariffsService", "UpdateSpecialDayCalendar",
         [{"special_day_calendar": {"id": "cal_interop", "rules": [
             {"name": "Good Friday", "easter": "WESTERN", "offset_days": -2}]}, "update_mask": "rules"}],
         own=("time_created", "etag")),
    Call("TariffsService", "GetSpecialDayCalendar", [{"id": "cal_interop"}], own=("time_created", "etag")),
    Call("TariffsService", "ListSpecialDayCalendars", [{"page_size": 1}],
         own=("data.time_created", "data.etag")),
    Call("TariffsService", "CreateTariffElement",
         [{"tariff_element": {"id": "trf_interop", "location_id": "loc_interop", "direction": "IMPORT",
                              "type": "COMMODITY", "market_rates": True, "market_series": "interop-market",
                              "special_day_calendar": "cal_interop"}}], own=("time_created", "etag")),
    Call("TariffsService", "CreateTariffElement",
         [{"tariff_element": {"id": "trf_interop_fee", "location_id": "loc_interop", "direction": "IMPORT",
                              "type": "NON_COMMODITY", "schedule": [{"days_and_hours": [HOURS]}]}}],
         own=("time_created", "etag")),
    Call("TariffsService", "UpdateTariffElement",
         [{"tariff_element": {"id": "trf_interop_fee", "schedule": [{"days_and_hours": [OTHER_HOURS]}]},
           "update_mask": "schedule"}], own=("time_created", "etag")),
    Call("TariffsService", "GetTariffElement", [{"id": "trf_interop_fee"}], own=("time_created", "etag")),
    Call("TariffsService", "ListTariffElements", [{"location_id": "loc_interop"}],
         own=("data.time_created", "data.etag")),
    Call("TariffsService", "DeleteSpecialDayCalendar", [{"id": "cal_interop"}], code=9),
    Call("TariffsService", "ListRates",
         [{"location_id": LONDON, "start_time": "2023-10-28T23:00:00Z", "end_time": "2023-10-30T00:00:00Z",
           "resolution": 60}], own=("id", "time_created", "last_updated", "next_update")),
    Call("TariffsService", "ListRates",
         [{"location_id": "loc_interop", "start_time": "2026-12-24T17:30:00Z", "end_time": "2026-12-24T19:00:00Z"}],
         own=("id", "time_created", "last_updated", "next_update")),
    Call("TariffsService", "ListRates",
         [{"location_id": "loc_interop", "start_time": "2026-12-24T17:30:00Z", "end_time": "2026-12-25T19:00:00Z"}],
         code=9),
    Call("TariffsService", "AuditRates",
         [{"location_id": "loc_interop", "start_time": "2026-12-24T17:30:00Z", "end_time": "2026-12-24T19:00:00Z"}],
         own=("id", "time_created")),
    Call("TariffsService", "FindSlots",
         [{"location_id": LONDON, "start_time": "2023-10-29T00:00:00Z", "end_time": "2023-10-30T00:00:00Z",
           "segment": "LOW", "duration": 180, "contiguous": True}], own=("id", "time_created")),
    Call("TariffsService", "DeleteTariffElement", [{"id": "trf_interop"}]),
    Call("TariffsService", "DeleteTariffElement", [{"id": "trf_interop_fee"}]),
    Call("TariffsService", "DeleteSpecialDayCalendar", [{"id": "cal_interop"}]),
    Call("LocationsService", "DeleteLocation", [{"id": "loc_interop"}]),
    Call("LocationsService", "DeleteLocation", [{"id": "loc_interop"}], code=5),
]

ACCOUNTS = [
    Call("AccountsService", "CreateAccount", [{"account": {"display_name": "interop"}}],
         own=("id", "time_created"), save={"account": "id"}, caller="admin"),
    Call("AccountsService", "GetAccount", [{"id": "${account}"}], own=("id", "time_created"), caller="admin"),
    Call("AccountsService", "CreateApiKey",
         [{"account_id": "${account}", "live_mode": False, "expire_time": "2099-12-31T23:59:59Z"}],
         own=("api_key.id", "api_key.account_id", "api_key.last4", "api_key.time_created", "secret"),
         save={"key": "api_key.id"}, caller="admin"),
    Call("AccountsService", "ListApiKeys", [{"account_id": "${account}"}],
         own=("data.id", "data.account_id", "data.last4", "data.time_created"), caller="admin"),
    Call("AccountsService", "RevokeApiKey", [{"id": "${key}"}],
         own=("id", "account_id", "last4", "time_created"), caller="admin"),
    Call("AccountsService", "UpdateAccount", [{"account": {"id": "${account}", "disabled": True}, "update_mask": "disabled"}],
         own=("id", "time_created"), caller="admin"),
    Call("AccountsService", "ListAccounts", [{"page_size": 1}],
         own=("data.id", "data.time_created", "next_page_token"), caller="admin"),
    Call("AccountsService", "ListAccounts", [{}], caller="none", code=16),
]

ERRORS = [
    Call("CostsService", "CalculateInstantCost", [{}], code=3),
    Call("CostsService", "CalculateInstantCost",
         [{"record": {"value": -1, "confidence": 2, "start_time": "2022-02-01T11:00:00Z",
                      "end_time": "2022-02-01T10:30:00Z"}}], code=3),
    Call("CostsService", "CalculateInstantCost", [{"record": record(location_id="loc_none")}], code=5),
    Call("CostsService", "CalculateInstantCost", [{"record": record(start_time="1971-01-01T00:00:00Z")}], code=3),
    Call("CostsService", "CalculateInstantCost", [{"record": record()}], caller="none", code=16),
    Call("CostsService", "StreamInstantCosts", [{"records": []}], code=3),
]

ALL = LOGIN + COSTS + RECORDS + LOCATIONS + CARBON + TARIFFS + ACCOUNTS + ERRORS
