"""The upstream's own OpenAPI file as a fuzzer of the REST face.

Schemathesis makes calls of every path that we serve, by the file and against it.
No answer may be a 5xx, and each must be as the file says, but for the differences
that served_api.py lists.

2,000 calls and more of each path; more of them by

    bazel test --config=opt --test_env=COSTS_SCHEMATHESIS --test_env=COSTS_TEST_DATA --test_env=COSTS_SCHEMA_CASES=50000 \
      --test_timeout=36000 --test_output=all //tests/schema:schema_fuzz_test

COSTS_SCHEMATHESIS is its command, st, which ./test installs; COSTS_TEST_SEED a seed.
"""

import collections
import http.client
import json
import os
import pathlib
import secrets
import subprocess
import tempfile
import threading
import unittest

from tests.e2e import programs
from tests.schema import served_api

HOME = "loc_641b90b758fb8e6293716e40"
CHARGER = "dev_65e6d8334c8d715963d99db3"
CHECKS = ",".join(
    (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "ignored_auth",
        "unsupported_method",
        "allow_header_conformance",
    )
)


ADMIN = {"COSTS_ADMIN_TOKEN": secrets.token_hex(32)}


def ask(server, method, path, body=None):
    connection = http.client.HTTPConnection(server.rest, timeout=programs.PATIENCE_SECONDS)
    connection.request(method, path, None if body is None else json.dumps(body), 
                       {"Content-Type": "application/json", "Authorization": f"Bearer {server.token}"})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status not in (200, 201):
        raise AssertionError(f"{method} {path}: {response.status} {answer}")
    return json.loads(answer)


def record(start, end):
    return {"location_id": HOME, "units": "KWH", "value": 1.5, "start_time": start, "end_time": end,
            "session_reference_id": "SESSION1"}  # fmt: skip


class SchemaFuzzTest(unittest.TestCase):
    def test_every_path(self):
        command = os.environ.get("COSTS_SCHEMATHESIS", "")
        if not command:
            programs.skip_loudly(self, "COSTS_SCHEMATHESIS names no schemathesis (./test installs it where pip is)")
        file = programs.data_directory(self, "flatpeak") / "flatpeak-api-spec.json"
        cases = int(os.environ.get("COSTS_SCHEMA_CASES") or 2000)
        seed = int(os.environ.get("COSTS_TEST_SEED") or secrets.randbits(31))
        print(f"COSTS_TEST_SEED={seed}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            flags = (f"--store={folder}/store", "--authentication=tokens", "--token_lifetime=24h")
            with programs.Costsd(*flags, environment=ADMIN) as server:
                server.token = programs.token_of_demo(server, ADMIN)
                document = served_api.served_api(json.loads(file.read_text(encoding="utf-8")))
                known, examples = self.known_values(server)
                served_api.add_known_values(document, known, examples)
                calls, statuses = self.run_all(command, server, document, cases, seed, pathlib.Path(folder))
        for answers, number in sorted(statuses.items()):
            print(f"{number:7} {answers}")
        for path, item in document["paths"].items():
            with self.subTest(path):
                self.assertGreaterEqual(calls[path], cases)
                for method in item.keys() & {"get", "put", "post", "patch", "delete"}:
                    taken = sum(n for key, n in statuses.items() if key.startswith(f"{method.upper()} {path} 2"))
                    self.assertGreater(taken, 0, f"no {method} of {path} was taken")

    @staticmethod
    def known_values(server):
        ask(server, "POST", "/costs/instant", record("2022-02-01T10:00:00Z", "2022-02-01T11:00:00Z"))
        batch = ask(server, "PUT", "/meters/interval", [record("2022-02-01T12:00:00Z", "2022-02-01T13:00:00Z")])
        devices = [ask(server, "POST", "/devices", {"reference_id": "d"})["id"] for _ in range(20)]
        location = {"timezone": "Europe/London", "currency_code": "GBP"}
        locations = [ask(server, "POST", "/locations", location)["id"] for _ in range(20)]
        hours = [{"valid_from": "00:00:00", "valid_to": "00:00:00", "rate": [{"fixed": 0.25}]}]
        schedule = [{"months": ["All"], "days_and_hours": [{"days": ["All"], "hours": hours}]}]
        element = {"direction": "IMPORT", "type": "COMMODITY", "location_id": locations[0], "schedule": schedule}
        spare = [ask(server, "POST", "/tariffs/elements", element)["id"] for _ in range(20)]
        return {  # fmt: skip
            "/costs/interval/{id}": [HOME, CHARGER],
            "/costs/session/{id}": ["SESSION1"],
            "/devices/{id}": devices[:1],
            "/locations/{id}": locations[:1],
            "/slots/time/{id}": [HOME],
            "/tariffs/audit/{id}": [HOME],
            "/tariffs/rates/{id}": [HOME],
            "/tariffs/elements/{id}": spare[:1],
            "DELETE /devices/{id}": devices[1:],
            "DELETE /locations/{id}": locations[1:],
            "DELETE /tariffs/elements/{id}": spare[1:],
            "location_id": [HOME, locations[0]],
            "device_id": [CHARGER],
            "start_time": ["2022-02-01T10:00:00Z", "2022-02-01T10:30:00+02:00"],
            "end_time": ["2022-02-01T11:00:00Z", "2022-02-02T00:00:00Z"],
            "batch_id": [batch["id"]],
            "duration": [15, 60, 90],
            "schedule": [schedule],
        }, {"/tariffs/elements": element}  # fmt: skip

    def run_all(self, command, server, document, cases, seed, folder):
        """Runs Schemathesis for the paths with one operation, with two, and so on; at once."""
        (folder / "api.json").write_text(json.dumps(document), encoding="utf-8")
        paths = collections.defaultdict(list)
        for path, item in document["paths"].items():
            paths[len(item.keys() & {"get", "put", "post", "patch", "delete"})].append(path)
        calls, statuses = collections.Counter(), collections.Counter()
        outcomes = {}

        def run(operations):
            counts = folder / f"counts{operations}.json"
            environment = dict(os.environ, COSTS_CALL_COUNTS=str(counts), PYTHONDONTWRITEBYTECODE="1",
                               SCHEMATHESIS_HOOKS="count_calls", PYTHONPATH=str(programs.ROOT / "tests/schema"))  # fmt: skip
            flags = [f"--include-path={path}" for path in paths[operations]]
            work = folder / f"run{operations}"
            work.mkdir()
            outcomes[operations] = subprocess.run(
                [command, "run", str(folder / "api.json"), f"--url=http://{server.rest}", f"--checks={CHECKS}",
                 f"--max-examples={-(-cases // operations)}", f"--seed={seed}", "--phases=examples,coverage,fuzzing",
                 f"--header=Authorization: Bearer {server.token}", "--continue-on-failure", "--no-shrink", "--warnings=off", "--suppress-health-check=all", "--no-color",
                 *flags],
                cwd=work, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
            counted = json.loads(counts.read_text(encoding="utf-8"))
            calls.update(counted["calls"])
            statuses.update(counted["statuses"])

        threads = [threading.Thread(target=run, args=(operations,)) for operations in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for operations in paths:
            outcome = outcomes[operations]
            self.assertEqual(outcome.returncode, 0, f"for {paths[operations]}:\n{outcome.stdout}")
        return calls, statuses


if __name__ == "__main__":
    unittest.main()
