"""The documentation's request gets the documentation's answer, in gRPC's JSON and over REST."""

import json
import unittest

from tests.e2e import documentation_example
from tests.e2e import openapi_schema
from tests.e2e import programs


class DocumentationExample(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        with programs.Costsd() as server:
            grpc = programs.costs("instant", f"--server={server.grpc}", *documentation_example.FLAGS)
            assert grpc.returncode == 0, grpc.stderr
            status, rest = programs.rest_call(server.rest, body=json.dumps(documentation_example.REQUEST))
            assert status == 200, rest
        cls.answers = {"gRPC": programs.parse_json(grpc.stdout), "REST": rest}

    def test_answers_are_the_documentations(self):
        for face, answer in self.answers.items():
            with self.subTest(face):
                rest = {name: value for name, value in answer.items() if name not in ("id", "time_created", "account_id")}
                self.assertEqual(rest, documentation_example.ANSWER)
                # 10284 and not 10284.0: its type is integer.
                self.assertIs(type(answer["data"]["energy"]["value"]), int)

    def test_what_differs_has_the_documented_form(self):
        for face, answer in self.answers.items():
            with self.subTest(face):
                self.assertRegex(answer["id"], r"^mre_[0-9a-f]{24}$")
                self.assertRegex(answer["account_id"], r"^acc_[0-9a-f]{24}$")
                self.assertRegex(answer["time_created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")

    def test_both_faces_name_the_same_record(self):
        self.assertEqual(self.answers["gRPC"]["id"], self.answers["REST"]["id"])

    def test_answers_are_valid_by_the_openapi_file(self):
        specification = programs.data_directory(self, "flatpeak") / "flatpeak-api-spec.json"
        schemas = openapi_schema.Schemas(json.loads(specification.read_text()))
        for face, answer in self.answers.items():
            with self.subTest(face):
                self.assertEqual(schemas.violations("MeterRecordResponse", answer), [])
                # The check can fail.
                self.assertEqual(
                    schemas.violations("MeterRecordResponse", {**answer, "live_mode": "true"}),
                    ["live_mode: is a string, not a boolean"])
                without_data = {name: value for name, value in answer.items() if name != "data"}
                self.assertEqual(schemas.violations("MeterRecordResponse", without_data), ["data: is missing"])


if __name__ == "__main__":
    unittest.main()
