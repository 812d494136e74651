"""What callers of a costsd in proxy and fallback mode get when its upstream, or the way to it, is broken.

In no case is a record stored in both servers, or priced wrong. (At the level of bytes: service/upstream/curl_client_test.)
"""

import json
import pathlib
import tempfile
import time
import unittest

from tests.e2e import documentation_example
from tests.e2e import programs
from tests.fault.faulty_upstream import Fault, FaultyUpstream, http

ERROR = '{"object":"error","live_mode":true,"context":"api.costs_instant","code":"%s","message":"told so"}'
TIMEOUT_SECONDS = 1

# Fault, what it says, REST status and code in proxy mode, and whether the upstream may have the record.
FAULTS = [
    (Fault.RESET_BEFORE_ANSWER, b"", 502, "upstream_unavailable", True),
    (Fault.RESET_IN_ANSWER, b"", 502, None, True),
    (Fault.BLACK_HOLE, b"", 504, "upstream_timeout", True),
    (Fault.SILENT, b"", 504, "upstream_timeout", True),
    (Fault.SLOW_ANSWER, b"", 504, "upstream_timeout", True),
    (Fault.SAYS, http("200 OK", '{"object":"meter_rec'), 502, "upstream_bad_answer", True),
    (Fault.SAYS, http("200 OK", '{"object":"location"}'), 502, "upstream_bad_answer", True),
    (Fault.SAYS, http("200 OK", "<html>hello</html>"), 502, "upstream_bad_answer", True),
    (Fault.SAYS, http("200 OK", "x" * (2 << 20)), 502, "upstream_bad_answer", True),
    (Fault.SAYS, http("403 Forbidden", '{"message":"Bad credentials"}'), 403, "bad_credentials", False),
    (Fault.SAYS, http("404 Not Found", ERROR % "location_not_found"), 404, "location_not_found", None),
    (Fault.SAYS, http("404 Not Found", "<html>no such page</html>"), 502, "upstream_bad_answer", True),
    (Fault.SAYS, http("422 Unprocessable", ERROR % "no_price_data"), 422, "no_price_data", None),
    (Fault.SAYS, http("422 Unprocessable", ERROR % "pending_connect"), 422, "upstream_refused", None),
    (Fault.SAYS, http("429 Too Many", ERROR % "rate_limit", "Retry-After: 7"), 429, "rate_limit", False),
    (Fault.SAYS, http("429 Too Many", ""), 429, "rate_limit", False),
    (Fault.SAYS, http("500 Oops", ERROR % "internal_error"), 502, "upstream_unavailable", True),
    (Fault.SAYS, http("502 Bad Gateway", "<html>"), 502, "upstream_unavailable", True),
    (Fault.SAYS, http("503 Busy", ERROR % "overloaded", "Retry-After: 1"), 502, "upstream_unavailable", False),
    (Fault.SAYS, http("504 Too Late", "<html>"), 502, "upstream_unavailable", True),
]


class ProxyFaults(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.upstream = self.enterContext(programs.Costsd(f"--store={self.directory / 'upstream.sqlite'}"))
        self.faulty = self.enterContext(FaultyUpstream(int(self.upstream.rest.rpartition(":")[2])))

    def start(self, mode):
        # Each case has a server of its own: the breaker and the throttle remember.
        return programs.Costsd(f"--mode={mode}", f"--upstream_url=http://127.0.0.1:{self.faulty.port}",
                               "--upstream_pass_authorization", f"--upstream_timeout={TIMEOUT_SECONDS}s",
                               f"--store={self.directory / f'{mode}-{time.monotonic_ns()}.sqlite'}")

    def ask(self, server, minute, query=""):
        """A record of its own for each minute."""
        request = {**documentation_example.REQUEST, "start_time": f"2022-02-01T10:{minute:02}:00Z"}
        return programs.rest_call(server.rest, path=f"/costs/instant{query}", body=json.dumps(request))

    def stored(self, server):
        status, answer = programs.rest_call(server.rest, "GET", "/meters/records?location_id=" +
                                            documentation_example.REQUEST["location_id"])
        self.assertEqual(status, 200, answer)
        return {record["id"] for record in answer["data"]}

    def test_each_fault_has_its_outcome(self):
        for number, (fault, says, status, code, may_have_acted) in enumerate(FAULTS):
            with self.subTest(number=number, fault=fault, says=says[:60]):
                with self.start("proxy") as proxy, self.start("fallback") as fallback:
                    self.faulty.fault, self.faulty.says = Fault.NONE, b""
                    right = self.ask(proxy, number, "?non_persistent=true")[1]["data"]
                    self.faulty.fault, self.faulty.says = fault, says
                    got, error = self.ask(proxy, number)
                    # Who is told to come back later may also be told so by the throttle, which has seen the
                    # attempts before.
                    throttled = may_have_acted is False and (got, error["code"]) == (503, "overloaded")
                    if not throttled:
                        self.assertEqual(got, status, error)
                    if code is not None and not throttled:
                        self.assertEqual(error["code"], code)
                    self.assertEqual(self.stored(proxy), set())

                    got, answer = self.ask(fallback, number)
                    if may_have_acted is False:
                        self.assertEqual((got, answer["source"], answer["data"]), (200, "COMPUTED", right))
                        self.assertEqual(self.stored(fallback), {answer["id"]})
                    else:
                        self.assertEqual(got, 502 if may_have_acted else status, answer)
                        self.assertEqual(self.stored(fallback), set())
                    self.assertEqual(self.stored(self.upstream) & self.stored(fallback), set())
                    if may_have_acted is not None:
                        # A simulation is computed whatever happened to it.
                        got, answer = self.ask(fallback, number, "?non_persistent=true")
                        self.assertEqual((got, answer["source"], answer["data"]), (200, "COMPUTED", right))


if __name__ == "__main__":
    unittest.main()
