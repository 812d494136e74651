"""A real Prometheus scrapes real servers, and every rule and query of the dashboard has data."""

import json
import math
import pathlib
import re
import socket
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request

import yaml

from tests.e2e import documentation_example
from tests.e2e import programs

ROOT = pathlib.Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus/rules.yaml"
DASHBOARD = ROOT / "deploy/grafana/dashboard.json"
STREAM = "".join(
    f'{{"location_id":"{documentation_example.REQUEST["location_id"]}","value":1,"units":"WH",'
    f'"start_time":"2022-02-01T{hour:02}:00:00Z","end_time":"2022-02-01T{hour:02}:30:00Z"}}\n' for hour in range(10))


class Prometheus:
    """A running Prometheus that scrapes these addresses twice a second."""

    def __init__(self, directory, targets):
        rules = yaml.safe_load(RULES.read_text())
        for group in rules["groups"]:
            group["interval"] = "1s"
        (directory / "rules.yaml").write_text(yaml.safe_dump(rules))
        (directory / "prometheus.yaml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": "costsd", "static_configs": [{"targets": targets}]}]}))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self._log = open(directory / "log", "w", encoding="utf-8")
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={directory}/prometheus.yaml", f"--storage.tsdb.path={directory}/data",
             f"--web.listen-address={self.address}"], stdout=self._log, stderr=self._log)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._process.terminate()
        self._process.wait()
        self._log.close()

    def get(self, path, **parameters):
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}?{urllib.parse.urlencode(parameters)}") as answer:
                return json.load(answer)["data"]
        except (urllib.error.URLError, ConnectionError):
            return None

    def has_data(self, expression):
        """Whether a query has a value, and one that is a number."""
        data = self.get("/api/v1/query", query=expression)
        return bool(data) and any(not math.isnan(float(series["value"][1])) for series in data["result"])


class Load(threading.Thread):
    """Calls of each kind, some of them wrong, until it is told to end."""

    def __init__(self, server):
        super().__init__()
        self._server = server
        self._end = threading.Event()
        self.failure = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self._end.set()
        self.join()

    def run(self):
        try:
            while not self._end.wait(0.1):
                self._call()
        except Exception as failure:  # pylint: disable=broad-except (the test shows it)
            self.failure = failure

    def _call(self):
        server = self._server
        for flags in (documentation_example.FLAGS, (*documentation_example.FLAGS, "--location=loc_x")):
            programs.costs("instant", f"--server={server.grpc}", *flags)
        programs.costs("batch", "-", f"--server={server.grpc}", "--format=jsonl", stdin=STREAM)
        for change in ({}, {"location_id": "loc_x"}):
            programs.rest_call(server.rest, body=json.dumps({**documentation_example.REQUEST, **change}),
                               headers={"Content-Type": "application/json"})


def queries_of_alert(expression):
    """What an alert compares, without the comparison, which must have data while all is well."""
    if expression.startswith("absent("):
        return []
    return [re.split(r" (?:>|<|==) ", part)[0] for part in re.split(r"\s(?:and|or)\s", expression)]


class Scrape(unittest.TestCase):
    def test_every_rule_and_query_has_data(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        admin = "--admin_listen=127.0.0.1:0"
        with programs.Costsd(f"--store={directory}/store", admin) as server:
            upstream = (f"--upstream_url=http://{server.rest}", "--upstream_pass_authorization")
            with programs.Costsd("--mode=fallback", *upstream, admin) as fallback, \
                    programs.Costsd("--mode=shadow", *upstream, admin) as shadow, \
                    Load(server) as load, Load(fallback) as other, Load(shadow) as third, \
                    Prometheus(directory, [server.admin, fallback.admin, shadow.admin]) as prometheus:
                programs.eventually(lambda: prometheus.has_data("costs_build_info"), "Prometheus scrapes")
                self.assert_rules(prometheus)
                self.assert_dashboard(prometheus)
                targets = prometheus.get("/api/v1/targets")["activeTargets"]
                self.assertEqual([target["health"] for target in targets], ["up"] * 3, targets)
                # What Prometheus says of metrics is what they say of themselves.
                metadata = prometheus.get("/api/v1/metadata")
                self.assertEqual(metadata["grpc_server_handling_seconds"][0]["type"], "histogram")
            for one in (load, other, third):
                self.assertIsNone(one.failure)

    def assert_rules(self, prometheus):
        rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
        for rule in rules:
            queries = queries_of_alert(rule["expr"]) if "alert" in rule else [rule["record"]]
            for query in queries:
                with self.subTest(rule=rule.get("alert") or rule["record"], query=query):
                    programs.eventually(lambda query=query: prometheus.has_data(query), query)
        health = {rule["name"]: (rule["health"], rule.get("lastError")) for group in
                  prometheus.get("/api/v1/rules")["groups"] for rule in group["rules"]}
        self.assertEqual({name for name, (state, _) in health.items() if state != "ok"}, set(), health)

    def assert_dashboard(self, prometheus):
        dashboard = json.loads(DASHBOARD.read_text())
        panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
        self.assertGreater(len(panels), 20)
        for panel in panels:
            for target in panel["targets"]:
                query = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
                with self.subTest(panel=panel["title"], query=query):
                    programs.eventually(lambda query=query: prometheus.has_data(query), query)


if __name__ == "__main__":
    unittest.main()
