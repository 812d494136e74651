"""Where client/stubs/build.sh has put a language's build, and a server for it: TLS, tokens, the demo catalog in a store."""

import contextlib
import json
import os
import pathlib
import secrets
import subprocess
import sys
import tempfile

from tests.e2e import certificates, programs

SOURCES = programs.ROOT / "client" / "stubs"
ACCOUNT = "acc_000000000000000000000001"


def where(language):
    """The directory of the language's build, if it is built."""
    done = subprocess.run([SOURCES / "build.sh", "--where", language], capture_output=True, text=True, check=True)
    return pathlib.Path(done.stdout.strip())


def build(test, language):
    """The directory of the language's build, or a loud skip."""
    if not os.environ.get("COSTS_STUBS"):
        programs.skip_loudly(test, f"COSTS_STUBS names no directory with the {language} stubs (./test builds them)")
    place = where(language)
    if not place.is_dir():
        programs.skip_loudly(test, f"the {language} stubs are not built: client/stubs/build.sh {language}")
    return place


@contextlib.contextmanager
def served(*flags):
    """A server, and the environment that lets a client call it over TLS with a key of the demo's account."""
    admin = {"COSTS_ADMIN_TOKEN": secrets.token_hex(32)}
    with tempfile.TemporaryDirectory() as directory:
        ca = certificates.Authority(pathlib.Path(directory) / "ca")
        pair = ca.sign("server")
        with programs.Costsd(f"--store={directory}/store", "--authentication=tokens", *flags,
                             f"--tls_certificate={pair.certificate}", f"--tls_private_key={pair.key}",
                             environment=admin) as server:

            def operator(*arguments):
                done = programs.costs("admin", *arguments, f"--server={server.grpc}", "--tls",
                                      f"--tls_ca={ca.certificate}", environment=admin)
                if done.returncode != 0:
                    raise AssertionError(f"costs admin {arguments}: {done.stdout}{done.stderr}")
                return json.loads(done.stdout)

            operator("accounts", "create", f"--account_id={ACCOUNT}")
            secret = operator("keys", "create", ACCOUNT, "--mode=live")["secret"]
            yield server, {
                "COSTS_SERVER": server.grpc,
                "COSTS_TLS_CA": str(ca.certificate),
                "COSTS_ACCOUNT_ID": ACCOUNT,
                "COSTS_API_KEY": secret,
                **admin,
            }


def run_with_stubs():
    """Goes on in the Python that has the stubs, where they are built; once."""
    if os.environ.get("COSTS_STUBS") and "COSTS_STUBS_RUNS" not in os.environ:
        python = where("python") / "venv/bin/python"
        if python.exists():
            path = os.pathsep.join((str(programs.ROOT), os.environ.get("PYTHONPATH", "")))
            os.execve(python, [python, "-B", *sys.argv], {**os.environ, "COSTS_STUBS_RUNS": "1", "PYTHONPATH": path})


def commands(test, language):
    """How a language's programs are started: the command of `test`, `example` and `interop`."""
    place = build(test, language)
    if language == "python":
        python = [place / "venv/bin/python", "-B"]
        return {name: [*python, SOURCES / f"python/{file}.py"]
                for name, file in (("test", "stubs_test"), ("example", "example"), ("interop", "interop"))}
    if language == "go":
        return {"test": [place / "bin/stubs_test", "-test.v"], "example": [place / "bin/example"],
                "interop": [place / "bin/interop"]}
    if language == "typescript":
        node = place / "bin/node"
        return {"test": [node, "--test-reporter=tap", place / "bin/stubs_test.js"],
                "example": [node, place / "bin/example.js"], "interop": [node, place / "bin/interop.js"]}
    if language == "java":
        class_path = f"{place}/bin/test-classes:{next(place.glob('dist/*.jar'))}:{(place / 'bin/classpath').read_text()}"
        # Its performance data are in /tmp by process id, and Bazel's sandboxes share the one and not the other.
        java = [place / "bin/java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-cp", class_path]
        return {"test": [*java, "org.junit.runner.JUnitCore", "energy.costs.programs.StubsTest"],
                "example": [*java, "energy.costs.programs.Example"], "interop": [*java, "energy.costs.programs.Interop"]}
    raise AssertionError(language)
