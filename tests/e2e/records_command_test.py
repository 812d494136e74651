"""`costs records` and `costs report` on what `costs batch` stored."""

import csv
import decimal
import json
import pathlib
import tempfile
import unittest

from tests.e2e import programs

LOCATION = "loc_641b90b758fb8e6293716e40"
HEADER = "location_id,value,units,start_time,end_time,session_reference_id\n"


class RecordsCommand(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.server = cls.enterClassContext(programs.Costsd(f"--store={directory / 'records.sqlite'}"))
        rows = [f"{LOCATION},{100 + hour},WH,2022-02-{1 + hour // 24:02}T{hour % 24:02}:00:00Z,"
                f"2022-02-{1 + (hour + 1) // 24:02}T{(hour + 1) % 24:02}:00:00Z,{'charge' if hour < 3 else ''}\n"
                for hour in range(72)]
        done = cls.costs("batch", "-", stdin=HEADER + "".join(rows))
        assert done.returncode == 0, done.stderr
        cls.priced = list(csv.DictReader(done.stdout.splitlines()))

    @classmethod
    def costs(cls, *arguments, stdin=None):
        return programs.costs(*arguments, f"--server={cls.server.grpc}", stdin=stdin)

    def rows(self, *arguments):
        done = self.costs(*arguments, "--output=csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        return list(csv.DictReader(done.stdout.splitlines()))

    def total(self, rows, column):
        return sum(decimal.Decimal(row[column]) for row in rows)

    def test_list_goes_over_all_pages_and_filters(self):
        listed = self.rows("records", "list", "--limit=0")
        self.assertEqual([row["record_id"] for row in listed], [row["record_id"] for row in self.priced])
        self.assertEqual([row["cost"] for row in listed], [row["cost"] for row in self.priced])
        self.assertEqual(len(self.rows("records", "list")), 30)
        self.assertEqual(len(self.rows("records", "list", "--session=charge")), 3)
        day = self.rows("records", "list", f"--location={LOCATION}", "--from=2022-02-02", "--to=2022-02-02", "--limit=0")
        self.assertEqual([row["energy_wh"] for row in day], [str(100 + hour) for hour in range(24, 48)])
        newest = self.rows("records", "list", "--newest_first", "--limit=1")
        self.assertEqual(newest[0]["start_time"], "2022-02-03T23:00:00Z")
        table = self.costs("records", "list", "--limit=2").stdout.splitlines()
        self.assertEqual(len(table), 3)
        self.assertTrue(table[0].startswith("record_id  "), table)

    def test_one_record_is_shown_and_deleted(self):
        record = f"{LOCATION},7,WH,2023-01-01T00:00:00Z,2023-01-01T01:00:00Z,\n"
        done = self.costs("batch", "-", "--output=jsonl", stdin=HEADER + record)
        record_id = json.loads(done.stdout)["record_id"]
        [row] = self.rows("records", "get", record_id)
        self.assertEqual((row["record_id"], row["energy_wh"], row["currency"]), (record_id, "7", "GBP"))
        shown = json.loads(self.costs("records", "get", record_id, "--output=json").stdout)
        self.assertEqual(shown["request"]["location_id"], LOCATION)
        [revision] = self.rows("records", "revisions", record_id)
        self.assertEqual((revision["revision"], revision["cause"]), ("1", "SUBMITTED"))
        self.assertEqual(self.costs("records", "delete", record_id).returncode, 0)
        gone = self.costs("records", "get", record_id)
        self.assertEqual(gone.returncode, 4)
        self.assertIn("METER_RECORD_NOT_FOUND", gone.stderr)
        again = self.costs("records", "delete", record_id)
        self.assertEqual(again.returncode, 4)
        self.assertIn(record_id, again.stderr)

    def test_report_adds_up(self):
        days = self.rows("report", LOCATION, "--from=2022-02-01", "--to=2022-02-03")
        self.assertEqual([row["start_time"] for row in days], [f"2022-02-0{day}T00:00:00+00:00" for day in (1, 2, 3)])
        for column in ("energy_wh", "cost", "carbon_g"):
            priced = [row for row in self.priced if row[column]]
            if len(priced) == len(self.priced):
                self.assertEqual(self.total(days, column), self.total(priced, column), column)
        [month] = self.rows("report", LOCATION, "--from=2022-02-01", "--to=2022-02-28", "--by=month")
        self.assertEqual(decimal.Decimal(month["cost"]), self.total(self.priced, "cost"))
        self.assertEqual(len(self.rows("report", LOCATION, "--from=2022-02-01", "--to=2022-02-01", "--by=record")), 24)
        [session] = self.rows("report", "--session=charge")
        self.assertEqual(decimal.Decimal(session["cost"]), self.total(self.priced[:3], "cost"))
        answer = json.loads(self.costs("report", "--session=charge", "--output=json").stdout)
        self.assertEqual(answer["object"], "energy_cost")

    def test_wrong_arguments_are_named(self):
        for arguments, message in (
                (("records",), "say what to do: list, get, revisions or delete"),
                (("records", "get"), "give a record's id, mre_..."),
                (("records", "revisions", "a", "b"), '"b" is one too many'),
                (("records", "list", "--from=2022-02-02"), "a date begins at a location's midnight"),
                (("records", "list", "--output=xml"), "--output must be table, csv or json"),
                (("records", "list", "--direction=LOCAL"), "--direction must be IMPORT or EXPORT"),
                (("report",), "give a location or device, or --session"),
                (("report", LOCATION), "--from and --to are required"),
                (("report", LOCATION, "--by=week"), "--by must be day, month or record"),
                (("report", "--session=x", "--by=day"), "a session is added up as a whole"),
                (("report", "dev_1", "--from=2022-02-01", "--to=2022-02-02"), "a date begins at a location's midnight")):
            done = self.costs(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stderr))
            self.assertIn(message, done.stderr)
        missing = self.costs("report", "--session=nobody")
        self.assertEqual(missing.returncode, 4)
        self.assertIn("SESSION_NOT_FOUND", missing.stderr)


if __name__ == "__main__":
    unittest.main()
