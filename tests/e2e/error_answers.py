"""What both faces answer where they refuse, taken apart; and whether it tells what is nobody's business."""

import dataclasses
import http.client
import json
import re
import subprocess
import tempfile

from tests.e2e import programs

# google.rpc.Code
_CODES = {3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED", 5: "NOT_FOUND", 7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED",
          9: "FAILED_PRECONDITION", 12: "UNIMPLEMENTED", 13: "INTERNAL", 14: "UNAVAILABLE", 16: "UNAUTHENTICATED"}

# What must not be in an answer: paths, SQL and its engines, source files, addresses of
# memory, the words of libraries' exceptions.
_INTERNAL = re.compile(
    r"/(tmp|home|root|usr|var|etc|proc|work)/|\.(cc|h|py|sqlite|records|accounts)\b|0x[0-9a-f]{6}|"
    r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|sqlite|SQLITE|postgres|libpq|PQ|errno|std::|absl|boost|grpc_|spdlog|"
    r"exception|stack|constraint|relation|SQLSTATE)\b")


def tells_internals(text):
    """What of a text is internal, or None."""
    found = _INTERNAL.search(text)
    return found and found.group()


@dataclasses.dataclass
class GrpcError:
    code: str
    message: str
    reason: str
    violations: list  # of (field, description)
    retry_seconds: float  # None: there is no RetryInfo
    text: str  # all that was answered


@dataclasses.dataclass
class RestError:
    status: int
    type: str
    code: str
    message: str
    retry_after: str  # None: there is no such header
    text: str  # all that was answered, the headers too
    document: dict


def grpc_error(test, server, method, request, headers=()):
    """Calls energy.costs.v1.METHOD with grpcurl; what it was refused with, or None where it was not."""
    done = subprocess.run(_command(test, server, method, headers), input=json.dumps(request), capture_output=True,
                          text=True, timeout=programs.PATIENCE_SECONDS, check=False)
    if done.returncode == 0:
        return None
    start = done.stderr.find("{")
    test.assertGreaterEqual(start, 0, done.stderr)
    status = json.loads(done.stderr[start:])
    error = GrpcError(_CODES.get(status["code"], str(status["code"])), status.get("message", ""), "", [], None,
                      done.stderr)
    for detail in status.get("details", []):
        kind = detail["@type"].rpartition(".")[2]
        if kind == "ErrorInfo":
            test.assertEqual(detail["domain"], "costs.energy")
            error.reason = detail["reason"]
        elif kind == "BadRequest":
            error.violations = [(v["field"], v["description"]) for v in detail["field_violations"]]
        elif kind == "RetryInfo":
            error.retry_seconds = float(detail["retry_delay"].removesuffix("s"))
    return error


def start_grpc_call(test, server, method, request):
    """The same call, in the background; a process whose standard output is the answer."""
    with tempfile.TemporaryFile("w+") as text:
        json.dump(request, text)
        text.seek(0)
        return subprocess.Popen(_command(test, server, method, ()), stdin=text, stdout=subprocess.PIPE, text=True)


def rest_error(test, server, method="POST", path="/costs/instant", body=None, headers=None):
    """One HTTP call, which must be refused as the contract has it."""
    connection = http.client.HTTPConnection(server.rest, timeout=programs.PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
        response = connection.getresponse()
        text = response.read().decode()
        test.assertGreaterEqual(response.status, 400, text)
        answer = json.loads(text)
        test.assertEqual(answer["object"], "error", text)
        for field in ("live_mode", "context", "type", "code", "message", "time_created"):
            test.assertIn(field, answer)
        expected = "rate_limit" if response.status == 429 else (
            "invalid_request" if response.status < 500 else "api_error")
        test.assertEqual(answer["type"], expected, text)
        return RestError(response.status, answer["type"], answer["code"], answer["message"],
                         response.getheader("Retry-After"), f"{response.headers}\n{text}", answer)
    finally:
        connection.close()


def _command(test, server, method, headers):
    command = [programs.grpcurl(test), "-plaintext", "-format-error", "-d", "@"]
    for header in headers:
        command += ["-H", header]
    return [*command, server.grpc, f"energy.costs.v1.{method}"]
