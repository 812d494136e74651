"""A PostgreSQL server of a test's own, on loopback, from the distribution's package.

It syncs its log at each commit, as in earnest. What is started here is ended here, by
its handle; every wait has an end. A server that root starts runs as the user postgres.
"""

import contextlib
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from tests.e2e.test_data import skip_loudly

PATIENCE_SECONDS = 120
_USER = "postgres"
_PR_SET_PDEATHSIG = 1


def _programs():
    """The newest version's directory of programs, or None."""
    found = [path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found = [path for path in found if path.parent.name.isdigit() and int(path.parent.name) >= 15]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def _account():
    """The account to run as, where we are root; otherwise None."""
    return pwd.getpwnam(_USER) if os.getuid() == 0 else None


def require_postgres(test):
    """A loud skip where PostgreSQL is not installed."""
    try:
        _account()
    except KeyError:
        skip_loudly(test, "there is no user postgres, as whom root could start PostgreSQL: apt-get install postgresql")
    if _programs() is None:
        skip_loudly(test, "PostgreSQL 15 or newer is not installed: apt-get install postgresql")


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class PostgresServer:
    """A server with a data directory that is made for it; a context manager that ends both.

    require_postgres(test)
    with PostgresServer() as server:
        Costsd(f"--store={server.url}")
    """

    def __init__(self, *settings, prefix=(), data=None):
        """`prefix`: a command that runs it, such as nsenter with its options, for which we must be root.

        `data`: the directory of its data, which must not be there, where it shall not be one made here.
        """
        self._prefix = prefix
        self._settings = ["listen_addresses=127.0.0.1", "fsync=on", "synchronous_commit=on", "shared_buffers=64MB",
                          *settings]
        self._process = None
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="costs-postgres-", dir="/tmp"))
        account = _account()
        if account is not None:
            os.chown(self._directory, account.pw_uid, account.pw_gid)
        self._data = data or self._directory / "data"
        self.port = _free_port()
        try:
            made = self._spawn(_programs() / "initdb", f"--pgdata={self._data}", "--auth=trust", "--no-sync",
                               "--encoding=UTF8", "--locale=C", f"--username={_USER}")
            if made.wait(PATIENCE_SECONDS) != 0:
                raise RuntimeError(f"initdb failed:\n{self.log()}")
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    @property
    def url(self):
        return self.url_of("postgres")

    def url_of(self, database):
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def log(self):
        log = self._directory / "server.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def start(self):
        """Starts it, also again, on the same port and data; it accepts connections then."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            settings = [word for setting in self._settings for word in ("-c", setting)]
            self._process = self._spawn(_programs() / "postgres", "-D", self._data, "-p", str(self.port),
                                        "-k", self._directory, *settings)
            if self._await_ready(deadline):
                return
            # After a kill -9 the shared memory of the last one may need a moment to go.
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{self.log()}")
            time.sleep(0.1)

    def stop(self):
        """Ends it in good order; its clients are thrown out."""
        self._end(signal.SIGINT)

    def kill(self):
        """Ends it at once, as kill -9 does, with all its processes."""
        if not self.is_running():
            return
        pid = self._process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._end(signal.SIGKILL)
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def close(self):
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def query(self, sql, database="postgres"):
        """Runs a statement with psql; the rows as lists of text."""
        done = subprocess.run(
            [_programs() / "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--field-separator=\t",
             "--set=ON_ERROR_STOP=1", f"--dbname={self.url_of(database)}", f"--command={sql}"],
            capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    @contextlib.contextmanager
    def holding(self, sql):
        """Runs a statement in a transaction that stays open for the length of the context, and is rolled back."""
        session = subprocess.Popen(
            [_programs() / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={self.url}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            session.stdin.write(f"BEGIN; {sql};\n\\echo held\n")
            session.stdin.flush()
            if session.stdout.readline() != "held\n":
                raise RuntimeError(f"psql did not run: {sql}")
            yield
        finally:
            session.communicate("ROLLBACK;\n", timeout=PATIENCE_SECONDS)

    def _end(self, number):
        if not self.is_running():
            return
        self._process.send_signal(number)
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _spawn(self, *command):
        account = _account()
        parent = os.getpid()
        libc = ctypes.CDLL(None)

        if self._prefix:
            command = [*self._prefix, "setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}",
                       "--clear-groups", "--pdeathsig=QUIT", "--", *command]

        def become():
            if account is not None and not self._prefix:
                os.setgroups([])
                os.setgid(account.pw_gid)
                os.setuid(account.pw_uid)
            # After setuid, which would undo it: it dies with the thread that started it.
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
            if os.getppid() != parent:
                os._exit(125)

        with open(self._directory / "server.log", "ab") as log:
            return subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    cwd="/", preexec_fn=become)  # pylint: disable=subprocess-popen-preexec-fn

    def _await_ready(self, deadline):
        while time.monotonic() < deadline and self.is_running():
            ready = subprocess.run([_programs() / "pg_isready", "--quiet", f"--dbname={self.url}"], check=False,
                                   timeout=PATIENCE_SECONDS)
            if ready.returncode == 0:
                return True
            time.sleep(0.02)
        return False
