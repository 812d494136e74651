"""The Python client of tests/interop: makes the calls that it reads, by the generated stubs.

A line of standard input is a call in JSON, a line of standard output its outcome; tests/interop/caller.py
says what they hold. The server is COSTS_SERVER, over TLS by the CA in COSTS_TLS_CA.
"""

import base64
import importlib
import json
import os
import re
import sys
from typing import Any

import grpc
from google.protobuf import json_format
from google.rpc import error_details_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status

import example

PACKAGE = "energy.costs.v1"


def module_of(service: str) -> str:
    """AuthService is in auth_service."""
    return PACKAGE + "." + re.sub(r"(?<!^)([A-Z])", r"_\1", service).lower()


def make(channel: grpc.Channel, call: dict[str, Any]) -> list[str]:
    """The answers, encoded."""
    service, method = call["service"], call["method"]
    descriptor = getattr(importlib.import_module(module_of(service) + "_pb2"), "DESCRIPTOR")
    described = descriptor.services_by_name[service].methods_by_name[method]
    stub = getattr(importlib.import_module(module_of(service) + "_pb2_grpc"), service + "Stub")(channel)
    requests = [json_format.ParseDict(document, described.input_type._concrete_class()) for document in call["requests"]]
    options: dict[str, Any] = {"timeout": call["seconds"]}
    if call["authorization"]:
        options["metadata"] = (("authorization", call["authorization"]),)
    sent = iter(requests) if described.client_streaming else requests[0]
    answer = getattr(stub, method)(sent, **options)
    answers = list(answer) if described.server_streaming else [answer]
    return [base64.b64encode(each.SerializeToString(deterministic=True)).decode() for each in answers]


def refusal(error: Any) -> dict[str, Any]:
    outcome = {"code": error.code().value[0], "message": error.details(), "reason": "", "domain": "", "violations": [],
               "retry": False}
    status = rpc_status.from_call(error)
    for detail in status.details if status is not None else ():
        info, bad_request, retry = (error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(),
                                    error_details_pb2.RetryInfo())
        if detail.Unpack(info):
            outcome.update(reason=info.reason, domain=info.domain)
        elif detail.Unpack(bad_request):
            outcome["violations"] = [[wrong.field, wrong.description] for wrong in bad_request.field_violations]
        elif detail.Unpack(retry):
            outcome["retry"] = retry.retry_delay.ToNanoseconds() > 0
    return outcome


def main() -> None:
    with example.connect(os.environ["COSTS_SERVER"]) as channel:
        for line in sys.stdin:
            try:
                outcome = {"answers": make(channel, json.loads(line)), "code": 0, "message": "", "reason": "",
                           "domain": "", "violations": [], "retry": False}
            except grpc.RpcError as error:
                outcome = {"answers": [], **refusal(error)}
            print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    main()
