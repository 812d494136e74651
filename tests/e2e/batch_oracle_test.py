"""Real meter readings and the real GB carbon series in one `costs batch`, against a slow re-computation.

The readings are a year each of three British homes (times in UTC) and of a
building in Illinois (times with local offsets); the tariffs have seasons,
weekends and hours, one with a boundary within a minute. The re-computation
counts every single second of every reading (second_counter: the C library's
civil time), and the arithmetic is decimal.
"""

import csv
import dataclasses
import datetime
import decimal
import gzip
import io
import json
import pathlib
import subprocess
import tempfile
import unittest

from tests.e2e import programs

decimal.getcontext().prec = 60
Decimal = decimal.Decimal

SECOND_COUNTER = programs.ROOT / "tests/e2e/second_counter"
CARBON_CSV = "neso_2023_national_intensity.csv"

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

WORKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri"]
WEEKEND = ["Sat", "Sun"]

# A tariff: seasons of (months, days), and each one's hours and rates; illustrative.
BRITISH_TARIFF = [
    (["Nov", "Dec", "Jan", "Feb"], WORKDAYS, [
        ("00:00:00", "00:30:00", "0.2871"), ("00:30:00", "05:30:00", "0.074993"), ("05:30:00", "15:59:20", "0.2871"),
        ("15:59:20", "19:00:00", "0.412345678"), ("19:00:00", "00:00:00", "0.2871")]),
    (["Nov", "Dec", "Jan", "Feb"], WEEKEND, [("00:00:00", "00:00:00", "0.2613")]),
    (["Mar", "Apr", "Sep", "Oct"], WORKDAYS, [
        # The boundaries are in the hours that DST skips and repeats.
        ("00:00:00", "01:15:00", "0.1999"), ("01:15:00", "01:45:00", "0.0701"), ("01:45:00", "00:00:00", "0.2342")]),
    (["Mar", "Apr", "Sep", "Oct"], WEEKEND, [
        ("00:00:00", "01:15:00", "0.1888"), ("01:15:00", "01:45:00", "0.0601"), ("01:45:00", "00:00:00", "0.2231")]),
    (["May", "Jun", "Jul", "Aug"], WORKDAYS + WEEKEND, [
        ("00:00:00", "11:00:00", "0.2104"), ("11:00:00", "14:00:00", "-0.0107"), ("14:00:00", "00:00:00", "0.2405")]),
]
ILLINOIS_TARIFF = [
    (["Jun", "Jul", "Aug", "Sep"], WORKDAYS, [
        ("00:00:00", "06:00:00", "0.05512"), ("06:00:00", "14:00:00", "0.0911"), ("14:00:00", "19:00:00", "0.21077"),
        ("19:00:00", "22:00:00", "0.0911"), ("22:00:00", "00:00:00", "0.05512")]),
    (["Jun", "Jul", "Aug", "Sep"], WEEKEND, [("00:00:00", "00:00:00", "0.0601")]),
    (["Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May"], WORKDAYS, [
        ("00:00:00", "01:30:00", "0.0488"), ("01:30:00", "02:30:00", "0.0377"), ("02:30:00", "00:00:00", "0.0792")]),
    (["Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May"], WEEKEND, [
        ("00:00:00", "01:30:00", "0.0466"), ("01:30:00", "02:30:00", "0.0355"), ("02:30:00", "00:00:00", "0.0533")]),
]


@dataclasses.dataclass
class Home:
    location: str
    readings: str  # a file of the test data
    zone: str
    minutes: int  # of a reading
    first: str  # its year: [first, first + days)
    days: int
    # The readings' times are moved by whole weeks, to when there is carbon data.
    weeks_later: int = 0
    carbon: bool = False


HOMES = [
    Home("loc_1", "uk-electricity-hdd-only-hourly-sample-0", "Europe/London", 60, "2021-01-03T00:00:00+00:00", 365,
         weeks_later=104, carbon=True),
    Home("loc_2", "uk-electricity-hdd-only-hourly-sample-1", "Europe/London", 30, "2012-10-13T00:00:00+00:00", 365),
    Home("loc_3", "uk-electricity-hdd-only-hourly-sample-2", "Europe/London", 30, "2013-01-01T00:00:00+00:00", 365),
    Home("loc_4", "il-electricity-cdd-hdd-hourly", "America/Chicago", 60, "2016-01-01T00:00:00-06:00", 366),
]


