"""The slow method itself, against bills that others have worked out."""

import datetime
import json
import unittest
import zoneinfo

from tests.e2e import test_data
from tests.tariffs import slow_bill

ZONE = "America/Chicago"


def readings_of(case):
    """The case's usage, hour by hour (a total: evenly, which its period's one ladder does not see)."""
    start = datetime.datetime.fromisoformat(case["window"]["start"]).replace(tzinfo=zoneinfo.ZoneInfo(ZONE))
    hours = case["usage"].get("hourly_kwh")
    if hours is None:
        count = 24 * case["window"]["days"]
        hours = [str(slow_bill.Decimal(case["usage"]["total_kwh"]) / count)] * count
    first = start.astimezone(datetime.timezone.utc)
    return [(first + datetime.timedelta(hours=i), kwh) for i, kwh in enumerate(hours)]


class SlowBillVectors(unittest.TestCase):

    def test_bills_are_the_published_ones(self):
        vectors = test_data.data_directory(self, "vectors")
        cases = json.loads((vectors / "v0_bills.json").read_text())["cases"]
        cases += json.loads((vectors / "v0_holidays.json").read_text())["bill_cases"]
        compared = 0
        for case in cases:
            if not case["expected"]["ok"]:
                continue
            with self.subTest(case["name"]):
                bill = slow_bill.SlowBill.of_ratebook(case["tariff"])
                total = sum(priced.cost for priced in bill.price(readings_of(case), ZONE))
                self.assertEqual(total.quantize(slow_bill.Decimal("1e-12")),
                                 slow_bill.Decimal(case["expected"]["energy_charge"]))
                compared += 1
        self.assertEqual(compared, 11)

    def test_hourly_prices_are_the_published_ones(self):
        vectors = test_data.data_directory(self, "vectors")
        for case in json.loads((vectors / "v0_holidays.json").read_text())["price_cases"]:
            with self.subTest(case["name"]):
                bill = slow_bill.SlowBill.of_ratebook(case["tariff"])
                day = datetime.datetime.fromisoformat(case["window"]["start"])
                rates = [bill.periods[bill.period_at(day + datetime.timedelta(hours=hour))][case["tier"]].rate
                         for hour in range(24)]
                self.assertEqual(rates, [slow_bill.Decimal(rate) for rate in case["expected"]])


if __name__ == "__main__":
    unittest.main()
