"""A real year of hourly readings, by each real tariff, against the slow method.

The readings are those of a building in Illinois, hour after hour of 2016 (a leap
year) and of 2017, laid from midnight on over 2028 and 2027 by the tariff's own
clock: after the day that the tariffs start on, and with a holiday on a Sunday.
Each record's cost must be the slow method's to the last digit; so must be each
month's and each period's sum.
"""

import collections
import csv
import datetime
import decimal
import gzip
import json
import unittest
import zoneinfo

from tests.e2e import test_data
from tests.tariffs import priced, slow_bill

UTC = datetime.timezone.utc

ZONES = {
    "AL": "America/Chicago", "AZ": "America/Phoenix", "CA": "America/Los_Angeles", "CO": "America/Denver",
    "CT": "America/New_York", "DC": "America/New_York", "FL": "America/New_York", "GA": "America/New_York",
    "ID": "America/Boise", "IL": "America/Chicago", "LA": "America/Chicago", "MA": "America/New_York",
    "MD": "America/New_York", "MI": "America/Detroit", "MN": "America/Chicago", "MO": "America/Chicago",
    "NC": "America/New_York", "NJ": "America/New_York", "NV": "America/Los_Angeles", "NY": "America/New_York",
    "OR": "America/Los_Angeles", "PA": "America/New_York", "TX": "America/Chicago", "UT": "America/Denver",
    "VA": "America/New_York", "WI": "America/Chicago",
}
EL_PASO = "America/Denver"

# Of the readings' year, the year that they are laid on.
YEARS = {2016: 2028, 2017: 2027}


