"""More clients than costsd has file descriptors for: it says so, and answers again when they have left.

Not with the sanitizers: one that checks an object's type needs a descriptor for it, and takes the lack of one for a fault.
"""

import json
import unittest

from tests.e2e import documentation_example
from tests.e2e import programs
from tests.e2e import slow_clients


class Descriptors(unittest.TestCase):
    def test_none_left_is_survived(self):
        with programs.Costsd(prefix=("prlimit", "--nofile=160")) as server:
            with slow_clients.SlowClients(server.grpc, 200), slow_clients.SlowClients(server.rest, 100):
                server.await_log("Too many open files")
            programs.eventually(
                lambda: programs.costs("instant", f"--server={server.grpc}",
                                       *documentation_example.FLAGS).returncode == 0, "an answer again")
            status, answer = programs.rest_call(server.rest, body=json.dumps(documentation_example.REQUEST))
            self.assertEqual(status, 200, answer)
            self.assertEqual(str(answer["data"]["tariff"]["value"]), "928.372")


if __name__ == "__main__":
    unittest.main()
