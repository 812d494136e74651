"""Slow and greedy clients on both ports, within the limits of connections: an honest client's calls all succeed, and
costsd's memory stays bounded."""

import contextlib
import json
import pathlib
import shutil
import ssl
import struct
import subprocess
import tempfile
import time
import unittest

from tests.e2e import certificates
from tests.e2e import documentation_example
from tests.e2e import process_memory
from tests.e2e import programs
from tests.e2e import slow_clients

# Of a server with the demo catalog, some hundred connections and what they have sent.
MOST_BYTES = 512 << 20
ROUNDS = 6


class Honest:
    """Someone who only wants his answers."""

    def __init__(self, test, server, tls_directory=None):
        self._test = test
        self._server = server
        self._ca = tls_directory

    def calls_succeed(self):
        scheme = "http" if self._ca is None else "https"
        trusted = [] if self._ca is None else ["--cacert", str(self._ca)]
        done = subprocess.run(
            ["curl", "--silent", "--show-error", *trusted, "--header", "Content-Type: application/json", "--data",
             json.dumps(documentation_example.REQUEST), f"{scheme}://{self._server.rest}/costs/instant"],
            capture_output=True, text=True, timeout=programs.PATIENCE_SECONDS, check=False)
        self._test.assertEqual(done.returncode, 0, done.stderr)
        self._test.assertEqual(str(programs.parse_json(done.stdout)["data"]["tariff"]["value"]), "928.372")
        if self._ca is None:
            done = programs.costs("instant", f"--server={self._server.grpc}", *documentation_example.FLAGS)
        else:
            done = subprocess.run(
                [programs.grpcurl(self._test), "-cacert", str(self._ca), "-d",
                 json.dumps({"record": documentation_example.REQUEST}), self._server.grpc,
                 "energy.costs.v1.CostsService/CalculateInstantCost"],
                capture_output=True, text=True, timeout=programs.PATIENCE_SECONDS, check=False)
        self._test.assertEqual(done.returncode, 0, done.stderr)
        self._test.assertIn("928.372", done.stdout)


