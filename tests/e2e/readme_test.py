"""The grpcurl and curl lines of README and API guide work, against a real server.

They are taken from the ```sh blocks, with nothing changed but the ports.
"""

import os
import re
import shlex
import subprocess
import tempfile
import unittest

from tests.e2e import programs

README = programs.ROOT / "README.md"
API_GUIDE = programs.ROOT / "docs" / "api.md"
GRPC_ADDRESS = "localhost:50051"
REST_ADDRESS = "localhost:8080"


def commands(text):
    """The lines of the ```sh blocks that begin with grpcurl or curl."""
    found = []
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith(("grpcurl ", "curl ")):
                found.append(line)
    return found


class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = commands(README.read_text())
        # As ./run starts it.
        store = cls.enterClassContext(tempfile.TemporaryDirectory()) + "/catalog.sqlite"
        admin = {"COSTS_ADMIN_TOKEN": "0123456789abcdef0123456789abcdef"}
        cls.server = cls.enterClassContext(
            programs.Costsd(f"--store={store}", "--authentication=tokens", environment=admin))
        cls.token = programs.token_of_demo(cls.server, admin)

    def lines(self, program, *parts):
        return [line for line in self.commands if line.startswith(program + " ") and all(p in line for p in parts)]

    def run_line(self, line):
        """Runs a line of the README; what it prints."""
        self.assertIn(GRPC_ADDRESS if line.startswith("grpcurl") else REST_ADDRESS, line)
        line = line.replace(GRPC_ADDRESS, self.server.grpc).replace(REST_ADDRESS, self.server.rest)
        program, *arguments = shlex.split(line.replace("$COSTS_TOKEN", self.token))
        if program == "grpcurl":
            program = programs.grpcurl(self)
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=programs.PATIENCE_SECONDS,
                              check=False, cwd=os.environ.get("TEST_TMPDIR"))
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}{done.stderr}")
        return done.stdout

    def one_line(self, program, *parts):
        found = self.lines(program, *parts)
        self.assertTrue(found, f"the README has no {program} line with {parts}")
        return found[0]

    def expect_documentations_figures(self, text):
        data = programs.parse_json(text)["data"]
        self.assertEqual(str(data["energy"]["value"]), "10284")
        self.assertEqual(str(data["tariff"]["value"]), "928.372")
        self.assertEqual(str(data["carbon"]["value"]), "35.24")

    def test_grpcurl_lines_use_reflection_alone(self):
        self.assertTrue(self.lines("grpcurl"))
        for line in self.lines("grpcurl"):
            self.assertNotRegex(line, r"\s--?(proto|protoset|import-path)\b")

    def test_every_line_succeeds(self):
        guide = commands(API_GUIDE.read_text())
        self.assertTrue(guide)
        for line in self.commands + guide:
            with self.subTest(line):
                self.assertTrue(self.run_line(line).strip())

    def test_list_names_the_services(self):
        services = self.run_line(self.one_line("grpcurl", " list")).split()
        for service in ("CostsService", "TariffsService", "CarbonService", "LocationsService"):
            self.assertIn(f"energy.costs.v1.{service}", services)
        self.assertIn("grpc.health.v1.Health", services)

    def test_describe_shows_the_calls(self):
        text = self.run_line(self.one_line("grpcurl", " describe "))
        for call in ("CalculateInstantCost", "BatchCalculateInstantCosts", "StreamInstantCosts"):
            self.assertIn(f"rpc {call} ", text)

    def test_grpcurl_call_answers_as_documented(self):
        line = self.one_line("grpcurl", "CalculateInstantCost", "loc_641b90b758fb8e6293716e40")
        self.expect_documentations_figures(self.run_line(line))

    def test_curl_call_answers_as_documented(self):
        line = self.one_line("curl", "/costs/instant", "loc_641b90b758fb8e6293716e40")
        self.expect_documentations_figures(self.run_line(line))


if __name__ == "__main__":
    unittest.main()
