"""Prices the documentation's record.

  COSTS_TOKEN=… python example.py localhost:50051
  COSTS_ACCOUNT_ID=acc_… COSTS_API_KEY=sk_… COSTS_TLS_CA=ca.pem python example.py costs.example:443

With COSTS_TLS_CA (a file of certificates) the connection is TLS.
"""

import base64
import os
import pathlib
import sys

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status

from energy.costs.v1 import auth_service_pb2, auth_service_pb2_grpc
from energy.costs.v1 import costs_service_pb2, costs_service_pb2_grpc, meter_record_pb2

Metadata = tuple[tuple[str, str], ...]


def connect(address: str) -> grpc.Channel:
    ca = os.environ.get("COSTS_TLS_CA")
    if ca is None:
        return grpc.insecure_channel(address)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(pathlib.Path(ca).read_bytes()))


def log_in(channel: grpc.Channel) -> Metadata:
    """The metadata of every other call: COSTS_TOKEN, or a token that is got for an API key."""
    token = os.environ.get("COSTS_TOKEN")
    if token is None:
        key = f"{os.environ['COSTS_ACCOUNT_ID']}:{os.environ['COSTS_API_KEY']}"
        basic = base64.b64encode(key.encode()).decode()
        login = auth_service_pb2_grpc.AuthServiceStub(channel).Login
        token = login(auth_service_pb2.LoginRequest(), timeout=10,
                      metadata=(("authorization", f"Basic {basic}"),)).bearer_token
    return (("authorization", f"Bearer {token}"),)


def timestamp(text: str) -> Timestamp:
    time = Timestamp()
    time.FromJsonString(text)
    return time


def price(channel: grpc.Channel, metadata: Metadata) -> meter_record_pb2.MeterRecord:
    record = meter_record_pb2.MeterRecordSubmission(
        location_id="loc_641b90b758fb8e6293716e40",
        units=meter_record_pb2.Units.W,
        value=20567,
        start_time=timestamp("2022-02-01T10:30:00Z"),
        end_time=timestamp("2022-02-01T11:00:00Z"))
    return costs_service_pb2_grpc.CostsServiceStub(channel).CalculateInstantCost(
        costs_service_pb2.CalculateInstantCostRequest(record=record), metadata=metadata, timeout=10)


def explain(error: grpc.RpcError) -> str:
    """The code and the message, the reason, and each field that is wrong."""
    assert isinstance(error, grpc.Call)
    lines = [f"{error.code().name}: {error.details()}"]
    status = rpc_status.from_call(error)
    for detail in status.details if status is not None else ():
        info, bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            lines.append(f"  reason: {info.reason}")
        elif detail.Unpack(bad_request):
            lines += [f"  {wrong.field}: {wrong.description}" for wrong in bad_request.field_violations]
    return "\n".join(lines)


def main() -> None:
    with connect(sys.argv[1] if len(sys.argv) > 1 else "localhost:50051") as channel:
        try:
            record = price(channel, log_in(channel))
        except grpc.RpcError as error:
            sys.exit(explain(error))
        data = record.data
        print(f"{data.energy.value:g} Wh cost {data.tariff.value:g} {record.currency_code} "
              f"and caused {data.carbon.value:g} {record.carbon_units}")


if __name__ == "__main__":
    main()
