"""Accounts, keys, logins and tokens, with real servers, curl, grpcurl and costs."""

import base64
import json
import pathlib
import subprocess
import tempfile
import unittest

from tests.e2e import documentation_example
from tests.e2e import postgres
from tests.e2e import programs

ADMIN_TOKEN = "0123456789abcdef0123456789abcdef"
ADMIN = {"COSTS_ADMIN_TOKEN": ADMIN_TOKEN}
DEMO_ACCOUNT = "acc_000000000000000000000001"


def start(*flags, **options):
    """A server that wants tokens, with an admin token."""
    return programs.Costsd("--authentication=tokens", *flags, environment=ADMIN, **options)


def write_signing_key(path):
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path],
                   check=True, capture_output=True)


def header_of(token):
    """A token's header, without looking at its signature."""
    text = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class AuthTest(unittest.TestCase):
    def admin(self, server, *arguments, code=0):
        done = programs.costs("admin", *arguments, f"--server={server.grpc}", environment=ADMIN)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout) if code == 0 else done.stderr

    def new_key(self, server, account, mode="live", *flags):
        """The id and the secret of a new key."""
        answer = self.admin(server, "keys", "create", account, f"--mode={mode}", *flags)
        return answer["api_key"]["id"], answer["secret"]

    def log_in(self, server, account, secret):
        """GET /login, with curl as anybody would; the status and the answer."""
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--user", f"{account}:{secret}", "--write-out", "\n%{http_code}",
             f"http://{server.rest}/login"],
            capture_output=True, text=True, timeout=programs.PATIENCE_SECONDS, check=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    def token(self, server, account, secret):
        status, answer = self.log_in(server, account, secret)
        self.assertEqual(status, 200, answer)
        return answer["bearer_token"]

    def jwks(self, server):
        status, document = programs.curl(self, server, "GET", "/.well-known/jwks.json")
        self.assertEqual(status, 200)
        return {key["kid"] for key in document["keys"]}


