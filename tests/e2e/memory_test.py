"""A long stream through `costs batch` leaves the server's and the client's memory flat."""

import os
import subprocess
import time
import unittest

from tests.e2e import memory
from tests.e2e import process_memory
from tests.e2e import programs

RECORDS = 500_000
# Half a million records that were all kept would take more than 50 MiB.
MOST_GROWTH = 8 << 20


class Memory(unittest.TestCase):
    def test_long_stream_leaves_memory_flat(self):
        run = memory.Run(RECORDS)
        self.assertEqual((run.exit_code, run.answered), (0, RECORDS), run.summary)
        self.assertIn("500,000 records, 0 failed", run.summary)
        for name in ("costsd", "costs"):
            with self.subTest(name):
                self.assertLess(run.growth(name), MOST_GROWTH)

    def test_answers_that_nobody_takes_stop_the_input(self):
        with programs.Costsd() as server:
            with programs.start_costs("batch", "-", f"--server={server.grpc}", stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
                os.set_blocking(client.stdin.fileno(), False)
                rows = b"loc_641b90b758fb8e6293716e40,1,W,2022-02-01T10:30:00Z,2022-02-01T11:00:00Z\n" * 1000
                taken = 0
                os.write(client.stdin.fileno(), b"location_id,value,units,start_time,end_time\n")
                # Until nothing more has been taken for a second: then all are
                # waiting for a reader of the answers.
                last = time.monotonic()
                while time.monotonic() - last < 1:
                    try:
                        taken += os.write(client.stdin.fileno(), rows)
                        last = time.monotonic()
                    except BlockingIOError:
                        time.sleep(0.01)
                    self.assertLess(taken, 64 << 20, "the input goes on, though nobody takes the answers")
                self.assertLess(process_memory.resident_bytes(client.pid), 128 << 20)
                self.assertLess(process_memory.resident_bytes(server.pid), 128 << 20)
                client.kill()


if __name__ == "__main__":
    unittest.main()
