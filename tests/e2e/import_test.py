"""`costs import` on real files: every row arrives, and their sums are those of the file itself.

What the rows should be is computed here, from the raw files, with Python's
decimals and datetimes; and for Nord Pool's day also by Nord Pool, which publishes
the averages of the day and of its blocks.
"""

import csv
import datetime
import decimal
import io
import json
import pathlib
import tempfile
import unittest

from tests.e2e import programs

Decimal = decimal.Decimal
UTC = datetime.timezone.utc


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def figure(text):
    return Decimal(text) if text else None


def to_cents(value):
    return value.quantize(Decimal("0.01"), decimal.ROUND_HALF_UP)


class RealFiles(unittest.TestCase):
    def imported(self, *arguments):
        """The rows of the catalog file that an import writes, and its findings."""
        done = programs.costs("import", *arguments, "--write-csv=-")
        self.assertEqual(done.returncode, 0, done.stderr)
        return rows_of(done.stdout), done.stderr

    def assert_in_order(self, rows):
        for before, after in zip(rows, rows[1:]):
            self.assertLessEqual(instant(before["end_time"]), instant(after["start_time"]))

    def test_a_year_of_british_intensities(self):
        path = programs.data_directory(self, "carbon-gb-2023") / "neso_2023_national_intensity.csv"
        raw = list(csv.DictReader(path.open()))
        rows, findings = self.imported("intensities", "--format=neso", "--region=GB", path)
        self.assertEqual(len(raw), 17430)
        self.assertEqual(len(rows), len(raw))
        self.assert_in_order(rows)
        for name in ("forecast", "actual"):
            ours = [figure(row[f"{name}_g_per_kwh"]) for row in rows]
            theirs = [figure(row[name]) for row in raw]
            self.assertEqual(sum(filter(None, ours)), sum(filter(None, theirs)))
            self.assertEqual([i for i, value in enumerate(ours) if value is None],
                             [i for i, value in enumerate(theirs) if value is None])
            self.assertEqual(ours, theirs)
        for ours, theirs in zip(rows, raw):
            self.assertEqual((instant(ours["start_time"]), instant(ours["end_time"])),
                             (instant(theirs["from"]), instant(theirs["to"])))
        # Five blanks, and the gap of two days.
        self.assertEqual(findings.count("actual: is blank; the forecast counts"), 5)
        self.assertIn("there is no intensity from 2023-10-20T22:00:00Z to 2023-10-22T19:30:00Z", findings)
        self.assertEqual(findings.count("there is no"), 1)

    def test_a_year_of_californian_intensities(self):
        path = programs.data_directory(self, "carbon-us-2022") / "CISO_NG_&_avgCI.csv"
        raw = list(csv.DictReader(path.open()))
        flags = ["--format=csv", "--region=US-CAL-CISO", "--start-column=timestamp", "--actual-column=avg_CI",
                 "--minutes=60"]
        rows, findings = self.imported("intensities", *flags, "--round", path)
        known = [row for row in raw if row["avg_CI"]]
        self.assertEqual(len(raw) - len(known), 3)
        nano = Decimal("0.000000001")
        self.assertEqual([Decimal(row["actual_g_per_kwh"]) for row in rows],
                         [Decimal(row["avg_CI"]).quantize(nano, decimal.ROUND_HALF_EVEN) for row in known])
        self.assertEqual([instant(row["start_time"]) for row in rows], [instant(row["timestamp"]) for row in known])
        self.assertEqual(findings.count("is left blank"), 3)
        long = sum(1 for row in known if len(row["avg_CI"].partition(".")[2]) > 9)
        self.assertIn(f"the first of {long} numbers that were rounded", findings)
        # Nothing is rounded without being asked.
        done = programs.costs("import", "intensities", *flags, "--dry-run", path)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("more than 9 digits after the point", done.stderr)

    def test_a_day_of_swedish_prices(self):
        path = programs.data_directory(self, "nordpool") / "delivery_period.json"
        raw = programs.parse_json(path.read_text())
        rows, findings = self.imported("prices", "--format=nord-pool", "--area=SE3", "--series=se3", path)
        self.assertEqual([Decimal(row["price_per_kwh"]) * 1000 for row in rows],
                         [Decimal(entry["entryPerArea"]["SE3"]) for entry in raw["multiAreaEntries"]])
        self.assertEqual({row["currency_code"] for row in rows}, {"EUR"})
        self.assertNotIn("costs:", findings)

        def mean(start, end):
            prices = [Decimal(row["price_per_kwh"]) * 1000 for row in rows
                      if instant(start) <= instant(row["start_time"]) < instant(end)]
            return to_cents(sum(prices) / len(prices))

        # As Nord Pool published them.
        self.assertEqual(mean(rows[0]["start_time"], rows[-1]["end_time"]), raw["areaAverages"][0]["price"])
        for block in raw["blockPriceAggregates"]:
            self.assertEqual(mean(block["deliveryStart"], block["deliveryEnd"]),
                             block["averagePricePerArea"]["SE3"]["average"], block["blockName"])

    def test_written_files_are_a_catalog_to_price_from(self):
        prices = programs.data_directory(self, "nordpool") / "delivery_period.json"
        with tempfile.TemporaryDirectory() as name:
            catalog = pathlib.Path(name)
            (catalog / "market").mkdir()
            done = programs.costs("import", "prices", "--format=nord-pool", "--area=SE3", "--series=se3",
                                  f"--write-csv={catalog}/market/se3.csv", prices)
            self.assertEqual((done.returncode, done.stdout), (0, ""))
            (catalog / "elements.json").write_text(json.dumps({"elements": [{
                "id": "el_1", "direction": "IMPORT", "type": "COMMODITY", "currency_code": "EUR",
                "vat_included": False, "market_rates": True, "market_series": "se3"}]}))
            (catalog / "locations.json").write_text(json.dumps({"locations": [{
                "id": "loc_1", "timezone": "Europe/Stockholm", "currency_code": "EUR",
                "tariff_elements": ["el_1"]}]}))
            with programs.Costsd(catalog=catalog) as server:
                done = programs.costs(
                    "instant", f"--server={server.grpc}", "--location=loc_1", "--value=24", "--units=KWH",
                    "--start=2024-11-04T23:00:00Z", "--end=2024-11-05T23:00:00Z")
        self.assertEqual(done.returncode, 0, done.stderr)
        cost = programs.parse_json(done.stdout)["data"]["tariff"]["value"]
        raw = programs.parse_json(prices.read_text())
        # An even 24 kWh cost the day's 24 prices of a kWh.
        self.assertEqual(cost, sum(Decimal(entry["entryPerArea"]["SE3"]) for entry in raw["multiAreaEntries"]) / 1000)


