"""A catalog entered by calls: priced with at once, durable, and changed under running streams."""

import json
import pathlib
import signal
import subprocess
import tempfile
import threading
import unittest

from tests.e2e import openapi_schema
from tests.e2e import programs
from tests.e2e import served_catalog


def answer_of(server, day):
    """What `costs instant` says of the day's record, without what differs from answer to answer."""
    done = programs.costs("instant", f"--server={server.grpc}", *served_catalog.record_flags(day))
    assert done.returncode == 0, done.stderr
    answer = programs.parse_json(done.stdout)
    del answer["time_created"]
    return answer


class Stored(unittest.TestCase):
    """With a store in a directory of its own."""

    maxDiff = None

    def setUp(self):
        self.store = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "catalog.sqlite"

    def start(self, *flags, catalog=None):
        return programs.Costsd(f"--store={self.store}", *flags, catalog=catalog)

    def enter_over_grpc(self, server):
        def call(method, *requests):
            return programs.grpc_call(self, server, method, *requests)

        call("LocationsService/CreateLocation", {"location": served_catalog.LOCATION})
        call("TariffsService/CreateSpecialDayCalendar", {"special_day_calendar": served_catalog.CALENDAR})
        prices = call("TariffsService/UploadMarketPrices", *served_catalog.MARKET)
        self.assertEqual((prices["series_count"], prices["received_count"], prices["changed_count"]), (1, 16, 16))
        call("TariffsService/CreateTariffElement", {"tariff_element": served_catalog.ENERGY})
        call("TariffsService/CreateTariffElement", {"tariff_element": served_catalog.FEE})
        call("CarbonService/UploadIntensities", *served_catalog.INTENSITIES)

    def expect_prices(self, server):
        for day in served_catalog.DAYS:
            data = answer_of(server, day)["data"]
            self.assertEqual(data["tariff"], {"value": served_catalog.COST[day], "confidence": 1}, day)
            self.assertEqual(data["carbon"], {"value": served_catalog.CARBON, "confidence": 1}, day)

    def test_catalog_entered_over_grpc_prices_at_once_and_survives_kill(self):
        with self.start() as server:
            self.enter_over_grpc(server)
            self.expect_prices(server)
            before = [answer_of(server, day) for day in served_catalog.DAYS]
            location = programs.curl(self, server, "GET", "/locations/loc_test")
            self.assertEqual(location[0], 200)
            self.assertEqual(location[1]["tariff_elements"], ["trf_energy", "trf_fee"])
            server.kill()
        with self.start() as server:
            self.assertEqual([answer_of(server, day) for day in served_catalog.DAYS], before)
            self.assertEqual(programs.curl(self, server, "GET", "/locations/loc_test"), location)

    def test_catalog_entered_over_rest_is_as_the_openapi_file_says(self):
        specification = programs.data_directory(self, "flatpeak") / "flatpeak-api-spec.json"
        schemas = openapi_schema.Schemas(json.loads(specification.read_text()))

        def call(server, method, path, document=None, pattern=None):
            status, answer = programs.curl(self, server, method, path, document)
            if pattern != "ours":
                pattern = pattern or path.partition("?")[0]
                self.assertEqual(schemas.answer_violations(method, pattern, status, answer), [], answer)
            return answer

        with self.start() as server:
            created = call(server, "POST", "/locations", served_catalog.LOCATION)
            self.assertEqual(created["object"], "location")
            call(server, "POST", "/tariffs/calendars", served_catalog.CALENDAR, pattern="ours")
            programs.grpc_call(self, server, "TariffsService/UploadMarketPrices", *served_catalog.MARKET)
            programs.grpc_call(self, server, "CarbonService/UploadIntensities", *served_catalog.INTENSITIES)
            for element in (served_catalog.ENERGY, served_catalog.FEE):
                call(server, "POST", "/tariffs/elements", element)
            self.expect_prices(server)

            device = call(server, "POST", "/devices", {"reference_id": "charger"})
            self.assertRegex(device["id"], r"^dev_[0-9a-f]{24}$")
            call(server, "GET", f"/devices/{device['id']}", pattern="/devices/{id}")
            call(server, "PATCH", f"/devices/{device['id']}", {"reference_id": "pump"}, pattern="/devices/{id}")
            call(server, "GET", "/devices?limit=10")
            call(server, "GET", "/locations?customer_id=cus_none")
            call(server, "GET", "/locations")
            call(server, "GET", "/locations/loc_test", pattern="/locations/{id}")
            call(server, "PATCH", "/locations/loc_test", {"postal_address": {"city": "London"}}, pattern="/locations/{id}")
            elements = call(server, "GET", "/tariffs/elements?location_id=loc_test&direction=IMPORT")
            self.assertEqual([e["id"] for e in elements["data"]], ["trf_fee", "trf_energy"])
            call(server, "GET", "/tariffs/elements/trf_fee", pattern="/tariffs/elements/{id}")
            call(server, "PATCH", "/tariffs/elements/trf_fee", {"display_name": "Fee"}, pattern="/tariffs/elements/{id}")
            intensities = call(server, "GET", "/carbon/intensities/test-grid?limit=1", pattern="ours")
            self.assertEqual((intensities["has_more"], len(intensities["data"])), (True, 1))
            # The check can fail.
            self.assertEqual(
                schemas.answer_violations("GET", "/devices/{id}", 200, {**device, "live_mode": 1}),
                ["live_mode: is an integer, not a boolean"])

            # An update's schedule may be called `data`; it shows at once.
            schedule = [{"days_and_hours": [{"hours": [{"rate": [{"fixed": 0.15}]}]}]}]
            call(server, "PATCH", "/tariffs/elements/trf_fee", {"data": schedule}, pattern="/tariffs/elements/{id}")
            day = served_catalog.DAYS[0]
            status, answer = programs.curl(self, server, "POST", "/costs/instant", served_catalog.record(day))
            self.assertEqual((status, answer["data"]["tariff"]["value"]), (200, served_catalog.COST[day] + 1))

            for path, pattern in (("/tariffs/elements/trf_fee", "/tariffs/elements/{id}"),
                                  (f"/devices/{device['id']}", "/devices/{id}"), ("/locations/loc_test", "/locations/{id}")):
                self.assertEqual(call(server, "DELETE", path, pattern=pattern), {"message": "Accepted"})
                call(server, "GET", path, pattern=pattern)
            status, answer = programs.curl(self, server, "POST", "/costs/instant", served_catalog.record(day))
            self.assertEqual((status, answer["code"]), (404, "location_not_found"))

    def test_changes_during_a_stream_disturb_no_record_in_flight(self):
        rates = [f"0.{n:02}" for n in range(5, 55)]
        with self.start() as server:
            self.enter_over_grpc(server)
            day = served_catalog.DAYS[0]
            base = served_catalog.COST[day] - served_catalog.Decimal("0.5")
            costs = {str(base + 10 * served_catalog.Decimal(rate)) for rate in rates}
            row = f"loc_test,10,KWH,{day}T09:00:00Z,{day}T10:00:00Z\n"
            batch = programs.start_costs(
                "batch", "-", f"--server={server.grpc}", "--chunk=100", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True)
            self.addCleanup(lambda: batch.poll() is None and batch.kill())
            stop = threading.Event()
            sent = [0]

            def feed():
                batch.stdin.write("location_id,value,units,start_time,end_time\n")
                while not stop.is_set():
                    batch.stdin.write(row * 100)
                    sent[0] += 100
                batch.stdin.close()

            answers = []

            def read():
                next(batch.stdout)  # the header
                answers.extend(line.split(",")[6] for line in batch.stdout)

            threads = [threading.Thread(target=feed), threading.Thread(target=read)]
            for thread in threads:
                thread.start()
            try:
                for rate in rates:
                    document = {"schedule": [{"days_and_hours": [{"hours": [{"rate": [{"fixed": float(rate)}]}]}]}]}
                    status, _ = programs.rest_call(
                        server.rest, "PATCH", "/tariffs/elements/trf_fee", json.dumps(document))
                    self.assertEqual(status, 200)
                    # Whoever asks after the change was answered gets the new price.
                    cost = answer_of(server, day)["data"]["tariff"]["value"]
                    self.assertEqual(cost, base + 10 * served_catalog.Decimal(rate))
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            self.assertEqual(batch.wait(programs.PATIENCE_SECONDS), 0, batch.stderr.read())
            batch.stderr.close()
            batch.stdout.close()
            self.assertEqual(len(answers), sent[0])
            normal = [str(served_catalog.Decimal(cost).normalize()) for cost in answers]
            allowed = {str(served_catalog.Decimal(cost).normalize()) for cost in costs}
            self.assertLessEqual(set(normal), allowed, "a record that was priced by half a change")
            self.assertGreater(len(set(normal)), 3, "the stream saw the changes go by")
            in_order = [cost for i, cost in enumerate(normal) if i == 0 or normal[i - 1] != cost]
            self.assertEqual(len(in_order), len(set(in_order)), "a record was priced by an older catalog than the last")

    def test_directory_fills_an_empty_store_once(self):
        with self.start(catalog=programs.DEMO_CATALOG) as server:
            server.await_log("copied into --store=")
            status, _ = programs.curl(self, server, "DELETE", "/locations/loc_641b90b758fb8e6293716e40")
            self.assertEqual(status, 202)
            server.send(signal.SIGHUP)
            server.await_log("rules, so no file is read again")
        with self.start(catalog=programs.DEMO_CATALOG) as server:
            server.await_log("holds a catalog and rules; --catalog=.* is not read")
            status, answer = programs.curl(self, server, "GET", "/locations/loc_641b90b758fb8e6293716e40")
            self.assertEqual((status, answer["code"], answer["context"]), (404, "location_not_found", "api.locations"))

    def test_second_server_does_not_share_the_firsts_store(self):
        with self.start():
            with self.assertRaises(programs.StartFailed) as caught:
                with self.start():
                    pass
        self.assertEqual(caught.exception.exit_code, 1)
        self.assertIn(str(self.store), caught.exception.log)

    def test_file_that_is_no_store_is_refused_and_left_as_it_is(self):
        self.store.write_text("location_id,value\n" * 1000)
        with self.assertRaises(programs.StartFailed) as caught:
            with self.start():
                pass
        self.assertIn(str(self.store), caught.exception.log)
        self.assertEqual(self.store.read_text(), "location_id,value\n" * 1000)


class Files(unittest.TestCase):
    def test_catalog_of_files_refuses_changes(self):
        with programs.Costsd() as server:
            status, answer = programs.curl(self, server, "POST", "/locations", served_catalog.LOCATION)
            self.assertEqual((status, answer["code"]), (422, "read_only_catalog"))
            self.assertIn("--store", answer["message"])
            status, answer = programs.curl(self, server, "GET", "/locations")
            self.assertEqual(status, 200)
            self.assertIn("loc_641b90b758fb8e6293716e40", [location["id"] for location in answer["data"]])


if __name__ == "__main__":
    unittest.main()
