"""Clients in several languages that make the same calls.

A client of ours is a program that reads calls and writes outcomes, a line of JSON each:

  {"service": "CostsService", "method": "CalculateInstantCost", "requests": [a document in the JSON of
   Protocol Buffers, …], "authorization": "Bearer …" or "", "seconds": the deadline}

  {"answers": [the serialized answer in base64, …], "code": 0, "message": "", "reason": ErrorInfo's, "domain": ErrorInfo's,
   "violations": [[field, description], …] of BadRequest, "retry": whether RetryInfo has a delay}
"""

import base64
import json
import os
import subprocess

from google.protobuf import json_format
from google.rpc import error_details_pb2  # pylint: disable=unused-import  # the types that Any holds

from tests.e2e import programs


class Program:
    """A client that is such a program; a context manager that ends it."""

    def __init__(self, name, command, environment):
        self.name = name
        self._process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, env={**os.environ, **environment})

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self._process.stdin.close()
        try:
            exit_code = self._process.wait(programs.PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        finally:
            self._process.stdout.close()
        if kind is None and exit_code != 0:
            raise AssertionError(f"{self.name} ended with exit code {exit_code}")

    def make(self, call, _):
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"{self.name} ended at {call}")
        return json.loads(line)


class Grpcurl:
    """grpcurl as such a client: it knows the messages by the server's reflection alone."""

    name = "grpcurl"

    def __init__(self, path, environment):
        self._path = path
        self._environment = environment

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        pass

    def make(self, call, answer_type):
        command = [self._path, "-cacert", self._environment["COSTS_TLS_CA"], "-max-time", str(call["seconds"]),
                   "-format-error", "-d", "@"]
        if call["authorization"]:
            command += ["-H", f"authorization: {call['authorization']}"]
        command += [self._environment["COSTS_SERVER"], f"energy.costs.v1.{call['service']}/{call['method']}"]
        # This version of grpcurl reads a mask as any other message.
        documents = [{**document, "update_mask": {"paths": document["update_mask"].split(",")}}
                     if "update_mask" in document else document for document in call["requests"]]
        done = subprocess.run(command, input="\n".join(map(json.dumps, documents)), capture_output=True, text=True,
                              timeout=programs.PATIENCE_SECONDS, check=False)
        outcome = {"answers": [], "code": 0, "message": "", "reason": "", "domain": "", "violations": [], "retry": False}
        if done.returncode != 0:
            if not done.stderr.startswith("{"):
                raise AssertionError(f"{command}: {done.stderr}")
            self._read_error(json.loads(done.stderr), outcome)
        for document in self._documents(done.stdout):
            message = json_format.ParseDict(document, answer_type())
            outcome["answers"].append(base64.b64encode(message.SerializeToString(deterministic=True)).decode())
        return outcome

    @staticmethod
    def _documents(text):
        decoder, at = json.JSONDecoder(), 0
        while text[at:].strip():
            at += len(text[at:]) - len(text[at:].lstrip())
            document, length = decoder.raw_decode(text[at:])
            at += length
            yield document

    @staticmethod
    def _read_error(status, outcome):
        outcome.update(code=status["code"], message=status.get("message", ""))
        for detail in status.get("details", ()):
            kind = detail["@type"].rpartition(".")[2]
            if kind == "ErrorInfo":
                outcome.update(reason=detail["reason"], domain=detail["domain"])
            elif kind == "BadRequest":
                violations = detail.get("fieldViolations") or detail.get("field_violations")
                outcome["violations"] = [[wrong["field"], wrong["description"]] for wrong in violations]
            elif kind == "RetryInfo":
                outcome["retry"] = float((detail.get("retryDelay") or detail["retry_delay"]).rstrip("s")) > 0
