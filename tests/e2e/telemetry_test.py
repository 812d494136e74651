"""What costsd tells its operator: metrics, status, logs, traces, channelz."""

import json
import subprocess
import unittest
import urllib.error
import urllib.request

from tests.e2e import documentation_example
from tests.e2e import programs

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
ADMIN = {"COSTS_ADMIN_TOKEN": "0123456789abcdef0123456789abcdef"}
SUBMISSION = {"location_id": documentation_example.REQUEST["location_id"], "value": 1, "units": "WH",
              "start_time": "2022-02-01T10:00:00Z", "end_time": "2022-02-01T10:30:00Z"}


def get(address, path):
    """The status, the content type and the text."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=programs.PATIENCE_SECONDS) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def metrics(server):
    """Each series' value, by its name and labels as they are written."""
    lines = [line for line in get(server.admin, "/metrics")[2].splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


class TelemetryTest(unittest.TestCase):
    def grpcurl(self, server, *arguments):
        """With -v, which shows headers."""
        done = subprocess.run([programs.grpcurl(self), "-v", "-plaintext", *arguments], capture_output=True, text=True,
                              timeout=programs.PATIENCE_SECONDS, check=False)
        # Without what was sent.
        return (done.stdout + done.stderr).partition("Response headers received:")[2]

    def price(self, server, headers=(), **changes):
        submission = {"record": {**SUBMISSION, **changes}}
        flags = [word for header in headers for word in ("-H", header)]
        return self.grpcurl(server, *flags, "-d", json.dumps(submission), server.grpc,
                            "energy.costs.v1.CostsService/CalculateInstantCost")

    def test_calls_are_counted_by_method_and_code(self):
        with programs.Costsd("--admin_listen=127.0.0.1:0") as server:
            self.price(server)
            self.price(server)
            self.price(server, location_id="loc_x")
            programs.rest_call(server.rest, body=json.dumps(documentation_example.REQUEST))
            programs.rest_call(server.rest, body="{")
            found = metrics(server)
            method = ('grpc_service="energy.costs.v1.CostsService",grpc_method="CalculateInstantCost",'
                      'grpc_type="unary"')

            def labelled(name, wanted):
                return sum(value for series, value in found.items() if series.startswith(name + "{") and
                           all(label in series for label in wanted.split(",")))

            self.assertEqual(labelled("grpc_server_started_total", method), 3)
            self.assertEqual(labelled("grpc_server_handled_total", method + ',grpc_code="OK"'), 2)
            self.assertEqual(labelled("grpc_server_handled_total", method + ',grpc_code="NotFound"'), 1)
            self.assertEqual(labelled("grpc_server_msg_received_total", method), 3)
            self.assertEqual(labelled("grpc_server_msg_sent_total", method), 2)
            self.assertEqual(labelled("grpc_server_handling_seconds_count", method), 3)
            self.assertEqual(labelled("http_requests_total", 'code="200",route="/costs/instant",method="POST"'), 1)
            self.assertEqual(labelled("http_requests_total", 'code="400",route="/costs/instant"'), 1)
            self.assertEqual(labelled("costs_records_priced_total", ""), 3)
            self.assertEqual(labelled("costs_records_refused_total", 'LOCATION_NOT_FOUND'), 1)
            self.assertEqual(found["costs_locations"], 6)

    def test_status_page(self):
        with programs.Costsd("--admin_listen=127.0.0.1:0") as server:
            status, kind, text = get(server.admin, "/statusz")
            self.assertEqual((status, kind), (200, "application/json"))
            page = json.loads(text)
            self.assertEqual((page["status"], page["mode"], page["catalog"]["locations"]), ("SERVING", "compute", 6))
            self.assertEqual(get(server.admin, "/metrics")[1].split(";")[0], "text/plain")
            self.assertEqual(get(server.admin, "/healthz")[0], 200)
            # Nothing else is served there, and none of it elsewhere.
            self.assertEqual(get(server.admin, "/costs/instant")[0], 404)
            for path in ("/metrics", "/statusz"):
                self.assertEqual(get(server.rest, path)[0], 404)

    def test_log_names_the_call_and_no_secret(self):
        with programs.Costsd("--authentication=tokens", "--log_calls=all", "--log_format=json", environment=ADMIN) as server:
            token = programs.token_of_demo(server, ADMIN)
            answer = self.price(server, [f"authorization: Bearer {token}", "x-request-id: request-17",
                                         f"traceparent: {TRACEPARENT}"])
            self.assertIn("x-request-id: request-17", answer)
            # One that is no id is neither logged nor sent back.
            self.assertNotIn("x-request-id: a b", self.price(server, [f"authorization: Bearer {token}", "x-request-id: a b"]))
            programs.rest_call(server.rest, body=json.dumps(documentation_example.REQUEST), headers={
                "Content-Type": "application/json", "Authorization": f"Bearer {token}", "X-Request-Id": "request-18"})
            server.await_log("request-18")
            lines = [json.loads(line) for line in server.log().splitlines()]
            calls = {line["request_id"]: line for line in lines if "request_id" in line}
            self.assertEqual(set(calls), {"request-17", "request-18"})
            call = calls["request-17"]
            self.assertEqual((call["call"], call["method"], call["code"], call["account_id"]),
                             ("grpc", "/energy.costs.v1.CostsService/CalculateInstantCost", "OK",
                              "acc_000000000000000000000001"))
            self.assertIn(TRACE, json.dumps(call))
            self.assertGreater(call["ms"], 0)
            self.assertEqual((calls["request-18"]["call"], calls["request-18"]["code"]), ("rest", "200"))
            self.assertNotIn(token, server.log())
            self.assertNotIn(token.split(".")[2], server.log())

    def test_trace_goes_on_to_the_upstream(self):
        with programs.Costsd("--log_calls=all") as upstream, \
                programs.Costsd("--mode=proxy", f"--upstream_url=http://{upstream.rest}",
                                "--upstream_pass_authorization") as proxy:
            self.price(proxy, [f"traceparent: {TRACEPARENT}"])
            upstream.await_log(TRACE)

    def test_channelz_has_a_port_of_its_own(self):
        with programs.Costsd("--channelz_listen=127.0.0.1:0") as server:
            self.assertIn("Code: Unimplemented", self.grpcurl(server, server.grpc, "grpc.channelz.v1.Channelz/GetServers"))
            servers = self.grpcurl(server, server.channelz, "grpc.channelz.v1.Channelz/GetServers")
            self.assertIn('"calls_started"', servers)
        with self.assertRaises(programs.StartFailed) as failed:
            programs.Costsd("--channelz_listen=0.0.0.0:0")
        self.assertIn("--channelz_listen", failed.exception.log)


if __name__ == "__main__":
    unittest.main()
