"""`costs` as a person uses it: what it prints, where, and how it exits."""

import csv
import io
import json
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

from tests.e2e import documentation_example
from tests.e2e import programs

HEADER = "location_id,value,units,start_time,end_time"
GOOD = "loc_641b90b758fb8e6293716e40,20567,W,2022-02-01T10:30:00Z,2022-02-01T11:00:00Z"


def closed_port():
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


class WithServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(programs.Costsd())

    def costs(self, command, *arguments, **options):
        return programs.costs(command, f"--server={self.server.grpc}", *arguments, **options)


class Instant(WithServer):
    def instant(self, *changes):
        return self.costs("instant", *documentation_example.FLAGS, *changes)

    def test_answer_is_one_json_document_on_standard_output(self):
        done = self.instant()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(json.loads(done.stdout)["object"], "meter_record")

    def test_table_is_for_people(self):
        done = self.instant("--output=table", "--breakdown")
        self.assertEqual(done.returncode, 0)
        for text in ("10284 Wh", "928.372 GBP", "35.24 gCO2eq", "90.277823698 per kWh"):
            self.assertIn(text, done.stdout)

    def test_switches_leave_figures_out(self):
        data = json.loads(self.instant("--no_tariff", "--no_carbon").stdout)["data"]
        self.assertIn("energy", data)
        self.assertNotIn("tariff", data)
        self.assertNotIn("carbon", data)
        self.assertIs(json.loads(self.instant("--dry_run").stdout)["request"]["non_persistent"], True)

    def test_offsets_name_the_same_instants(self):
        with_offset = self.instant("--start=2022-02-01T16:00:00+05:30", "--end=2022-02-01T11:00:00Z")
        self.assertEqual(json.loads(with_offset.stdout)["data"]["tariff"]["value"], 928.372)

    def test_refusals_name_every_field_and_exit_with_4(self):
        done = self.instant("--value=-1", "--confidence=1.5", "--end=2022-02-01T10:30:00Z")
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertIn("INVALID_ARGUMENT", done.stderr)
        for field in ("value", "confidence", "end_time"):
            self.assertRegex(done.stderr, rf"(?m)^\s+\S*{field}: ")

    def test_reasons_are_told(self):
        for change, code, reason in (
            (["--location=loc_000000000000000000000099"], "NOT_FOUND", "LOCATION_NOT_FOUND"),
            (["--tariff_rate=EXPORT"], "FAILED_PRECONDITION", "NO_TARIFF_CONNECTED"),
            (["--location=loc_000000000000000000000003"], "FAILED_PRECONDITION", "NO_PRICE_DATA"),
        ):
            with self.subTest(reason):
                done = self.instant(*change)
                self.assertEqual((done.returncode, done.stdout), (4, ""))
                self.assertIn(code, done.stderr)
                self.assertIn(reason, done.stderr)


