"""What a kWh costs over time, on both faces and in the terminal, against the demo's own price files."""

import csv
import datetime
import json
import os
import unittest
import unittest.mock
from decimal import Decimal

from tests.e2e import openapi_schema
from tests.e2e import programs

MARKET = "loc_000000000000000000000003"
SHOP = "loc_000000000000000000000004"
CALIFORNIA = "loc_000000000000000000000002"
VAT = Decimal("1.05")
# Local days of London in which the demo has prices; the second has 25 hours.
START, END = "2023-10-27T23:00:00Z", "2023-10-31T00:00:00Z"
HALF_HOUR = datetime.timedelta(minutes=30)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def half_hours(start=START, end=END):
    """The market's prices with VAT, by the instant at which each begins."""
    with open(programs.DEMO_CATALOG / "market/octopus-agile-2023.csv", encoding="utf-8", newline="") as file:
        rows = {moment(row["start_time"]): Decimal(row["price_per_kwh"]) * VAT for row in csv.DictReader(file)}
    return {at: rate for at, rate in sorted(rows.items()) if moment(start) <= at < moment(end)}


class Served(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(programs.Costsd())

    def get(self, path, **query):
        target = path + "?" + "&".join(f"{name}={value}" for name, value in query.items())
        return programs.curl(self, self.server, "GET", target)

    def answer(self, path, **query):
        status, answer = self.get(path, **query)
        self.assertEqual(status, 200, answer)
        return answer

    def costs(self, command, *arguments):
        done = programs.costs(command, f"--server={self.server.grpc}", *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout


class Rates(Served):
    def test_prices_are_the_market_files_with_vat(self):
        prices = half_hours()
        answer = self.answer(f"/tariffs/rates/{MARKET}", start_time=START, end_time=END)
        listed = {}
        at = moment(START)
        for entry in answer["data"]:
            self.assertEqual(moment(entry["valid_from"]), at)
            at = moment(entry["valid_to"])
            listed[moment(entry["valid_from"])] = Decimal(str(entry["tariff"]["rate"]))
        self.assertEqual(at, moment(END))
        current = None
        for at, rate in prices.items():
            current = listed.get(at, current)  # from change to change
            self.assertEqual(current, rate, at)
        self.assertLess(min(prices.values()), 0)

    def test_resolution_averages_the_half_hours(self):
        prices = half_hours()
        answer = self.answer(f"/tariffs/rates/{MARKET}", start_time=START, end_time=END, resolution=60,
                             include_carbon="false")
        self.assertEqual(len(answer["data"]), 73)  # 24 + 25 + 24
        for entry in answer["data"]:
            at = moment(entry["valid_from"])
            self.assertEqual(Decimal(str(entry["tariff"]["rate"])), (prices[at] + prices[at + HALF_HOUR]) / 2)
            self.assertNotIn("carbon", entry)

    def test_relative_intensity_goes_from_0_to_1(self):
        answer = self.answer(f"/tariffs/rates/{MARKET}", start_time=START, end_time=END, include_tariff="false")
        carbon = [entry["carbon"] for entry in answer["data"]]
        lowest, highest = min(c["intensity"] for c in carbon), max(c["intensity"] for c in carbon)
        for c in carbon:
            self.assertAlmostEqual(float(c["relative"]), float((c["intensity"] - lowest) / (highest - lowest)), 5)

    def test_both_faces_say_the_same(self):
        query = {"start_time": START, "end_time": END, "resolution": 30}
        rest = self.answer(f"/tariffs/rates/{MARKET}", **query)
        grpc = programs.parse_json(self.costs("rates", MARKET, f"--from={START}", f"--to={END}", "--resolution=30",
                                              "--output=json"))
        for own in ("id", "time_created", "next_update", "request"):
            del rest[own], grpc[own]
        self.assertEqual(rest, grpc)

    def test_times_are_in_the_callers_offset(self):
        for end in ("2023-10-28T03:00:00+01:00", "2023-10-28T03:00:00%2B01:00"):
            answer = self.answer(f"/tariffs/rates/{MARKET}", start_time=START, end_time=end)
            self.assertEqual(answer["data"][0]["valid_from"], "2023-10-28T00:00:00+01:00")
            self.assertEqual(answer["request"]["end_time"], "2023-10-28T03:00:00+01:00")
            self.assertRegex(answer["time_created"], "Z$")

    def test_answers_are_as_the_openapi_file_says(self):
        specification = programs.data_directory(self, "flatpeak") / "flatpeak-api-spec.json"
        schemas = openapi_schema.Schemas(json.loads(specification.read_text()))
        period = {"start_time": START, "end_time": END}
        for path, location, query in (
            ("/tariffs/rates/{id}", MARKET, {}),
            ("/tariffs/rates/{id}", SHOP, {"resolution": 60, "include_carbon": "false"}),
            ("/tariffs/rates/{id}", CALIFORNIA, {"start_time": "2026-07-01T07:00:00Z", "end_time": "2026-07-02T07:00:00Z"}),
            ("/tariffs/audit/{id}", SHOP, {}),
            ("/slots/time/{id}", MARKET, {"segment": "LOW", "duration": 180}),
            ("/slots/time/{id}", MARKET, {"segment": "GREEN", "duration": 180, "contiguous": "true"}),
            ("/tariffs/rates/{id}", "loc_none", {}),
            ("/tariffs/audit/{id}", MARKET, {"end_time": "2023-12-01T00:00:00Z"}),
        ):
            with self.subTest(path=path, query=query):
                status, answer = self.get(path.replace("{id}", location), **(period | query))
                self.assertEqual(schemas.answer_violations("GET", path, status, answer), [], answer)

    def test_refusals_have_their_status_and_code(self):
        period = {"start_time": START, "end_time": END}
        for path, query, status, code, said in (
            (f"/tariffs/rates/{MARKET}", {"end_time": "2023-12-01T00:00:00Z"}, 422, "no_price_data",
             "no IMPORT price from 2023-10-31T00:00:00Z"),
            ("/tariffs/rates/loc_none", {}, 404, "location_not_found", "loc_none"),
            (f"/tariffs/rates/{SHOP}", {"direction": "EXPORT"}, 422, "no_tariff_connected", "EXPORT"),
            (f"/slots/time/{CALIFORNIA}", {"segment": "GREEN", "duration": 60}, 422, "no_carbon_data", "carbon"),
            (f"/slots/time/{MARKET}", {"duration": 0}, 400, "invalid_request", "segment"),
            (f"/slots/time/{MARKET}", {"duration": 0}, 400, "invalid_request", "duration"),
            (f"/tariffs/rates/{MARKET}", {"resolution": 7}, 400, "invalid_request", "resolution"),
            (f"/tariffs/rates/{MARKET}", {"end_time": "tomorrow"}, 400, "invalid_request", "end_time"),
        ):
            with self.subTest(path=path, query=query):
                got, error = self.get(path, **(period | query))
                self.assertEqual((got, error["object"], error["code"]), (status, "error", code), error)
                self.assertIn(said, error["message"])


class Audit(Served):
    def test_parts_add_up_element_by_element(self):
        answer = self.answer(f"/tariffs/audit/{SHOP}", start_time=START, end_time=END)
        self.assertEqual(answer["market_sources"], ["octopus-agile-2023"])
        self.assertEqual(answer["carbon_sources"], ["gb-2023"])
        for entry in answer["data"]:
            rate = entry["tariff_rate"]
            market = rate["commodity"]["market"]
            self.assertEqual(rate["commodity"]["percentage"], market * Decimal("0.2"))
            self.assertEqual(rate["non_commodity"]["fixed"], Decimal("0.0093"))
            self.assertEqual(rate["total"], market * Decimal("1.2") + Decimal("0.0093"))
            self.assertEqual({e["tariff_element_id"] for e in entry["elements"]},
                             {"trf_agile_shop", "trf_climate_change_levy"})


class Slots(Served):
    def windows(self, count):
        """The average of every stretch of so many half-hours, by its start."""
        prices = half_hours()
        starts = list(prices)
        return {starts[i]: sum(prices[at] for at in starts[i:i + count]) / count
                for i in range(len(starts) - count + 1)}

    def test_contiguous_slot_is_the_best_of_all_windows(self):
        for segment, best in (("LOW", min), ("HIGH", max)):
            for count in (1, 6, 23):
                with self.subTest(segment=segment, count=count):
                    windows = self.windows(count)
                    slot, = self.answer(f"/slots/time/{MARKET}", start_time=START, end_time=END, segment=segment,
                                        duration=30 * count, contiguous="true")["data"]
                    wanted = best(windows.values())
                    first = next(at for at, average in windows.items() if average == wanted)
                    self.assertEqual(moment(slot["start_time"]), first)
                    self.assertEqual(moment(slot["end_time"]), first + count * HALF_HOUR)
                    self.assertAlmostEqual(float(slot["tariff"]["rate_avg"]), float(wanted), 9)

    def test_split_slots_are_the_cheapest_half_hours(self):
        prices = half_hours()
        cheapest = sorted(prices, key=lambda at: (prices[at], at))[:9]
        slots = self.answer(f"/slots/time/{MARKET}", start_time=START, end_time=END, segment="LOW", duration=270)["data"]
        found = []
        for slot in slots:
            at = moment(slot["start_time"])
            while at < moment(slot["end_time"]):
                found.append(at)
                at += HALF_HOUR
        self.assertEqual(found, sorted(cheapest))

    def test_command_line_finds_the_same(self):
        rest = self.answer(f"/slots/time/{MARKET}", start_time=START, end_time=END, segment="LOW", duration=180)["data"]
        rows = list(csv.DictReader(self.costs("slots", MARKET, f"--from={START}", f"--to={END}", "--duration=3h",
                                              "--output=csv").splitlines()))
        self.assertEqual([moment(row["start_time"]) for row in rows], [moment(slot["start_time"]) for slot in rest])
        self.assertEqual([Decimal(row["rate_avg"]) for row in rows], [slot["tariff"]["rate_avg"] for slot in rest])


class Chart(Served):
    def test_readmes_chart_is_what_is_drawn(self):
        readme = (programs.ROOT / "README.md").read_text(encoding="utf-8")
        command, _, chart = readme.partition("client/cli/costs rates ")[2].partition("```")[0].partition("\n\n")
        with unittest.mock.patch.dict(os.environ, LC_ALL="C.UTF-8"):
            self.assertEqual(self.costs("rates", *command.split()), chart)

    def test_day_of_25_hours_has_25_rows_with_their_offsets(self):
        lines = self.costs("rates", MARKET, "--from=2023-10-29").splitlines()
        self.assertIn("Sun 29 Oct 2023, 25 hours", lines)
        rows = [line for line in lines if line[2:3] == ":"]
        self.assertEqual(len(rows), 25)
        self.assertTrue(rows[1].startswith("01:00+01:00") and rows[2].startswith("01:00+00:00"), rows)
        self.assertEqual(sum("cheapest" in row for row in rows), 1)

    def test_negative_prices_are_left_of_the_zero_line(self):
        rows = self.costs("rates", MARKET, "--from=2023-10-28", "--resolution=30", "--no_carbon").splitlines()
        negative = [row for row in rows if " -0." in row]
        self.assertEqual(len(negative), 1)
        self.assertRegex(negative[0], r"^22:30 +[█▐#]+[│|] +-0\.01302  [◀<] cheapest$")


if __name__ == "__main__":
    unittest.main()
