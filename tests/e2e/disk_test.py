"""A disk that is full, or read-only: clear errors, nothing lost, recovery when there is room."""

import json
import os
import subprocess
import tempfile
import time
import unittest

from tests.e2e import programs

LOCATION = "loc_000000000000000000000001"


class SmallDisk:
    """A file system of a few MiB, in a mount namespace of its own.

    Whoever shall see it is started with its `prefix`.
    """

    def __init__(self, test, mebibytes):
        self.path = tempfile.mkdtemp(prefix="disk-")
        test.addCleanup(os.rmdir, self.path)
        # Its own root where the test is nobody's.
        unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
        mount = f"mount -t tmpfs -o size={mebibytes}m tmpfs {self.path} && echo ready && exec sleep infinity"
        self._holder = subprocess.Popen([*unshare, "sh", "-c", mount], stdout=subprocess.PIPE, text=True)
        test.addCleanup(self._end)
        if self._holder.stdout.readline() != "ready\n":
            programs.skip_loudly(test, "a mount namespace is not to be had here (unshare --mount fails)")
        enter = ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt"]
        if os.geteuid() != 0:
            enter += [f"--user=/proc/{self._holder.pid}/ns/user", "--preserve-credentials"]
        self.prefix = enter

    def _end(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()

    def run(self, command):
        return subprocess.run([*self.prefix, "sh", "-c", command], check=False, capture_output=True, text=True,
                              timeout=programs.PATIENCE_SECONDS)

    def fill(self):
        self.run(f"cat /dev/zero > {self.path}/ballast")

    def empty(self):
        self.run(f"rm {self.path}/ballast")


def record(number, value=1.5):
    start = 1_700_000_000 // 1800 * 1800 + number * 1800
    stamp = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t)) for t in (start, start + 1800)]
    return {"location_id": LOCATION, "units": "KWH", "value": value, "start_time": stamp[0], "end_time": stamp[1]}


def submit(server, number):
    return programs.rest_call(server.rest, body=json.dumps(record(number)))


class DiskTest(unittest.TestCase):

    def stored(self, server):
        """The ids that are stored, over all pages."""
        ids, token = [], ""
        while True:
            status, page = programs.rest_call(
                server.rest, "GET", f"/meters/records?location_id={LOCATION}&page_size=1000&page_token={token}", headers={})
            self.assertEqual(status, 200, page)
            ids += [r["id"] for r in page["data"]]
            token = page.get("next_page_token", "")
            if not token:
                return ids

    def test_full_disk_refuses_then_recovers(self):
        disk = SmallDisk(self, 24)
        with programs.Costsd(f"--store={disk.path}/costs.sqlite", prefix=disk.prefix) as server:
            acknowledged = []
            for number in range(50):
                status, answer = submit(server, number)
                self.assertEqual(status, 200, answer)
                acknowledged.append(answer["id"])
            disk.fill()
            refused = None
            for number in range(50, 4000):
                status, answer = submit(server, number)
                if status != 200:
                    refused = number
                    break
                acknowledged.append(answer["id"])
            self.assertIsNotNone(refused, "a full disk took 4,000 records")
            self.assertEqual((status, answer["code"]), (507, "store_full"), answer)
            self.assertNotIn(disk.path, answer["message"])
            # What is read and what is not stored goes on.
            self.assertEqual(sorted(self.stored(server)), sorted(acknowledged))
            status, answer = programs.rest_call(server.rest, path="/costs/instant?non_persistent=true",
                                                body=json.dumps(record(refused)))
            self.assertEqual(status, 200, answer)
            disk.empty()
            status, answer = programs.eventually(
                lambda: (lambda r: r if r[0] == 200 else None)(submit(server, refused)), "recovery when there is room")
            acknowledged.append(answer["id"])
            for number in range(refused + 1, refused + 20):
                status, answer = submit(server, number)
                self.assertEqual(status, 200, answer)
                acknowledged.append(answer["id"])
            self.assertEqual(sorted(self.stored(server)), sorted(acknowledged))
        with programs.Costsd(f"--store={disk.path}/costs.sqlite", prefix=disk.prefix) as server:
            self.assertEqual(sorted(self.stored(server)), sorted(acknowledged))
        for name in ("costs.sqlite", "costs.sqlite.records"):
            with self.subTest(name):
                copy = disk.run(f"cat {disk.path}/{name} | wc -c").stdout
                self.assertGreater(int(copy), 0)

    def test_read_only_disk_is_told_at_the_start_and_harms_nothing(self):
        disk = SmallDisk(self, 24)
        store = f"--store={disk.path}/costs.sqlite"
        with programs.Costsd(store, prefix=disk.prefix) as server:
            status, answer = submit(server, 1)
            self.assertEqual(status, 200, answer)
            known = self.stored(server)
        self.assertEqual(disk.run(f"mount -o remount,ro {disk.path}").returncode, 0)
        with self.assertRaises(programs.StartFailed) as failure:
            programs.Costsd(store, prefix=disk.prefix)
        self.assertEqual(failure.exception.exit_code, 1)
        self.assertRegex(failure.exception.log, r"costs\.sqlite.*(Read-only|read-only|may write)")
        self.assertEqual(disk.run(f"mount -o remount,rw {disk.path}").returncode, 0)
        with programs.Costsd(store, prefix=disk.prefix) as server:
            self.assertEqual(self.stored(server), known)
            status, answer = submit(server, 2)
            self.assertEqual(status, 200, answer)


if __name__ == "__main__":
    unittest.main()
