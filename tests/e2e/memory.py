"""Streams records through `costs batch` and watches both processes' memory.

The records are generated into its standard input, and the answers are counted
as they come out. `bazel run --config=opt //tests/e2e:memory_full` does it with 10
million records and prints the figures.
"""

import argparse
import subprocess
import sys
import threading
import time

from tests.e2e import process_memory
from tests.e2e import programs

HEADER = b"location_id,value,units,start_time,end_time,record_reference_id\n"
# Locations of the demo catalog that have a price for any record of 2023-10-29.
_LOCATIONS = (
    "loc_641b90b758fb8e6293716e40",
    "loc_000000000000000000000001",
    "loc_000000000000000000000003",
    "loc_000000000000000000000004",
    "loc_000000000000000000000005",
)
_ROWS_IN_BLOCK = 5000


def _block():
    """Rows that differ in location, value, time and length."""
    rows = []
    for i in range(_ROWS_IN_BLOCK):
        half_hour = i % 40
        start = f"2023-10-29T{half_hour // 2:02}:{half_hour % 2 * 30:02}:00Z"
        end = f"2023-10-29T{half_hour // 2 + 1 + i % 3:02}:{half_hour % 2 * 30:02}:00Z"
        rows.append(f"{_LOCATIONS[i % len(_LOCATIONS)]},{i * 7 % 4999 + 0.25},WH,{start},{end},{'r' * (i % 50)}\n")
    return "".join(rows).encode()


class Run:
    """What one run showed: all that was answered, and the samples of memory."""

    def __init__(self, records):
        self.records = records
        self.answered = 0
        self.failed = None
        self.exit_code = None
        self.seconds = None
        self._stream(records)

    def growth(self, name):
        """By how much the last quarter's peak is above the second quarter's, in bytes."""
        return self.peak(name, 4) - self.peak(name, 2)

    def peak(self, name, quarter):
        return self._sampler.peak(name, self.records * (quarter - 1) / 4, self.records * quarter / 4)

    def _stream(self, records):
        with programs.Costsd() as server:
            begin = time.monotonic()
            client = programs.start_costs(
                "batch", "-", f"--server={server.grpc}", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            with client, process_memory.Sampler(
                {"costsd": server.pid, "costs": client.pid}, lambda: self.answered) as self._sampler:
                feeder = threading.Thread(target=self._feed, args=(client.stdin, records))
                feeder.start()
                lines = 0
                while piece := client.stdout.read1(1 << 20):
                    lines += piece.count(b"\n")
                    self.answered = max(0, lines - 1)  # without the header
                feeder.join()
                self.summary = client.stderr.read().decode()
                self.exit_code = client.wait()
            self.seconds = time.monotonic() - begin

    @staticmethod
    def _feed(stdin, records):
        block = _block()
        with stdin:
            stdin.write(HEADER)
            for _ in range(records // _ROWS_IN_BLOCK):
                stdin.write(block)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=10_000_000, help="a multiple of 5000; default: 10 million")
    records = parser.parse_args().records // _ROWS_IN_BLOCK * _ROWS_IN_BLOCK
    run = Run(records)
    print(run.summary.strip())
    print(f"{run.answered:,} of {run.records:,} records answered in {run.seconds:.1f} s, exit code {run.exit_code}")
    print("peak resident memory, MiB, by quarter of the records:")
    for name in ("costsd", "costs"):
        peaks = [run.peak(name, quarter) / (1 << 20) for quarter in (1, 2, 3, 4)]
        print(f"{name:8}" + "".join(f"{peak:8.1f}" for peak in peaks) + f"   growth {run.growth(name) / (1 << 20):+.1f}")
    return 0 if run.answered == run.records and run.exit_code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