class Login(AuthTest):
    def setUp(self):
        self.server = self.enterContext(start())
        self.account = self.admin(self.server, "accounts", "create", "--name=Tests")["id"]

    def test_key_logs_in_over_both_faces(self):
        for mode in ("live", "test"):
            _, secret = self.new_key(self.server, self.account, mode)
            self.assertTrue(secret.startswith(f"sk_{mode}_"))
            status, answer = self.log_in(self.server, self.account, secret)
            self.assertEqual(status, 200, answer)
            self.assertEqual(sorted(answer), ["bearer_token", "expires_in", "live_mode"])
            self.assertEqual(answer["expires_in"], 3600)
            self.assertEqual(answer["live_mode"], mode == "live")
            basic = base64.b64encode(f"{self.account}:{secret}".encode()).decode()
            done = subprocess.run(
                [programs.grpcurl(self), "-plaintext", "-H", f"authorization: Basic {basic}", self.server.grpc,
                 "energy.costs.v1.AuthService.Login"],
                capture_output=True, text=True, timeout=programs.PATIENCE_SECONDS, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            over_grpc = json.loads(done.stdout)
            self.assertEqual(over_grpc.get("live_mode", False), mode == "live")
            for token in (answer["bearer_token"], over_grpc["bearer_token"]):
                header = header_of(token)
                self.assertEqual((header["alg"], header["typ"]), ("ES256", "at+jwt"))
                self.assertEqual({header["kid"]}, self.jwks(self.server))

    def test_revoked_key_and_disabled_account_are_refused(self):
        key_id, secret = self.new_key(self.server, self.account)
        _, other = self.new_key(self.server, self.account)
        self.admin(self.server, "accounts", "disable", self.account)
        status, answer = self.log_in(self.server, self.account, secret)
        self.assertEqual((status, answer["code"]), (422, "account_disabled"))
        self.admin(self.server, "accounts", "enable", self.account)
        self.assertEqual(self.log_in(self.server, self.account, secret)[0], 200)
        self.admin(self.server, "keys", "revoke", key_id)
        status, answer = self.log_in(self.server, self.account, secret)
        self.assertEqual((status, answer["code"]), (403, "bad_credentials"))
        self.assertEqual(self.log_in(self.server, self.account, other)[0], 200)
        listed = {key["id"]: key for key in self.admin(self.server, "keys", "list", self.account)["data"]}
        self.assertIs(listed[key_id]["revoked"], True)
        self.assertEqual(listed[key_id]["last4"], secret[-4:])

    def test_wrong_keys_are_refused_and_then_limited(self):
        codes = [self.log_in(self.server, self.account, "sk_live_wrong") for _ in range(30)]
        self.assertEqual((codes[0][0], codes[0][1]["code"]), (403, "bad_credentials"))
        self.assertIn((429, "rate_limit"), [(status, answer["code"]) for status, answer in codes])

    def test_nothing_secret_is_logged(self):
        _, secret = self.new_key(self.server, self.account)
        token = self.token(self.server, self.account, secret)
        self.log_in(self.server, self.account, secret[:-1] + "x")
        programs.costs("admin", "accounts", "list", f"--server={self.server.grpc}",
                       environment={"COSTS_ADMIN_TOKEN": "x" * 40})
        log = self.server.log()
        for text in (ADMIN_TOKEN, secret, secret[40:90], token, "x" * 40):
            self.assertNotIn(text, log)

    def test_accounts_are_listed(self):
        more = [self.admin(self.server, "accounts", "create", f"--account_id=acc_{i}")["id"] for i in range(3)]
        listed = [account["id"] for account in self.admin(self.server, "accounts", "list")["data"]]
        self.assertEqual(listed, [*reversed(more), self.account])


class Admin(AuthTest):
    def test_without_a_token_of_the_servers_the_operator_is_told_how(self):
        with programs.Costsd("--authentication=tokens") as server:
            self.assertIn("--admin_token_file", self.admin(server, "accounts", "list", code=4))

    def test_token_can_be_in_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "admin")
            path.write_text("f" * 32 + "\n")
            with programs.Costsd("--authentication=tokens", f"--admin_token_file={path}") as server:
                self.assertIn("UNAUTHENTICATED", self.admin(server, "accounts", "list", code=4))
                done = programs.costs("admin", "accounts", "list", f"--server={server.grpc}",
                                      f"--admin_token_file={path}")
                self.assertEqual(done.returncode, 0, done.stderr)
            path.write_text("short")
            with self.assertRaises(programs.StartFailed) as caught:
                programs.Costsd("--authentication=tokens", f"--admin_token_file={path}")
            self.assertIn("is shorter than 32 characters", caught.exception.log)
            self.assertNotIn(" short\n", caught.exception.log)


