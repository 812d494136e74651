"""A Schemathesis extension that counts the calls by path, for the test that asked for so many."""

import atexit
import collections
import json
import os
import threading

import schemathesis

_calls = collections.Counter()
_statuses = collections.Counter()
_lock = threading.Lock()


@schemathesis.hook
def after_call(context, case, response):  # pylint: disable=unused-argument
    """Called with each answer."""
    with _lock:
        _calls[case.operation.path] += 1
        _statuses[f"{case.operation.method.upper()} {case.operation.path} {response.status_code}"] += 1


@atexit.register
def _write():
    with open(os.environ["COSTS_CALL_COUNTS"], "w", encoding="utf-8") as file:
        json.dump({"calls": _calls, "statuses": _statuses}, file)