class Arguments(unittest.TestCase):
    def expect_usage(self, said, *arguments):
        done = programs.costs(*arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(said, done.stderr)

    def test_wrong_arguments_exit_with_2_and_are_named(self):
        self.expect_usage("usage: costs")
        self.expect_usage('there is no command "price"', "price")
        self.expect_usage("--location, --value, --units, --start, --end", "instant")
        self.expect_usage("there is no flag --chunk", "instant", "--chunk=1")
        self.expect_usage("value", "instant", *documentation_example.FLAGS, "--value=much")
        self.expect_usage("start_time", "instant", *documentation_example.FLAGS, "--start=yesterday")
        self.expect_usage("--deadline must be above 0", "instant", *documentation_example.FLAGS, "--deadline=0s")
        self.expect_usage("give one input file", "batch")
        self.expect_usage("--chunk must be 1 to 10000", "batch", "-", "--chunk=10001")

    def test_help_is_on_standard_output(self):
        for arguments, said in (
            (["help"], "costs batch "),
            (["--help"], "exit codes"),
            (["help", "instant"], "--tariff_rate="),
            (["batch", "--help"], "--chunk=NUMBER"),
            (["--version"], "costs "),
        ):
            with self.subTest(arguments):
                done = programs.costs(*arguments)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(said, done.stdout)

    def test_unreachable_server_exits_with_3_and_names_it(self):
        address = closed_port()
        done = programs.costs("instant", f"--server={address}", *documentation_example.FLAGS)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn(f"no answer from {address}; is costsd running there?", done.stderr)

        done = programs.costs("batch", "-", f"--server={address}", stdin=f"{HEADER}\n{GOOD}\n")
        self.assertEqual(done.returncode, 3)
        self.assertIn(address, done.stderr)

    def test_silent_server_is_given_up_at_the_deadline(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"127.0.0.1:{silent.getsockname()[1]}"
            done = programs.costs("instant", f"--server={address}", "--deadline=1s", *documentation_example.FLAGS)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn(f"no answer from {address}", done.stderr)


class Batch(WithServer):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_bad_lines_are_told_by_number_and_the_rest_goes_on(self):
        rows = [
            GOOD,
            GOOD.replace("20567", "much"),
            GOOD.replace("20567", "-5"),
            GOOD + ",one too many",
            GOOD.replace("loc_641b90b758fb8e6293716e40", "loc_000000000000000000000099"),
            GOOD,
        ]
        done = self.costs("batch", "-", stdin="\n".join([HEADER, *rows]) + "\n")
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual([line["cost"] for line in lines], ["928.372", "", "", "", "", "928.372"])
        self.assertEqual([bool(line["error"]) for line in lines], [False, True, True, True, True, False])
        for number, said in ((3, "value"), (4, "value"), (5, ""), (6, "LOCATION_NOT_FOUND")):
            self.assertRegex(lines[number - 2]["error"], rf"^line {number}: .*{said}")
            self.assertRegex(done.stderr, rf"(?m)^costs: line {number}: .*{said}")
        self.assertIn("6 records, 4 failed", done.stderr)

    def test_other_columns_pass_through(self):
        header = "note," + HEADER + ",meter"
        row = '"a, ""b""",' + GOOD + ",7"
        done = self.costs("batch", "-", stdin=f"{header}\r\n{row}\r\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        (line,) = csv.DictReader(io.StringIO(done.stdout))
        self.assertEqual(line["note"], 'a, "b"')
        self.assertEqual(line["meter"], "7")
        self.assertEqual(
            [line[name] for name in ("energy_wh", "cost", "cost_confidence", "carbon_g", "carbon_confidence", "error")],
            ["10284", "928.372", "1", "35.24", "0.8", ""])

    def test_json_lines_in_and_out(self):
        good = {**documentation_example.REQUEST, "note": "mine"}
        lines = [json.dumps(good), "not json", json.dumps({**good, "value": "20567"}), json.dumps(good)]
        source = self.directory / "readings.jsonl"
        source.write_text("\n".join(lines) + "\n")
        target = self.directory / "costs.jsonl"
        done = self.costs("batch", str(source), "-o", str(target))
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        first, second, third, fourth = [json.loads(line) for line in target.read_text().splitlines()]
        for answer in (first, fourth):
            self.assertEqual(answer["note"], "mine")
            self.assertEqual((answer["energy_wh"], answer["cost"], answer["carbon_g"]), (10284, 928.372, 35.24))
            self.assertRegex(answer["record_id"], r"^mre_[0-9a-f]{24}$")
            self.assertNotIn("error", answer)
        self.assertIn("line 2: ", second["error"])
        self.assertRegex(third["error"], "line 3: .*value")

    def test_formats_mix(self):
        source = self.directory / "readings.jsonl"
        source.write_text(json.dumps(documentation_example.REQUEST) + "\n")
        done = self.costs("batch", str(source), "--output=csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        (line,) = csv.DictReader(io.StringIO(done.stdout))
        self.assertEqual((line["location_id"], line["cost"]), ("loc_641b90b758fb8e6293716e40", "928.372"))

        done = self.costs("batch", "-", "--output=jsonl", stdin=f"{HEADER}\n{GOOD}\n")
        self.assertEqual(json.loads(done.stdout)["cost"], 928.372)

    def test_answers_are_those_of_instant_whatever_the_chunks(self):
        rows = [GOOD.replace("20567", str(1000 + i)) for i in range(257)]
        stdin = "\n".join([HEADER, *rows]) + "\n"
        whole = self.costs("batch", "-", stdin=stdin)
        self.assertEqual(whole.returncode, 0, whole.stderr)
        for chunk in (1, 7, 256):
            self.assertEqual(self.costs("batch", "-", f"--chunk={chunk}", "--in_flight=2", stdin=stdin).stdout,
                             whole.stdout)
        line = list(csv.DictReader(io.StringIO(whole.stdout)))[100]
        data = programs.parse_json(
            self.costs("instant", *documentation_example.FLAGS, "--value=1100").stdout)["data"]
        self.assertEqual(
            (line["energy_wh"], line["cost"], line["carbon_g"]),
            (str(data["energy"]["value"]), str(data["tariff"]["value"]), str(data["carbon"]["value"])))

    def test_empty_input_is_no_error(self):
        self.assertEqual(self.costs("batch", "-", stdin="").returncode, 0)
        done = self.costs("batch", "-", stdin=HEADER + "\n")
        self.assertEqual(done.returncode, 0)
        self.assertIn("0 records, 0 failed", done.stderr)

    def test_wrong_header_exits_with_2_and_names_the_column(self):
        done = self.costs("batch", "-", stdin="location_id,value,units,start_time\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("end_time", done.stderr)

    def test_files_that_cannot_be_used_exit_with_5(self):
        self.assertEqual(self.costs("batch", str(self.directory / "none.csv")).returncode, 5)
        self.assertEqual(self.costs("batch", str(self.directory)).returncode, 5)
        done = self.costs("batch", "-", "-o", str(self.directory / "none" / "costs.csv"), stdin=f"{HEADER}\n{GOOD}\n")
        self.assertEqual(done.returncode, 5)

    def test_full_disk_exits_with_5(self):
        done = self.costs("batch", "-", "-o", "/dev/full", stdin=f"{HEADER}\n{GOOD}\n")
        self.assertEqual(done.returncode, 5, done.stderr)

    def test_output_that_nobody_reads_any_more_ends_it(self):
        rows = (GOOD + "\n") * 200_000
        source = self.directory / "readings.csv"
        source.write_text(f"{HEADER}\n{rows}")
        with programs.start_costs("batch", str(source), f"--server={self.server.grpc}", stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(programs.PATIENCE_SECONDS), 128 + signal.SIGPIPE)


if __name__ == "__main__":
    unittest.main()
