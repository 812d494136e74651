"""The published bills: energy charges and their lines, decimal for decimal.

The bills cover windows within a calendar month, which is what our tiers count
over. What is no energy charge (fixed and minimum charges) is left out by name.
"""

import collections
import datetime
import decimal
import json
import pathlib
import tempfile
import unittest
import zoneinfo

from tests.e2e import test_data
from tests.tariffs import priced

ZONE = "America/Chicago"
LEAVE_OUT = ["FIXED_CHARGE", "MINIMUM_CHARGE"]
Decimal = decimal.Decimal


class BillVectors(unittest.TestCase):

    def write(self, tariff):
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "tariff.json"
        path.write_text(json.dumps(tariff))
        return path

    def records_of(self, case):
        """A total is one record over the window; hours are one each."""
        start = datetime.datetime.fromisoformat(case["window"]["start"]).replace(tzinfo=zoneinfo.ZoneInfo(ZONE))
        end = (start.replace(tzinfo=None) + datetime.timedelta(days=case["window"]["days"])).replace(tzinfo=start.tzinfo)
        first, last = int(start.timestamp()), int(end.timestamp())
        if "total_kwh" in case["usage"]:
            return [(first, last, case["usage"]["total_kwh"], 0)]
        records, used = [], Decimal(0)
        for hour, kwh in enumerate(case["usage"]["hourly_kwh"]):
            records.append((first + 3600 * hour, first + 3600 * (hour + 1), kwh, used))
            used += Decimal(kwh)
        return records

    def check_bill(self, case):
        outcome = priced.price("ratebook", self.write(case["tariff"]), ZONE, self.records_of(case), LEAVE_OUT,
                               segments=True)
        expected = case["expected"]
        if not expected["ok"]:
            self.assertEqual([reason for reason, _ in outcome.refused], [expected["refusal"]["reason"].upper()])
            return
        self.assertEqual(outcome.refused, [])
        total = sum(answer.micros for answer in outcome.answers)
        self.assertEqual(Decimal(total).scaleb(-6), Decimal(expected["energy_charge"]))
        # Lines of a bill have a rate of their own in each of these cases.
        lines = {Decimal(line["rate"]): (Decimal(line["kwh"]), Decimal(line["subtotal"]))
                 for line in expected["line_items"] if line["period"] >= 0}
        got = collections.defaultdict(lambda: (Decimal(0), Decimal(0)))
        for answer in outcome.answers:
            for segment in answer.segments:
                kwh, cost = got[Decimal(segment.rate)]
                got[Decimal(segment.rate)] = (kwh + Decimal(segment.wh).scaleb(-3), cost + Decimal(segment.micros).scaleb(-6))
        self.assertEqual(dict(got), lines)

    def test_bills(self):
        cases = json.loads((test_data.data_directory(self, "vectors") / "v0_bills.json").read_text())["cases"]
        self.assertEqual(len(cases), 10)
        for case in cases:
            with self.subTest(case["name"]):
                self.check_bill(case)

    def test_bills_over_holidays(self):
        cases = json.loads((test_data.data_directory(self, "vectors") / "v0_holidays.json").read_text())["bill_cases"]
        self.assertEqual(len(cases), 2)
        for case in cases:
            with self.subTest(case["name"]):
                self.check_bill(case)

    def test_hourly_prices_over_holidays(self):
        cases = json.loads((test_data.data_directory(self, "vectors") / "v0_holidays.json").read_text())["price_cases"]
        self.assertEqual(len(cases), 4)
        for case in cases:
            with self.subTest(case["name"]):
                case["usage"] = {"hourly_kwh": ["1"] * (24 * case["window"]["days"])}
                outcome = priced.price("ratebook", self.write(case["tariff"]), ZONE, self.records_of(case), segments=True)
                self.assertEqual([Decimal(answer.micros).scaleb(-6) for answer in outcome.answers],
                                 [Decimal(rate) for rate in case["expected"]])
                self.assertEqual([[Decimal(segment.rate) for segment in answer.segments] for answer in outcome.answers],
                                 [[Decimal(rate)] for rate in case["expected"]])


if __name__ == "__main__":
    unittest.main()
