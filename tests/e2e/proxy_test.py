"""A costsd that asks another costsd: over TLS, with its own key or the callers' tokens; what it does without it."""

import http.server
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.request

from tests.e2e import certificates
from tests.e2e import documentation_example
from tests.e2e import programs

ACCOUNT = "acc_000000000000000000000001"
ADMIN = {"COSTS_ADMIN_TOKEN": "0123456789abcdef0123456789abcdef"}


class AnodeFace(http.server.BaseHTTPRequestHandler):
    """What the release "anode" makes of a costsd's REST face: other names, a word less; strict with those who ask."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes out at once
    NAMES = {"direction": "energy_flow_direction", "tariff_rate": "tariff_direction"}
    WORDS = {"IMPORT": "INBOUND", "EXPORT": "OUTBOUND"}
    behind = None  # address of the costsd

    def do_POST(self):
        self.answer(*self.price(json.loads(self.rfile.read(int(self.headers["Content-Length"])))))

    def price(self, record):
        if self.headers["Flatpeak-Version"] != "2025-09-14.anode" or "include_" in self.path:
            return 400, {"object": "error", "type": "bad_request", "message": f"not anode's: {self.path}"}
        names = {new: old for old, new in self.NAMES.items()}
        words = {new: old for old, new in self.WORDS.items()}
        if {"direction", "tariff_rate", "measurand"} & record.keys():
            return 400, {"object": "error", "type": "bad_request", "message": f"not anode's: {record}"}
        record = {names.get(name, name): words.get(value, value) if name == "energy_flow_direction" else value
                  for name, value in record.items()}
        status, answer = programs.rest_call(self.behind, path=self.path, body=json.dumps(record))
        for part in (answer, answer.get("request", {})):
            for old, new in self.NAMES.items():
                if old in part:
                    value = part.pop(old)
                    part[new] = self.WORDS[value] if old == "direction" else value
            part.pop("measurand", None)
        return status, answer

    def answer(self, status, document):
        body = json.dumps(document, default=float).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Proxy(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        ca = certificates.Authority(cls.directory / "ca")
        pair = ca.sign("upstream")
        cls.ca = ca.certificate
        cls.tls = (f"--tls_certificate={pair.certificate}", f"--tls_private_key={pair.key}")

    def asking(self, upstream, *flags, mode="proxy"):
        """A server that asks that one."""
        port = upstream if isinstance(upstream, int) else upstream.rest.rpartition(":")[2]
        return programs.Costsd(f"--mode={mode}", f"--upstream_url=https://localhost:{port}", f"--upstream_ca={self.ca}",
                               *(flags or ("--upstream_pass_authorization",)))

    def ask(self, server, query="", headers=None, **changes):
        request = {**documentation_example.REQUEST, **changes}
        return programs.rest_call(server.rest, path=f"/costs/instant{query}", body=json.dumps(request),
                                  headers={"Content-Type": "application/json", **(headers or {})})

    def count(self, server, metric):
        """Of a counter without labels, at a server's admin port."""
        with urllib.request.urlopen(f"http://{server.admin}/metrics", timeout=programs.PATIENCE_SECONDS) as answer:
            text = answer.read().decode()
        return int(re.search(rf"(?m)^{metric} (\d+)", text)[1])

    def assert_example(self, answer):
        status, record = answer
        self.assertEqual(status, 200, record)
        self.assertEqual({name: record.get(name) for name in documentation_example.ANSWER},
                         documentation_example.ANSWER)

    def test_answers_are_the_upstreams(self):
        store = self.directory / "upstream.sqlite"
        with programs.Costsd(*self.tls, f"--store={store}") as upstream, self.asking(upstream) as proxy:
            status, record = self.ask(proxy)
            self.assert_example((status, record))
            self.assertNotIn("source", record)
            grpc = programs.costs("instant", f"--server={proxy.grpc}", *documentation_example.FLAGS)
            self.assertEqual(programs.parse_json(grpc.stdout)["data"], record["data"])
            for change, code in (({"location_id": "loc_x"}, 404), ({"value": -1}, 400)):
                self.assertEqual(self.ask(proxy, **change)[0], code)
            self.assertEqual(self.ask(proxy, "?include_breakdown=true")[0], 400)

    def test_own_key_logs_in(self):
        with programs.Costsd(*self.tls, "--authentication=tokens", environment=ADMIN) as upstream:
            def admin(*arguments):
                done = programs.costs("admin", *arguments, f"--server={upstream.grpc}",
                                      "--tls", f"--tls_ca={self.ca}", environment=ADMIN)
                self.assertEqual(done.returncode, 0, done.stderr)
                return json.loads(done.stdout)

            admin("accounts", "create", f"--account_id={ACCOUNT}")
            key = self.directory / "key"
            key.write_text(admin("keys", "create", ACCOUNT, "--mode=live")["secret"] + "\n")
            with self.asking(upstream, f"--upstream_account_id={ACCOUNT}", f"--upstream_api_key_file={key}") as proxy:
                self.assert_example(self.ask(proxy))
            # A token that the upstream does not know is the caller's fault where it is passed on.
            with self.asking(upstream) as proxy:
                self.assertEqual(self.ask(proxy, headers={"Authorization": "Bearer a.b.c"})[0], 403)

    def test_wrong_certificate_is_not_trusted(self):
        other = certificates.Authority(self.directory / "other", "other").certificate
        with programs.Costsd(*self.tls) as upstream, \
                self.asking(upstream, "--upstream_pass_authorization", f"--upstream_ca={other}") as proxy:
            status, error = self.ask(proxy, "?non_persistent=true")
            self.assertEqual((status, error["code"]), (502, "upstream_unavailable"))

    def test_fallback_computes_and_says_so(self):
        with programs.Costsd(*self.tls) as upstream, self.asking(upstream, mode="fallback") as server:
            status, record = self.ask(server)
            self.assert_example((status, record))
            self.assertEqual(record["source"], "UPSTREAM")
            upstream.kill()
            status, record = self.ask(server)
            self.assert_example((status, record))
            self.assertEqual((record["source"], record["source_reason"]),
                             ("COMPUTED", "the upstream was not available"))

    def test_shadow_answers_itself_and_keeps_what_differs(self):
        differences = self.directory / "differences.jsonl"
        with programs.Costsd(*self.tls, f"--store={self.directory / 'other.sqlite'}") as upstream, \
                self.asking(upstream, "--upstream_pass_authorization", f"--shadow_file={differences}",
                            "--admin_listen=127.0.0.1:0", mode="shadow") as server:
            # The same catalog: no difference. Then the upstream has the location no longer;
            # asked before it has answered, the second question would share the first answer.
            self.assert_example(self.ask(server))
            programs.eventually(lambda: self.count(server, "costs_shadow_compared_total") == 1, "they are compared")
            self.assertEqual(self.count(server, "costs_shadow_differed_total"), 0)
            location = documentation_example.REQUEST["location_id"]
            done = self.upstream_call(upstream, "DELETE", f"/locations/{location}")
            self.assertLess(done, 300)
            status, record = self.ask(server)
            self.assert_example((status, record))
            self.assertNotIn("source", record)
            text = programs.eventually(lambda: differences.exists() and differences.read_text(), "it is written")
            found = json.loads(text.splitlines()[0])
            self.assertEqual((found["location_id"], found["record_id"], found["upstream"]),
                             (location, record["id"], "LOCATION_NOT_FOUND"))

    def upstream_call(self, upstream, method, path):
        """The status of a call of the upstream itself."""
        context = ssl.create_default_context(cafile=self.ca)
        port = upstream.rest.rpartition(":")[2]
        request = urllib.request.Request(f"https://localhost:{port}{path}", method=method)
        with urllib.request.urlopen(request, context=context, timeout=programs.PATIENCE_SECONDS) as answer:
            return answer.status

    def test_certificates_that_are_wrong_are_not_trusted(self):
        ca = certificates.Authority(self.directory / "wrong")
        for name, options in (("expired", {"days": -1}), ("elsewhere", {"alternative_names": "DNS:elsewhere.example"})):
            pair = ca.sign(name, **options)
            with self.subTest(name), \
                    programs.Costsd(f"--tls_certificate={pair.certificate}", f"--tls_private_key={pair.key}",
                                    f"--store={self.directory / name}.sqlite") as upstream, \
                    self.asking(upstream, "--upstream_pass_authorization", f"--upstream_ca={ca.certificate}",
                                mode="proxy") as proxy, \
                    self.asking(upstream, "--upstream_pass_authorization", f"--upstream_ca={ca.certificate}",
                                mode="fallback") as fallback:
                status, error = self.ask(proxy)
                self.assertEqual((status, error["code"]), (502, "upstream_unavailable"))
                # Nothing was sent, so that nothing can be stored twice.
                status, record = self.ask(fallback)
                self.assert_example((status, record))
                self.assertEqual(record["source"], "COMPUTED")

    def test_tokens_that_end_in_the_midst_of_a_batch_are_renewed(self):
        keys = self.directory / "keys"
        keys.mkdir()

        def sign_with(name):
            subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                            self.directory / "new.pem"], check=True, capture_output=True)
            os.replace(self.directory / "new.pem", keys / name)

        sign_with("1.pem")
        key = self.directory / "key"
        with programs.Costsd(*self.tls, "--authentication=tokens", f"--token_keys_dir={keys}",
                             environment=ADMIN) as upstream:
            def admin(*arguments):
                done = programs.costs("admin", *arguments, f"--server={upstream.grpc}", "--tls",
                                      f"--tls_ca={self.ca}", environment=ADMIN)
                self.assertEqual(done.returncode, 0, done.stderr)
                return json.loads(done.stdout)

            admin("accounts", "create", f"--account_id={ACCOUNT}")
            key.write_text(admin("keys", "create", ACCOUNT, "--mode=live")["secret"] + "\n")
            with self.asking(upstream, f"--upstream_account_id={ACCOUNT}", f"--upstream_api_key_file={key}",
                             "--admin_listen=127.0.0.1:0") as proxy:
                answers = self.directory / "answers"
                with answers.open("w") as output:
                    batch = programs.start_costs("batch", "-", "--format=jsonl", "--chunk=10",
                                                 f"--server={proxy.grpc}", stdin=subprocess.PIPE, stdout=output,
                                                 text=True)
                    line = json.dumps({**documentation_example.REQUEST, "non_persistent": True}) + "\n"
                    sent = 0

                    def send_until(count):
                        nonlocal sent
                        for _ in range(50):
                            batch.stdin.write(line)
                        batch.stdin.flush()
                        sent += 50
                        return self.count(proxy, "costs_upstream_logins_total") >= count

                    programs.eventually(lambda: send_until(1), "the proxy has logged in")
                    sign_with("1.pem")  # no token of before is good any more
                    programs.eventually(lambda: send_until(2), "the proxy has logged in again")
                    batch.stdin.close()
                    self.assertEqual(batch.wait(programs.PATIENCE_SECONDS), 0)
                outcomes = [programs.parse_json(text) for text in answers.read_text().splitlines()]
                self.assertEqual(len(outcomes), sent)
                self.assertEqual({outcome.get("error") or None for outcome in outcomes}, {None})
                self.assertEqual(len({(outcome["cost"], outcome["carbon_g"]) for outcome in outcomes}), 1)

    def test_the_release_anode_is_spoken(self):
        with programs.Costsd() as behind:
            face = type("Face", (AnodeFace,), {"behind": behind.rest})
            upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), face)
            upstream.daemon_threads = True
            threading.Thread(target=upstream.serve_forever).start()
            try:
                url = f"--upstream_url=http://127.0.0.1:{upstream.server_port}"
                with programs.Costsd("--mode=proxy", url, "--upstream_release=anode",
                                     "--upstream_pass_authorization") as proxy:
                    self.assert_example(self.ask(proxy))
                    # It cannot be asked for less, so that less is given of what it answers.
                    status, record = self.ask(proxy, "?include_carbon=false")
                    self.assertEqual((status, record["data"].get("carbon")), (200, None))
                    self.assertEqual(self.ask(proxy, location_id="loc_x")[0], 404)
                    batch = programs.costs("batch", "-", "--format=jsonl", f"--server={proxy.grpc}",
                                           stdin=(json.dumps(documentation_example.REQUEST) + "\n") * 100)
                    self.assertEqual([str(programs.parse_json(line)["cost"]) for line in batch.stdout.splitlines()],
                                     ["928.372"] * 100, batch.stderr)
                with programs.Costsd("--mode=proxy", url, "--upstream_pass_authorization") as zero:
                    self.assertNotEqual(self.ask(zero)[0], 200)
            finally:
                upstream.shutdown()
                upstream.server_close()

    def test_pure_proxy_needs_no_catalog(self):
        with programs.Costsd(*self.tls) as upstream:
            port = upstream.rest.rpartition(":")[2]
            flags = (f"--upstream_url=https://localhost:{port}", f"--upstream_ca={self.ca}",
                     "--upstream_pass_authorization")
            with programs.Costsd("--mode=proxy", *flags, catalog=None) as proxy:
                self.assert_example(self.ask(proxy))
                self.assertEqual(self.ask(proxy, location_id="loc_x")[0], 404)
                status, _ = programs.rest_call(proxy.rest, "GET", "/tariffs/elements?location_id=" +
                                               documentation_example.REQUEST["location_id"])
                self.assertEqual(status, 404)
                proxy.send(signal.SIGHUP)
                self.assert_example(self.ask(proxy))
            for mode in ("fallback", "shadow", "compute"):
                with self.assertRaises(programs.StartFailed) as failed:
                    programs.Costsd(f"--mode={mode}", *flags, catalog=None)
                self.assertIn("--catalog is required", failed.exception.log)

    def test_bulk_submissions_are_the_upstreams(self):
        record = {**documentation_example.REQUEST, "record_reference_id": "bulk"}
        readings = {"location_id": record["location_id"], "device_id": "dev_bulk", "units": "WH",
                    "data": [{"time": 1643711400 + 900 * i, "value": 1000 + 250 * i} for i in range(3)]}
        with programs.Costsd(*self.tls, f"--store={self.directory / 'bulk.sqlite'}") as upstream, \
                self.asking(upstream) as proxy:
            def call(method, path, body=None):
                return programs.rest_call(proxy.rest, method, path, None if body is None else json.dumps(body))

            status, batch = call("PUT", "/meters/interval", [record, {**record, "value": -1}])
            self.assertEqual(status, 200, batch)
            self.assertEqual(batch["object"], "meter_batch")
            # What the upstream keeps, of a batch that the proxy has not.
            status, again = call("GET", f"/meters/batch?batch_id={batch['id']}")
            self.assertEqual((status, again), (200, batch))
            status, cumulative = call("PUT", "/meters/cumulative/epoch", readings)
            self.assertEqual(status, 200, cumulative)
            stored = programs.costs("records", "list", "--output=csv", f"--server={upstream.grpc}", "--tls",
                                    f"--tls_ca={self.ca}")
            self.assertEqual(len(stored.stdout.splitlines()), 1 + 1 + 2, stored.stdout + stored.stderr)
            # Refusals are the upstream's own words.
            self.assertEqual(call("GET", "/meters/batch?batch_id=mba_x%2F%26y")[0], 404)
            status, error = call("PUT", "/meters/interval", {})
            self.assertEqual((status, error["object"]), (400, "error"))
            upstream.kill()
            status, error = call("PUT", "/meters/interval", [record])
            self.assertEqual((status, error["code"]), (502, "upstream_unavailable"))

    def test_modes_change_without_a_restart(self):
        modes = self.directory / "modes.json"
        modes.write_text("[]")
        # Port 9 of loopback: nobody listens.
        with self.asking(9, "--upstream_pass_authorization", f"--modes_file={modes}", mode="compute") as server:
            self.assertEqual(self.ask(server)[0], 200)
            location = documentation_example.REQUEST["location_id"]
            replacement = self.directory / "modes.new"
            replacement.write_text(json.dumps([{"account_id": ACCOUNT, "location_id": location, "mode": "proxy"}]))
            os.replace(replacement, modes)
            server.send(signal.SIGHUP)
            programs.eventually(lambda: self.ask(server)[0] == 502, "the location is asked of the upstream")
            modes.write_text("[{}]")
            server.await_log(r"the modes stay as they were: .*entry 0 names neither")
            self.assertEqual(self.ask(server)[0], 502)
            replacement.write_text("[]")
            os.replace(replacement, modes)
            # Without a signal, too.
            programs.eventually(lambda: self.ask(server)[0] == 200, "the location is computed again")

    def test_threads_are_scheduled_as_the_mode_has_it(self):
        with programs.Costsd() as server:
            self.assertEqual(server.scheduling_policies(), {os.SCHED_OTHER})
        with programs.Costsd(*self.tls) as upstream:
            with self.asking(upstream) as proxy:
                self.assert_example(self.ask(proxy))
                self.assertEqual(proxy.scheduling_policies(), {os.SCHED_BATCH})
            with self.asking(upstream, "--upstream_pass_authorization", "--scheduling=normal") as proxy:
                self.assertEqual(proxy.scheduling_policies(), {os.SCHED_OTHER})

    def test_settings_that_are_wrong_are_named(self):
        with self.assertRaises(programs.StartFailed) as failed:
            programs.Costsd("--mode=proxy")
        self.assertEqual(failed.exception.exit_code, 2)
        self.assertIn("--upstream_url is missing", failed.exception.log)


if __name__ == "__main__":
    unittest.main()
