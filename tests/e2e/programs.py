"""Starts costsd and runs costs as a person would, on free ports.

Every process that is started here is ended here, by its handle; nothing else
is touched. A test that cannot run says so with skip_loudly().
"""

import decimal
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

from tests.e2e.test_data import data_directory, skip_loudly  # pylint: disable=unused-import

ROOT = pathlib.Path(__file__).parents[2]
COSTSD = ROOT / "service/server/costsd"
COSTS = ROOT / "client/cli/costs"
DEMO_CATALOG = ROOT / "service/catalog/demo"

# How long anything may take before a test gives up; far more than it needs,
# also for a sanitized server on a busy machine.
PATIENCE_SECONDS = 120

# Whether the programs were built with the address sanitizer, which keeps what was
# freed in quarantine, so that their memory says little.
SANITIZED = "ASAN_OPTIONS" in os.environ


def grpcurl(test):
    """The path of grpcurl, or a loud skip."""
    path = os.environ.get("COSTS_GRPCURL", "")
    if not path:
        skip_loudly(test, "COSTS_GRPCURL names no grpcurl (./test installs it where Go is)")
    return path


def eventually(condition, what):
    """Waits until condition() is true, and returns its value."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.02)


class StartFailed(Exception):
    """costsd ended instead of serving."""

    def __init__(self, exit_code, log):
        super().__init__(f"costsd ended with exit code {exit_code}:\n{log}")
        self.exit_code = exit_code
        self.log = log


class Costsd:
    """A running server; a context manager that stops it.

    with Costsd("--batch_limit=10") as server:
        costs("instant", f"--server={server.grpc}", ...)
    """

    def __init__(self, *flags, catalog=DEMO_CATALOG, prefix=(), environment=None):
        """`prefix`: a command that runs costsd, such as nsenter with its options.

        `environment`: variables, besides ours. Without --authentication=tokens anybody may call.
        """
        command = [*prefix, COSTSD, "--grpc_listen=127.0.0.1:0", "--rest_listen=127.0.0.1:0", "--authentication=none"]
        if catalog is not None:
            command.append(f"--catalog={catalog}")
        self.grpc = self.rest = self.admin = self.channelz = None
        self._expected_exit = 0
        self._log = tempfile.NamedTemporaryFile(prefix="costsd-", suffix=".log")
        # A flag given twice has its last value.
        self._process = subprocess.Popen([*command, *flags], stdout=subprocess.PIPE, stderr=self._log, text=True,
                                         env={**os.environ, **(environment or {})})
        overdue = threading.Timer(PATIENCE_SECONDS, self._process.kill)
        overdue.start()
        ready = False
        for line in self._process.stdout:
            what, *address = line.split()
            if what == "grpc":
                self.grpc = address[0]
            elif what == "rest":
                self.rest = address[0]
            elif what == "admin":
                self.admin = address[0]
            elif what == "channelz":
                self.channelz = address[0]
            elif what == "ready":
                ready = True
                break
        overdue.cancel()
        if not ready:
            exit_code = self._process.wait()
            self._process.stdout.close()
            log = self.log()
            self._log.close()
            raise StartFailed(exit_code, log)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            exit_code = self.stop()
        finally:
            log = self.log()
            self._log.close()
        if kind is not None:
            print(f"costsd's log:\n{log}")
        # Also where a sanitizer found something at the end.
        elif exit_code != self._expected_exit:
            raise AssertionError(f"costsd ended with exit code {exit_code}:\n{log}")

    @property
    def pid(self):
        return self._process.pid

    def scheduling_policies(self):
        """Of its threads: os.SCHED_OTHER, os.SCHED_BATCH."""
        return {os.sched_getscheduler(int(task.name)) for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir()}

    def log(self):
        return pathlib.Path(self._log.name).read_text()

    def await_log(self, pattern):
        """Waits for a log line that the regular expression matches; the match."""
        return eventually(lambda: re.search(pattern, self.log()), f"the log says {pattern}; it is\n{self.log()}")

    def send(self, number):
        self._process.send_signal(number)

    def kill(self):
        """Ends it at once, as kill -9 does; then an end by that signal is as it should be."""
        self._expected_exit = -signal.SIGKILL
        self.send(signal.SIGKILL)
        self.wait()

    def is_running(self):
        return self._process.poll() is None

    def wait(self):
        """Waits for its end; the exit code."""
        return self._process.wait(PATIENCE_SECONDS)

    def stop(self):
        """Ends it, if it still runs; the exit code."""
        if self.is_running():
            self.send(signal.SIGTERM)
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._process.stdout.close()


def costs(*arguments, stdin=None, environment=None):
    """Runs costs to its end; stdout and stderr are text. `environment`: variables, besides ours."""
    return subprocess.run(
        [COSTS, *arguments], input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
        env={**os.environ, **(environment or {})})


def start_costs(*arguments, **pipes):
    """Starts costs with the given pipes (see subprocess.Popen)."""
    return subprocess.Popen([COSTS, *arguments], **pipes)


def grpc_call(test, server, method, *requests):
    """Calls energy.costs.v1.METHOD with grpcurl, with one or a stream of requests; the parsed answer."""
    done = subprocess.run(
        [grpcurl(test), "-plaintext", "-d", "\n".join(json.dumps(r) for r in requests), server.grpc,
         f"energy.costs.v1.{method}"],
        capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    test.assertEqual(done.returncode, 0, f"{method}: {done.stdout}{done.stderr}")
    return parse_json(done.stdout)


def _answer_of(*arguments, environment):
    """What costs prints, a document, with variables besides ours."""
    done = costs(*arguments, environment=environment)
    if done.returncode != 0:
        raise AssertionError(f"costs {arguments}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def key_of_demo(server, admin):
    """The environment of a caller with an API key of the demo catalog's account, made as an operator makes one.

    `admin`: the environment with the admin token that the server has.
    """
    account = "acc_000000000000000000000001"
    there = f"--server={server.grpc}"
    _answer_of("admin", "accounts", "create", f"--account_id={account}", there, environment=admin)
    key = _answer_of("admin", "keys", "create", account, "--mode=live", there, environment=admin)
    return {"COSTS_ACCOUNT_ID": account, "COSTS_API_KEY": key["secret"]}


def token_of_key(server, key):
    """The bearer token that such a caller gets."""
    return _answer_of("login", f"--server={server.grpc}", environment=key)["bearer_token"]


def token_of_demo(server, admin):
    """A bearer token of the demo catalog's account."""
    return token_of_key(server, key_of_demo(server, admin))


def curl(test, server, method, path, document=None, headers=()):
    """Calls the REST face with curl; the status and the parsed answer."""
    command = ["curl", "--silent", "--show-error", "--request", method, "--write-out", "\n%{http_code}",
               f"http://{server.rest}{path}"]
    for header in headers:
        command += ["--header", header]
    if document is not None:
        command += ["--header", "Content-Type: application/json", "--data", json.dumps(document)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    test.assertEqual(done.returncode, 0, f"{method} {path}: {done.stderr}")
    body, _, status = done.stdout.rpartition("\n")
    return int(status), parse_json(body)


def parse_json(text):
    """The document, its numbers as they are written."""
    return json.loads(text, parse_float=decimal.Decimal)


def rest_call(address, method="POST", path="/costs/instant", body=None, headers=None):
    """One HTTP call; the status and the answer's JSON document."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, headers or {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, parse_json(response.read())
    finally:
        connection.close()
