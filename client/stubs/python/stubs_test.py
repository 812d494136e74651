"""The installed wheel against a running server; tests/interop/stubs_test.py starts both.

COSTS_SERVER is its address, over TLS by the CA in COSTS_TLS_CA; the account COSTS_ACCOUNT_ID
of the demo catalog has the key COSTS_API_KEY.
"""

import base64
import os
import threading
import unittest
from collections.abc import Iterator
from typing import Any

import grpc
from google.rpc import error_details_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status

import example
from energy.costs.v1 import auth_service_pb2, auth_service_pb2_grpc
from energy.costs.v1 import costs_service_pb2, costs_service_pb2_grpc, meter_record_pb2

PATIENCE_SECONDS = 60


def record(**fields: Any) -> meter_record_pb2.MeterRecordSubmission:
    """The documentation's record, with other values."""
    base = meter_record_pb2.MeterRecordSubmission(
        location_id="loc_641b90b758fb8e6293716e40", units=meter_record_pb2.Units.W, value=20567, non_persistent=True,
        start_time=example.timestamp("2022-02-01T10:30:00Z"), end_time=example.timestamp("2022-02-01T11:00:00Z"))
    base.MergeFrom(meter_record_pb2.MeterRecordSubmission(**fields))
    return base


def detail(details: Any, kind: Any) -> Any:
    """The detail of that type; fails if there is none."""
    for packed in details:
        found = kind()
        if packed.Unpack(found):
            return found
    raise AssertionError(f"no {kind.DESCRIPTOR.name} in {details}")


class StubsTest(unittest.TestCase):
    channel: grpc.Channel
    metadata: example.Metadata
    costs: costs_service_pb2_grpc.CostsServiceStub

    @classmethod
    def setUpClass(cls) -> None:
        cls.channel = cls.enterClassContext(example.connect(os.environ["COSTS_SERVER"]))
        cls.metadata = example.log_in(cls.channel)
        cls.costs = costs_service_pb2_grpc.CostsServiceStub(cls.channel)

    def price(self, submission: meter_record_pb2.MeterRecordSubmission,
              metadata: example.Metadata | None = None) -> meter_record_pb2.MeterRecord:
        return self.costs.CalculateInstantCost(
            costs_service_pb2.CalculateInstantCostRequest(record=submission), timeout=PATIENCE_SECONDS,
            metadata=self.metadata if metadata is None else metadata)

    def refusal(self, call: Any) -> tuple[grpc.StatusCode, Any]:
        """The code and the details of the error that the call ends with."""
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        error: Any = caught.exception
        status = rpc_status.from_call(error)
        return error.code(), status.details if status is not None else []

    def test_unary_documentations_record_has_its_figures(self) -> None:
        answer = self.price(record())
        self.assertEqual((answer.data.energy.value, answer.data.tariff.value, answer.data.carbon.value),
                         (10284, 928.372, 35.24))

    def test_batch_each_record_has_its_own_outcome(self) -> None:
        answer = self.costs.BatchCalculateInstantCosts(
            costs_service_pb2.BatchCalculateInstantCostsRequest(records=[record(), record(location_id="loc_none")]),
            metadata=self.metadata, timeout=PATIENCE_SECONDS)
        self.assertEqual([item.WhichOneof("outcome") for item in answer.items], ["result", "status"])
        self.assertEqual(answer.items[0].result.data.tariff.value, 928.372)
        self.assertEqual(answer.items[1].status.code, grpc.StatusCode.NOT_FOUND.value[0])
        info = detail(answer.items[1].status.details, error_details_pb2.ErrorInfo)
        self.assertEqual((info.reason, info.domain), ("LOCATION_NOT_FOUND", "costs.energy"))

    def test_stream_each_record_is_answered_once_in_order(self) -> None:
        def chunks() -> Iterator[costs_service_pb2.StreamInstantCostsRequest]:
            for chunk in range(10):
                yield costs_service_pb2.StreamInstantCostsRequest(records=[
                    costs_service_pb2.SequencedSubmission(sequence=chunk * 100 + i, record=record(value=i))
                    for i in range(100)])

        answers = self.costs.StreamInstantCosts(chunks(), metadata=self.metadata, timeout=PATIENCE_SECONDS)
        outcomes = [outcome for answer in answers for outcome in answer.outcomes]
        self.assertEqual([outcome.sequence for outcome in outcomes], list(range(1000)))
        self.assertEqual({outcome.WhichOneof("outcome") for outcome in outcomes}, {"result"})

    def test_details_bad_request_names_every_field(self) -> None:
        code, details = self.refusal(lambda: self.price(meter_record_pb2.MeterRecordSubmission(value=-1)))
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual(detail(details, error_details_pb2.ErrorInfo).reason, "INVALID_FIELD")
        fields = {wrong.field for wrong in detail(details, error_details_pb2.BadRequest).field_violations}
        self.assertLessEqual({"record.units", "record.start_time", "record.end_time"}, fields)

    def test_details_too_many_logins_say_when_to_try_again(self) -> None:
        basic = base64.b64encode(b"acc_python_guesses:sk_live_guess").decode()
        login = auth_service_pb2_grpc.AuthServiceStub(self.channel).Login
        for _ in range(50):
            code, details = self.refusal(lambda: login(
                auth_service_pb2.LoginRequest(), metadata=(("authorization", f"Basic {basic}"),),
                timeout=PATIENCE_SECONDS))
            if code == grpc.StatusCode.RESOURCE_EXHAUSTED:
                self.assertEqual(detail(details, error_details_pb2.ErrorInfo).reason, "RATE_LIMITED")
                self.assertGreater(detail(details, error_details_pb2.RetryInfo).retry_delay.ToNanoseconds(), 0)
                return
            self.assertEqual(code, grpc.StatusCode.UNAUTHENTICATED)
        self.fail("50 wrong logins, and none was refused for its number")

    def test_deadline_idle_stream_ends_by_it(self) -> None:
        def nothing() -> Iterator[costs_service_pb2.StreamInstantCostsRequest]:
            over.wait(PATIENCE_SECONDS)
            yield from ()

        over = threading.Event()
        self.addCleanup(over.set)
        answers = self.costs.StreamInstantCosts(nothing(), metadata=self.metadata, timeout=0.2)
        code, _ = self.refusal(lambda: next(answers))
        self.assertEqual(code, grpc.StatusCode.DEADLINE_EXCEEDED)

    def test_tls_unknown_certificate_is_refused(self) -> None:
        with grpc.secure_channel(os.environ["COSTS_SERVER"], grpc.ssl_channel_credentials()) as stranger:
            stub = costs_service_pb2_grpc.CostsServiceStub(stranger)
            code, _ = self.refusal(lambda: stub.CalculateInstantCost(
                costs_service_pb2.CalculateInstantCostRequest(record=record()), metadata=self.metadata,
                timeout=PATIENCE_SECONDS))
        self.assertEqual(code, grpc.StatusCode.UNAVAILABLE)

    def test_token_missing_is_refused(self) -> None:
        code, details = self.refusal(lambda: self.price(record(), ()))
        self.assertEqual(code, grpc.StatusCode.UNAUTHENTICATED)
        self.assertEqual(detail(details, error_details_pb2.ErrorInfo).reason, "BAD_CREDENTIALS")


if __name__ == "__main__":
    unittest.main()
