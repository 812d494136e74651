"""The contract's table of errors, line by line, over both faces; and that no answer tells what is nobody's business.

Further lines have tests of their own: shedding load in limits_test, tokens that are
expired or forged in //service/auth:token_test, an upstream that fails in //tests/fault.
"""

import json
import tempfile
import unittest

from tests.e2e import documentation_example
from tests.e2e import programs
from tests.e2e.error_answers import grpc_error, rest_error, tells_internals
from tests.e2e.postgres import PostgresServer, require_postgres

ADMIN = {"COSTS_ADMIN_TOKEN": "0123456789abcdef0123456789abcdef"}
HALF_HOUR = {"units": "KWH", "value": 1, "start_time": "2023-03-26T12:00:00Z", "end_time": "2023-03-26T12:30:00Z"}
FLAT = {**HALF_HOUR, "location_id": "loc_000000000000000000000001"}  # import only
MARKET = {**HALF_HOUR, "location_id": "loc_000000000000000000000003"}


class ErrorTableTest(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.server = self.enterContext(self.start(f"--store={folder}/store"))
        self.token = programs.token_of_demo(self.server, ADMIN)

    def start(self, *flags):
        return programs.Costsd("--authentication=tokens", *flags, environment=ADMIN)

    def refused(self, record, token=None):
        """What both faces answer to a record, the parts that they have in common compared."""
        bearer = f"Bearer {self.token if token is None else token}" if token != "" else None
        over_grpc = grpc_error(self, self.server, "CostsService.CalculateInstantCost", {"record": record},
                               [f"authorization: {bearer}"] if bearer else [])
        self.assertIsNotNone(over_grpc, f"{record} was answered")
        over_rest = rest_error(self, self.server, body=json.dumps(record),
                               headers={"Authorization": bearer} if bearer else {})
        for text in (over_grpc.message, over_rest.text, over_grpc.text):
            self.assertIsNone(tells_internals(text), text)
        self.assertEqual(over_rest.document["context"], "api.costs_instant")
        return over_grpc, over_rest

    def expect(self, record, code, reason, status, rest_code, token=None):
        over_grpc, over_rest = self.refused(record, token)
        self.assertEqual((over_grpc.code, over_grpc.reason), (code, reason), over_grpc.text)
        self.assertEqual((over_rest.status, over_rest.code), (status, rest_code), over_rest.text)
        return over_grpc, over_rest

    def test_bad_or_missing_token(self):
        signature = self.token.rpartition(".")[2]
        forged = self.token[: -len(signature)] + ("A" if signature[0] != "A" else "B") + signature[1:]
        for token in ("", "nonsense", forged, "e30.e30.", "x" * 5000):
            self.expect(FLAT, "UNAUTHENTICATED", "BAD_CREDENTIALS", 403, "bad_credentials", token)

    def test_disabled_account(self):
        done = programs.costs("admin", "accounts", "disable", "acc_000000000000000000000001",
                              f"--server={self.server.grpc}", environment=ADMIN)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.expect(FLAT, "PERMISSION_DENIED", "ACCOUNT_DISABLED", 422, "account_disabled")

    def test_field_missing_or_out_of_range(self):
        cases = {
            "location_id": {key: FLAT[key] for key in FLAT if key != "location_id"},
            "units": {key: FLAT[key] for key in FLAT if key != "units"},
            "value": {**FLAT, "value": -1},
            "end_time": {**FLAT, "end_time": FLAT["start_time"]},
            "confidence": {**FLAT, "confidence": 1.5},
            "measurand": {**FLAT, "measurand": "OFFERED"},
        }
        for field, record in cases.items():
            over_grpc, over_rest = self.expect(record, "INVALID_ARGUMENT", "INVALID_FIELD", 400, "invalid_request")
            self.assertEqual([name for name, _ in over_grpc.violations], [f"record.{field}"])
            self.assertIn(f"{field}: {over_grpc.violations[0][1]}", over_rest.message)

    def test_all_faults_are_told_at_once(self):
        over_grpc, over_rest = self.expect({"value": -1, "confidence": 2}, "INVALID_ARGUMENT", "INVALID_FIELD", 400,
                                           "invalid_request")
        fields = ["location_id", "units", "value", "start_time", "end_time", "confidence"]
        self.assertEqual(sorted(name for name, _ in over_grpc.violations), sorted(f"record.{f}" for f in fields))
        for field in fields:
            self.assertIn(f"{field}: ", over_rest.message)

    def test_unknown_location_and_anothers(self):
        anothers = "loc_another_accounts"
        done = programs.costs("admin", "accounts", "create", "--account_id=acc_other", f"--server={self.server.grpc}",
                              environment=ADMIN)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = programs.costs("admin", "keys", "create", "acc_other", "--mode=live", f"--server={self.server.grpc}",
                              environment=ADMIN)
        login = programs.costs("login", f"--server={self.server.grpc}", environment={
            "COSTS_ACCOUNT_ID": "acc_other", "COSTS_API_KEY": json.loads(done.stdout)["secret"]})
        other = json.loads(login.stdout)["bearer_token"]
        status, made = programs.curl(self, self.server, "POST", "/locations", {
            "id": anothers, "timezone": "Europe/London", "currency_code": "GBP"}, [f"Authorization: Bearer {other}"])
        self.assertIn(status, (200, 201), made)
        messages = []
        for location in ("loc_nowhere", anothers):
            over_grpc, _ = self.expect({**FLAT, "location_id": location}, "NOT_FOUND", "LOCATION_NOT_FOUND", 404,
                                       "location_not_found")
            messages.append(over_grpc.message.replace(location, "X"))
        self.assertEqual(messages[0], messages[1], "one can tell that another account has it")

    def test_no_element_for_that_tariff_rate(self):
        self.expect({**FLAT, "direction": "EXPORT"}, "FAILED_PRECONDITION", "NO_TARIFF_CONNECTED", 422,
                    "no_tariff_connected")

    def test_price_gap(self):
        record = {**MARKET, "start_time": "2022-03-26T12:00:00Z", "end_time": "2022-03-26T12:30:00Z"}
        self.expect(record, "FAILED_PRECONDITION", "NO_PRICE_DATA", 422, "no_price_data")

    def test_over_the_accounts_rate(self):
        with self.start("--account_requests_per_second=1", "--account_request_burst=1") as self.server:
            self.token = programs.token_of_demo(self.server, ADMIN)
            # Of calls that come one after the other some are within the rate.
            over_grpc = programs.eventually(lambda: grpc_error(
                self, self.server, "CostsService.CalculateInstantCost", {"record": FLAT},
                [f"authorization: Bearer {self.token}"]), "one call too many over gRPC")
            self.assertEqual((over_grpc.code, over_grpc.reason), ("RESOURCE_EXHAUSTED", "RATE_LIMITED"))
            self.assertGreater(over_grpc.retry_seconds, 0)
            over_rest = programs.eventually(self.rest_refusal, "one call too many over REST")
            self.assertEqual((over_rest.status, over_rest.code), (429, "rate_limit"))
            self.assertEqual(over_rest.retry_after, "1")
            # A stranger is told that he is one, not how busy the account is.
            self.expect(FLAT, "UNAUTHENTICATED", "BAD_CREDENTIALS", 403, "bad_credentials", "nonsense")

    def rest_refusal(self):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        status, _ = programs.rest_call(self.server.rest, body=json.dumps(FLAT), headers=headers)
        return None if status == 200 else rest_error(self, self.server, body=json.dumps(FLAT), headers=headers)


class NothingInternalTest(unittest.TestCase):
    def test_odd_requests_are_refused_in_the_apis_own_words(self):
        with tempfile.TemporaryDirectory() as folder, programs.Costsd(f"--store={folder}/store") as server:
            odd = "'; DROP TABLE locations; --"
            for method, request in (
                    ("LocationsService.GetLocation", {"id": odd}),
                    ("TariffsService.GetTariffElement", {"id": odd}),
                    ("MeterRecordsService.GetMeterRecord", {"id": odd}),
                    ("MeterRecordsService.ListMeterRecords", {"page_token": odd}),
                    ("CostsService.GetSessionCosts", {"session_reference_id": "x" * 5000}),
                    ("TariffsService.ListRates", {"location_id": odd}),
                    ("LocationsService.CreateLocation", {"location": {"id": odd}}),
            ):
                error = grpc_error(self, server, method, request)
                self.assertIsNotNone(error, method)
                self.assertTrue(error.reason, error.text)
                self.assertIsNone(tells_internals(error.text.replace(odd, "")), error.text)
            for method, path, body in (
                    ("POST", "/costs/instant", "{"),
                    ("POST", "/costs/instant", "[" * 100_000),
                    ("POST", "/costs/instant", '{"value": 1e999}'),
                    ("POST", "/costs/instant?include_tariff=perhaps", "{}"),
                    ("GET", "/meters/records/mre_%00", None),
                    ("GET", "/locations/..%2f..%2fetc%2fpasswd", None),
                    ("GET", "/nowhere", None),
                    ("DELETE", "/costs/instant", None),
                    ("PUT", "/meters/interval", "{}"),
            ):
                error = rest_error(self, server, method, path, body)
                self.assertLess(error.status, 500, error.text)
                self.assertIsNone(tells_internals(error.text.replace("etc/passwd", "")), error.text)

    def test_store_that_is_away_is_told_without_its_address(self):
        require_postgres(self)
        with PostgresServer() as database, programs.Costsd(f"--store={database.url}") as server:
            database.stop()
            error = rest_error(self, server, body=json.dumps(documentation_example.REQUEST))
            self.assertEqual((error.status, error.code), (503, "store_unavailable"))
            self.assertIsNotNone(error.retry_after)
            over_grpc = grpc_error(self, server, "CostsService.CalculateInstantCost",
                                   {"record": documentation_example.REQUEST})
            self.assertEqual((over_grpc.code, over_grpc.reason), ("UNAVAILABLE", "STORE_UNAVAILABLE"))
            self.assertIsNotNone(over_grpc.retry_seconds)
            listed = grpc_error(self, server, "MeterRecordsService.ListMeterRecords",
                                {"location_id": documentation_example.REQUEST["location_id"]})
            for text in (error.text, over_grpc.text, listed.text):
                self.assertIsNone(tells_internals(text), text)
                self.assertNotIn(str(database.port), text)


if __name__ == "__main__":
    unittest.main()
