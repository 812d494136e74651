"""costsd from start to drained: its exit codes, SIGTERM in the middle of calls, SIGHUP."""

import json
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from tests.e2e import documentation_example
from tests.e2e import programs

HEADER = "location_id,value,units,start_time,end_time\n"
ROW = "loc_641b90b758fb8e6293716e40,20567,W,2022-02-01T10:30:00Z,2022-02-01T11:00:00Z\n"


class OpenBatch:
    """`costs batch` whose input goes on: a stream that is open in the middle."""

    def __init__(self, server):
        # Small chunks, and what the server ends is not tried again.
        self.process = programs.start_costs(
            "batch", "-", f"--server={server.grpc}", "--chunk=10", "--retry_for=0s", stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._feed(HEADER)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def _feed(self, text):
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # It has ended; its exit code and its words tell why.

    def feed(self, rows):
        """Sends rows: whole chunks, and few enough for the pipes to hold them and their answers."""
        self._feed(ROW * rows)

    def answers(self, count):
        """The next so many lines of the output, as lists of cells (without the header)."""
        lines = []
        while len(lines) < count:
            line = self.process.stdout.readline()
            assert line, f"the output ended after {len(lines)} of {count} lines"
            if not line.startswith("location_id,"):
                lines.append(line.rstrip("\n").split(","))
        return lines

    def end(self):
        """Ends the input: the remaining lines, standard error and the exit code."""
        out, err = self.process.communicate(timeout=programs.PATIENCE_SECONDS)
        return [line.split(",") for line in out.splitlines()], err, self.process.returncode


def cost_of(line):
    return line[6]


def instant(server):
    return programs.costs("instant", f"--server={server.grpc}", *documentation_example.FLAGS)


class Terminate(unittest.TestCase):
    def test_stream_under_way_is_answered_to_its_end(self):
        with programs.Costsd("--drain_timeout=5m") as server, OpenBatch(server) as batch:
            batch.feed(400)
            for line in batch.answers(400):
                self.assertEqual(cost_of(line), "928.372")
            server.send(signal.SIGTERM)
            # No new calls…
            programs.eventually(lambda: instant(server).returncode == 3, "new calls are refused")
            refused = instant(server)
            self.assertEqual(refused.returncode, 3)
            self.assertIn("no answer from " + server.grpc, refused.stderr)
            # …but those under way go on.
            batch.feed(500)
            for line in batch.answers(500):
                self.assertEqual(cost_of(line), "928.372")
            self.assertTrue(server.is_running())
            rest, err, exit_code = batch.end()
            self.assertEqual((rest, exit_code), ([], 0), err)
            self.assertIn("900 records, 0 failed", err)
            self.assertEqual(server.wait(), 0)

    def test_stream_that_takes_too_long_is_ended_with_a_clear_error(self):
        with programs.Costsd("--drain_timeout=500ms") as server, OpenBatch(server) as batch:
            batch.feed(10)
            batch.answers(10)
            batch.feed(400)
            server.send(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)
            batch.feed(10)
            # Whatever the server took in is answered; the rest is said to be missing.
            rest, err, exit_code = batch.end()
            answered = rest + [None] * 10
            for line in rest:
                self.assertEqual(cost_of(line), "928.372")
            self.assertEqual(exit_code, 3, err)
            self.assertRegex(err, rf"costs: {len(answered):,} records were answered, the rest was not")
            self.assertIn("UNAVAILABLE", err)

    def test_stream_that_is_ended_has_answered_all_that_was_taken_in(self):
        with programs.Costsd("--drain_timeout=500ms") as server, OpenBatch(server) as batch:
            batch.feed(200)
            batch.answers(200)
            server.send(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)
            self.assertIn("ending the streams", server.log())
            batch.feed(10)
            rest, err, exit_code = batch.end()
            self.assertEqual((rest, exit_code), ([], 3), err)
            self.assertIn("costs: 200 records were answered, the rest was not", err)

    def test_health_says_not_serving_while_calls_are_still_taken(self):
        with programs.Costsd("--drain_delay=6s") as server:
            self.assertEqual(programs.rest_call(server.rest, "GET", "/healthz"), (200, {"status": "SERVING"}))
            server.send(signal.SIGTERM)
            programs.eventually(lambda: programs.rest_call(server.rest, "GET", "/healthz")[0] == 503, "NOT_SERVING")
            self.assertEqual(programs.rest_call(server.rest, "GET", "/healthz"), (503, {"status": "NOT_SERVING"}))
            self.assertEqual(instant(server).returncode, 0)
            status, _ = programs.rest_call(server.rest, body=json.dumps(documentation_example.REQUEST))
            self.assertEqual(status, 200)
            self.assertEqual(server.wait(), 0)
            self.assertIn("drained", server.log())
            with self.assertRaises(ConnectionRefusedError):
                programs.rest_call(server.rest, "GET", "/healthz")
            self.assertEqual(instant(server).returncode, 3)

    def test_grpc_health_says_not_serving_while_draining(self):
        grpcurl = programs.grpcurl(self)

        def health(server, service):
            check = subprocess.run(
                [grpcurl, "-plaintext", "-d", json.dumps({"service": service}), server.grpc,
                 "grpc.health.v1.Health/Check"],
                capture_output=True, text=True, timeout=programs.PATIENCE_SECONDS, check=True)
            return json.loads(check.stdout)["status"]

        services = ("", "energy.costs.v1.CostsService", "energy.costs.v1.TariffsService",
                    "energy.costs.v1.CarbonService", "energy.costs.v1.LocationsService")
        with programs.Costsd("--drain_delay=6s") as server:
            for service in services:
                self.assertEqual(health(server, service), "SERVING")
            server.send(signal.SIGTERM)
            server.await_log("draining")
            programs.eventually(lambda: health(server, "") == "NOT_SERVING", "NOT_SERVING")
            for service in services:
                self.assertEqual(health(server, service), "NOT_SERVING")
            self.assertEqual(server.wait(), 0)

    def test_health_watch_is_told_and_holds_nothing_up(self):
        grpcurl = programs.grpcurl(self)
        with programs.Costsd("--drain_delay=1s", "--drain_timeout=10m") as server:
            watch = subprocess.Popen(
                [grpcurl, "-plaintext", "-d", "{}", server.grpc, "grpc.health.v1.Health/Watch"],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            self.addCleanup(watch.kill)
            self.assertIn("SERVING", watch.stdout.readline() + watch.stdout.readline())
            server.send(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)  # long before the timeout
            self.assertIn("NOT_SERVING", watch.communicate(timeout=programs.PATIENCE_SECONDS)[0])

    def test_interrupt_drains_too(self):
        with programs.Costsd() as server:
            server.send(signal.SIGINT)
            self.assertEqual(server.wait(), 0)
            self.assertIn("drained", server.log())


class Reload(unittest.TestCase):
    def setUp(self):
        self.catalog = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "catalog"
        shutil.copytree(programs.DEMO_CATALOG, self.catalog)
        self.catalog.chmod(0o755)
        self.elements = self.catalog / "elements.json"
        self.elements.chmod(0o644)
        self.server = self.enterContext(programs.Costsd(catalog=self.catalog))

    def replace(self, old, new):
        """Changes the file of elements; the number of the changed line."""
        text = self.elements.read_text()
        self.assertIn(old, text)
        self.elements.write_text(text.replace(old, new, 1))
        return text[: text.index(old)].count("\n") + 1

    def cost(self):
        answer = programs.parse_json(instant(self.server).stdout)
        return str(answer["data"]["tariff"]["value"])

    def test_new_rate_shows_also_on_a_stream_that_is_open(self):
        with OpenBatch(self.server) as batch:
            batch.feed(10)
            self.assertEqual({cost_of(line) for line in batch.answers(10)}, {"928.372"})
            self.replace("90.277823698", "100")
            self.server.send(signal.SIGHUP)
            self.server.await_log("catalog version 2: ")
            # 10.2835 kWh.
            self.assertEqual(self.cost(), "1028.35")
            batch.feed(10)
            self.assertEqual({cost_of(line) for line in batch.answers(10)}, {"1028.35"})
            self.assertEqual(batch.end()[2], 0)

    def test_broken_file_is_refused_whole_and_the_running_catalog_stays(self):
        # One right change and one wrong one: neither is taken.
        self.replace("90.277823698", "100")
        line = self.replace('"type": "COMMODITY"', '"type": "FEE"')
        self.server.send(signal.SIGHUP)
        self.server.await_log(r"the catalog was not replaced, the running one stays")
        self.server.await_log(rf"elements\.json:{line}: elements\[0\]\.type: is \"FEE\"; write COMMODITY or NON_COMMODITY")
        self.assertEqual(self.cost(), "928.372")

        self.replace('"type": "FEE"', '"type": "COMMODITY"')
        self.server.send(signal.SIGHUP)
        self.server.await_log("catalog version 2: ")
        self.assertEqual(self.cost(), "1028.35")

    def test_every_broken_file_is_named(self):
        (self.catalog / "locations.json").chmod(0o644)
        (self.catalog / "locations.json").write_text('{\n  "locations": [{"id": "loc_1"}]\n}\n')
        carbon = self.catalog / "carbon" / "gb-2023.csv"
        carbon.chmod(0o644)
        rows = carbon.read_text().splitlines()
        rows[4] = rows[4].replace(",", ",much,", 1)
        carbon.write_text("\n".join(rows) + "\n")
        self.server.send(signal.SIGHUP)
        self.server.await_log("the catalog was not replaced")
        self.server.await_log(r"locations\.json:2: locations\[0\]\.timezone: ")
        self.server.await_log(r"carbon/gb-2023\.csv:5: ")
        self.assertEqual(self.cost(), "928.372")

    def test_lost_directory_is_no_reason_to_stop(self):
        self.catalog.rename(self.catalog.with_name("elsewhere"))
        self.server.send(signal.SIGHUP)
        self.server.await_log("the catalog was not replaced")
        self.assertEqual(self.cost(), "928.372")


class Start(unittest.TestCase):
    def fails_to_start(self, *flags, **options):
        with self.assertRaises(programs.StartFailed) as caught:
            with programs.Costsd(*flags, **options):
                pass
        return caught.exception

    def test_every_wrong_setting_is_named_at_once(self):
        failure = self.fails_to_start(
            "--grpc_listen=nonsense", "--rest_listen=127.0.0.1:65536", "--batch_limit=0", "--stream_chunk_limit=10001",
            "--rest_threads=0", "--drain_timeout=2h", catalog=None)
        self.assertEqual(failure.exit_code, 2)
        for fault in (
            "--grpc_listen is 'nonsense'; it must be host:port",
            "--rest_listen is '127.0.0.1:65536'; it must be host:port",
            "--catalog is required",
            "--batch_limit is 0; it must be between 1 and 1000",
            "--stream_chunk_limit is 10001; it must be between 1 and 10000",
            "--rest_threads is 0; it must be between 1 and 64",
            "--drain_timeout is 2h; it must be between 0 and 1h",
        ):
            self.assertIn(fault, failure.log)

    def test_unknown_flags_and_arguments_are_refused(self):
        self.assertIn("batch_limits", self.fails_to_start("--batch_limits=1").log)
        failure = self.fails_to_start("demo")
        self.assertEqual(failure.exit_code, 2)
        self.assertIn("unexpected argument demo", failure.log)

    def test_settings_may_stand_in_a_file(self):
        with tempfile.NamedTemporaryFile("w") as settings:
            settings.write("--batch_limit=0\n--rest_connections=0\n")
            settings.flush()
            failure = self.fails_to_start(f"--flagfile={settings.name}")
        self.assertEqual(failure.exit_code, 2)
        self.assertIn("--batch_limit is 0", failure.log)
        self.assertIn("--rest_connections is 0", failure.log)

    def test_taken_port_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            for flag in ("--grpc_listen", "--rest_listen"):
                with self.subTest(flag):
                    failure = self.fails_to_start(f"{flag}={address}")
                    self.assertEqual(failure.exit_code, 1)
                    self.assertIn(f"cannot listen on {flag}={address}", failure.log)

    def test_second_server_does_not_share_the_firsts_port(self):
        with programs.Costsd() as first:
            for flag, address in (("--grpc_listen", first.grpc), ("--rest_listen", first.rest)):
                with self.subTest(flag):
                    self.assertEqual(self.fails_to_start(f"{flag}={address}").exit_code, 1)

    def test_missing_catalog_is_named(self):
        with tempfile.TemporaryDirectory() as directory:
            missing = directory + "/none"
            failure = self.fails_to_start(catalog=missing)
            self.assertEqual(failure.exit_code, 2)
            self.assertIn(f"--catalog is '{missing}', which is not a directory", failure.log)

            failure = self.fails_to_start(catalog=directory)
            self.assertEqual(failure.exit_code, 1)
            self.assertIn("locations.json", failure.log)

    def test_without_rest_only_grpc_is_served(self):
        with programs.Costsd("--rest_listen=") as server:
            self.assertIsNone(server.rest)
            self.assertEqual(instant(server).returncode, 0)

    def test_account_and_mode_are_the_configurations(self):
        with programs.Costsd("--account_id=acc_0123456789abcdef01234567", "--live_mode=false") as server:
            answer = programs.parse_json(instant(server).stdout)
            self.assertEqual(answer["account_id"], "acc_0123456789abcdef01234567")
            self.assertIs(answer["live_mode"], False)


if __name__ == "__main__":
    unittest.main()