def read_year(directory, year):
    """The kWh of each hour of a year, as text."""
    zone = zoneinfo.ZoneInfo("America/Chicago")
    first = datetime.datetime(year, 1, 1, tzinfo=zone).astimezone(UTC)
    last = datetime.datetime(year + 1, 1, 1, tzinfo=zone).astimezone(UTC)
    found = []
    with gzip.open(directory / "il-electricity-cdd-hdd-hourly.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            start = datetime.datetime.fromisoformat(row["start"]).astimezone(UTC)
            if first <= start < last:
                assert start == first + len(found) * datetime.timedelta(hours=1), f"a gap before {start}"
                found.append(row["value"])
    return found


def lay(values, year, zone):
    """(start, kWh) for each hour from the year's first midnight of `zone` on."""
    first = datetime.datetime(year, 1, 1, tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC)
    return [(first + i * datetime.timedelta(hours=1), value) for i, value in enumerate(values)]


def months_and_periods(slow, costs):
    sums = collections.Counter()
    for record, cost in zip(slow, costs):
        sums[record.start.year, record.start.month, record.period] += cost
    return sums


class Year(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.counts = collections.Counter()

    def compare(self, form, path, zone, bill, leave_out, values, year, direction):
        """Prices a year both ways."""
        readings = lay(values, year, zone)
        method = bill.price if direction == "IMPORT" else bill.price_export
        slow = list(method(readings, zone))
        lines = []
        month, used = None, decimal.Decimal(0)
        for (start, value), record in zip(readings, slow):
            if month != record.start.month:
                month, used = record.start.month, decimal.Decimal(0)
            seconds = int(start.timestamp())
            lines.append((seconds, seconds + 3600, value, used))
            used += decimal.Decimal(value)
        outcome = priced.price(form, path, zone, lines, leave_out, direction)
        self.assertEqual(outcome.refused, [])
        self.assertEqual(len(outcome.answers), len(slow))

        expected = [slow_bill.to_micros(record.cost) for record in slow]
        got = [answer.micros for answer in outcome.answers]
        sums = months_and_periods(slow, got)
        self.assertEqual(sums, months_and_periods(slow, expected))
        differences = [(record, is_, should) for record, is_, should in zip(slow, got, expected) if is_ != should]
        self.assertEqual(differences[:5], [], f"{len(differences)} of {len(slow)} records differ")
        # The sum of rounded records is the bill to far less than a cent.
        for key, exact in months_and_periods(slow, (record.cost for record in slow)).items():
            cost = decimal.Decimal(sums[key]).scaleb(-6)
            self.assertLess(abs(cost - exact), decimal.Decimal("0.0005"), key)
        self.counts["records"] += len(slow)
        self.counts["over an edge"] += sum(record.tiers > 1 for record in slow)
        self.counts["in a higher tier"] += sum(record.highest > 0 for record in slow)
        self.counts["less certain"] += sum(answer.confidence < 1000 for answer in outcome.answers)

    def test_each_residential_tariff_prices_a_year_as_the_slow_method_does(self):
        directory = test_data.data_directory(self, "urdb")
        meters = test_data.data_directory(self, "meters")
        years = {year: read_year(meters, year) for year in YEARS}
        self.assertEqual([len(values) for values in years.values()], [8784, 8760])
        manifest = json.loads((directory / "manifest.json").read_text())["tariffs"]
        imported = exports = 0
        for entry in manifest:
            slug = entry["slug"]
            zone = EL_PASO if slug.startswith("el-paso") else ZONES[entry["state"]]
            path = directory / "tariffs" / f"{slug}.json"
            tariff = json.loads(path.read_text())
            with self.subTest(slug):
                reasons = set()
                if any(decimal.Decimal(charge["amount"]) for charge in tariff["fixed_charges"]):
                    reasons.add("FIXED_CHARGE")
                if tariff["min_charge"]:
                    reasons.add("MINIMUM_CHARGE")
                refused = priced.price("ratebook", path, zone, []).refused
                self.assertEqual({reason for reason, _ in refused}, reasons)

                bill = slow_bill.SlowBill.of_ratebook(tariff)
                for year, laid in YEARS.items():
                    self.compare("ratebook", path, zone, bill, ["FIXED_CHARGE", "MINIMUM_CHARGE"], years[year], laid,
                                 "IMPORT")
                imported += 1
                if bill.periods[0][0].sell is not None:
                    self.compare("ratebook", path, zone, bill, ["FIXED_CHARGE", "MINIMUM_CHARGE"], years[2017],
                                 YEARS[2017], "EXPORT")
                    exports += 1
        print(f"{imported} tariffs, {exports} of them also for exported energy: {dict(self.counts)}")
        self.assertEqual((imported, exports), (68, 2))
        self.assertGreater(self.counts["over an edge"], 100)
        self.assertGreater(self.counts["in a higher tier"], 10_000)

    def test_each_commercial_tariff_prices_a_year_as_the_slow_method_does(self):
        directory = test_data.data_directory(self, "urdb-commercial")
        values = read_year(test_data.data_directory(self, "meters"), 2017)
        zone = "America/Los_Angeles"
        paths = sorted(directory.glob("*.json"))
        for path in paths:
            with self.subTest(path.name):
                refused = {reason for reason, _ in priced.price("urdb", path, zone, []).refused}
                record = json.loads(path.read_text())["items"][0]
                reasons = {"FIXED_CHARGE"}
                if any(record.get(name) for name in ("demandreactivepowercharge", "demandReactPwrCharge")):
                    reasons.add("REACTIVE_POWER")
                if any(tier.get("rate") or tier.get("adj") for name in ("flatdemandstructure", "demandratestructure")
                       for period in record.get(name, []) for tier in period):
                    reasons.add("DEMAND_CHARGE")
                self.assertEqual(refused, reasons)
                bill = slow_bill.SlowBill.of_urdb(json.loads(path.read_text(), parse_float=str)["items"][0])
                self.compare("urdb", path, zone, bill, ["FIXED_CHARGE", "DEMAND_CHARGE", "REACTIVE_POWER"], values,
                             YEARS[2017], "IMPORT")
        self.assertEqual(len(paths), 7)


if __name__ == "__main__":
    unittest.main()
