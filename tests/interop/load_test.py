"""ghz, a load generator that knows the API by reflection alone: every one of its calls is answered.

A small bounded load on loopback; how fast the server is, docs/performance.md says.
"""

import json
import os
import subprocess
import unittest

from tests.e2e import programs
from tests.interop import calls, stubs

CALLS = 2000


class LoadTest(unittest.TestCase):
    def test_every_call_is_answered(self):
        ghz = os.environ.get("COSTS_GHZ", "")
        if not ghz:
            programs.skip_loudly(self, "COSTS_GHZ names no ghz (./test installs it where Go is)")
        with stubs.served() as (server, environment):
            login = programs.costs("login", f"--server={server.grpc}", "--tls", f"--tls_ca={environment['COSTS_TLS_CA']}",
                                   environment=environment)
            self.assertEqual(login.returncode, 0, login.stderr)
            token = json.loads(login.stdout)["bearer_token"]
            # Thirty different records, by chance, each stored many times.
            record = calls.record(start_time="2022-02-01T10:{{printf `%02d` (randomInt 0 29)}}:00Z")
            done = subprocess.run(
                [ghz, "--cacert", environment["COSTS_TLS_CA"], "--metadata", json.dumps({"authorization": f"Bearer {token}"}),
                 "--call", "energy.costs.v1.CostsService.CalculateInstantCost", "--data", json.dumps({"record": record}),
                 "--total", str(CALLS), "--concurrency", "20", "--connections", "4", "--timeout", "60s", "--format", "json",
                 server.grpc],
                capture_output=True, text=True, timeout=programs.PATIENCE_SECONDS, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            report = json.loads(done.stdout)
        self.assertEqual((report["count"], report["statusCodeDistribution"]), (CALLS, {"OK": CALLS}),
                         report.get("errorDistribution"))
        print(f"{CALLS} calls answered, {report['rps']:.0f}/s beside whatever else this machine does")


if __name__ == "__main__":
    unittest.main()
