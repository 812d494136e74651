"""How much memory a process holds, as the kernel tells it."""

import pathlib
import threading


def resident_bytes(pid):
    """The resident set of a process."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(f"process {pid} has ended")


class Sampler:
    """Samples the resident sets of processes while something goes on.

    samples holds (position, {name: bytes}), where position() tells how far the
    thing has come. A context manager; it samples in a thread of its own.
    """

    def __init__(self, pids, position, interval_seconds=0.02):
        self.samples = []
        self._pids = pids
        self._position = position
        self._interval = interval_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(self._interval):
            try:
                self.samples.append(
                    (self._position(), {name: resident_bytes(pid) for name, pid in self._pids.items()}))
            except (FileNotFoundError, ProcessLookupError):
                return  # One has ended, and so has the thing.

    def peak(self, name, low, high):
        """The most that a process held while low <= position < high."""
        return max((held[name] for position, held in self.samples if low <= position < high), default=None)
