"""Limits by account and the bound on records in flight, over both faces of a real server."""

import http.client
import json
import os
import time
import unittest

from tests.e2e import documentation_example
from tests.e2e import programs
from tests.e2e.error_answers import grpc_error, rest_error, start_grpc_call
from tests.e2e.half_hours import record, stored, submit
from tests.e2e.postgres import PostgresServer, require_postgres


class RequestsPerSecondTest(unittest.TestCase):
    def test_requests_beyond_the_rate_are_refused_on_both_faces_and_served_when_told(self):
        flags = ("--account_requests_per_second=1", "--account_request_burst=20")
        with programs.Costsd(*flags) as server:
            body = json.dumps(documentation_example.REQUEST)
            # 20 at once, and one more each second: that many calls take no hundred seconds.
            for _ in range(120):
                connection = http.client.HTTPConnection(server.rest, timeout=programs.PATIENCE_SECONDS)
                connection.request("POST", "/costs/instant", body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                answer = json.loads(response.read())
                connection.close()
                if response.status != 200:
                    break
            self.assertEqual((response.status, answer["type"], answer["code"]), (429, "rate_limit", "rate_limit"))
            wait = int(response.getheader("Retry-After"))
            self.assertEqual(wait, 1)

            # The other face counts the same requests; reflection's are not the account's.
            refused = None
            for _ in range(120):
                refused = grpc_error(self, server, "LocationsService.ListLocations", {})
                if refused is not None:
                    break
            self.assertEqual((refused.code, refused.reason), ("RESOURCE_EXHAUSTED", "RATE_LIMITED"))
            self.assertGreater(refused.retry_seconds, 0)
            self.assertLessEqual(refused.retry_seconds, 1)

            time.sleep(wait)
            status, answer = programs.rest_call(server.rest, body=body)
            self.assertEqual(status, 200, answer)

    def test_settings_that_make_no_sense_are_refused_by_name(self):
        for flag in ("--account_requests_per_second=1000001", "--account_request_burst=5", "--account_streams=1000001",
                     "--records_in_flight=10", "--records_target_delay=1ms"):
            with self.assertRaises(programs.StartFailed) as failure:
                programs.Costsd(flag)
            self.assertIn(flag.split("=")[0], failure.exception.log)


class RecordsInFlightTest(unittest.TestCase):
    def test_records_past_the_bound_are_refused_at_once_and_nothing_is_lost(self):
        """A store that stands still: what is let in waits for it, what is not is told so at once."""
        require_postgres(self)
        flags = ("--records_in_flight=1000", "--admin_listen=127.0.0.1:0")
        with PostgresServer() as database, programs.Costsd(f"--store={database.url}", *flags) as server:
            self.assertEqual(submit(server, 0)[0], 200)
            self.assertEqual(server.scheduling_policies(), {os.SCHED_OTHER})
            with database.holding("LOCK TABLE records IN ACCESS EXCLUSIVE MODE"):
                request = {"records": [record(number) for number in range(1, 1001)]}
                batch = start_grpc_call(self, server, "CostsService.BatchCalculateInstantCosts", request)
                programs.eventually(lambda: figure(server, "costs_records_in_flight") == 1000, "the batch is in flight")
                refused = rest_error(self, server, body=json.dumps(record(1001)))
                self.assertEqual((refused.status, refused.type, refused.code), (503, "api_error", "overloaded"))
                self.assertEqual(refused.retry_after, "1")
                refused = grpc_error(self, server, "CostsService.CalculateInstantCost", {"record": record(1001)})
                self.assertEqual((refused.code, refused.reason, refused.retry_seconds), ("UNAVAILABLE", "OVERLOADED", 1))
                # A batch of which nothing was done is refused as a whole, whether or not it was read.
                for records in (1, 200):
                    refused = grpc_error(self, server, "CostsService.BatchCalculateInstantCosts",
                                         {"records": [record(number) for number in range(2000, 2000 + records)]})
                    self.assertEqual((refused.code, refused.reason, refused.retry_seconds),
                                     ("UNAVAILABLE", "OVERLOADED", 1))
                # The threads that turn callers away do not interrupt those that work.
                self.assertEqual(server.scheduling_policies(), {os.SCHED_OTHER, os.SCHED_BATCH})
                self.assertIsNone(batch.poll())
            answer, _ = batch.communicate(timeout=programs.PATIENCE_SECONDS)
            items = json.loads(answer)["items"]
            self.assertEqual(sum("result" in item for item in items), 1000, items[:1])
            self.assertEqual(submit(server, 1001)[0], 200)
            self.assertEqual(len(stored(self, server)), 1002)
            self.assertGreaterEqual(figure(server, "costs_records_shed_total"), 2 + 1)
            self.assertEqual(figure(server, "costs_records_in_flight"), 0)

    def test_a_store_that_stands_still_takes_fewer_than_the_bound(self):
        require_postgres(self)
        flags = ("--records_target_delay=200ms", "--admin_listen=127.0.0.1:0")
        with PostgresServer() as database, programs.Costsd(f"--store={database.url}", *flags) as server:
            self.assertEqual(submit(server, 0)[0], 200)
            self.assertEqual(figure(server, "costs_records_in_flight_limit"), 50_000)
            with database.holding("LOCK TABLE records IN ACCESS EXCLUSIVE MODE"):
                request = {"records": [record(number) for number in range(1, 1001)]}
                batch = start_grpc_call(self, server, "CostsService.BatchCalculateInstantCosts", request)
                programs.eventually(lambda: figure(server, "costs_records_in_flight_limit") == 1000, "the bound is lower")
                refused = rest_error(self, server, body=json.dumps(record(1001)))
                self.assertEqual((refused.status, refused.code), (503, "overloaded"))
            answer, _ = batch.communicate(timeout=programs.PATIENCE_SECONDS)
            self.assertEqual(sum("result" in item for item in json.loads(answer)["items"]), 1000)
            self.assertEqual(submit(server, 1001)[0], 200)
            programs.eventually(lambda: figure(server, "costs_records_in_flight_limit") == 50_000, "nothing waits")


def figure(server, name):
    """A figure of the admin port."""
    connection = http.client.HTTPConnection(server.admin, timeout=programs.PATIENCE_SECONDS)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


if __name__ == "__main__":
    unittest.main()
