"""A million lines through `costs batch`, while the server is killed twice and the client once: each record once."""

import datetime
import pathlib
import signal
import sqlite3
import tempfile
import unittest

from tests.e2e import programs

LINES = 20_000 if programs.SANITIZED else 1_000_000
HEADER = "location_id,value,units,start_time,end_time,record_reference_id"
FIGURES = "energy_wh,cost,cost_confidence,carbon_g,carbon_confidence,record_id,error"


def rows():
    """A minute each, from 2022."""
    begin = datetime.datetime(2022, 1, 1)
    times = (begin + datetime.timedelta(minutes=i) for i in range(LINES + 1))
    start = next(times).isoformat()
    for number, end in enumerate(times):
        end = end.isoformat()
        yield f"loc_641b90b758fb8e6293716e40,{number % 997},WH,{start}Z,{end}Z,{number}"
        start = end


class BatchInterrupted(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.input = self.directory / "input.csv"
        with self.input.open("w") as file:
            file.write(HEADER + "\n")
            file.writelines(row + "\n" for row in rows())
        self.output = self.directory / "output.csv"
        self.store = self.directory / "records.sqlite"

    def serve(self, *flags):
        return programs.Costsd(f"--store={self.store}", *flags)

    def start_batch(self, server, *flags):
        self.errors = self.enterContext((self.directory / "errors").open("a+"))
        return programs.start_costs("batch", self.input, "-o", self.output, f"--server={server.grpc}", *flags,
                                    stderr=self.errors)

    def await_share(self, share, batch):
        """Until about that part of the output is written."""
        # A line of output is about as long as the input's and its figures.
        bytes_of_all = self.input.stat().st_size + LINES * 60
        programs.eventually(lambda: self.output.exists() and self.output.stat().st_size > share * bytes_of_all,
                            f"{share} of the output")
        self.assertIsNone(batch.poll(), "the batch is over before it was interrupted")

    def test_each_record_is_priced_and_stored_once(self):
        server = self.serve()
        place = f"--grpc_listen={server.grpc}"
        batch = self.start_batch(server)
        with server:
            self.await_share(0.25, batch)
            server.kill()
        with self.serve(place) as server:
            self.await_share(0.5, batch)
            server.kill()
        with self.serve(place) as server:
            self.await_share(0.7, batch)
            batch.send_signal(signal.SIGKILL)
            batch.wait(programs.PATIENCE_SECONDS)
            batch = self.start_batch(server, "--resume")
            code = batch.wait(programs.PATIENCE_SECONDS)
            self.errors.seek(0)
            told = self.errors.read()
            self.assertEqual(code, 0, told)
        self.assertEqual(told.count("broke ("), 2, told)
        self.assertIn("costs: goes on behind ", told)

        with self.output.open() as file:
            self.assertEqual(file.readline(), f"{HEADER},{FIGURES}\n")
            ids = set()
            for row, line in zip(rows(), file, strict=True):
                self.assertTrue(line.startswith(row + ","), line)
                energy, cost, confidence, _, _, record_id, error = line.rstrip("\n")[len(row) + 1:].split(",")
                self.assertTrue(cost and confidence == "1" and record_id and not error, line)
                self.assertEqual(energy, row.split(",")[1], line)
                ids.add(record_id)
        self.assertEqual(len(ids), LINES)
        with sqlite3.connect(f"{self.store}.records") as database:
            [(stored,)] = database.execute("SELECT COUNT(*) FROM records")
        self.assertEqual(stored, LINES)


if __name__ == "__main__":
    unittest.main()
