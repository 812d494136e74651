"""Where the test data is, and how a test says that it cannot run."""

import os
import pathlib


def skip_loudly(test, reason):
    """Skips `test` so that ./test sees it; in CI a skip is a failure."""
    if os.environ.get("CI") == "true":
        test.fail(f"cannot run, which CI=true does not allow: {reason}")
    print(f"SKIPPED {test.id()}: {reason}", flush=True)
    test.skipTest(reason)


def data_directory(test, name):
    """A directory of the test data, or a loud skip."""
    root = os.environ.get("COSTS_TEST_DATA", "")
    if not root:
        skip_loudly(test, "COSTS_TEST_DATA names no directory of test data")
    directory = pathlib.Path(root) / name
    if not directory.is_dir():
        skip_loudly(test, f"the test data has no directory {name}")
    return directory
