"""The newcomer's path: the README's three commands, from nothing to the first priced record in Python, timed.

The machine is as clean as a directory can be: a home without caches, and a copy of what the commands need.
Only the downloads of earlier runs are used again (pip checks their hashes). ./test runs this; alone:

  bazel run --config=opt //tests/interop:newcomer
"""

import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time

from tests.e2e import programs

PRICED = "10284 Wh cost 928.372 GBP and caused 35.24 gCO2eq\n"


def commands():
    text = (programs.ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("\n## From Python, in three commands\n")[2].partition("\n## ")[0]
    lines = re.search(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)[1].splitlines()
    if len(lines) != 3:
        raise AssertionError(f"README.md promises three commands, and has {len(lines)}: {lines}")
    return lines


def main():
    admin = {"COSTS_ADMIN_TOKEN": secrets.token_hex(32)}
    with tempfile.TemporaryDirectory() as directory, programs.Costsd(
            f"--store={directory}/store", "--authentication=tokens", environment=admin) as server:
        clone, home = pathlib.Path(directory) / "instant-costs", pathlib.Path(directory) / "home"
        home.mkdir()
        shutil.copytree(programs.ROOT / "client/stubs", clone / "client/stubs",
                        ignore=shutil.ignore_patterns("__init__.py"))  # which Bazel adds
        shutil.copytree(programs.ROOT / "proto", clone / "proto")
        cache = pathlib.Path.home() / ".cache/instant-costs/pip"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("COSTS_", "PYTHON", "XDG_"))}
        clean.update(COSTS_TOKEN=programs.token_of_demo(server, admin), HOME=str(home), PIP_CACHE_DIR=str(cache))
        begin = time.monotonic()
        for command in commands():
            before = time.monotonic()
            done = subprocess.run(command.replace("localhost:50051", server.grpc), shell=True, cwd=clone, env=clean,
                                  stdout=subprocess.PIPE, text=True, timeout=600, check=False)
            if done.returncode != 0:
                sys.exit(f"failed with {done.returncode}: {command}\n{done.stdout}")
            print(f"{time.monotonic() - before:6.1f} s  {command}")
        print(f"{time.monotonic() - begin:6.1f} s  from nothing to the first priced record: {done.stdout}", end="")
        if done.stdout != PRICED:
            sys.exit(f"that is not {PRICED}")


if __name__ == "__main__":
    main()
