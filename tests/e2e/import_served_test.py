"""`costs import` into a running costsd with a store: what is imported prices at once."""

import decimal
import json
import pathlib
import tempfile
import unittest

from tests.e2e import programs

Decimal = decimal.Decimal

SERIES = "se3"
LOCATION = {"id": "loc_test", "timezone": "Europe/Stockholm", "currency_code": "EUR", "carbon_region": "GB"}
SPOT = {"id": "trf_spot", "location_id": "loc_test", "direction": "IMPORT", "type": "COMMODITY", "currency_code": "EUR",
        "market_rates": True, "market_series": SERIES}
DAY = ("2024-11-04T23:00:00Z", "2024-11-05T23:00:00Z")


class Imported(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.server = self.enterContext(
            programs.Costsd(f"--store={self.directory}/catalog.sqlite", catalog=None))

    def costs(self, command, *arguments, **options):
        return programs.costs(*command.split(), f"--server={self.server.grpc}", *arguments, **options)

    def expect(self, code, done):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def create(self, path, document):
        status, answer = programs.rest_call(self.server.rest, path=path, body=json.dumps(document))
        self.assertLess(status, 300, answer)

    def priced(self, start, end, kwh=1, location="loc_test"):
        done = self.expect(0, self.costs("instant", f"--location={location}", "--units=KWH", f"--value={kwh}",
                                         f"--start={start}", f"--end={end}"))
        return programs.parse_json(done.stdout)["data"]

    def test_day_of_prices_is_priced_with_at_once(self):
        path = programs.data_directory(self, "nordpool") / "delivery_period.json"
        flags = ("--format=nord-pool", "--area=SE3", f"--series={SERIES}", path)
        first = self.expect(0, self.costs("import prices", *flags))
        self.assertIn("sent: 24, of which 24 were new or changed; catalog version ", first.stdout)
        again = self.expect(0, self.costs("import prices", *flags))
        self.assertIn("sent: 24, of which 0 were new or changed", again.stdout)

        self.create("/locations", {**LOCATION, "carbon_region": ""})
        self.create("/tariffs/elements", SPOT)
        raw = programs.parse_json(path.read_text())
        prices = [Decimal(entry["entryPerArea"]["SE3"]) / 1000 for entry in raw["multiAreaEntries"]]
        self.assertEqual(self.priced(*DAY, kwh=24)["tariff"], {"value": sum(prices), "confidence": 1})
        for entry, price in zip(raw["multiAreaEntries"], prices):
            cost = self.priced(entry["deliveryStart"], entry["deliveryEnd"])["tariff"]["value"]
            self.assertEqual(cost, price)

        # The same series in another currency is refused by the server, and changes nothing.
        day = self.directory / "sek.json"
        day.write_text(path.read_text().replace('"EUR"', '"SEK"'))
        refused = self.expect(4, self.costs("import prices", *flags[:-1], day))
        self.assertIn("INVALID_ARGUMENT", refused.stderr)
        self.assertEqual(self.priced(*DAY, kwh=24)["tariff"]["value"], sum(prices))

    def test_year_of_intensities_in_two_messages(self):
        path = programs.data_directory(self, "carbon-gb-2023") / "neso_2023_national_intensity.csv"
        done = self.expect(0, self.costs("import intensities", "--format=neso", "--region=GB", path))
        self.assertIn("sent: 17430, of which 17430 were new or changed", done.stdout)
        self.create("/locations", LOCATION)
        # 2023-01-26T13:30Z has a forecast only.
        for start, end, intensity, confidence in (
            ("2023-01-01T00:00:00Z", "2023-01-01T00:30:00Z", 72, 1),
            ("2023-01-26T13:30:00Z", "2023-01-26T14:00:00Z", 214, Decimal("0.8")),
        ):
            done = self.expect(0, self.costs(
                "instant", "--location=loc_test", "--units=KWH", "--value=1", "--no_tariff", f"--start={start}",
                f"--end={end}"))
            self.assertEqual(programs.parse_json(done.stdout)["data"]["carbon"],
                             {"value": intensity, "confidence": confidence})

    def test_tariff_with_holidays_and_tiers(self):
        tariffs = programs.data_directory(self, "urdb") / "tariffs"
        self.create("/locations", {"id": "loc_pa", "timezone": "America/New_York", "currency_code": "USD"})
        for path in sorted(tariffs.glob("*.json")):
            document = json.loads(path.read_text())
            if document.get("holidays"):
                break
        flags = ("--format=ratebook", "--time_zone=America/New_York", "--leave_out=FIXED_CHARGE,MINIMUM_CHARGE",
                 "--location=loc_pa", path)
        dry = self.expect(0, self.costs("import tariff", "--dry_run", *flags))
        self.assertEqual(dry.stdout.count('"location_id": "loc_pa"'), 1)
        done = self.expect(0, self.costs("import tariff", *flags))
        self.assertIn(f"element {path.stem}: created\n", done.stdout)
        self.expect(4, self.costs("import tariff", *flags))
        self.assertIn("is there already", self.expect(0, self.costs("import tariff", "--existing", *flags)).stdout)
        start = json.loads(dry.stdout[dry.stdout.index('{\n "id": "%s"' % path.stem):])["contract_start_date"]
        self.assertGreater(self.priced(start, start.replace(":00:00Z", ":30:00Z"), location="loc_pa")["tariff"]["value"],
                           0)


if __name__ == "__main__":
    unittest.main()
