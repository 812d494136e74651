#!/usr/bin/env python3
"""Counts the test targets of a Bazel run, and names those that failed or skipped something.

  bazel test --build_event_json_file=EVENTS ...; tests/bazel_results.py EVENTS

Prints "PASSED FAILED SKIPPED" on standard output, the names on standard error.
A target that passed counts as skipped if any test in it was skipped: a Python
test says so by a line "SKIPPED name: reason", a GoogleTest by "[  SKIPPED ]". One
that could not be built, or was not run, counts as failed.
"""

import json
import pathlib
import re
import sys
import urllib.parse

_PYTHON_SKIP = re.compile(r"^SKIPPED (.+)$", re.MULTILINE)
_GOOGLETEST_SKIP = re.compile(r"^\[  SKIPPED \] (\S+)$", re.MULTILINE)


def skips_in(log):
    """What a test's log says was skipped, each once."""
    found = [line.split(": ", 1)[-1] for line in _PYTHON_SKIP.findall(log)]
    found += [f"{name} skipped itself" for name in _GOOGLETEST_SKIP.findall(log)]
    return list(dict.fromkeys(found))


def read_events(path):
    """Of each test target: its status (None where it was not run), and its logs."""
    status = {}
    logs = {}
    with open(path) as file:
        for line in file:
            event = json.loads(line)
            identity = event["id"]
            if "targetConfigured" in identity and "testSize" in event.get("configured", {}):
                status.setdefault(identity["targetConfigured"]["label"], None)
            elif "testResult" in identity:
                for output in event["testResult"].get("testActionOutput", []):
                    if output["name"] == "test.log" and "uri" in output:
                        logs.setdefault(identity["testResult"]["label"], []).append(output["uri"])
            elif "testSummary" in identity:
                status[identity["testSummary"]["label"]] = event["testSummary"]["overallStatus"]
    return status, logs


def main():
    status, logs = read_events(sys.argv[1])
    passed = failed = skipped = 0
    for label in sorted(status):
        if status[label] != "PASSED":
            failed += 1
            print(f"FAILED   {label}: {status[label] or 'was not built or not run'}", file=sys.stderr)
            continue
        skips = []
        for uri in logs.get(label, []):
            path = pathlib.Path(urllib.parse.unquote(urllib.parse.urlparse(uri).path))
            skips += skips_in(path.read_text(errors="replace"))
        if skips:
            skipped += 1
            for skip in skips:
                print(f"SKIPPED  {label}: {skip}", file=sys.stderr)
        else:
            passed += 1
    print(passed, failed, skipped)


if __name__ == "__main__":
    main()
