"""A store is copied under load, and a server serves the copy: catalog, records, accounts and keys."""

import json
import pathlib
import subprocess
import tempfile
import threading
import unittest

from tests.e2e import documentation_example
from tests.e2e import postgres
from tests.e2e import programs

HERE = pathlib.Path(__file__).parent
ADMIN = {"COSTS_ADMIN_TOKEN": "0123456789abcdef0123456789abcdef"}
LOCATION = documentation_example.REQUEST["location_id"]


def half_hour(number):
    return {"location_id": LOCATION, "value": 100 + number, "units": "WH",
            "start_time": f"2022-02-{number // 48 + 2:02}T{number // 2 % 24:02}:{number % 2 * 30:02}:00Z",
            "end_time": f"2022-02-{(number + 1) // 48 + 2:02}T{(number + 1) // 2 % 24:02}:{(number + 1) % 2 * 30:02}:00Z"}


class Load(threading.Thread):
    """Stores one half-hour after another, until it is told to end."""

    def __init__(self, server, token):
        super().__init__()
        self._server, self._token = server, token
        self._end = threading.Event()
        self.stored = []
        self.failure = None

    def run(self):
        while not self._end.is_set() and len(self.stored) < 1200:
            status, record = programs.rest_call(
                self._server.rest, body=json.dumps(half_hour(len(self.stored))),
                headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"})
            if status != 200:
                self.failure = (status, record)
                return
            self.stored.append(record)

    def end(self):
        self._end.set()
        self.join()


class BackupTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_script(self, name, *arguments, code=0):
        done = subprocess.run([HERE / name, *arguments], capture_output=True, text=True, check=False,
                              timeout=programs.PATIENCE_SECONDS)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def serve(self, store):
        return programs.Costsd(f"--store={store}", "--authentication=tokens", environment=ADMIN)

    def records(self, server, token):
        """The figures of each record, by its id."""
        found, page = {}, ""
        while True:
            done = subprocess.run(
                [programs.grpcurl(self), "-plaintext", "-H", f"authorization: Bearer {token}", "-d",
                 json.dumps({"location_id": LOCATION, "page_size": 1000, "page_token": page}), server.grpc,
                 "energy.costs.v1.MeterRecordsService/ListMeterRecords"],
                capture_output=True, text=True, check=False, timeout=programs.PATIENCE_SECONDS)
            self.assertEqual(done.returncode, 0, done.stderr)
            answer = json.loads(done.stdout)
            for record in answer.get("data", []):
                self.assertNotIn(record["id"], found)
                found[record["id"]] = record["data"]
            page = answer.get("nextPageToken", "")
            if not page:
                return found

    def assert_copy_serves(self, store, restored):
        """Copies the store under load, and serves the copy as `restored()`."""
        copy = self.directory / "copy"
        with self.serve(store) as server:
            key = programs.key_of_demo(server, ADMIN)
            token = programs.token_of_key(server, key)
            load = Load(server, token)
            load.start()
            programs.eventually(lambda: load.stored or load.failure, "a record is stored")
            before = len(load.stored)
            self.run_script("backup.sh", store, copy)
            after = len(load.stored)
            load.end()
            self.assertIsNone(load.failure)
            self.assertIn("is there already", self.run_script("backup.sh", store, copy, code=1))
            stored = self.records(server, token)
        target = restored()
        self.run_script("restore.sh", copy, target)
        with self.serve(target) as server:
            # The key that was made before the copy counts.
            again = self.records(server, programs.token_of_key(server, key))
            self.assertGreaterEqual(len(again), before)
            self.assertLessEqual(len(again), after + 1)
            for name in [record["id"] for record in load.stored[:before]]:
                self.assertIn(name, again)
            self.assertEqual(again, {name: stored[name] for name in again})
            # It prices and stores as before.
            status, record = programs.rest_call(
                server.rest, body=json.dumps(documentation_example.REQUEST),
                headers={"Content-Type": "application/json",
                         "Authorization": f"Bearer {programs.token_of_key(server, key)}"})
            self.assertEqual(status, 200, record)
            self.assertEqual({name: record.get(name) for name in documentation_example.ANSWER},
                             documentation_example.ANSWER)
        # What is there is not overwritten.
        self.assertNotEqual(self.run_script("restore.sh", copy, target, code=1), "")

    def test_sqlite(self):
        self.assert_copy_serves(self.directory / "store", lambda: self.directory / "restored")

    def test_postgres(self):
        postgres.require_postgres(self)
        with postgres.PostgresServer() as server:
            def restored():
                server.query("CREATE DATABASE restored")
                return server.url_of("restored")
            self.assert_copy_serves(server.url, restored)

    def test_wrong_arguments(self):
        self.assertIn("there is no", self.run_script("backup.sh", self.directory / "none", self.directory / "copy", code=1))
        self.assertFalse((self.directory / "copy").exists())
        self.assertIn("usage", self.run_script("backup.sh", code=2))
        self.assertIn("usage", self.run_script("restore.sh", code=2))


if __name__ == "__main__":
    unittest.main()
