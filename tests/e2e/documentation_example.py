"""The API documentation's example: its request, and the answer that it prints."""

from decimal import Decimal

REQUEST = {
    "location_id": "loc_641b90b758fb8e6293716e40",
    "device_id": "dev_65e6d8334c8d715963d99db3",
    "session_reference_id": "SESSION1234567890",
    "record_reference_id": "MET1234567890",
    "direction": "IMPORT",
    "tariff_rate": "IMPORT",
    "measurand": "TRANSFERRED",
    "units": "W",
    "value": 20567,
    "confidence": 1,
    "start_time": "2022-02-01T10:30:00Z",
    "end_time": "2022-02-01T11:00:00Z",
}

# The same as flags of `costs instant`.
FLAGS = [
    "--location=loc_641b90b758fb8e6293716e40",
    "--device=dev_65e6d8334c8d715963d99db3",
    "--session=SESSION1234567890",
    "--record=MET1234567890",
    "--direction=IMPORT",
    "--tariff_rate=IMPORT",
    "--units=W",
    "--value=20567",
    "--confidence=1",
    "--start=2022-02-01T10:30:00Z",
    "--end=2022-02-01T11:00:00Z",
]

# Without what differs from answer to answer: id, time_created, account_id.
ANSWER = {
    "object": "meter_record",
    "live_mode": True,
    "direction": "IMPORT",
    "tariff_rate": "IMPORT",
    "currency_code": "GBP",
    "energy_units": "WH",
    "carbon_units": "gCO2eq",
    "request": {**REQUEST, "non_persistent": False},
    "data": {
        "start_time": "2022-02-01T10:30:00Z",
        "end_time": "2022-02-01T11:00:00Z",
        "session_reference_id": "SESSION1234567890",
        "record_reference_id": "MET1234567890",
        "energy": {"value": 10284},
        "tariff": {"value": Decimal("928.372"), "confidence": 1},
        "carbon": {"value": Decimal("35.24"), "confidence": Decimal("0.8")},
    },
}
