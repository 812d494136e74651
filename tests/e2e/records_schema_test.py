"""The answers of the REST paths of stored records are as the upstream's OpenAPI file says."""

import http.client
import json
import pathlib
import subprocess
import unittest

from tests.e2e import openapi_schema
from tests.e2e import test_data

SERVER = pathlib.Path(__file__).parents[2] / "tests/e2e/records_server"
LOCATION = "loc_641b90b758fb8e6293716e40"
PERIOD = {"start_time": "2023-06-01T00:00:00+02:00", "end_time": "2023-07-01T00:00:00+02:00"}


def record(hour, **more):
    return {"location_id": LOCATION, "units": "KWH", "value": 1.5,
            "start_time": f"2023-06-15T{hour:02}:00:00Z", "end_time": f"2023-06-15T{hour + 1:02}:00:00Z", **more}


class Records(unittest.TestCase):
    """Over a server of records in memory."""

    def setUp(self):
        specification = test_data.data_directory(self, "flatpeak") / "flatpeak-api-spec.json"
        self.schemas = openapi_schema.Schemas(json.loads(specification.read_text()))
        self.server = subprocess.Popen([SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.server.stdout.readline())

    def tearDown(self):
        if not hasattr(self, "server"):
            return
        self.server.stdin.close()
        self.assertEqual(self.server.wait(timeout=60), 0)
        self.server.stdout.close()

    def ask(self, method, path, document=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = None if document is None else json.dumps(document)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        return response.status, answer

    def conforming(self, method, path, pattern, document=None, status=200):
        """The answer, which has that status and the file's form."""
        got, answer = self.ask(method, path, document)
        self.assertEqual(got, status, answer)
        self.assertEqual(self.schemas.answer_violations(method, pattern, status, answer), [], answer)
        return answer

    def test_bulk_submissions_and_their_batches(self):
        batch = self.conforming("PUT", "/meters/interval", "/meters/interval",
                                [record(8), record(9, value=-1, record_reference_id="MET1"), 7])
        self.assertEqual((batch["records_submitted"], batch["records_accepted"]), (3, 1))
        self.assertEqual([failed["record_num"] for failed in batch["failed_records"]], [1, 2])
        again = self.conforming("GET", f"/meters/batch?batch_id={batch['id']}", "/meters/batch")
        self.assertEqual(again, batch)
        readings = {"location_id": LOCATION, "device_id": "dev_1", "units": "WH",
                    "data": [{"time": 1686816000, "value": 1000}, {"time": 1686819600, "value": 1553.5},
                             {"time": 1686823200, "value": 5, "record_reference_id": "MET1"}]}
        batch = self.conforming("PUT", "/meters/cumulative/epoch", "/meters/cumulative/epoch", readings)
        self.assertEqual((batch["records_accepted"], len(batch["failed_records"])), (3, 1))
        # The check can fail.
        broken = {**batch, "failed_records": [{"error": "x"}]}
        self.assertEqual(self.schemas.answer_violations("PUT", "/meters/interval", 200, broken),
                         ["failed_records[0].record_num: is missing"])

    def test_costs_of_intervals_and_sessions(self):
        self.ask("PUT", "/meters/interval", [record(hour, session_reference_id="charge 7") for hour in range(8, 12)])
        for query in ("", "?aggregation=DAY", "?aggregation=MONTH&include_carbon=false", "?direction=EXPORT"):
            answer = self.conforming("POST", f"/costs/interval/{LOCATION}{query}", "/costs/interval/{id}", PERIOD)
            for entry in answer["data"]:
                self.assertIsInstance(entry["energy"]["value"], int)
                self.assertTrue(entry["start_time"].endswith("+02:00"), entry)
        answer = self.conforming("POST", "/costs/session/charge%207", "/costs/session/{id}")
        self.assertEqual(answer["data"][0]["energy"]["value"], 6000)
        self.assertEqual(answer["data"][0]["carbon"], {"value": 720, "confidence": 0.8})

    def test_stored_records_have_the_form_of_a_priced_one(self):
        self.ask("PUT", "/meters/interval", [record(8), record(9, value=1e9)])
        status, page = self.ask("GET", "/meters/records")
        self.assertEqual((status, len(page["data"])), (200, 2))
        for entry in page["data"]:
            self.assertEqual(self.schemas.violations("MeterRecordResponse", entry), [], entry)
            status, alone = self.ask("GET", f"/meters/records/{entry['id']}")
            self.assertEqual((status, alone), (200, entry))


if __name__ == "__main__":
    unittest.main()
