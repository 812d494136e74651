"""grpcurl and the Python, Go, Node and Java stubs make all calls on one server, and get the same bytes.

What each client got is taken as it serializes it from its own objects. That must be the canonical serialization (each
field once, by its number), and, without the fields that each answer has of its own, byte for byte the other clients'.
"""

import base64
import importlib
import json
import re
import time
import unittest

from tests.e2e import programs
from tests.interop import calls, stubs

LANGUAGES = ("python", "go", "typescript", "java")


def services():
    """The API's services by their names."""
    found = {}
    for module in ("accounts", "auth", "carbon", "costs", "locations", "meter_records", "tariffs"):
        found.update(importlib.import_module(f"energy.costs.v1.{module}_service_pb2").DESCRIPTOR.services_by_name)
    return found


def holders(message, path):
    """The messages that have the last field of a path such as `data.time_created`, and its name."""
    first, _, rest = path.partition(".")
    if not rest:
        return [(message, first)]
    value = getattr(message, first)
    if message.DESCRIPTOR.fields_by_name[first].is_repeated:
        return [found for each in value for found in holders(each, rest)]
    return holders(value, rest) if message.HasField(first) else []


class InteropTest(unittest.TestCase):
    def setUp(self):
        self.commands = {language: stubs.commands(self, language)["interop"] for language in LANGUAGES}
        self.grpcurl = programs.grpcurl(self)
        self.services = services()
        self.begin = time.time()

    def answer_type(self, call):
        from google.protobuf import message_factory  # only Python's stubs bring it

        method = self.services[call.service].methods_by_name[call.method]
        return message_factory.GetMessageClass(method.output_type)

    def make_all(self, client, environment):
        """What came of each call: code, message, details, and the answer as bytes that must be the others'."""
        basic = f"{environment['COSTS_ACCOUNT_ID']}:{environment['COSTS_API_KEY']}"
        authorization = {
            "key": "Basic " + base64.b64encode(basic.encode()).decode(),
            "admin": "Bearer " + environment["COSTS_ADMIN_TOKEN"],
            "none": "",
        }
        saved, outcomes = {}, []
        for call in calls.ALL:
            requests = re.sub(r"\$\{(\w+)\}", lambda name: saved[name[1]], json.dumps(call.requests))
            outcome = client.make({"service": call.service, "method": call.method, "requests": json.loads(requests),
                                   "authorization": authorization[call.caller], "seconds": programs.PATIENCE_SECONDS},
                                  self.answer_type(call))
            told = f"{client.name}: {call.service}.{call.method}({requests})"
            self.assertEqual(outcome["code"], call.code, f"{told}: {outcome}")
            answers = outcome.pop("answers")
            outcome["answer"] = None
            if call.code == 0:
                answer = self.read(call, answers, told)
                if call.method == "Login":
                    authorization["token"] = f"Bearer {answer.bearer_token}"
                for name, path in call.save.items():
                    [(holder, field)] = holders(answer, path)
                    saved[name] = getattr(holder, field)
                outcome["answer"] = self.without_own(call, answer, told)
            else:
                self.assertEqual(answers, [], told)
            outcomes.append(outcome)
        return outcomes

    def read(self, call, answers, told):
        """The answer; the parts of a stream are put together, since they may be cut anywhere."""
        method = self.services[call.service].methods_by_name[call.method]
        if not method.server_streaming:
            self.assertEqual(len(answers), 1, told)
        whole = self.answer_type(call)()
        for encoded in answers:
            part = self.answer_type(call).FromString(base64.b64decode(encoded))
            sent, canonical = base64.b64decode(encoded), part.SerializeToString(deterministic=True)
            # Go writes the fields of a oneof last, and all others too by their numbers.
            self.assertEqual(*map(sorted, (sent, canonical)) if told.startswith("go:") else (sent, canonical), told)
            whole.MergeFrom(part)
        return whole

    def without_own(self, call, answer, told):
        for path in call.own:
            found = holders(answer, path)
            self.assertTrue(found, f"{told}: no {path} in {answer}")
            for holder, field in found:
                value = getattr(holder, field)
                self.assertTrue(value, f"{told}: {path} is empty in {answer}")
                if path.rpartition(".")[2] == "time_created" and call.service != "MeterRecordsService":
                    self.assertLessEqual(value.ToSeconds(), time.time() + 1, told)
                holder.ClearField(field)
        return answer.SerializeToString(deterministic=True)

    def test_every_call_is_made(self):
        made = {(call.service, call.method) for call in calls.ALL if call.code == 0}
        api = {(name, method.name) for name, service in self.services.items() for method in service.methods}
        self.assertEqual(api, made)

    def test_same_calls_have_the_same_bytes(self):
        with stubs.served() as (_, environment):
            from tests.interop import caller

            clients = [caller.Grpcurl(self.grpcurl, environment)]
            for language in LANGUAGES:
                clients.append(self.enterContext(caller.Program(language, self.commands[language], environment)))
            # Once for what stays: accounts, prices.
            self.make_all(clients[1], environment)
            expected = None
            for client in clients:
                outcomes = self.make_all(client, environment)
                expected = expected or outcomes
                for call, outcome, first in zip(calls.ALL, outcomes, expected):
                    with self.subTest(client=client.name, call=f"{call.service}.{call.method}"):
                        self.assertEqual(outcome, first)
        print(f"{len(calls.ALL)} calls by each of {', '.join(client.name for client in clients)}: the same bytes")


if __name__ == "__main__":
    stubs.run_with_stubs()
    unittest.main()
