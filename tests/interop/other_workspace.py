"""The C++ client library from another Bazel workspace, as its users have it: client/examples/workspace is built and priced with.

./test runs this; alone:

  bazel run --config=opt //tests/interop:other_workspace
"""

import os
import pathlib
import shutil
import subprocess
import sys

from tests.e2e import programs

PRICED = "928.372 GBP\n"


def main():
    source = pathlib.Path(os.environ["BUILD_WORKSPACE_DIRECTORY"])
    example = source / "client/examples/workspace"
    # Bazel keeps what it built by the workspace's path: always the same one.
    workspace = pathlib.Path.home() / ".cache/instant-costs/other-workspace"
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir(parents=True)
    shutil.copy(source / ".bazelrc", workspace)
    shutil.copy(example / "service.cc", workspace)
    for name in ("WORKSPACE", "BUILD"):
        text = (example / f"{name}.in").read_text(encoding="utf-8")
        (workspace / name).write_text(text.replace("/path/to/instant-costs", str(source)), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BUILD_", "RUNFILES"))}
    try:
        subprocess.run(["bazel", "build", "--config=opt", "--noshow_progress", "//:service"],
                       cwd=workspace, env=environment, timeout=1200, check=True)
        with programs.Costsd() as server:
            printed = subprocess.run([workspace / "bazel-bin/service", server.grpc], stdout=subprocess.PIPE, text=True,
                                     timeout=60, check=True).stdout
    finally:
        subprocess.run(["bazel", "shutdown"], cwd=workspace, env=environment, timeout=60, check=False)
    if printed != PRICED:
        sys.exit(f"printed {printed!r}, not {PRICED!r}")


if __name__ == "__main__":
    main()
