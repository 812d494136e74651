"""The lines of docs/calls.md: each language has one for every call, and all of them are run, each language's on a server of its own.

The Go and TypeScript ones were compiled by client/stubs/build.sh. Nothing is changed but the address.
"""

import os
import pathlib
import re
import secrets
import subprocess
import tempfile
import unittest

from tests.e2e import programs
from tests.interop import stubs

GUIDE = (programs.ROOT / "docs/calls.md").read_text(encoding="utf-8")


def lines(fence):
    """All that the guide has in one language, in its order."""
    return "\n".join(re.findall(rf"^```{fence}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))


def api():
    """The calls of each service, and of each what follows its name in the proto."""
    for file in sorted((programs.ROOT / "proto/energy/costs/v1").glob("*_service.proto")):
        text = file.read_text(encoding="utf-8")
        service = re.search(r"^service (\w+)", text, re.MULTILINE)[1]
        for name, rest in re.findall(r"^  rpc (\w+)\((.*?)(?=^  rpc |^})", text, re.DOTALL | re.MULTILINE):
            yield service, name, rest


class GuideTest(unittest.TestCase):
    def expect_every_call(self, fence, line_of):
        """Of each call there is the line that its service and name make."""
        text, missing = lines(fence), []
        for service, name, _ in api():
            if not re.search(line_of(service, name), text):
                missing.append(f"{service}.{name}")
        self.assertEqual(missing, [], f"docs/calls.md has no {fence} line for them")

    def run_all(self, command_for):
        """Runs what command_for(server, environment, directory) says; it must succeed."""
        admin = {"COSTS_ADMIN_TOKEN": secrets.token_hex(32)}
        with tempfile.TemporaryDirectory() as directory, programs.Costsd(
                f"--store={directory}/store", "--authentication=tokens", environment=admin) as server:
            key = programs.key_of_demo(server, admin)
            environment = {**admin, **key, "COSTS_TOKEN": programs.token_of_key(server, key), "COSTS_SERVER": server.grpc}
            command = command_for(server, environment, pathlib.Path(directory))
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=directory, check=False,
                                  timeout=programs.PATIENCE_SECONDS, env={**os.environ, **environment})
            self.assertEqual(done.returncode, 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
            return done.stdout

    def test_bash_lines(self):
        self.expect_every_call("bash", lambda service, name: rf"grpcurl .* energy\.costs\.v1\.{service}/{name}\b")
        grpcurl = pathlib.Path(programs.grpcurl(self))

        def command(server, environment, _):
            environment["PATH"] = f"{grpcurl.parent}:{os.environ['PATH']}"
            text = lines("bash").replace("localhost:50051", server.grpc).replace("localhost:8080", server.rest)
            return ["bash", "-euo", "pipefail", "-c", text]

        self.assertIn('"bearer_token"', self.run_all(command))

    def test_curl_has_every_call_that_rest_has(self):
        text, missing = lines("bash"), []
        for service, name, rest in api():
            for method, path in re.findall(r'\b(get|post|put|patch|delete): "([^"]+)"', rest):
                url = re.sub(r"\\\{[^}]*\\\}", "[^/? ]+", re.escape(path))
                found = [line for line in text.splitlines() if re.search(rf"\bcurl .*http://localhost:8080{url}[^/\w]?", line)]
                asks = f"--request {method.upper()}"
                if not any(asks in line or method == "get" or (method == "post" and "--data" in line) for line in found):
                    missing.append(f"{service}.{name}: {method} {path}")
        self.assertEqual(missing, [])

    def test_python_lines(self):
        self.expect_every_call("python", lambda _, name: rf"\.{name}\(.*metadata=")
        python = stubs.build(self, "python") / "venv/bin/python"

        def command(server, _, directory):
            program = directory / "guide.py"
            program.write_text(lines("python").replace("localhost:50051", server.grpc), encoding="utf-8")
            return [python, "-B", program]

        self.assertIn("bearer_token", self.run_all(command))

    def test_go_lines(self):
        self.expect_every_call("go", lambda _, name: rf"\.{name}\((me|admin|basic)\b")
        program = stubs.build(self, "go") / "bin/guide"
        self.assertIn("bearer_token", self.run_all(lambda *_: [program]))

    def test_typescript_lines(self):
        self.expect_every_call("typescript", lambda _, name: rf"\.{name[0].lower()}{name[1:]}[,(]")
        place = stubs.build(self, "typescript") / "bin"
        self.assertIn("bearerToken", self.run_all(lambda *_: [place / "node", place / "guide.js"]))


if __name__ == "__main__":
    unittest.main()