@dataclasses.dataclass
class Reading:
    home: Home
    value: str  # kWh, as the file has it
    start: datetime.datetime
    end: datetime.datetime


@dataclasses.dataclass
class CarbonSlot:
    start: datetime.datetime
    end: datetime.datetime
    forecast: str
    actual: str


def read_readings(directory, home):
    first = datetime.datetime.fromisoformat(home.first)
    last = first + datetime.timedelta(days=home.days)
    found = []
    with gzip.open(directory / f"{home.readings}.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            start = datetime.datetime.fromisoformat(row["start"])
            if start.tzinfo is None:
                start = start.replace(tzinfo=datetime.timezone.utc)
            if first <= start < last:
                start += datetime.timedelta(weeks=home.weeks_later)
                found.append(Reading(home, row["value"], start, start + datetime.timedelta(minutes=home.minutes)))
    return found


def read_carbon(directory):
    with open(directory / CARBON_CSV) as file:
        return [
            CarbonSlot(datetime.datetime.fromisoformat(row["from"]), datetime.datetime.fromisoformat(row["to"]),
                       row["forecast"], row["actual"])
            for row in csv.DictReader(file)
        ]


def rfc3339(time):
    return time.isoformat().replace("+00:00", "Z")


def write_catalog(directory, carbon):
    """The tariffs, homes and carbon as the service's catalog has them."""
    locations = []
    elements = []
    for home in HOMES:
        british = home.zone == "Europe/London"
        locations.append({
            "id": home.location, "timezone": home.zone, "currency_code": "GBP" if british else "USD",
            "tariff_elements": ["british" if british else "illinois"],
            **({"carbon_region": "gb"} if home.carbon else {})})
    for name, currency, tariff in (("british", "GBP", BRITISH_TARIFF), ("illinois", "USD", ILLINOIS_TARIFF)):
        schedule = []
        for months, days, hours in tariff:
            hours = [{"valid_from": valid_from, "valid_to": valid_to, "rate": [{"fixed": float(rate)}]}
                     for valid_from, valid_to, rate in hours]
            season = next((season for season in schedule if season["months"] == months), None)
            if season is None:
                season = {"months": months, "days_and_hours": []}
                schedule.append(season)
            season["days_and_hours"].append({"days": days, "hours": hours})
        elements.append({"id": name, "direction": "IMPORT", "type": "COMMODITY", "currency_code": currency,
                         "vat_included": True, "schedule": schedule})
    (directory / "locations.json").write_text(json.dumps({"locations": locations}, indent=1))
    (directory / "elements.json").write_text(json.dumps({"elements": elements}, indent=1))
    (directory / "carbon").mkdir()
    with open(directory / "carbon" / "gb.csv", "w") as file:
        file.write("start_time,end_time,forecast_g_per_kwh,actual_g_per_kwh\n")
        for slot in carbon:
            file.write(f"{rfc3339(slot.start)},{rfc3339(slot.end)},{slot.forecast},{slot.actual}\n")


def seconds_of_day(text):
    hours, minutes, seconds = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def epoch(time):
    return int(time.timestamp())


def count_seconds(zone, tariff, carbon, readings):
    """For each reading its seconds at each rate, and in each slot (None: in no slot)."""
    lines = []
    rates = []
    for months, days, hours in tariff:
        month_mask = sum(1 << MONTHS.index(month) for month in months)
        day_mask = sum(1 << WEEKDAYS.index(day) for day in days)
        for valid_from, valid_to, rate in hours:
            lines.append(f"rule {month_mask} {day_mask} {seconds_of_day(valid_from)} {seconds_of_day(valid_to) or 86400}")
            rates.append(Decimal(rate))
    lines += [f"slot {epoch(slot.start)} {epoch(slot.end)}" for slot in carbon]
    lines += [f"record {epoch(reading.start)} {epoch(reading.end)}" for reading in readings]
    counted = subprocess.run([SECOND_COUNTER, zone], input="\n".join(lines) + "\n", capture_output=True, text=True,
                             check=False)
    assert counted.returncode == 0, counted.stderr
    for line in counted.stdout.splitlines():
        by_rule, by_slot = ([pair.split(":") for pair in part.split()] for part in line.split("/"))
        yield ([(rates[int(number)], int(seconds)) for number, seconds in by_rule],
               [(carbon[int(number)] if int(number) >= 0 else None, int(seconds)) for number, seconds in by_slot])


def expected_figures(reading, by_rate, by_slot):
    """What the columns energy_wh, cost, carbon_g and carbon_confidence should hold; None: nothing."""
    kwh = Decimal(reading.value).quantize(Decimal("0.000001"), decimal.ROUND_HALF_EVEN)
    seconds = Decimal((reading.end - reading.start) // datetime.timedelta(seconds=1))
    energy = (kwh * 1000).quantize(Decimal(1), decimal.ROUND_HALF_UP)
    cost = sum(kwh * rate * count for rate, count in by_rate) / seconds
    cost = cost.quantize(Decimal("0.000001"), decimal.ROUND_HALF_EVEN)
    if not reading.home.carbon or any(slot is None for slot, _ in by_slot):
        return energy, cost, None, None
    grams = sum(kwh * Decimal(slot.actual or slot.forecast) * count for slot, count in by_slot) / seconds
    confidence = Decimal("1" if all(slot.actual for slot, _ in by_slot) else "0.8")
    return energy, cost, grams.quantize(Decimal("0.001"), decimal.ROUND_HALF_EVEN), confidence


class BatchOracle(unittest.TestCase):
    maxDiff = None

    def batch(self, catalog, readings):
        """The rows that one `costs batch` gives for them."""
        text = io.StringIO()
        text.write("location_id,value,units,start_time,end_time\n")
        for reading in readings:
            text.write(f"{reading.home.location},{reading.value},KWH,{rfc3339(reading.start)},{rfc3339(reading.end)}\n")
        with programs.Costsd(catalog=catalog) as server:
            done = programs.costs("batch", "-", f"--server={server.grpc}", stdin=text.getvalue())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{len(readings):,} records, 0 failed", done.stderr)
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def test_batch_is_equal_to_the_slow_recomputation(self):
        meters = programs.data_directory(self, "meters")
        carbon = read_carbon(programs.data_directory(self, "carbon-gb-2023"))
        readings = [reading for home in HOMES for reading in read_readings(meters, home)]
        catalog = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        write_catalog(catalog, carbon)
        rows = self.batch(catalog, readings)
        self.assertEqual(len(rows), len(readings))

        counted = []
        for home in HOMES:
            of_home = [reading for reading in readings if reading.home is home]
            tariff = BRITISH_TARIFF if home.zone == "Europe/London" else ILLINOIS_TARIFF
            counted += count_seconds(home.zone, tariff, carbon if home.carbon else [], of_home)
        self.assertEqual(len(counted), len(readings))

        differences = []
        cut = without_carbon = by_forecast = 0
        for reading, row, (by_rate, by_slot) in zip(readings, rows, counted):
            expected = expected_figures(reading, by_rate, by_slot)
            got = tuple(Decimal(row[name]) if row[name] else None
                        for name in ("energy_wh", "cost", "carbon_g", "carbon_confidence"))
            if got != expected or row["cost_confidence"] != "1":
                differences.append(f"{reading}: is {got}, not {expected}")
            cut += len(by_rate) > 1
            if reading.home.carbon:
                without_carbon += expected[2] is None
                by_forecast += expected[3] == Decimal("0.8")
        self.assertEqual(differences[:10], [], f"{len(differences)} of {len(readings)} readings differ")

        # The data has what makes it worth comparing: a year of each home,
        # readings over a change of the rate, the two days without carbon, and
        # the five half-hours that have a forecast only.
        print(f"{len(readings)} readings, {cut} of them at several rates, {without_carbon} without carbon, "
              f"{by_forecast} by a forecast")
        self.assertGreater(len(readings), 50_000)
        self.assertGreater(cut, 1_000)
        self.assertGreaterEqual(without_carbon, 46)
        self.assertEqual(by_forecast, 3)


if __name__ == "__main__":
    unittest.main()