class Arguments(unittest.TestCase):
    def expect(self, code, said, *arguments, stdin=""):
        done = programs.costs("import", *arguments, stdin=stdin)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertIn(said, done.stderr)

    def test_wrong_arguments_exit_with_2(self):
        self.expect(2, "say what to import: prices, intensities or tariff")
        self.expect(2, "say what to import", "weather")
        self.expect(2, "--format is missing", "prices", "--series=x", "-")
        self.expect(2, "--series is missing", "prices", "--format=octopus", "-")
        self.expect(2, "--region is missing", "intensities", "--format=neso", "-")
        self.expect(2, "it may be nord-pool, entsoe, octopus, csv", "prices", "--format=neso", "--series=x", "-")
        self.expect(2, "it may be included, excluded", "prices", "--format=octopus", "--vat=0.05", "--series=x", "-")
        self.expect(2, "--until is \"later\"", "prices", "--format=octopus", "--vat=included", "--until=later",
                    "--series=x", "-")
        self.expect(2, "there is no flag --area", "intensities", "--area=GB", "-")
        self.expect(2, "give the files to import", "prices", "--format=octopus", "--series=x")
        self.expect(2, "--deadline must be above 0", "prices", "--deadline=0s", "-")
        # What only the file shows to be needed.
        self.expect(2, "vat: is missing", "prices", "--format=octopus", "--series=x", "-", stdin="{}")

    def test_files_that_cannot_be_read_exit_with_5(self):
        self.expect(5, "/no/such/file: No such file", "prices", "--format=octopus", "--series=x", "/no/such/file")

    def test_refused_files_exit_with_1_and_are_named(self):
        flags = ["--format=octopus", "--vat=included", "--series=x", "-"]
        self.expect(1, "standard input:1:1: not JSON", "prices", *flags, stdin="<html>")
        self.expect(1, "reason: NO_DATA", "prices", *flags, stdin='{"results": []}')

    def test_help_lists_the_flags(self):
        for arguments in (["help", "import"], ["import", "prices", "--help"], ["import", "-h"]):
            done = programs.costs(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("--payment_method=", done.stdout)


if __name__ == "__main__":
    unittest.main()
