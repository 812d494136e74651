"""A language's own tests of its package, and its example, against a running server.

COSTS_STUBS_LANGUAGE is the language; one test target each.
"""

import os
import subprocess
import unittest

from tests.e2e import programs
from tests.interop import stubs

LANGUAGE = os.environ["COSTS_STUBS_LANGUAGE"]


class StubsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server, cls.environment = cls.enterClassContext(stubs.served())

    def setUp(self):
        self.commands = stubs.commands(self, LANGUAGE)

    def run_program(self, program, *arguments, environment):
        return subprocess.run([*map(str, self.commands[program]), *arguments], capture_output=True, text=True,
                              timeout=programs.PATIENCE_SECONDS, check=False, cwd=os.environ.get("TEST_TMPDIR"),
                              env={**os.environ, **environment})

    def test_package_has_the_servers_version(self):
        told = subprocess.run([programs.COSTSD, "--version"], capture_output=True, text=True, check=False).stdout
        version = told.split()[-1]
        packages = [path.name for path in (stubs.build(self, LANGUAGE) / "dist").iterdir()]
        if LANGUAGE == "go":  # a module in a directory has none; who uses it says which it is
            packages = (stubs.SOURCES / "go/README.md").read_text(encoding="utf-8").split()
        self.assertTrue([name for name in packages if version in name], f"costsd is {version}, and of it none: {packages}")

    def test_packages_own_tests_pass(self):
        done = self.run_program("test", environment=self.environment)
        print(done.stdout, done.stderr, sep="\n")
        self.assertEqual(done.returncode, 0)
        self.assertNotRegex(done.stdout + done.stderr, r"(?i)\b[1-9]\d* skipped|--- SKIP|skipped=")

    def test_example_prints_what_the_record_cost(self):
        done = self.run_program("example", self.server.grpc, environment=self.environment)
        self.assertEqual((done.returncode, done.stdout), (0, "10284 Wh cost 928.372 GBP and caused 35.24 gCO2eq\n"),
                         done.stderr)

    def test_example_explains_an_error(self):
        wrong = {**self.environment, "COSTS_TOKEN": "wrong"}
        done = self.run_program("example", self.server.grpc, environment=wrong)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("UNAUTHENTICATED", done.stderr.upper())
        self.assertIn("  reason: BAD_CREDENTIALS", done.stderr)


if __name__ == "__main__":
    unittest.main()
