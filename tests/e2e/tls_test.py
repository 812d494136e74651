"""TLS on both ports as curl, grpcurl and openssl find it; certificates that are replaced while clients call."""

import json
import os
import pathlib
import re
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.request

from tests.e2e import certificates
from tests.e2e import documentation_example
from tests.e2e import programs


def flags(pair, *more):
    return (f"--tls_certificate={pair.certificate}", f"--tls_private_key={pair.key}", *more)


def run(*command, stdin=""):
    return subprocess.run([str(word) for word in command], input=stdin, capture_output=True, text=True, errors="replace",
                          timeout=programs.PATIENCE_SECONDS, check=False)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.ca = certificates.Authority(cls.directory / "ca")
        cls.pair = cls.ca.sign("server")

    def curl(self, server, *options):
        """The answer to the documentation's request; None: there is none."""
        done = run("curl", "--silent", "--show-error", "--cacert", self.ca.certificate, *options,
                   "--header", "Content-Type: application/json", "--data", json.dumps(documentation_example.REQUEST),
                   f"https://{server.rest}/costs/instant")
        return programs.parse_json(done.stdout) if done.returncode == 0 else None

    def grpcurl(self, server, *options, in_vain=False):
        """Likewise over gRPC. In vain: it would try for ten seconds."""
        done = run(programs.grpcurl(self), "-cacert", self.ca.certificate, *options,
                   "-connect-timeout", "2" if in_vain else str(programs.PATIENCE_SECONDS),
                   "-d", json.dumps({"record": documentation_example.REQUEST}), server.grpc,
                   "energy.costs.v1.CostsService/CalculateInstantCost")
        return programs.parse_json(done.stdout) if done.returncode == 0 else None

    def assert_answer(self, answer):
        self.assertIsNotNone(answer)
        self.assertEqual(str(answer["data"]["tariff"]["value"]), "928.372")

    def test_both_ports_serve(self):
        with programs.Costsd(*flags(self.pair)) as server:
            for version in ("1.2", "1.3"):
                self.assert_answer(self.curl(server, f"--tlsv{version}", "--tls-max", version))
            self.assert_answer(self.grpcurl(server))
            self.assertIsNone(self.grpcurl(server, "-plaintext", in_vain=True))
            with self.assertRaises(OSError):
                programs.rest_call(server.rest, "GET", "/healthz")

    def test_versions_protocols_and_renegotiation(self):
        with programs.Costsd(*flags(self.pair)) as server:
            for address, protocol in ((server.grpc, "h2"), (server.rest, "http/1.1")):
                client = ("openssl", "s_client", "-connect", address, "-CAfile", self.ca.certificate, "-alpn", protocol,
                          "-verify_return_error")
                for version, taken in (("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
                    # The client itself refuses the old ones unless it is talked into them.
                    done = run(*client, version, "-cipher", "DEFAULT:@SECLEVEL=0")
                    self.assertEqual(done.returncode == 0, taken, f"{address} {version}: {done.stdout}{done.stderr}")
                    if taken:
                        self.assertIn(f"ALPN protocol: {protocol}", done.stdout)
                        self.assertIn("Compression: NONE", done.stdout)
                        self.assertIn("Verify return code: 0 (ok)", done.stdout)
                # Other protocols are refused.
                done = run(*client, "-alpn", "spdy/1")
                self.assertNotIn("ALPN protocol: spdy", done.stdout)
                done = run(*client, "-tls1_2", stdin="R\n")
                # "No renegotiation", or the client stumbles over what the server sends meanwhile.
                self.assertNotEqual(done.returncode, 0)
                _, asked, rest = done.stderr.partition("RENEGOTIATING")
                self.assertTrue(asked, done.stderr)
                self.assertNotIn("verify return", rest)  # no second handshake

    def test_client_certificates(self):
        client = self.ca.sign("client", "URI:spiffe://example/client")
        stranger = certificates.Authority(self.directory / "other", "other").sign("stranger")
        shows = lambda pair: ("-cert", pair.certificate, "-key", pair.key)
        curl_shows = lambda pair: ("--cert", pair.certificate, "--key", pair.key)
        for required in (True, False):
            more = () if required else ("--tls_client_certificates=optional",)
            with programs.Costsd(*flags(self.pair, f"--tls_client_ca={self.ca.certificate}", *more)) as server:
                self.assert_answer(self.curl(server, *curl_shows(client)))
                self.assert_answer(self.grpcurl(server, *shows(client)))
                self.assertIsNone(self.curl(server, *curl_shows(stranger)))
                # grpcurl keeps back a certificate that is of none of the CAs that the server names.
                self.assertEqual(self.grpcurl(server, *shows(stranger), in_vain=required) is None, required)
                self.assertEqual(self.curl(server) is None, required)
                self.assertEqual(self.grpcurl(server, in_vain=required) is None, required)

    def test_settings_that_are_wrong_are_named(self):
        other = self.ca.sign("another")
        for wrong, says in (
                (["--grpc_listen=0.0.0.0:0"], "--grpc_listen is '0.0.0.0:0', beyond loopback"),
                (["--rest_listen=[::]:0"], "--allow_plaintext"),
                ([f"--tls_certificate={self.pair.certificate}"], "--tls_private_key is missing"),
                ([f"--tls_certificate={self.pair.certificate}", f"--tls_private_key={other.key}"],
                 "does not fit the certificate")):
            with self.assertRaises(programs.StartFailed) as failed:
                programs.Costsd(*wrong)
            self.assertEqual(failed.exception.exit_code, 2)
            self.assertIn(says, failed.exception.log)
        with programs.Costsd("--grpc_listen=0.0.0.0:0", "--rest_listen=0.0.0.0:0", "--allow_plaintext",
                             "--allow_unauthenticated"):
            pass
        with programs.Costsd("--grpc_listen=0.0.0.0:0", "--rest_listen=0.0.0.0:0", "--allow_unauthenticated",
                             *flags(self.pair)):
            pass

    def shown_name(self, address):
        """The common name of the certificate that a new connection sees."""
        done = run("openssl", "s_client", "-connect", address, "-alpn", "h2,http/1.1")
        found = re.search(r"^subject=CN = (\S+)", done.stdout, re.MULTILINE)
        return found.group(1) if found else None

    def test_certificates_replaced_under_load_fail_no_call(self):
        mount = self.directory / "mount"
        mount.mkdir()
        # As Kubernetes mounts a secret: one link is swapped, the files are seen through it.
        self.ca.sign("first", directory=mount / "..1")
        (mount / "..data").symlink_to("..1")
        seen = certificates.Pair(mount / "..data" / "tls.crt", mount / "..data" / "tls.key")
        context = ssl.create_default_context(cafile=self.ca.certificate)
        with programs.Costsd(*flags(seen)) as server:
            stop = threading.Event()
            outcomes = []

            def load():
                while not stop.is_set():
                    try:
                        with urllib.request.urlopen(
                                f"https://{server.rest}/healthz", context=context,
                                timeout=programs.PATIENCE_SECONDS) as answer:
                            outcomes.append(answer.status)
                    except OSError as error:
                        outcomes.append(error)

            threads = [threading.Thread(target=load) for _ in range(2)]
            for thread in threads:
                thread.start()
            try:
                for number, name in ((2, "second"), (3, "third")):
                    self.ca.sign(name, directory=mount / f"..{number}")
                    (mount / "..new").symlink_to(f"..{number}")
                    os.replace(mount / "..new", mount / "..data")
                    for address in (server.grpc, server.rest):
                        programs.eventually(lambda a=address, n=name: self.shown_name(a) == n, f"{name} at {address}")
                    self.assert_answer(self.grpcurl(server))
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            self.assertEqual(set(outcomes), {200})

            # A key without its certificate changes nothing, and the log says why.
            (mount / "..3" / "tls.key").write_bytes((mount / "..1" / "tls.key").read_bytes())
            server.await_log("does not fit the certificate")
            for address in (server.grpc, server.rest):
                self.assertEqual(self.shown_name(address), "third")


if __name__ == "__main__":
    unittest.main()
