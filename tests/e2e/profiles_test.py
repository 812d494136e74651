"""`costs login --save` makes a profile that the other commands use, over TLS."""

import json
import pathlib
import stat
import tempfile
import unittest

from tests.e2e import certificates
from tests.e2e import documentation_example
from tests.e2e import programs

ADMIN = {"COSTS_ADMIN_TOKEN": "0123456789abcdef0123456789abcdef"}
ACCOUNT = "acc_000000000000000000000001"


class Profiles(unittest.TestCase):
    def test_login_saves_what_others_use(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        ca = certificates.Authority(directory / "ca")
        pair = ca.sign("server")
        config = directory / "made" / "config"
        environment = {"COSTS_CONFIG": str(config)}
        with programs.Costsd(f"--tls_certificate={pair.certificate}", f"--tls_private_key={pair.key}",
                             "--authentication=tokens", environment=ADMIN) as server:
            there = (f"--server={server.grpc}", f"--tls_ca={ca.certificate}")
            programs.costs("admin", "accounts", "create", f"--account_id={ACCOUNT}", *there, environment=ADMIN)
            made = programs.costs("admin", "keys", "create", ACCOUNT, "--mode=live", *there, environment=ADMIN)
            secret = json.loads(made.stdout)["secret"]
            key = directory / "key"
            key.write_text(secret + "\n")

            done = programs.costs("login", "--save=work", *there, f"--account={ACCOUNT}",
                                  environment={**environment, "COSTS_API_KEY": secret})
            self.assertEqual(done.returncode, 2)
            self.assertIn("--save needs --account and --api_key_file", done.stderr)
            self.assertFalse(config.exists())
            done = programs.costs("login", "--save=work", *there, f"--account={ACCOUNT}", f"--api_key_file={key}",
                                  environment=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn(secret, config.read_text())
            self.assertEqual(stat.S_IMODE(config.stat().st_mode), 0o600)

            done = programs.costs("instant", *documentation_example.FLAGS, "--profile=work", environment=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            # A key that is not taken is not saved.
            key.write_text("sk_live_other\n")
            done = programs.costs("login", "--save=other", *there, f"--account={ACCOUNT}", f"--api_key_file={key}",
                                  environment=environment)
            self.assertEqual(done.returncode, 4)
            self.assertNotIn("[other]", config.read_text())


if __name__ == "__main__":
    unittest.main()
