"""The C++ client library's examples, over TLS with an API key, on a server that goes away for a while."""

import pathlib
import sqlite3
import subprocess
import tempfile
import unittest

from tests.e2e import certificates
from tests.e2e import programs

EXAMPLES = programs.ROOT / "client/examples"
ADMIN = {"COSTS_ADMIN_TOKEN": "0123456789abcdef0123456789abcdef"}


class ClientLibrary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        ca = certificates.Authority(cls.directory / "ca")
        pair = ca.sign("server")
        cls.ca = ca.certificate
        cls.flags = (f"--tls_certificate={pair.certificate}", f"--tls_private_key={pair.key}",
                     "--authentication=tokens")

    def served(self, *flags):
        return programs.Costsd(*self.flags, *flags, environment=ADMIN)

    def caller(self, server):
        """Its environment, with an API key of the demo's account."""
        there = (f"--server={server.grpc}", "--tls", f"--tls_ca={self.ca}")
        account = "acc_000000000000000000000001"
        programs.costs("admin", "accounts", "create", f"--account_id={account}", *there, environment=ADMIN)
        made = programs.costs("admin", "keys", "create", account, "--mode=live", *there, environment=ADMIN)
        key = programs.parse_json(made.stdout)["secret"]
        return {"COSTS_SERVER": server.grpc, "COSTS_CA": str(self.ca), "COSTS_ACCOUNT_ID": account,
                "COSTS_API_KEY": key}

    def run_example(self, name, *arguments, environment):
        return subprocess.run([EXAMPLES / name, *arguments], capture_output=True, text=True, check=False,
                              env=environment, timeout=programs.PATIENCE_SECONDS)

    def test_examples_do_what_they_say(self):
        with self.served() as server:
            environment = self.caller(server)
            done = self.run_example("price_record", environment=environment)
            self.assertEqual((done.returncode, done.stdout), (0, "3700 Wh, 334.028 GBP, 12.679 g\n"), done.stderr)
            done = self.run_example("price_record", "loc_of_nobody", environment=environment)
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stdout.startswith("LOCATION_NOT_FOUND: "), done.stdout)
            done = self.run_example("price_record", "loc_641b90b758fb8e6293716e40", "-1", environment=environment)
            self.assertEqual(done.returncode, 1)
            self.assertTrue(done.stdout.startswith("INVALID_FIELD: ") and "record.value" in done.stdout, done.stdout)
            done = self.run_example("price_batch", environment=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout.startswith("LOCATION_NOT_FOUND\nthe day: "), done.stdout)
            done = self.run_example("price_stream", "5000", environment=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout.startswith("5000 answered, 0 refused, cost "), done.stdout)

    def test_caller_that_is_not_known_is_told_at_once(self):
        with self.served() as server:
            environment = {**self.caller(server), "COSTS_API_KEY": "sk_live_0000"}
            done = self.run_example("price_record", environment=environment)
            self.assertEqual(done.returncode, 1)
            self.assertIn("UNAUTHENTICATED: cannot log in at ", done.stderr)
            other = certificates.Authority(self.directory / "other", "other").certificate
            environment = {**self.caller(server), "COSTS_CA": str(other)}
            done = self.run_example("price_record", environment=environment)
            self.assertEqual(done.returncode, 1, done.stdout)

    def test_stream_goes_on_when_the_server_is_killed(self):
        store = f"--store={self.directory / 'records.sqlite'}"
        count = 20_000 if programs.SANITIZED else 200_000
        with self.served(store) as server:
            environment = self.caller(server)
            place = f"--grpc_listen={server.grpc}"
            stream = subprocess.Popen([EXAMPLES / "price_stream", str(count)], env=environment, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for line in stream.stderr:
                if line.endswith(" are answered\n") and int(line.split()[0]) >= count // 4:
                    break
            server.kill()
        # Its token's key is gone with the server: the client logs in again.
        with self.served(store, place) as server:
            output, errors = stream.communicate(timeout=programs.PATIENCE_SECONDS)
            self.assertEqual(stream.returncode, 0, errors)
            self.assertTrue(output.startswith(f"{count} answered, 0 refused, cost "), output)
            self.assertIn("again: UNAVAILABLE", errors)
        with sqlite3.connect(self.directory / "records.sqlite.records") as database:
            [(stored,)] = database.execute("SELECT COUNT(*) FROM records")
        self.assertEqual(stored, count)


if __name__ == "__main__":
    unittest.main()