class Client(AuthTest):
    def test_credentials_come_from_the_environment_or_files(self):
        with start() as server, tempfile.TemporaryDirectory() as folder:
            self.admin(server, "accounts", "create", f"--account_id={DEMO_ACCOUNT}")
            _, secret = self.new_key(server, DEMO_ACCOUNT)
            by_key = {"COSTS_ACCOUNT_ID": DEMO_ACCOUNT, "COSTS_API_KEY": secret}
            done = programs.costs("login", f"--server={server.grpc}", "--output=token", environment=by_key)
            self.assertEqual(done.returncode, 0, done.stderr)
            token = done.stdout.strip()
            self.assertEqual(header_of(token)["typ"], "at+jwt")
            key_file, token_file = pathlib.Path(folder, "key"), pathlib.Path(folder, "token")
            key_file.write_text(secret + "\n")
            token_file.write_text(token + "\n")
            for flags, environment in (
                ((), by_key),
                ((), {"COSTS_TOKEN": token}),
                ((f"--account={DEMO_ACCOUNT}", f"--api_key_file={key_file}"), {}),
                ((f"--token_file={token_file}",), {}),
            ):
                done = programs.costs("instant", f"--server={server.grpc}", *documentation_example.FLAGS, *flags,
                                      environment=environment)
                self.assertEqual(done.returncode, 0, done.stderr)
            done = programs.costs("instant", f"--server={server.grpc}", *documentation_example.FLAGS,
                                  environment={"COSTS_ACCOUNT_ID": DEMO_ACCOUNT, "COSTS_API_KEY": secret[:-1] + "x"})
            self.assertEqual(done.returncode, 4)
            self.assertIn("cannot log in", done.stderr)
            self.assertNotIn(secret[:-1], done.stderr)

    def test_secrets_do_not_go_to_other_machines_in_plain_text(self):
        for command in (("instant", *documentation_example.FLAGS), ("rates", "loc_1")):
            done = programs.costs(*command, "--server=192.0.2.1:1", environment={"COSTS_TOKEN": "secret"})
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("in plain text; use --tls, or --allow_plaintext", done.stderr)
            self.assertNotIn("secret", done.stderr)

    def test_half_of_what_is_needed_is_told(self):
        for environment, message in (
            ({"COSTS_ACCOUNT_ID": "acc_1"}, "an account and its API key go together"),
            ({"COSTS_API_KEY": "sk_live_1"}, "an account and its API key go together"),
            ({}, "what to log in with is missing"),
        ):
            done = programs.costs("login", "--server=127.0.0.1:1", environment=environment)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(message, done.stderr)
        done = programs.costs("admin", "accounts", "list", "--server=127.0.0.1:1")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("the operator's token is missing", done.stderr)


class Keys(AuthTest):
    def test_signing_keys_rotate_without_a_restart(self):
        with tempfile.TemporaryDirectory() as folder:
            write_signing_key(pathlib.Path(folder, "1.pem"))
            with start(f"--token_keys_dir={folder}") as server:
                account = self.admin(server, "accounts", "create")["id"]
                _, secret = self.new_key(server, account)
                first = header_of(self.token(server, account, secret))["kid"]
                pathlib.Path(folder, "2.pem").write_text("broken")
                server.await_log(r"2\.pem is not a private key")
                self.assertEqual(header_of(self.token(server, account, secret))["kid"], first)
                write_signing_key(pathlib.Path(folder, "2.pem"))
                programs.eventually(lambda: len(self.jwks(server)) == 2, "the new key is there")
                second = header_of(self.token(server, account, secret))["kid"]
                self.assertEqual(self.jwks(server), {first, second})
                self.assertNotEqual(first, second)
                pathlib.Path(folder, "1.pem").unlink()
                programs.eventually(lambda: self.jwks(server) == {second}, "the old key is gone")


class Stores(AuthTest):
    def test_restart_keeps_accounts_in_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            store = f"--store={folder}/costs.sqlite"
            with start(store) as server:
                account = self.admin(server, "accounts", "create")["id"]
                _, kept = self.new_key(server, account)
                revoked_id, revoked = self.new_key(server, account)
                self.admin(server, "keys", "revoke", revoked_id)
                server.kill()
            with start(store) as server:
                self.assertEqual(self.log_in(server, account, kept)[0], 200)
                self.assertEqual(self.log_in(server, account, revoked)[0], 403)
            path = pathlib.Path(folder, "costs.sqlite.accounts")
            self.assertEqual(path.stat().st_mode & 0o077, 0)
            for file in pathlib.Path(folder).iterdir():
                self.assertNotIn(kept[40:90].encode(), file.read_bytes())

    def test_replicas_on_postgresql_know_each_others_keys(self):
        postgres.require_postgres(self)
        with postgres.PostgresServer() as database, tempfile.TemporaryDirectory() as folder:
            write_signing_key(pathlib.Path(folder, "1.pem"))
            flags = (f"--store={database.url}", f"--token_keys_dir={folder}")
            with start(*flags) as one, start(*flags) as two:
                account = self.admin(one, "accounts", "create")["id"]
                key_id, secret = self.new_key(one, account)
                programs.eventually(lambda: self.log_in(two, account, secret)[0] == 200, "the other server knows the key")
                self.assertEqual(self.jwks(one), self.jwks(two))
                # Without the database, what is known still counts.
                database.stop()
                two.await_log("accounts and keys in .* cannot be followed")
                self.assertEqual(self.log_in(two, account, secret)[0], 200)
                self.assertIn("STORE_UNAVAILABLE", self.admin(two, "accounts", "list", code=4))
                database.start()
                two.await_log("accounts and keys are followed")
                self.admin(two, "keys", "revoke", key_id)
                programs.eventually(lambda: self.log_in(one, account, secret)[0] == 403, "the key is revoked here, too")
            with start(*flags) as one:
                self.assertEqual([a["id"] for a in self.admin(one, "accounts", "list")["data"]], [account])