class SlowClients(unittest.TestCase):
    def setUp(self):
        self.stack = self.enterContext(contextlib.ExitStack())

    def assert_bounded(self, server, sampler):
        self.assertTrue(server.is_running())
        if not programs.SANITIZED:
            self.assertLess(sampler.peak("costsd", 0, 1), MOST_BYTES)

    def attack(self, server, attacks, honest):
        with process_memory.Sampler({"costsd": server.pid}, lambda: 0) as sampler, contextlib.ExitStack() as stack:
            held = [stack.enter_context(attack()) for attack in attacks]
            for _ in range(ROUNDS):
                for clients in held:
                    clients.poke()
                honest.calls_succeed()
        self.assert_bounded(server, sampler)
        # What they held is free again.
        honest.calls_succeed()

    def test_slow_clients_of_rest(self):
        with programs.Costsd() as server:
            self.attack(server, [
                lambda: slow_clients.SlowClients(server.rest, 200),
                lambda: slow_clients.rest_headers(server.rest, 200),
                lambda: slow_clients.rest_bodies(server.rest, 200),
                lambda: slow_clients.rest_deaf(server.rest, 50),
            ], Honest(self, server))

    def test_large_bodies_of_rest_share_a_bound(self):
        # Eight of the two hundred fit; together they would send 3 GB.
        with programs.Costsd("--rest_large_bodies=134217728") as server:
            self.attack(server, [lambda: slow_clients.rest_bulk_bodies(server.rest, 200, 15)], Honest(self, server))

    def test_slow_clients_of_grpc(self):
        with programs.Costsd() as server:
            self.attack(server, [
                lambda: slow_clients.SlowClients(server.grpc, 200),
                lambda: slow_clients.grpc_greetings(server.grpc, 200),
                lambda: slow_clients.grpc_idle_streams(server.grpc, 50, 100),
                lambda: slow_clients.grpc_deaf(server.grpc, 20, 200),
            ], Honest(self, server))

    def test_half_messages_of_grpc_are_bounded_by_its_quota(self):
        peaks = []
        for quota in (32 << 20, 1 << 40):
            with programs.Costsd(f"--grpc_memory_quota={quota}") as server:
                honest = Honest(self, server)
                # 640 messages, each 1 MiB but for its end.
                with slow_clients.grpc_half_messages(server.grpc, 40, 16, 1024) as clients:
                    peaks.append(self.peak_of(server, clients))
                    for _ in range(ROUNDS):
                        honest.calls_succeed()
                honest.calls_succeed()
        if not programs.SANITIZED:
            self.assertLess(peaks[0] * 3, peaks[1] * 2, f"with a quota and without: {peaks}")

    @staticmethod
    def peak_of(server, clients):
        """The most that costsd holds, once it holds no more although the clients go on."""
        peak = 0
        rounds_since = 0
        while rounds_since < 30:
            clients.poke()
            held = process_memory.resident_bytes(server.pid)
            rounds_since = 0 if held > peak * 1.01 else rounds_since + 1
            peak = max(peak, held)
            time.sleep(0.1)
        return peak

    def test_slow_clients_over_tls(self):
        directory = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        authority = certificates.Authority(directory)
        pair = authority.sign("server")
        with programs.Costsd(f"--tls_certificate={pair.certificate}", f"--tls_private_key={pair.key}") as server:
            http1 = ssl.create_default_context(cafile=authority.certificate)
            http2 = ssl.create_default_context(cafile=authority.certificate)
            http2.set_alpn_protocols(["h2"])
            self.attack(server, [
                # Handshakes that never begin, or stop.
                lambda: slow_clients.SlowClients(server.rest, 200),
                lambda: slow_clients.SlowClients(server.rest, 200, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
                lambda: slow_clients.SlowClients(server.grpc, 200),
                lambda: slow_clients.rest_headers(server.rest, 100, http1),
                lambda: slow_clients.rest_bodies(server.rest, 100, http1),
                lambda: slow_clients.rest_deaf(server.rest, 20, http1),
                lambda: slow_clients.grpc_greetings(server.grpc, 100, http2),
                lambda: slow_clients.grpc_idle_streams(server.grpc, 50, 100, http2),
            ], Honest(self, server, authority.certificate))

    def test_grpc_connections_beyond_the_limit_are_closed(self):
        with programs.Costsd("--grpc_connections=50") as server:
            with slow_clients.SlowClients(server.grpc, 100):
                server.await_log("--grpc_connections")
                # REST has a port of its own.
                self.assertEqual(programs.rest_call(server.rest, "GET", "/healthz")[0], 200)
            programs.eventually(
                lambda: programs.costs("instant", f"--server={server.grpc}",
                                       *documentation_example.FLAGS).returncode == 0, "room again")


class Load(unittest.TestCase):
    def h2load(self, *arguments):
        path = shutil.which("h2load")
        if path is None:
            programs.skip_loudly(self, "there is no h2load (third_party/setup.sh test installs it)")
        return subprocess.Popen([path, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True)

    def test_load_on_both_ports_disturbs_nobody(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        authority = certificates.Authority(directory)
        pair = authority.sign("server")
        empty = directory / "message"
        empty.write_bytes(b"\0" + struct.pack(">I", 0))
        record = directory / "record.json"
        record.write_text(json.dumps(documentation_example.REQUEST))
        tls = (f"--tls_certificate={pair.certificate}", f"--tls_private_key={pair.key}")
        for flags, scheme, ca in (((), "http", None), (tls, "https", authority.certificate)):
            with self.subTest(scheme), programs.Costsd(*flags) as server:
                honest = Honest(self, server, ca)
                with process_memory.Sampler({"costsd": server.pid}, lambda: 0) as sampler:
                    loads = [
                        self.h2load("-n", 20000, "-c", 50, "-m", 20, "-d", empty, "-H", "te: trailers",
                                    "-H", "content-type: application/grpc",
                                    f"{scheme}://{server.grpc}/energy.costs.v1.CostsService/CalculateInstantCost"),
                        self.h2load("--h1", "-n", 5000, "-c", 50, "-d", record, "-H", "content-type: application/json",
                                    f"{scheme}://{server.rest}/costs/instant"),
                    ]
                    for _ in range(ROUNDS):
                        honest.calls_succeed()
                    for load, requests in zip(loads, (20000, 5000)):
                        said = load.communicate(timeout=programs.PATIENCE_SECONDS)[0]
                        self.assertIn(f"{requests} done, {requests} succeeded, 0 failed", said)
                self.assertTrue(server.is_running())
                if not programs.SANITIZED:
                    self.assertLess(sampler.peak("costsd", 0, 1), MOST_BYTES)


if __name__ == "__main__":
    unittest.main()
