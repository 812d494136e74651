"""A catalog of one location, small enough to price by hand.

Its price: a market price with surcharges, and a fee that is lower on Christmas
Day. 24 and 25 December 2026, Europe/London (UTC).
"""

from decimal import Decimal

DAYS = ("2026-12-24", "2026-12-25")

LOCATION = {"id": "loc_test", "timezone": "Europe/London", "currency_code": "GBP", "carbon_region": "test-grid",
            "reference_id": "home"}
CALENDAR = {"id": "cal_test", "display_name": "Test holidays",
            "rules": [{"name": "Christmas", "fixed_date": {"month": 12, "day": 25}}]}
MARKET = [{"market_series": "test-market", "currency_code": "GBP",
           "prices": [{"valid_from": f"{day}T{hour:02}:00:00Z", "valid_to": f"{day}T{hour:02}:30:00Z", "rate": 0.2},
                      {"valid_from": f"{day}T{hour:02}:30:00Z", "valid_to": f"{day}T{hour + 1:02}:00:00Z", "rate": 0.4}]}
          for day in DAYS for hour in range(8, 12)]
INTENSITIES = [{"region": "test-grid", "intensities": [
    {"valid_from": f"{day}T00:00:00Z", "valid_to": f"{day}T12:00:00Z", "actual": 100}]} for day in DAYS]
ENERGY = {
    "id": "trf_energy", "location_id": "loc_test", "direction": "IMPORT", "type": "COMMODITY", "market_rates": True,
    "market_series": "test-market", "contract_start_date": "2026-01-01T00:00:00Z",
    "contract_end_date": "2027-01-01T00:00:00Z",
    "schedule": [{"days_and_hours": [{"hours": [{"rate": [{"surcharge_fixed": 0.01, "surcharge_percentage": 5}]}]}]}]}
FEE = {
    "id": "trf_fee", "location_id": "loc_test", "direction": "IMPORT", "type": "NON_COMMODITY",
    "contract_start_date": "2026-01-01T00:00:00Z", "contract_end_date": "2027-01-01T00:00:00Z",
    "special_day_calendar": "cal_test",
    "schedule": [{"days_and_hours": [{"days": ["All"], "hours": [{"rate": [{"fixed": 0.05}]}]},
                                     {"days": ["Holiday"], "hours": [{"rate": [{"fixed": 0.02}]}]}]}]}

# 10 kWh from 09:00 to 10:00: 5 at (0.2 + 0.01) * 1.05 and 5 at (0.4 + 0.01) * 1.05, and the fee on all 10.
COST = {"2026-12-24": Decimal("3.755"), "2026-12-25": Decimal("3.455")}
CARBON = 1000


def record(day):
    return {"location_id": "loc_test", "units": "KWH", "value": 10, "start_time": f"{day}T09:00:00Z",
            "end_time": f"{day}T10:00:00Z"}


def record_flags(day):
    return ["--location=loc_test", "--units=KWH", "--value=10", f"--start={day}T09:00:00Z", f"--end={day}T10:00:00Z"]