class Faces(AuthTest):
    def setUp(self):
        self.server = self.enterContext(start())
        self.admin(self.server, "accounts", "create", f"--account_id={DEMO_ACCOUNT}")

    def instant(self, token=""):
        return programs.costs("instant", f"--server={self.server.grpc}", *documentation_example.FLAGS,
                              environment={"COSTS_TOKEN": token})

    def rest(self, token=None):
        headers = [] if token is None else [f"Authorization: Bearer {token}"]
        return programs.curl(self, self.server, "GET", "/locations", headers=headers)

    def test_calls_want_a_token(self):
        done = self.instant()
        self.assertEqual(done.returncode, 4)
        for text in ("UNAUTHENTICATED", "BAD_CREDENTIALS", "COSTS_TOKEN", "COSTS_API_KEY"):
            self.assertIn(text, done.stderr)
        status, answer = self.rest()
        self.assertEqual((status, answer["code"]), (403, "bad_credentials"))
        self.assertEqual(self.rest("x.y.z")[0], 403)

    def test_token_is_good_until_its_key_is_revoked(self):
        key_id, secret = self.new_key(self.server, DEMO_ACCOUNT)
        token = self.token(self.server, DEMO_ACCOUNT, secret)
        self.assertEqual(self.instant(token).returncode, 0)
        self.assertEqual(self.rest(token)[0], 200)
        self.admin(self.server, "accounts", "disable", DEMO_ACCOUNT)
        status, answer = self.rest(token)
        self.assertEqual((status, answer["code"]), (422, "account_disabled"))
        self.admin(self.server, "accounts", "enable", DEMO_ACCOUNT)
        self.assertEqual(self.rest(token)[0], 200)
        self.admin(self.server, "keys", "revoke", key_id)
        self.assertEqual(self.instant(token).returncode, 4)
        self.assertEqual(self.rest(token)[0], 403)


class Start(unittest.TestCase):
    def test_no_authentication_is_for_loopback(self):
        with self.assertRaises(programs.StartFailed) as caught:
            programs.Costsd("--authentication=none", "--grpc_listen=0.0.0.0:0")
        self.assertEqual(caught.exception.exit_code, 2)
        self.assertIn("--allow_unauthenticated", caught.exception.log)

    def test_wrong_files_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            wrong = pathlib.Path(folder, "wrong.json")
            wrong.write_text("{}")
            for flag, message in (
                (f"--token_keys_dir={folder}", "has no file *.pem; make one: openssl genpkey"),
                (f"--token_issuers={wrong}", "is not a JSON list"),
                (f"--certificate_accounts={wrong}", "is not a JSON list"),
                (f"--admin_token_file={folder}/none", "cannot be read"),
            ):
                with self.subTest(flag), self.assertRaises(programs.StartFailed) as caught:
                    programs.Costsd("--authentication=tokens", flag)
                self.assertIn(message, caught.exception.log)


if __name__ == "__main__":
    unittest.main()
